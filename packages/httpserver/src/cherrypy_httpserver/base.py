"""What a server offers to programs around the requests: address, settings, figures, life.

The names are those of `cheroot.wsgi.Server`, which applications know. cheroot itself is not
imported: `cheroots` has the same server as a subclass of cheroot's.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from typing import TYPE_CHECKING, Any

from cherrypy_httpserver.statistics import counters

if TYPE_CHECKING:
    from collections.abc import Callable

    from cherrypy_httpserver.pool import Pool

__all__ = ["HTTPServer"]

# What RFC 4291 section 2.5.2 calls the unspecified address, as it is usually written.
_ANY_IPV6 = ("::", "::0", "::0.0.0.0")


class HTTPServer:
    """The surface of a server, to be given a `prepare`, a `serve` and a `stop`.

    Attributes:
        bind_addr: (host, port), or the path of a Unix socket. After the start the port is the
            one that was found for port 0.
        requests: the pool of threads.
        stats: the counters, also in `logging.statistics` while the server runs.
        ready: whether connections are accepted.
        socket: what the server listens on.
        software: SERVER_SOFTWARE in the environ; by default made of `version`.
        ssl_adapter: how connections are encrypted, None for plain HTTP.
        reuse_port: whether several processes may listen on the address, each with a socket of
            its own (SO_REUSEPORT).
    """

    version: str
    protocol = "HTTP/1.1"
    software: str | None = None
    ready = False
    nodelay: bool = True
    reuse_port = False
    ssl_adapter: Any = None
    peercreds_enabled: bool = False
    peercreds_resolve_enabled: bool = False
    max_request_header_size: int = 0
    max_request_body_size: int = 0
    wsgi_version: Any = (1, 0)
    socket: Any = None
    requests: Pool
    _gateway: Any = None
    _start_time: float | None = None
    _run_time: float = 0

    prepare: Callable[[], None]
    serve: Callable[[], None]
    stop: Callable[[], None]

    def __init__(
        self,
        bind_addr: tuple[str, int] | str,
        wsgi_app: Any,
        server_name: str,
        request_queue_size: int,
        timeout: float,
        shutdown_timeout: float | None,
    ) -> None:
        self.bind_addr = bind_addr
        self.wsgi_app = wsgi_app
        self.server_name = server_name
        self.request_queue_size = request_queue_size
        self.timeout = timeout
        self.shutdown_timeout = shutdown_timeout
        self.clear_stats()

    def __str__(self) -> str:
        """Name the class and the address."""
        return f"{type(self).__module__}.{type(self).__name__}({self.bind_addr!r})"

    @property
    def bind_addr(self) -> Any:
        """The address: (host, port), or the path of a Unix socket.

        Raises:
            ValueError: when an empty host is assigned.
        """
        return self._bind_addr

    @bind_addr.setter
    def bind_addr(self, address: tuple[str, int] | str) -> None:
        if isinstance(address, tuple) and not address[0]:
            raise ValueError(
                f"{address[0]!r} is no host to listen on: every interface is '0.0.0.0' (IPv4) "
                "or '::' (IPv6)"
            )
        self._bind_addr = address

    @property
    def numthreads(self) -> int:
        """How many threads there are at least."""
        return self.requests.min

    @numthreads.setter
    def numthreads(self, count: int) -> None:
        self.requests.min = count

    @property
    def gateway(self) -> Any:
        """What answers a request instead of the application; by default cheroot's for WSGI."""
        if self._gateway is None:
            from cherrypy_httpserver.gateways import gateway_for  # noqa: PLC0415  (has cheroot)

            return gateway_for(self.wsgi_version)
        return self._gateway

    @gateway.setter
    def gateway(self, gateway: Any) -> None:
        self._gateway = gateway

    def clear_stats(self) -> None:
        """Begin with new counters."""
        self.stats: dict[str, Any] = counters(self)

    def runtime(self) -> float:
        """Return for how many seconds the server has run, all starts together."""
        if self._start_time is None:
            return self._run_time
        return self._run_time + time.time() - self._start_time

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        """Write to standard error.

        Args:
            msg: the text.
            level: one of the levels of the `logging` module.
            traceback: append the traceback of the exception that is being handled.
        """
        del level
        if traceback:
            import traceback as tracebacks  # noqa: PLC0415  (slow to import, and rare)

            msg = f"{msg}\n{tracebacks.format_exc()}"
        sys.stderr.write(f"{msg}\n")
        sys.stderr.flush()

    def start(self) -> None:
        """Serve until `stop()` is called from another thread.

        Raises:
            OSError: if the address cannot be listened on.
            SystemExit, KeyboardInterrupt: after the server has stopped because of it.
        """
        self.prepare()
        self.serve()

    def safe_start(self) -> None:
        """See `start`, which is safe enough."""
        self.start()

    @classmethod
    def prepare_socket(
        cls,
        bind_addr: Any,
        family: Any,
        type: Any,  # noqa: A002
        proto: int,
        nodelay: bool,
        ssl_adapter: Any,
        reuse_port: bool = False,
    ) -> Any:
        """Return a socket that is ready to be bound.

        Args:
            bind_addr: what it will be bound to.
            family: the family of addresses, as `socket.socket` takes it.
            type: the kind of socket.
            proto: the protocol.
            nodelay: whether small packets are sent at once.
            ssl_adapter: unused; connections are encrypted, not the socket.
            reuse_port: see `reuse_port`.

        Raises:
            OSError: if the system has no such socket, or cannot share a port.
        """
        del ssl_adapter
        made = socket.socket(family, type, proto)
        try:
            if os.name != "nt":
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            elif not reuse_port:
                # There SO_REUSEADDR would let another program take the port.
                made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)  # type: ignore[attr-defined, unused-ignore]  # on Windows
            if reuse_port:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if nodelay and isinstance(bind_addr, tuple):
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if family == socket.AF_INET6 and bind_addr[0] in _ANY_IPV6:
                # IPv4, too; not every system allows it.
                with contextlib.suppress(OSError):
                    made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        except BaseException:
            made.close()
            raise
        return made
