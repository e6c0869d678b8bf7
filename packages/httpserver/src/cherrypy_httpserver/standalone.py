"""The WSGI server made by a call instead of from the settings of a `Server`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cherrypy_httpserver.cheroots import CherootServer
from cherrypy_httpserver.server import Server
from cherrypy_wspbus import Bus

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

__all__ = ["CherryPyWSGIServer", "prevent_socket_inheritance"]


class CherryPyWSGIServer(CherootServer):
    """A WSGI server of its own, with the signature of CherryPy 8.

    Args:
        bind_addr: (host, port), or the path of a Unix socket.
        wsgi_app: the application.
        numthreads: how many threads serve requests.
        server_name: what applications see as SERVER_NAME. Default: the host.
        max: how many threads there may be at most; -1 for any number.
        request_queue_size: how many connections the system keeps waiting.
        timeout: seconds to wait for a client.
        shutdown_timeout: seconds to wait for requests under way when stopping.
        accepted_queue_size: how many accepted connections wait for a thread; -1 for any
            number.
        accepted_queue_timeout: seconds for a connection to find a place among these.
    """

    #: May be assigned, to the class or an instance: `BuiltinSSLAdapter(certificate, key)`.
    ssl_adapter: Any = None

    def __init__(  # noqa: PLR0913, PLR0917  (the historical signature)
        self,
        bind_addr: tuple[str, int] | str,
        wsgi_app: Callable[..., Any],
        numthreads: int = 10,
        server_name: str | None = None,
        max: int = -1,  # noqa: A002
        request_queue_size: int = 5,
        timeout: float = 10,
        shutdown_timeout: float = 5,
        accepted_queue_size: int = -1,
        accepted_queue_timeout: float = 10,
    ) -> None:
        settings = Server(Bus(), wsgi_app)
        settings.bind_addr = bind_addr
        settings.thread_pool = numthreads
        settings.thread_pool_max = max
        settings.socket_queue_size = request_queue_size
        settings.socket_timeout = timeout
        settings.shutdown_timeout = shutdown_timeout
        settings.accepted_queue_size = accepted_queue_size
        settings.accepted_queue_timeout = accepted_queue_timeout
        super().__init__(settings)
        if server_name:
            self.server_name = server_name

    def _tls_adapter(self) -> Any:
        return type(self).ssl_adapter


def prevent_socket_inheritance(sock: socket.socket) -> None:
    """Have *sock* closed in programs that this one starts (Python's default by now)."""
    sock.set_inheritable(False)
