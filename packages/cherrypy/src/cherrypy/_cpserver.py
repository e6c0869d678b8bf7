"""The HTTP server and its settings."""

from __future__ import annotations

import cherrypy
from cherrypy_httpserver.server import Server as HTTPServer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_wspbus import Bus

__all__ = ["Server"]


class Server(HTTPServer):
    """An HTTP server: its settings, and its start and stop with a bus.

    Args:
        bus: what the server starts and stops with. Default: `cherrypy.engine`.
        app: the WSGI application. Default: `cherrypy.tree`.
    """

    def __init__(self, bus: Bus | None = None, app: Any = None) -> None:
        super().__init__(
            cherrypy.engine if bus is None else bus, cherrypy.tree if app is None else app
        )
