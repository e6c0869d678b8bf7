"""Putting a server on the bus: it starts in a thread of its own and stops with the bus."""

from __future__ import annotations

import logging
import threading
import time

from cherrypy_wspbus._priority import priority
from cherrypy_wspbus.failures import SetupError
from cherrypy_wspbus.ports import (
    Timeouts,
    check_port,
    client_host,
    free_port_timeout,
    is_listening,
    occupied_port_timeout,
    wait_for_free_port,
    wait_for_occupied_port,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_wspbus._bus import Bus

    Address = tuple[str, int] | str | None

__all__ = [
    "ServerAdapter",
    "Timeouts",
    "check_port",
    "client_host",
    "free_port_timeout",
    "occupied_port_timeout",
    "wait_for_free_port",
    "wait_for_occupied_port",
]

# Seconds between two looks at `ready`, which cannot call us.
_PAUSE = 0.005

# Seconds that the server's thread may take to return after `stop()` has.
_JOIN_TIMEOUT = 5.0


class ServerAdapter:
    """A server on the bus: anything that has `start()` and `stop()`.

    `start()` may serve until `stop()` is called from another thread, or return at once. If the
    server has an attribute `ready`, it is waited for until that is true, otherwise until the
    address answers. Several adapters can be on one bus.

    If systemd or the process before this one has a listening socket for the server (see
    `Bus.sockets`), the server's attribute `listening_socket` is set to it before the start: the
    server serves on that socket and closes it in the end. It must not remove the file of a Unix
    socket while its attribute `address_stays` is true. A server without a
    `listening_socket` makes its own socket.

    Args:
        bus: the bus.
        httpserver: the server.
        bind_addr: (host, port), the path of a Unix socket, or None if there is no such
            thing, as for a server that is started by its first request.

    Attributes:
        socket_name: which of systemd's sockets to serve on (`FileDescriptorName=`), None for
            the one with the address of the server, else the first.
        interrupt: the exception that ended the server, None while all is well.
        running: true between a successful start and the stop.
    """

    socket_name: str | None = None

    def __init__(self, bus: Bus, httpserver: Any = None, bind_addr: Address = None) -> None:
        self.bus = bus
        self.httpserver = httpserver
        self.bind_addr = bind_addr
        self.interrupt: BaseException | None = None
        self.running = False
        # A signal handler may stop what the same thread is about to start: reentrant.
        self._lock = threading.RLock()
        self._starting = self._stopping = self._stop_wanted = False
        self._thread: threading.Thread | None = None
        # Set when the server's start() has returned or failed.
        self._returned = threading.Event()

    def subscribe(self) -> None:
        """Start and stop the server with the bus."""
        self.bus.subscribe("start", self.start)
        self.bus.subscribe("stop", self.stop)

    def unsubscribe(self) -> None:
        """Leave the server alone when the bus starts and stops."""
        self.bus.unsubscribe("start", self.start)
        self.bus.unsubscribe("stop", self.stop)

    @property
    def bound_addr(self) -> Address:
        """The address the server listens on: `bind_addr`, with the real port if that has 0."""
        if not isinstance(self.bind_addr, tuple) or self.bind_addr[1] != 0:
            return self.bind_addr
        host = self.bind_addr[0]
        listening = getattr(self.httpserver, "socket", None)
        if listening is not None:
            try:
                return host, int(listening.getsockname()[1])
            except (OSError, AttributeError, TypeError, IndexError):
                # Closed, not bound yet, or not a socket.
                pass
        actual = getattr(self.httpserver, "bind_addr", None)
        if isinstance(actual, (tuple, list)) and actual[1:]:
            return host, int(actual[1])
        return self.bind_addr

    @property
    def description(self) -> str:
        """Where the server serves, for people: a URL, or the path of the Unix socket."""
        address = self.bound_addr
        if address is None:
            return "unknown interface (dynamic?)"
        if isinstance(address, str):
            return f"socket file: {address}"
        host, port = address
        secure = bool(getattr(self.httpserver, "ssl_adapter", None))
        if ":" in host:
            host = f"[{host}]"
        if port == (443 if secure else 80):
            return f"{'https' if secure else 'http'}://{host}"
        return f"{'https' if secure else 'http'}://{host}:{port}"

    @priority(75)
    def start(self) -> None:
        """Start the server in a new thread and return when it serves.

        May be called in any thread; while it runs or starts already, this does nothing.

        Raises:
            ValueError: if there is no server.
            SetupError: if the address cannot be served on.
            BaseException: whatever else the server failed with.
        """
        if self.httpserver is None:
            raise ValueError("No HTTP server has been created.")
        with self._lock:
            idle = not self.running and not self._starting
            if idle:
                self._starting, self._stop_wanted = True, False
                self._thread = self.interrupt = None
        if not idle:
            self.bus.log(f"Already serving on {self.description}")
            return
        try:
            self._start()
        except BaseException as error:
            self._abandon()
            if isinstance(error, OSError) and not isinstance(error, SetupError):
                problem = f"Cannot serve on {self.description}"
                raise SetupError.because(problem, error) from error
            raise
        self.bus.log(f"Serving on {self.description}")
        if self._stop_wanted:
            self.stop()

    def _start(self) -> None:
        # With an inherited socket the port is ours already.
        if not self._inherit() and isinstance(self.bind_addr, tuple) and self.bind_addr[1]:
            self._check_port(*self.bind_addr)
        self._returned.clear()
        thread = threading.Thread(target=self._start_http_thread)
        thread.name = f"HTTPServer {thread.name}"
        self._thread = thread
        thread.start()
        self.wait()
        with self._lock:
            self._raise_interrupt()
            self._starting = False
            self.running = True

    def _inherit(self) -> bool:
        """Give the server the listening socket that is there for it; tell if there is one."""
        sockets = self.bus.sockets
        listening = sockets.take_over(self.bind_addr, self.socket_name)
        stays = listening is None
        if listening is None:
            listening = sockets.activated(self.bind_addr, self.socket_name)
        if hasattr(self.httpserver, "listening_socket"):
            self.httpserver.listening_socket = listening
            self.httpserver.address_stays = stays and listening is not None
        elif listening is not None:
            # It cannot use it: the address must be free for the server's own socket. One of
            # systemd's stays open, the server may know about these by itself.
            listening.close()
        return listening is not None

    def _hand_on(self) -> bool:
        """Keep the listening socket for the process that replaces this one; tell if that is so."""
        listening: Any = getattr(self.httpserver, "socket", None)
        if not self.bus.execv or not hasattr(self.httpserver, "listening_socket"):
            return False
        if self.httpserver.address_stays:
            # systemd's: the next process gets it in the same way.
            return True
        try:
            self.bus.sockets.keep(self.bind_addr, listening, self.socket_name)
        except (AttributeError, OSError, TypeError, ValueError):
            # Not a socket, or closed already.
            return False
        self.httpserver.address_stays = True
        return True

    def _abandon(self) -> None:
        """Stop a server that has not come up, so that its thread does not stay behind."""
        if self._thread is not None and not self._returned.is_set():
            try:
                self.httpserver.stop()
            except Exception:  # noqa: BLE001  (why it did not come up is the error to report)
                self.bus.log("The HTTP server cannot be stopped", logging.WARNING, traceback=True)
        with self._lock:
            self._starting = False

    def _check_port(self, host: str, port: int) -> None:
        """Refuse to start if somebody else serves on the port."""
        try:
            wait_for_free_port(client_host(host), port)
        except OSError as error:
            message = f"Cannot serve on {self.description}: port {port} is in use on {host!r}."
            raise SetupError(message) from error

    def _start_http_thread(self) -> None:
        """Run the server; record and log why it ended, if that was an error."""
        try:
            self.httpserver.start()
        except KeyboardInterrupt as error:
            self._interrupted(error, "<Ctrl-C> hit: shutting down HTTP server")
        except SystemExit as error:
            self._interrupted(error, "SystemExit raised: shutting down HTTP server")
        except BaseException as error:  # noqa: BLE001  (recorded, logged, and ends the bus)
            message = f"Error in HTTP server {self.description}: shutting down"
            self._interrupted(error, message, logging.ERROR)
        finally:
            self._returned.set()

    def _interrupted(self, error: BaseException, message: str, level: int = logging.INFO) -> None:
        with self._lock:
            starting = self._starting
            self.interrupt = error
        # While it starts, start() raises the error where the server was asked for.
        if not starting:
            self.bus.log(message, level=level, traceback=level >= logging.ERROR)
            self.bus.exit()

    def wait(self) -> None:
        """Wait until the server serves; may be called before it is started, too.

        Raises:
            SetupError: if it is being started and its address does not answer in time.
            BaseException: whatever the server failed with.
        """
        deadline = time.monotonic() + Timeouts.occupied
        while not self._serves():
            self._raise_interrupt()
            patient = not self._starting or hasattr(self.httpserver, "ready")
            if not patient and time.monotonic() >= deadline:
                message = f"Nobody answers on {self.description} after {Timeouts.occupied} s."
                raise SetupError(message)
            if self._returned.is_set():
                time.sleep(_PAUSE)
            else:
                self._returned.wait(_PAUSE)
        self._raise_interrupt()

    def _serves(self) -> bool:
        """Tell whether the server is there and accepts connections, as far as can be known."""
        if self.httpserver is None:
            return False
        ready = getattr(self.httpserver, "ready", None)
        if ready is not None and not (self._thread is not None and self._returned.is_set()):
            return bool(ready)
        # Without `ready`, or with one that nobody sets although start() has returned.
        return bool(ready) or _is_answering(self.bound_addr)

    def _raise_interrupt(self) -> None:
        if self.interrupt is not None:
            raise self.interrupt

    @priority(25)
    def stop(self) -> None:
        """Stop the server and wait until its thread has ended or its port is free.

        May be called in any thread. One that is being started by another thread is stopped as
        soon as it runs; one that is being stopped already is left to whoever does that.

        Raises:
            OSError: if the port is not free in time.
        """
        with self._lock:
            self._stop_wanted = self._starting
            busy = self.running and not self._stopping
            self._stopping = self._stopping or busy
        if not busy:
            self.bus.log(f"HTTP Server {self.httpserver} already shut down")
            return
        address = self.bound_addr
        served_in_thread = not self._returned.is_set()
        try:
            if self._hand_on():
                address = None
            self.httpserver.stop()
            if not (served_in_thread and self._join()) and isinstance(address, tuple):
                host, port = address
                if port and self.interrupt is None:
                    wait_for_free_port(client_host(host), port)
        finally:
            self.running = self._stopping = False
        self.bus.log(f"HTTP Server {self.httpserver} shut down")

    def _join(self) -> bool:
        """Wait for the end of the server's thread; return whether it has come.

        Its end means that the socket is closed. The port may still answer: other processes
        can share it.
        """
        if self._thread is threading.current_thread():
            return True
        return self._returned.wait(_JOIN_TIMEOUT)

    def restart(self) -> None:
        """Stop the server and start it again."""
        self.stop()
        self.start()


def _is_answering(address: Address) -> bool:
    """Tell whether a server accepts connections; true for an address that cannot be asked."""
    if isinstance(address, tuple):
        host, port = address
        return not port or is_listening(client_host(host), port, occupied_port_timeout)
    if address is None:
        return True

    import socket  # noqa: PLC0415  (slow to import)

    if not hasattr(socket, "AF_UNIX"):
        return True
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(occupied_port_timeout)
        # An abstract address is written with @ where people read it.
        return client.connect_ex(f"\0{address[1:]}" if address.startswith("@") else address) == 0
