"""URLs of and within an application: `url()`."""

from __future__ import annotations

from cherrypy_core.serving import get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from cherrypy_core.request import Request

__all__ = ["normalize_path", "resolve", "url"]


def normalize_path(path: str) -> str:
    """Return *path* without `.` and `..` segments; it never climbs above the root.

    One of them at the end leaves a slash: it stands for a directory (RFC 3986 section
    5.2.4).
    """
    if "/." not in path and path[:1] != ".":
        return path
    mark = path.find("?")
    if mark >= 0:
        # Dots in a query are none of ours.
        return normalize_path(path[:mark]) + path[mark:]
    atoms: list[str] = []
    segments = path.split("/")
    for atom in segments:
        if atom == "..":
            # The empty atom before the first slash stays.
            if len(atoms) > 1 or (atoms and atoms[0]):
                atoms.pop()
        elif atom != ".":
            atoms.append(atom)
    if segments[-1] in {".", ".."}:
        atoms.append("")
    return "/".join(atoms)


def _current_path(request: Request) -> str:
    """Return the path that a relative URL starts from: an index is a directory."""
    path = request.path_info
    if request.is_index is True and not path.endswith("/"):
        return path + "/"
    if request.is_index is False and path.endswith("/") and path != "/":
        return path[:-1]
    return path


def resolve(request: Request, target: str) -> str:
    """Return *target* as an absolute URL, as seen from *request*.

    Raises:
        HTTPError: 400, if the target, or the Host of the request, is malformed.
    """
    if target.startswith("/") and not target.startswith("//"):
        # Not by urljoin: it drops TABs and line breaks, as browsers do, so that
        # "/\t/host" would lead to another host, whatever the application has looked for.
        return request.base + normalize_path(target)
    from urllib.parse import urljoin  # noqa: PLC0415  (slow to import, not every page's need)

    try:
        if target and target[0] <= " ":
            # Browsers (and urljoin) drop what is in front: " //host" would become "//host"
            # after an application has found no slashes at its beginning.
            raise ValueError(target)  # noqa: TRY301
        here = request.base + request.script_name + _current_path(request)
        return urljoin(here, target)
    except ValueError as error:
        # A bracket without its counterpart. Applications redirect to what clients send, and
        # the base is what the client sent as Host: it is the client's mistake.
        from cherrypy_core.errors import HTTPError  # noqa: PLC0415  (errors import this module)

        raise HTTPError(400, "The address of this page, or one in it, is malformed.") from error


def url(
    path: str = "",
    qs: str | Sequence[tuple[str, Any]] | Mapping[str, Any] = "",
    script_name: str | None = None,
    base: str | None = None,
    relative: bool | str | None = None,
    *,
    site_base: Callable[[], str] | None = None,
) -> str:
    """Return an absolute URL for *path*.

    Args:
        path: with a slash in front it is relative to the application's root, without one
            to the current page.
        qs: the query string, or pairs to make one of.
        script_name: the path of the application's root. Default: the current one's.
        base: scheme and host. Default: the current request's.
        relative: `True` for a URL relative to the current page (`../x`), `"server"` for
            one without scheme and host. Default: as the application's `relative_urls`.
        site_base: returns the base where no request is being served.
    """
    if isinstance(qs, str):
        query = f"?{qs}" if qs else ""
    else:
        from urllib.parse import urlencode  # noqa: PLC0415

        query = f"?{urlencode(qs)}" if qs else ""
    request = get_request()
    app = None if request is None else request.app
    if request is not None and app is not None:
        if not path.startswith("/"):
            here = _current_path(request)
            # What begins with a query is about the current page itself.
            below = here if path[:1] in {"", "?", "#"} else here[: here.rfind("/") + 1]
            path = below + path
        script_name = request.script_name if script_name is None else script_name
        base = request.base if base is None else base
        if relative is None:
            relative = app.relative_urls
    else:
        path = (script_name or "") + path
        script_name = ""
        if base is None:
            base = site_base() if site_base is not None else ""
        if not path.startswith("/"):
            path = "/" + path if path else path
    new = base + script_name + normalize_path(path) + query
    if relative == "server":
        new = "/" + (new.split("/", 3) + [""] * 3)[3]
    elif relative and request is not None:
        return _relative_to(request, new)
    return new if base and relative != "server" else _within_the_host(new)


def _within_the_host(path: str) -> str:
    r"""Return *path* so that no browser takes its beginning for another host's name.

    It reads `//host` and `/\host` as one; applications make URLs of what clients send.
    """
    if path[:1] in {"/", "\\"} and path[1:2] in {"/", "\\"}:
        return "/" + path.lstrip("/\\")
    return path


def _relative_to(request: Request, target: str) -> str:
    """Return *target* as seen from the current page, with as many `..` as it takes."""
    here = request.base + request.script_name + _current_path(request)
    old, new = here.split("/")[:-1], target.split("/")
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    found = "/".join([".."] * len(old) + new)
    if ":" in found.partition("/")[0]:
        # Else what stands before the colon would be a scheme (RFC 3986 section 4.2).
        return "./" + found
    return _within_the_host(found)
