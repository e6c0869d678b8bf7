"""Which methods a resource allows, and which media types a client accepts."""

from __future__ import annotations

from cherrypy_core.elements import AcceptElement, header_elements
from cherrypy_core.errors import HTTPError
from cherrypy_core.serving import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["accept", "allow"]


def allow(methods: str | Iterable[str] | None = None, debug: bool = False) -> None:
    """Refuse all methods but those given, and name them in an Allow header field.

    Args:
        methods: a method or several, in any case. Default: GET and HEAD; GET brings HEAD.
        debug: log what is decided.

    Raises:
        HTTPError: 405, if the method is none of them.
    """
    names = [methods] if isinstance(methods, str) else list(methods or ("GET", "HEAD"))
    names = [name.upper() for name in names if name]
    if "GET" in names and "HEAD" not in names:
        names.append("HEAD")
    request, response = current()
    response.headers["Allow"] = ", ".join(names)
    allowed = request.method in names
    if debug:
        request.log(f"{request.method} in {names}: {allowed}", "TOOLS.ALLOW")
    if not allowed:
        raise HTTPError(405)


def accept(media: str | Iterable[str] | None = None, debug: bool = False) -> str | None:
    """Return the one of the resource's media types that the client likes best.

    Args:
        media: a media type or several, such as "text/html", the resource's favourite
            first. None: nothing is tested.
        debug: log what is decided.

    Returns:
        One of *media*; None if that is None.

    Raises:
        HTTPError: 406, if the client accepts none of them.
    """
    if not media:
        return None
    types = [media] if isinstance(media, str) else list(media)
    request = current()[0]
    field = request.header("Accept")
    ranges = [
        element
        for element in header_elements("Accept", field)
        if isinstance(element, AcceptElement)
    ]
    # No field: every type is acceptable (RFC 9110 section 12.5.1).
    chosen = _choose(types, ranges) if ranges else types[0]
    if debug:
        request.log(f"Accept: {field}; of {types}: {chosen}", "TOOLS.ACCEPT")
    if chosen is None:
        raise HTTPError(
            406,
            f"Your client sent this Accept header: {field}. But this resource only emits "
            f"these media types: {', '.join(types)}.",
        )
    return chosen


def _choose(types: list[str], ranges: list[AcceptElement]) -> str | None:
    """Return the first of *types* that the best range covers, or the next best."""
    named = {element.value.lower() for element in ranges}
    for element in ranges:
        if element.qvalue > 0:
            for media in types:
                if _range_for(media.lower(), named) == element.value.lower():
                    return media
    return None


def _range_for(media: str, named: set[str]) -> str | None:
    """Return the most specific range for a type (RFC 9110 section 12.5.1)."""
    for wanted in (media, media.partition("/")[0] + "/*", "*/*", "*"):
        if wanted in named:
            return wanted
    return None
