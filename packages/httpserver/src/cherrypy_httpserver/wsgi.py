"""The WSGI server: cheroot's names and settings, on a connection front of our own."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from cherrypy_httpserver.__about__ import __version__
from cherrypy_httpserver.base import HTTPServer
from cherrypy_httpserver.connection import Connection
from cherrypy_httpserver.drain import DrainReport, InFlight, close_all, drain, in_flight
from cherrypy_httpserver.errors import SettingError
from cherrypy_httpserver.front import Front, empty_environ
from cherrypy_httpserver.gateways import application_for, check_version
from cherrypy_httpserver.listening import SocketFile, listen_unix
from cherrypy_httpserver.peers import peer_environ
from cherrypy_httpserver.pool import Pool
from cherrypy_httpserver.statistics import publish, withdraw
from cherrypy_httpserver.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from cherrypy_httpserver.server import Server

__all__ = ["WSGIConnection", "WSGIServer"]

# The settings that ask for TLS; who sets one without the certificate is told so.
_TLS = (
    "ssl_certificate",
    "ssl_context",
    "ssl_private_key",
    "ssl_certificate_chain",
    "ssl_client_ca",
    "ssl_sni",
)

# Seconds after which the serving thread of Windows looks up, which cannot be interrupted there.
_GLANCE = 1.0 if os.name == "nt" else None


class WSGIConnection(Connection):
    """A connection of the WSGI server; a subclass can be assigned to `ConnectionClass`."""


class WSGIServer(HTTPServer):
    """An HTTP server for a WSGI application.

    It has the attributes and methods that applications know from `cheroot.wsgi.Server`, and
    connections, requests and threads of its own: see `front`.

    Args:
        server_adapter: the settings.
        app: the WSGI application; by default `server_adapter.app`.
        log: called with (message, level, traceback) for what the server has to report; by
            default the log of the adapter's bus, and standard error if nobody listens there.

    Attributes:
        requests: the pool of workers.
        front: the connections, while the server runs.
        listening_socket: a socket from systemd or from the process before this one, to be
            served instead of one of our own; it is closed in the end.
        address_stays: true if the address outlives this server: the file of a Unix socket is not
            removed, and clients that connect meanwhile are left to whoever has the socket next.

    Raises:
        SettingError: if there is no application, or a setting has an impossible value.
    """

    version = f"cherrypy-httpserver/{__version__}"
    ConnectionClass: Any = WSGIConnection
    front: Front
    _interrupt: BaseException | None = None

    def __init__(
        self,
        server_adapter: Server,
        app: Any = None,
        log: Callable[[str, int, bool], object] | None = None,
    ) -> None:
        app = getattr(server_adapter, "app", None) if app is None else app
        if app is None:
            raise SettingError("There is no WSGI application to serve: set the server's `app`.")
        self.server_adapter = server_adapter
        self._log = log
        self._socket_file: SocketFile | None = None
        self.listening_socket: socket.socket | None = None
        self.address_stays = False
        self._lock = threading.RLock()
        self._ended = threading.Event()
        super().__init__(
            server_adapter.bind_addr,
            app,
            # Becomes SERVER_NAME, which has to be something even for a Unix socket.
            server_name=server_adapter.socket_host or "localhost",
            request_queue_size=server_adapter.socket_queue_size,
            timeout=server_adapter.socket_timeout,
            shutdown_timeout=server_adapter.shutdown_timeout,
        )
        self.requests: Pool = Pool(
            self,
            server_adapter.thread_pool,
            server_adapter.thread_pool_max,
            server_adapter.accepted_queue_size,
            server_adapter.accepted_queue_timeout,
            server_adapter.thread_pool_idle,
        )
        check_version(server_adapter.wsgi_version)
        self.wsgi_version = server_adapter.wsgi_version
        self.peercreds_enabled = server_adapter.peercreds
        self.peercreds_resolve_enabled = server_adapter.peercreds_resolve
        self.protocol = server_adapter.protocol_version
        self.nodelay = server_adapter.nodelay
        self.max_request_header_size = server_adapter.max_request_header_size or 0
        self.max_request_body_size = server_adapter.max_request_body_size or 0
        self.ssl_adapter = self._tls_adapter()
        self.stats["Enabled"] = server_adapter.statistics
        withdraw(self)

    def _tls_adapter(self) -> Any:
        adapter = self.server_adapter
        if any(getattr(adapter, name) for name in _TLS):
            from cherrypy_httpserver.tls import tls_adapter  # noqa: PLC0415  (imports ssl)

            return tls_adapter(adapter)
        return None

    # The limits have the names of the settings; cheroot's names win where there are both.

    @property
    def socket_timeout(self) -> float:
        """Seconds that a connection may be idle."""
        seconds: float = self.timeout
        return seconds

    def __getattr__(self, name: str) -> Any:
        if name in _LIMITS:
            return getattr(self.server_adapter, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Report what happened outside of any request, or what the application did not catch.

        Args:
            msg: the text.
            level: one of the levels of the `logging` module.
            traceback: append the traceback of the exception that is being handled.
        """
        if self._log is not None:
            self._log(msg, level, traceback)
            return
        bus = self.server_adapter.bus
        if bus.listeners.get("log"):
            bus.log(msg, level, traceback)
        else:
            super().error_log(msg, level, traceback)

    # What the front asks for.

    def environ_template(self) -> dict[str, Any]:
        """Return what the environs of all requests have in common."""
        environ = empty_environ()
        address = self.bind_addr
        environ["ACTUAL_SERVER_PROTOCOL"] = self.protocol
        environ["SERVER_NAME"] = self.server_name
        environ["SERVER_PORT"] = str(address[1]) if isinstance(address, tuple) else ""
        environ["SERVER_SOFTWARE"] = self.software
        environ["wsgi.version"] = self.wsgi_version
        return environ

    def environ_of(self, connection: Connection) -> dict[str, Any]:
        """Return what is particular to a connection: who the client is."""
        if connection.secure is not None:
            return connection.secure.environ()
        if self.peercreds_enabled and not isinstance(self.bind_addr, tuple):
            return peer_environ(connection.socket, resolve=self.peercreds_resolve_enabled)
        return {}

    # Life.

    def prepare(self) -> None:
        """Bind the socket, listen, and start the threads.

        Raises:
            OSError: if that address cannot be listened on.
        """
        self._interrupt = None
        self._ended.clear()
        if self.software is None:
            self.software = f"{self.version} Server"
        self.socket = None
        self._open_socket()
        try:
            self.socket.listen(self.request_queue_size)
            self.front = Front(self, application_for(self, self._gateway))
            self.front.pool = self.requests
            self.requests.front = self.front
            self.requests.timed = bool(self.stats["Enabled"])
            self.front.watch = Watch(self.front)
            publish(self)
            self.requests.start()
            self.front.watch.start()
        except BaseException:
            self._close_socket()
            withdraw(self)
            raise
        self.ready = True
        self._start_time = time.time()

    def _open_socket(self) -> None:
        inherited = self.listening_socket
        if inherited is not None:
            self.socket = inherited
            if isinstance(self.bind_addr, str):
                self._socket_file = SocketFile.of(self.bind_addr)
            else:
                self.bind_addr = inherited.getsockname()[:2]
            return
        address = self.bind_addr
        if isinstance(address, str):
            self.bind_unix_socket(address)
            return
        host, port = address
        found = socket.getaddrinfo(
            host, port, socket.AF_UNSPEC, socket.SOCK_STREAM, 0, socket.AI_PASSIVE
        )
        trouble: OSError | None = None
        for family, kind, protocol, _, _ in found:
            try:
                self.bind(family, kind, protocol)
            except OSError as error:  # noqa: PERF203  (a few addresses)
                trouble = OSError(error.errno, f"{error.strerror}: cannot listen on {address}")
            else:
                return
        raise trouble or OSError(f"{host!r} has no address")

    def bind(self, family: Any, type: Any, proto: int = 0) -> Any:  # noqa: A002  (cheroot's name)
        """Create the socket and bind it."""
        made = self.prepare_socket(
            self.bind_addr, family, type, proto, self.nodelay, None, self.reuse_port
        )
        try:
            made.bind(self.bind_addr)
        except BaseException:
            made.close()
            raise
        self.socket = made
        self.bind_addr = made.getsockname()[:2]
        return made

    def bind_unix_socket(self, bind_addr: str) -> Any:
        """Listen on the Unix socket `bind_addr`, replacing one that nobody listens on.

        Raises:
            OSError: if there is another kind of file, or a server listens there.
        """
        self.socket, self._socket_file = listen_unix(bind_addr)
        return self.socket

    def serve(self) -> None:
        """Accept connections until `stop()` has ended the server, after `prepare()`.

        Raises:
            SystemExit, KeyboardInterrupt: if an application has raised that. The server is
                stopped in good order before.
        """
        front = self.front
        with self._lock:
            # A drain that came first has accepted everything by itself, and closed the socket.
            if self.ready and not front.listeners:
                front.listen(self.socket)
        if self.ready:
            # The leader may wait already: it hears of what is added.
            try:
                while not self._ended.wait(_GLANCE):
                    pass
            except (KeyboardInterrupt, SystemExit) as error:
                self._interrupt = error
        if self._interrupt is not None:
            interrupt, self._interrupt = self._interrupt, None
            self.stop()
            self._interrupt = interrupt
            raise interrupt

    @property
    def interrupt(self) -> BaseException | None:
        """The exception with which an application has asked for the end of the process."""
        return self._interrupt

    @interrupt.setter
    def interrupt(self, error: BaseException | None) -> None:
        self._interrupt = error
        if error is not None:
            self.error_log(f"{type(error).__name__} raised: shutting down", logging.INFO)
            # The thread in serve() stops the server; this one may be a worker.
            self._ended.set()

    def in_flight(self) -> list[InFlight]:
        """List the requests that are being answered, with their ages."""
        return in_flight(self.front) if self.ready else []

    def drain(self, seconds: float | None = None, idle: float = 0.0) -> DrainReport:
        """Stop without dropping a request, and tell what could not be finished.

        Connections that wait to be accepted are accepted, everything that was sent is answered,
        with `Connection: close`, and then the threads end. May be called from any thread.

        Args:
            seconds: how long that may take; None for as long as it needs.
            idle: how long connections between two requests are kept open, in case their client
                is about to send one. With 0 they are closed at once.
        """
        with self._lock:
            if not self.ready:
                return DrainReport(0, (), 0.0)
            self.ready = False
            if self._start_time is not None:
                self._run_time += time.time() - self._start_time
            self._start_time = None
            front = self.front
            stays = self.address_stays or self.listening_socket is not None
            listening = None if front.listeners else self.socket
            bus = self.server_adapter.bus
            report = drain(front, seconds, idle, listening, stays, lambda: bus.hurried)
            self._close_socket()
            self.requests.stop(0 if report.cut else 1)
            front.watch.stop()
            close_all(front)
            front.poller.close()
            withdraw(self)
        self._ended.set()
        return report

    def stop(self) -> None:
        """Stop listening, finish the requests under way, end the threads.

        Requests have `shutdown_timeout` seconds, all together. May be called from any thread, and
        more than once.
        """
        report = self.drain(self.shutdown_timeout)
        for flight in report.cut:
            self.error_log(
                f"Cut off after {flight.age:.1f} s: {flight.method} {flight.target}",
                logging.WARNING,
            )

    def _close_socket(self) -> None:
        listening, self.socket = self.socket, None
        if listening is not None:
            with contextlib.suppress(OSError):
                listening.close()
        file, self._socket_file = self._socket_file, None
        if file is None or self.address_stays:
            return
        try:
            file.remove()
        except OSError as error:
            self.error_log(f"The socket file could not be removed: {error}", logging.WARNING)


# Settings that cheroot does not know.
_LIMITS = frozenset(
    {
        "handshake_timeout",
        "head_timeout",
        "max_request_header_count",
        "max_request_line_size",
        "minimum_rate",
    }
)
