"""An HTTP server for any WSGI application, driven by settings and a process bus.

`Server` holds the settings and goes on the bus. `WSGIServer` is what it runs by default; its
module is imported when a server starts or when the name is first used.
"""

from cherrypy_httpserver.__about__ import __version__
from cherrypy_httpserver.errors import LoadError, ServerError, SettingError
from cherrypy_httpserver.server import SETTINGS, Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_httpserver.wsgi import WSGIServer

__all__ = [
    "SETTINGS",
    "LoadError",
    "Server",
    "ServerError",
    "SettingError",
    "WSGIServer",
    "__version__",
]


def __getattr__(name: str) -> "Any":
    """Import `WSGIServer` when it is first asked for."""
    if name == "WSGIServer":
        from cherrypy_httpserver.wsgi import WSGIServer  # noqa: PLC0415  (as said)

        return WSGIServer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
