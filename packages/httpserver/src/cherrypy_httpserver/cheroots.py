"""The server and its request as subclasses of cheroot's, for programs that ask for those."""

from __future__ import annotations

from typing import Any

from cheroot import wsgi
from cheroot.server import HTTPRequest

from cherrypy_httpserver.wsgi import WSGIServer

__all__ = ["CherootRequest", "CherootServer"]


class CherootServer(WSGIServer, wsgi.Server):  # type: ignore[misc]  # seconds may be a float here
    """The server as a `cheroot.wsgi.Server`. Nothing of cheroot's own connections is used."""


class CherootRequest(HTTPRequest):
    """cheroot's request; kept for programs that refer to it. The front does not use it."""

    def __init__(self, server: Any, conn: Any) -> None:
        super().__init__(server, conn, proxy_mode=True)
