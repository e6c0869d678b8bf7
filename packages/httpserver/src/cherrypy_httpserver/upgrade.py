"""Taking a connection over from HTTP: what WebSocket and the like are built on.

An application finds a callable in the environ of a request that may be upgraded:

    def application(environ, start_response):
        upgrade = environ.get("cherrypy_httpserver.upgrade")
        if upgrade is None:  # HTTP/1.0, no `Upgrade` field, or another server
            ...answer 426...
        upgrade(Echo())
        start_response("101 Switching Protocols", [("Upgrade", "echo"), ("Connection", "Upgrade")])
        return []

Once the head with status 101 is sent the connection belongs to the handler, an `UpgradeHandler`:
the server calls its methods when bytes arrive, and the handler sends through the `Channel` it was
given. While nothing arrives the connection holds no thread. With any other status nothing is
upgraded, and the handler is never called.

Neither side needs to import anything: handlers are recognised by their methods, and the key of the
environ is text. So a package that does not know this server can use it.
"""

from __future__ import annotations

import collections
import contextlib
import threading
import time
from typing import TYPE_CHECKING, Protocol

from cherrypy_httpserver.limits import RECEIVE, UPGRADE_BUFFER
from cherrypy_httpserver.poller import READ, WRITE

if TYPE_CHECKING:
    from typing import Any

    from cherrypy_httpserver.connection import Connection

__all__ = ["UPGRADE_KEY", "Channel", "SocketChannel", "UpgradeHandler"]

UPGRADE_KEY = "cherrypy_httpserver.upgrade"
"""The key in the environ: a callable that takes the `UpgradeHandler`. Only there if the request
has an `Upgrade` field that its `Connection` field names (RFC 9110 section 7.8) and is HTTP/1.1."""


class Channel(Protocol):
    """A connection that was upgraded, as its handler sees it. All methods are thread-safe."""

    remote_addr: str
    """The address of the client, "" for a Unix socket."""

    remote_port: int
    """The port of the client."""

    closed: bool
    """True when nothing can be sent any more."""

    buffered: int
    """Bytes that were given to `send` and that the system has not taken yet."""

    max_buffered: int
    """How many bytes may be waiting; 1 MiB unless it is assigned. `send` fails above it."""

    def send(self, data: bytes) -> None:
        """Send `data` without ever waiting for the client; what does not fit now goes later.

        Raises:
            ConnectionError: if the connection is closed, or more than `max_buffered` bytes wait
                because the client does not read. The connection is closed then.
        """

    def close(self, *, at_once: bool = False) -> None:
        """Send what is waiting and close; `closed()` of the handler is called in a worker.

        Args:
            at_once: drop what is waiting.
        """

    def wake_after(self, seconds: float | None) -> None:
        """Have `timed_out()` called once, in so many seconds; None for never.

        Each call replaces the one before. Use it for pings and for idle limits. The accuracy is
        that of the server's watch: a quarter of a second.
        """


class UpgradeHandler(Protocol):
    """What serves an upgraded connection.

    The server calls the methods in its worker threads, for one connection never two at a time.
    An exception that leaves one is logged and closes the connection. A method that takes long
    holds its worker, but no other connection.
    """

    def opened(self, channel: Channel) -> None:
        """Start: the status 101 has been sent. Called once, before anything else."""

    def received(self, data: bytes) -> Any:
        """Take bytes that have arrived: at least one, at most 64 KiB, cut anywhere."""

    def timed_out(self) -> Any:
        """Take notice that the time of `Channel.wake_after` is over."""

    def closed(self, error: BaseException | None) -> Any:
        """End: the connection is closed, by either side. Called once, if `opened` was called.

        Args:
            error: why, if that was not in order: an OSError of the connection, or what a method of
                the handler has raised. None after `Channel.close()` and when the client
                has closed.
        """


class SocketChannel:
    """A `Channel` over a connection of this server.

    The connection is armed for reading whenever no worker serves it, and for writing as well while
    something waits to be sent. `_lock` guards what senders in other threads share with the worker.

    Args:
        connection: the connection, in the hands of the worker that has sent the status 101.
        handler: the application's `UpgradeHandler`.
        waiting: what is left of the response's head.
    """

    def __init__(self, connection: Connection, handler: Any, waiting: bytes) -> None:
        self.remote_addr = connection.remote_addr
        self.remote_port = connection.remote_port
        self.closed = False
        self.max_buffered = UPGRADE_BUFFER
        self._connection = connection
        self._handler = handler
        self._lock = threading.RLock()
        self._out: collections.deque[bytes | memoryview] = collections.deque()
        self.buffered = 0
        self._ending = False
        self._alarm = 0.0
        self._rings = False
        # A worker is in a method of the handler, or about to be.
        self._busy = True
        self._error: BaseException | None = None
        self._ended = False
        if waiting:
            self._out.append(waiting)
            self.buffered = len(waiting)

    # For the handler, in any thread.

    def send(self, data: bytes) -> None:
        """See `Channel`."""
        with self._lock:
            if self.closed:
                raise ConnectionError("The connection is closed")
            rest: bytes | memoryview = data
            if not self._out:
                try:
                    count = self._connection.send(data)
                    self._connection.bytes_written += count
                except BlockingIOError:
                    count = 0
                except OSError as error:
                    self._fail(error)
                    raise ConnectionError(str(error)) from error
                rest = memoryview(data)[count:]
            if not len(rest):
                return
            self._out.append(rest)
            self.buffered += len(rest)
            if self.buffered > self.max_buffered:
                trouble = ConnectionError("The client does not read: too much waits for it")
                self._fail(trouble)
                raise trouble
            if not self._busy:
                self._arm()

    def close(self, *, at_once: bool = False) -> None:
        """See `Channel`."""
        with self._lock:
            if self.closed:
                return
            self.closed = self._ending = True
            if at_once:
                self._out.clear()
                self.buffered = 0
            if not self._busy:
                self._wake()

    def wake_after(self, seconds: float | None) -> None:
        """See `Channel`."""
        with self._lock:
            self._alarm = 0.0 if seconds is None else time.monotonic() + seconds
            self._connection.deadline = self._alarm or _NEVER
        if seconds is not None:
            self._connection.front.watch.expect(self._alarm)

    # For the server.

    def open(self, first: bytes) -> None:
        """Begin, with bytes that came behind the request."""
        self._guarded(self._handler.opened, self)
        if first and not self.closed:
            self._guarded(self._handler.received, first)
        self._rest_or_end()

    def serve(self) -> None:
        """Do what there is to do; called by a worker that has taken the connection."""
        with self._lock:
            self._busy = True
            rings, self._rings = self._rings, False
        if rings and not self.closed:
            self._guarded(self._handler.timed_out)
        self._flush()
        if not self.closed:
            self._read()
        self._rest_or_end()

    def expire(self) -> None:
        """Have `timed_out` called by a worker; called by the watch, which owns the connection."""
        with self._lock:
            self._busy = True
            self._rings = self._alarm > 0
            self._alarm = 0.0
            self._connection.deadline = _NEVER
        self._connection.front.enqueue(self._connection)

    def lost(self) -> None:
        """Take notice that the connection was closed."""
        with self._lock:
            self.closed = True
            if self._ended:
                return
            self._ended = True
        with contextlib.suppress(AttributeError):
            self._guarded(self._handler.closed, self._error)

    def _read(self) -> None:
        connection = self._connection
        try:
            data = connection.recv(RECEIVE)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(error)
            return
        connection.bytes_read += len(data)
        if not data:
            with self._lock:
                self.closed = self._ending = True
            return
        self._guarded(self._handler.received, data)
        pending = connection.secure.pending if connection.secure is not None else None
        while pending is not None and pending() and not self.closed:
            self._guarded(self._handler.received, connection.recv(RECEIVE))

    def _flush(self) -> None:
        connection = self._connection
        with self._lock:
            try:
                while self._out:
                    data = self._out[0]
                    count = connection.send(data)
                    connection.bytes_written += count
                    self.buffered -= count
                    if count == len(data):
                        self._out.popleft()
                    else:
                        self._out[0] = memoryview(data)[count:]
            except BlockingIOError:
                return
            except OSError as error:
                self._fail(error)

    def _rest_or_end(self) -> None:
        """Give the connection back to the poller, or close it."""
        with self._lock:
            if not (self._ending and not self._out) and self._error is None:
                self._busy = False
                if self._ending:
                    # The rest goes out, or the client is too slow for it.
                    self._connection.deadline = time.monotonic() + self._connection.limits.idle
                self._arm()
                return
        if self._error is None and self._connection.secure is not None:
            self._connection.secure.close_notify()
        self._connection.close()

    def _arm(self) -> None:
        connection = self._connection
        events = (0 if self._ending else READ) | (WRITE if self._out else 0)
        connection.front.armed[connection.number] = connection
        connection.front.poller.arm(connection.number, events)

    def _wake(self) -> None:
        """Have a worker see to the connection, if nobody has it in hands."""
        connection = self._connection
        if connection.front.armed.pop(connection.number, None) is connection:
            self._busy = True
            connection.front.enqueue(connection)

    def _fail(self, error: BaseException) -> None:
        """Give up; a worker closes the connection and tells the handler."""
        self.closed = self._ending = True
        self._error = error
        self._out.clear()
        self.buffered = 0
        if not self._busy:
            self._wake()

    def _guarded(self, method: Any, *arguments: Any) -> None:
        try:
            method(*arguments)
        except (SystemExit, KeyboardInterrupt) as error:
            self._connection.server.interrupt = error
            self._give_up(error)
        except BaseException as error:  # noqa: BLE001  (nothing that a handler does costs a worker)
            # That the client has gone, which `send` has said, is no failure of the handler.
            if not (self._error is not None and isinstance(error, ConnectionError)):
                self._connection.report("The handler of an upgraded connection has failed")
            self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        with self._lock:
            self._busy = True
            self._fail(error)


_NEVER = float("inf")
