"""The icon that browsers ask every site for: ours, where the application has none."""

from __future__ import annotations

from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_core.errors import NotFound
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


def offer_favicon(request: Request, verdict: NotFound) -> Any:
    """Return what sends the icon, if *request* is for the one of the site; else *verdict*.

    The application's own comes first: a handler, or a tool (`tools.staticfile`). Where a
    tool was to send one that it has not found, that is not covered up.
    """
    app = request.app
    if (
        app is None
        or app.root is None
        or request.script_name
        or request.method not in {"GET", "HEAD"}
        or (request.config or {}).get("tools.staticfile.on")
    ):
        return verdict

    def send() -> bytes:
        headers = request.response_served.headers
        headers["Content-Type"] = "image/x-icon"
        headers["Cache-Control"] = f"public, max-age={_MAX_AGE}"
        return favicon()

    return send
