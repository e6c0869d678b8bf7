"""The icon that browsers ask every site for: ours, where the application has none."""

from __future__ import annotations

from functools import lru_cache

from cherrypy_core.errors import NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cherrypy_core.request import Request

__all__ = ["favicon", "offer_favicon"]

#: Seconds that a browser may keep the icon: a day. An application that gets one of its own
#: is then seen with it from the next day on.
_MAX_AGE = 86400


@lru_cache(maxsize=1)
def favicon() -> bytes:
    """Return the icon: an ICO file with 16x16 and 32x32 pixels."""
    from pkgutil import get_data  # noqa: PLC0415  (reads from zip files too; slow to import)

    return get_data("cherrypy", "favicon.ico") or b""


def offer_favicon(request: Request) -> None:
    """Serve the icon if *request* is for the one of the site and would be answered by 404.

    The application's own comes first: a handler, or a tool (`tools.staticfile`) that is
    on for the path.
    """
    app = request.app
    if (
        app is None
        or app.root is None
        or request.script_name
        or request.method not in {"GET", "HEAD"}
        or not isinstance(request.handler, NotFound)
    ):
        return
    config = request.config or {}
    if config.get("tools.staticfile.on") or config.get("tools.staticdir.on"):
        return

    def send() -> bytes:
        headers = request.response_served.headers
        headers["Content-Type"] = "image/x-icon"
        headers["Cache-Control"] = f"public, max-age={_MAX_AGE}"
        return favicon()

    request.handler = send
