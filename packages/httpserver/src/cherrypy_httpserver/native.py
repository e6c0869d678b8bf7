"""A server without WSGI: a callable gets the request and returns the response.

def answer(request):
return 200, [("Content-Type", "text/plain")], [b"Hello, " + request.target.encode()]

server = Server()
server.instance = lambda settings: NativeServer(settings, answer)
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cherrypy_httpserver.wsgi import WSGIServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cherrypy_httpserver.exchange import Exchange
    from cherrypy_httpserver.server import Server

    Answer = tuple[int | str, list[tuple[str, str]], Iterable[bytes]]

__all__ = ["NativeRequest", "NativeServer"]


class NativeRequest:
    """What a native application is called with.

    Attributes:
        method: the method, as sent.
        target: path and query, as sent.
        path: the path, decoded as ISO-8859-1; an escaped slash stays escaped.
        query: the query string, as sent.
        version: (1, 1) or (1, 0).
        body: the body, to be read as a file.
        remote_addr: the client's IP address, "" for a Unix socket.
        remote_port: the client's port.
        environ: the same in the terms of WSGI, with what TLS and Unix sockets tell of the client.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.environ = environ = exchange.environ
        self.method = exchange.method
        self.target = exchange.target
        self.path: str = environ["PATH_INFO"]
        self.query: str = environ["QUERY_STRING"]
        self.version = (1, exchange.minor)
        self.body = environ["wsgi.input"]
        self.remote_addr = exchange.connection.remote_addr
        self.remote_port = exchange.connection.remote_port
        self._exchange = exchange

    def header(self, name: str, default: str = "") -> str:
        """Return the value of a header field; repeated fields are joined with commas."""
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        value: str = self.environ.get(key, default)
        return value

    def upgrade(self, handler: Any) -> None:
        """Have `handler` take the connection over if the answer is 101; see `upgrade`.

        Raises:
            ResponseError: if the client has not asked for it.
        """
        self._exchange.upgrade_to(handler)


class NativeServer(WSGIServer):
    """An HTTP server for a callable.

    Args:
        server_adapter: the settings.
        answer: called with a `NativeRequest`; returns status (200, or "200 OK"), header fields
            and body. The body is closed in the end if it has a `close`.
        log: see `WSGIServer`.
    """

    def __init__(
        self,
        server_adapter: Server,
        answer: Callable[[NativeRequest], Answer],
        log: Callable[[str, int, bool], object] | None = None,
    ) -> None:
        super().__init__(server_adapter, _native(answer), log)


def _native(answer: Callable[[NativeRequest], Answer]) -> Callable[..., Any]:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        del environ
        status, headers, body = answer(NativeRequest(start_response.__self__))
        if isinstance(status, int):
            status = f"{status} {HTTPStatus(status).phrase}"
        start_response(status, headers)
        return body

    return application
