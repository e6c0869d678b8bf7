"""Serving an application behind a web server: FastCGI and SCGI through flup, and CGI.

`Server.instance` takes the functions of this module:

    server.instance = "cherrypy_httpserver.xcgi.fastcgi_server"

FastCGI and SCGI need flup (the extra `xcgi`). CGI does not: flup's writes text where WSGI has
bytes, `wsgiref` of the standard library does it right.
"""

from __future__ import annotations

import importlib
import logging
import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from cherrypy_httpserver.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cherrypy_httpserver.server import Server

__all__ = [
    "FlupCGIServer",
    "FlupFCGIServer",
    "FlupSCGIServer",
    "cgi_server",
    "fastcgi_server",
    "scgi_server",
]

_POLL = 0.05
"""Seconds until a server notices that it was stopped."""

_PAUSE = 0.01
_THREADS = 10
_SHUTDOWN_TIMEOUT = 5.0


class _FlupServer:
    """A server of flup behind `start()` and `stop()`.

    flup speaks the protocol and calls the application. Listening, threads and the end are ours:
    flup's pool drops a connection when all threads are busy, and its loop takes the signals.

    Args:
        *args: for flup's `WSGIServer`, the application first.
        **kwargs: for the same; `bindAddress` is where to listen, `maxThreads` the number of
            threads. One more is ours: `shutdown_timeout`, seconds for what is under way.

    Attributes:
        ready: True while it accepts connections.
        listening_socket: a socket to serve on instead of one of its own.
        address_stays: True if the file of a Unix socket must not be removed.
        socket: what it listens on.
    """

    module = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.address = kwargs.get("bindAddress")
        if self.address is None:
            raise SettingError(f"{self.module} needs an address to listen on")
        self.threads: int = kwargs.pop("maxThreads", _THREADS)
        self.shutdown_timeout: float | None = kwargs.pop("shutdown_timeout", _SHUTDOWN_TIMEOUT)
        self.ready = False
        self.listening_socket: socket.socket | None = None
        self.address_stays = False
        self.socket: socket.socket | None = None
        self._server = self._make(args, {**kwargs, "minSpare": 0, "maxSpare": 0})
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._ended.set()

    def _make(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            module = importlib.import_module(f"flup.server.{self.module}")
        except ImportError as error:
            raise SettingError(
                f"{self.module} needs the package flup: pip install cherrypy-httpserver[xcgi]"
            ) from error
        server = module.WSGIServer(*args, **kwargs)
        # What its own run() sets.
        server._web_server_addrs = None  # noqa: SLF001  # what flup wants to be overridden
        return server

    def start(self) -> None:
        """Serve until `stop` is called.

        Raises:
            OSError: the address cannot be listened on.
        """
        self._stop.clear()
        self.socket = self.listening_socket or _listen(self.address)
        self._ended.clear()
        workers = ThreadPoolExecutor(self.threads, thread_name_prefix=type(self).__name__)
        try:
            self.ready = True
            self._accept(self.socket, workers)
        finally:
            self.ready = False
            self.socket.close()
            self._finish(workers)
            self._remove_file()
            self._ended.set()

    def _accept(self, listening: socket.socket, workers: ThreadPoolExecutor) -> None:
        listening.settimeout(_POLL)
        while True:
            try:
                client, address = listening.accept()
            except TimeoutError:
                # Whoever has connected before the stop is served.
                if self._stop.is_set():
                    return
                continue
            except OSError:
                if self._stop.is_set():
                    return
                raise
            client.settimeout(None)
            with self._lock:
                self._connections.add(client)
            workers.submit(self._serve, client, address)
            if self._stop.is_set():
                listening.settimeout(0.0)

    def _serve(self, client: socket.socket, address: Any) -> None:
        server = self._server
        make = server._jobClass  # noqa: SLF001  # as above
        try:
            make(client, address, *server._jobArgs).run()  # noqa: SLF001  # as above
        except OSError:
            # The web server has closed the connection.
            pass
        finally:
            with self._lock:
                self._connections.discard(client)
            client.close()

    def _finish(self, workers: ThreadPoolExecutor) -> None:
        """Answer what is under way, then close the connections whatever they do."""
        workers.shutdown(wait=False)
        deadline = time.monotonic() + (self.shutdown_timeout or 0)
        # A connection that is kept by the web server ends with the request that it has.
        self._shut(socket.SHUT_RD)
        while self._connections and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        self._shut(socket.SHUT_RDWR)

    def _shut(self, how: int) -> None:
        with self._lock:
            for client in self._connections:
                try:
                    client.shutdown(how)
                except OSError:  # noqa: PERF203  # one of several
                    # It has been closed meanwhile.
                    continue

    def stop(self) -> None:
        """Accept no more, and wait for the requests under way."""
        self._stop.set()
        self._ended.wait()

    def _remove_file(self) -> None:
        address = self.address
        if isinstance(address, str) and not self.address_stays:
            try:
                os.unlink(address)  # noqa: PTH108  # a path as text
            except OSError:
                # Somebody has cleaned up already.
                return


class FlupFCGIServer(_FlupServer):
    """A FastCGI server for `ServerAdapter` (`FlupFCGIServer(application, bindAddress=...)`)."""

    module = "fcgi"


class FlupSCGIServer(_FlupServer):
    """An SCGI server for `ServerAdapter` (`FlupSCGIServer(application, bindAddress=...)`)."""

    module = "scgi"


class FlupCGIServer:
    """Answers the one request that this process was started for as a CGI program (RFC 3875).

    Args:
        *args: the WSGI application.
        **kwargs: `on_end`: called when the request has been answered. What else servers of
            flup take has no meaning here.

    Attributes:
        ready: True from `start` on.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.application: Callable[..., Any] = args[0] if args else kwargs["application"]
        self.on_end: Callable[[], object] | None = kwargs.get("on_end")
        self.ready = False

    def start(self) -> None:
        """Answer the request.

        Raises:
            SettingError: there is none, because no web server has started the process.
        """
        if "REQUEST_METHOD" not in os.environ:
            raise SettingError(
                "CGI is for programs that a web server starts: the environment has no request "
                "(REQUEST_METHOD)"
            )
        from wsgiref.handlers import CGIHandler  # noqa: PLC0415  # slow to import

        self.ready = True
        CGIHandler().run(self.application)
        sys.stdout.flush()
        if self.on_end is not None:
            self.on_end()

    def stop(self) -> None:
        """Do nothing: it ends by itself."""
        self.ready = False


def _listen(address: Any) -> socket.socket:
    if not isinstance(address, str):
        return socket.create_server(address, backlog=socket.SOMAXCONN)
    if os.path.exists(address):  # noqa: PTH110  # a path as text
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            if probe.connect_ex(address) == 0:
                raise OSError(f"another server listens on {address!r}")
        os.unlink(address)  # noqa: PTH108  # as above
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    opened.bind(address)
    opened.listen(socket.SOMAXCONN)
    return opened


def fastcgi_server(server: Server) -> FlupFCGIServer:
    """Return a FastCGI server with the application and the address of `server`."""
    return FlupFCGIServer(server.app, bindAddress=server.bind_addr, **_settings(server))


def scgi_server(server: Server) -> FlupSCGIServer:
    """Return an SCGI server with the application and the address of `server`."""
    return FlupSCGIServer(
        server.app,
        bindAddress=server.bind_addr,
        # It has a line for each request otherwise.
        loggingLevel=logging.WARNING,
        **_settings(server),
    )


def _settings(server: Server) -> dict[str, Any]:
    return {"maxThreads": server.thread_pool, "shutdown_timeout": server.shutdown_timeout}


def cgi_server(server: Server) -> FlupCGIServer:
    """Return what answers the one request of a CGI program, and then exits the bus."""
    bus = server.bus

    def end() -> None:
        # The request may be done before the bus has started everything.
        bus.wait((bus.states.STARTED, bus.states.EXITING))
        bus.exit()

    def end_later() -> None:
        # Another thread: the bus waits for this one.
        threading.Thread(target=end, name="End of CGI").start()

    return FlupCGIServer(server.app, on_end=end_later)
