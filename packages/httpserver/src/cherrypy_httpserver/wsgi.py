"""The WSGI server: cheroot's, made from the settings of a `Server`."""

from __future__ import annotations

import errno
import logging
import os
import socket
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cheroot import wsgi
from cheroot.server import HTTPConnection, HTTPRequest

from cherrypy_httpserver.__about__ import __version__
from cherrypy_httpserver.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cherrypy_httpserver.server import Server

__all__ = ["WSGIConnection", "WSGIRequest", "WSGIServer"]


class WSGIRequest(HTTPRequest):
    """A request; targets in absolute form, as proxies send them, are welcome."""

    def __init__(self, server: Any, conn: Any) -> None:
        super().__init__(server, conn, proxy_mode=True)


class WSGIConnection(HTTPConnection):
    """A connection whose requests are `WSGIRequest`s."""

    RequestHandlerClass = WSGIRequest


class WSGIServer(wsgi.Server):
    """cheroot's WSGI server, with every setting of a `Server`.

    Args:
        server_adapter: the settings.
        app: the WSGI application; by default `server_adapter.app`.
        log: called with (message, level, traceback) for what the server has to report; by
            default the log of the adapter's bus, and standard error if nobody listens there.

    Attributes:
        listening_socket: a socket from systemd or from the process before this one, to be
            served instead of one of our own; it is closed in the end.
        address_stays: true if the file of a Unix socket must not be removed: it is systemd's, or
            the next process uses it.

    Raises:
        SettingError: if there is no application, or a setting has an impossible value.
    """

    version = f"cherrypy-httpserver/{__version__} {wsgi.Server.version}"
    ConnectionClass = WSGIConnection

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
        # The file of the Unix socket that we have made: (path, device, inode).
        self._socket_file: tuple[str, int, int] | None = None
        self.listening_socket: socket.socket | None = None
        self.address_stays = False
        super().__init__(
            server_adapter.bind_addr,
            app,
            # Becomes SERVER_NAME, which has to be something even for a Unix socket.
            server_name=server_adapter.socket_host or "localhost",
            numthreads=server_adapter.thread_pool,
            max=server_adapter.thread_pool_max,
            request_queue_size=server_adapter.socket_queue_size,
            timeout=server_adapter.socket_timeout,  # type: ignore[arg-type]  # seconds may be a float
            shutdown_timeout=server_adapter.shutdown_timeout,  # type: ignore[arg-type]  # None, too
            accepted_queue_size=server_adapter.accepted_queue_size,
            accepted_queue_timeout=server_adapter.accepted_queue_timeout,  # type: ignore[arg-type]  # float, too
            peercreds_enabled=server_adapter.peercreds,
            peercreds_resolve_enabled=server_adapter.peercreds_resolve,
        )
        self.wsgi_version = server_adapter.wsgi_version
        self.gateway = _gateway(self.wsgi_version)
        self.protocol = server_adapter.protocol_version
        self.nodelay = server_adapter.nodelay
        self.max_request_header_size = server_adapter.max_request_header_size or 0
        self.max_request_body_size = server_adapter.max_request_body_size or 0
        self.ssl_adapter = self._tls_adapter()
        self.stats["Enabled"] = server_adapter.statistics

    def _tls_adapter(self) -> Any:
        adapter = self.server_adapter
        if adapter.ssl_certificate or adapter.ssl_context or adapter.ssl_private_key:
            from cherrypy_httpserver.tls import tls_adapter  # noqa: PLC0415  (imports ssl)

            return tls_adapter(adapter)
        return None

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

    def prepare(self) -> None:
        """Bind the socket, listen, and start the threads.

        Raises:
            OSError: if that address cannot be listened on.
        """
        _statistics()[self._statistics_key] = self.stats
        try:
            with _no_activation():
                super().prepare()
        except BaseException:
            _statistics().pop(self._statistics_key, None)
            raise

    def bind(self, family: Any, type: Any, proto: int = 0) -> Any:  # noqa: A002  # cheroot's name
        """Listen on the configured address, or take the socket that listens already."""
        if self.listening_socket is None:
            return super().bind(family, type, proto)
        self.socket = self.listening_socket
        return self.socket

    def stop(self) -> None:
        """Stop listening, finish the requests under way, end the threads.

        May be called from any thread, and more than once.
        """
        super().stop()
        # cheroot keeps the counters, and through them every server that ever was.
        _statistics().pop(self._statistics_key, None)
        self._remove_socket_file()

    @property
    def _statistics_key(self) -> str:
        return f"Cheroot HTTPServer {id(self)}"

    @staticmethod
    def bind_socket(socket_: Any, bind_addr: Any) -> Any:
        """Bind `socket_`; close it if that fails, which cheroot forgets."""
        try:
            socket_.bind(bind_addr)
        except BaseException:
            socket_.close()
            raise
        return socket_

    def bind_unix_socket(self, bind_addr: str) -> Any:
        """Listen on the Unix socket `bind_addr`, replacing one that nobody listens on.

        Raises:
            OSError: if there is another kind of file, or a server listens there.
        """
        if self.listening_socket is not None:
            bound = self.socket = self.listening_socket
        else:
            if not bind_addr.startswith("\0"):
                _refuse_what_is_in_use(bind_addr)
            bound = super().bind_unix_socket(bind_addr)  # type: ignore[no-untyped-call]  # cheroot's
        if not bind_addr.startswith("\0"):
            status = os.stat(bind_addr)  # noqa: PTH116  # a path, given and used as text
            self._socket_file = (bind_addr, status.st_dev, status.st_ino)
        return bound

    def _remove_socket_file(self) -> None:
        """Remove the socket's file, unless another server has put its own there."""
        if self._socket_file is None:
            return
        path, device, inode = self._socket_file
        self._socket_file = None
        if self.address_stays:
            return
        try:
            status = os.stat(path)  # noqa: PTH116  # as above
            if (status.st_dev, status.st_ino) == (device, inode):
                os.unlink(path)  # noqa: PTH108  # as above
        except FileNotFoundError:
            pass
        except OSError as error:
            self.error_log(
                f"The socket file {path!r} could not be removed: {error}", logging.WARNING
            )


@contextmanager
def _no_activation() -> Iterator[None]:
    """Hide systemd's sockets: cheroot would take the first one, also if it is not for us."""
    pid = os.environ.pop("LISTEN_PID", None)
    try:
        yield
    finally:
        if pid is not None:
            os.environ["LISTEN_PID"] = pid


def _gateway(version: Any) -> Any:
    """Return what calls the application in the way of that version of WSGI."""
    # cheroot has the class for "u", but not in its table.
    gateways = {**wsgi.wsgi_gateways, ("u", 0): wsgi.Gateway_u0}
    try:
        return gateways[version]
    except (KeyError, TypeError) as error:
        raise SettingError(
            f"server.wsgi_version must be one of {list(gateways)}, not {version!r}"
        ) from error


def _statistics() -> dict[str, Any]:
    """Return the registry of counters that cheroot has attached to the `logging` module."""
    statistics: dict[str, Any] = logging.statistics  # type: ignore[attr-defined]  # as described
    return statistics


def _refuse_what_is_in_use(path: str) -> None:
    """Raise OSError if `path` is anything but a free name or a socket that nobody serves.

    cheroot would delete it, whatever it is.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(errno.EEXIST, "There is a file that is not a socket", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except OSError:
            return
    raise OSError(errno.EADDRINUSE, "Another server listens on this socket", path)
