"""One URL for each page: redirects that add or remove the slash at the end of a path."""

from __future__ import annotations

from cherrypy_core.errors import HTTPRedirect
from cherrypy_core.serving import get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from cherrypy_core.request import Request

__all__ = ["trailing_slash"]

# What may stand in a path as it is: RFC 3986 section 3.3.
_SAFE = "/:@!$&'()*+,;=~-._"


def trailing_slash(
    missing: bool = True, extra: bool = False, status: int | None = None, debug: bool = False
) -> None:
    """Redirect a request whose path lacks a slash at the end, or has one too many.

    Relative links of an `index` page only work if its URL ends with a slash.

    Args:
        missing: redirect if the handler is the index of an object and the slash is missing.
        extra: redirect if it is not, and there is a slash.
        status: of the redirect. Default: 301.
        debug: log what is decided.

    Raises:
        HTTPRedirect: to the same path with or without the slash, and the same query.
    """
    # PERF: runs for every request, 0.1 us.
    request = get_request()
    if request is None:
        return
    is_index = request.is_index
    if is_index is None:
        return
    path = request.path_info
    if is_index:
        if missing and path[-1:] != "/":
            redirect_to(request, path + "/", status or 301)
    elif extra and path[-1:] == "/" and path != "/":
        redirect_to(request, path[:-1], status or 301)
    if debug:
        request.log(f"is_index: {is_index}, path: {path!r}: no redirect", "TOOLS.TRAILING_SLASH")


def redirect_to(request: Request, path: str, status: int) -> NoReturn:
    """Redirect to *path* (as `path_info` is: decoded) of the same application.

    Raises:
        HTTPRedirect: always.
    """
    from urllib.parse import quote  # noqa: PLC0415  (a redirect's need only)

    # "//evil.example" and "/\\evil.example" are other hosts to a browser, once something on
    # the way has made a relative URL of the absolute one: one slash, and nothing unquoted.
    whole = "/" + (request.script_name + path).lstrip("/")
    url = request.base + quote(whole, safe=_SAFE, errors="surrogatepass")
    if request.query_string:
        url += "?" + request.query_string
    raise HTTPRedirect(url, status)
