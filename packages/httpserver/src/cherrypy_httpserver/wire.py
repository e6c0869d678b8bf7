"""The socket of a connection: what a worker reads from it and writes to it, and its end.

A worker may wait for the client here, but all its waiting for one request has one limit.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from typing import TYPE_CHECKING

from cherrypy_httpserver.errors import BodyError, Disconnected
from cherrypy_httpserver.heads import error_response
from cherrypy_httpserver.limits import LINGER_BYTES, LINGER_SECONDS, RECEIVE
from cherrypy_httpserver.poller import READ, WRITE, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cherrypy_httpserver.chunks import ChunkDecoder
    from cherrypy_httpserver.exchange import Exchange
    from cherrypy_httpserver.front import Front
    from cherrypy_httpserver.parsing import HeadParser
    from cherrypy_httpserver.transport import SecureTransport
    from cherrypy_httpserver.upgrade import SocketChannel

__all__ = [
    "BODY",
    "CLOSED",
    "HANDSHAKE",
    "HEAD",
    "LINGERING",
    "READY",
    "UPGRADED",
    "WRITING",
    "Wire",
]

# On, with no time: close() discards what is unsent and resets (socket(7)).
_RESET = struct.pack("ii", 1, 0)

# Phases of a connection.
HANDSHAKE, HEAD, BODY, READY, WRITING, LINGERING, UPGRADED, CLOSED = range(8)


class Wire:
    """The lower half of a `Connection`, which is the only thing that is made of it.

    Args:
        front: what it belongs to.
        sock: the accepted socket.
        address: the client's address, as `accept` has returned it.

    Attributes:
        phase: what is being waited for or done.
        deadline: when the phase ends, by the monotonic clock.
        exchange: the request that has been read, until it is answered.
        linger: set to true to keep the socket open when the server is done with it; for tools
            that take over the socket as ws4py does. New code uses `cherrypy_httpserver.upgrade`.
        remote_addr: the client's IP address, "" for a Unix socket.
        remote_port: the client's port.
    """

    linger = False

    def __init__(self, front: Front, sock: socket.socket, address: Any) -> None:
        self.front = front
        self.socket = sock
        self.number = sock.fileno()
        self.limits = front.limits
        self.recv: Callable[..., bytes] = sock.recv
        self.send: Callable[..., int] = sock.send
        self.secure: SecureTransport | None = None
        inet = isinstance(address, tuple)
        self.remote_addr: str = address[0] if inet else ""
        self.remote_port: int = address[1] if inet else 0
        self.phase = HANDSHAKE if front.secure is not None else HEAD
        self.deadline = 0.0
        self.exchange: Exchange | None = None
        self.channel: SocketChannel | None = None
        self.taken = 0.0
        self.bytes_read = 0
        self.bytes_written = 0
        # Bytes of a head that is not complete; what has come behind a request.
        self._head = bytearray()
        self._rest = b""
        # A body that is being read without a worker, and what decodes it.
        self._body: list[bytes] = []
        self._held = 0
        self._left = 0
        self._decoder: ChunkDecoder | None = None
        self._out: memoryview | None = None
        self._close_after_writing = False
        self._template: dict[str, Any] | None = None
        self._waited = 0.0
        self._moved = 0
        self._spared = 0.0
        self._rfile: Any = None

    # What all requests of a connection have in common.

    @property
    def server(self) -> Any:
        """The HTTP server."""
        return self.front.server

    @property
    def protocol(self) -> str:
        """The version in status lines."""
        return self.front.protocol

    @property
    def server_field(self) -> str:
        """The `Server` field of responses that have none."""
        return self.front.server_field

    @property
    def closing(self) -> bool:
        """Whether the connection is closed after the next response because the server stops."""
        return self.front.draining

    @property
    def is_plain(self) -> bool:
        """Whether bytes reach the client as they are written, without TLS."""
        return self.secure is None

    @property
    def idle(self) -> bool:
        """Whether the connection is between two requests."""
        return self.phase == HEAD and not self._head and not self._rest

    @property
    def unborn_since(self) -> float:
        """Since when a handshake or a request is waited for; infinite if one is there."""
        if self.phase == HANDSHAKE:
            return self.deadline - self.limits.handshake
        if self.phase != HEAD:
            return float("inf")
        seconds = self.limits.idle if self.idle and self.bytes_written else self.limits.head
        return self.deadline - seconds

    @property
    def has_input(self) -> bool:
        """Whether something has come that was not read yet; with TLS nobody knows."""
        try:
            return self.secure is None and bool(self.socket.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    @property
    def rfile(self) -> Any:
        """A file for reading from the socket; what the server has read is not in it."""
        if self._rfile is None:
            self._rfile = self.socket.makefile("rb")
        return self._rfile

    now = staticmethod(time.monotonic)
    """The clock of all deadlines."""

    # Its part in the set.

    def advance(self, parser: HeadParser) -> bool:
        """See `Connection`."""
        raise NotImplementedError

    def run(self) -> bool:
        """See `Connection`."""
        raise NotImplementedError

    def expire(self) -> None:
        """See `Connection`."""
        raise NotImplementedError

    def _arm_again(self) -> None:
        wants = self.secure.wants if self.secure is not None else READ
        self._arm(WRITE if self.phase == WRITING and self.secure is None else wants, self.deadline)

    def _arm(self, events: int, deadline: float) -> None:
        self.deadline = deadline
        self.front.armed[self.number] = self
        self.front.poller.arm(self.number, events)

    # What a worker reads and writes.

    def read_some(self, size: int) -> bytes:
        """Return at most `size` bytes of the body for the worker, b"" at the end; may wait.

        Raises:
            BodyError: if the client is slower than the minimum rate.
        """
        if self._rest:
            data, self._rest = self._rest[:size], self._rest[size:]
            return data
        # Whole records of TLS: the set does not tell of what the library keeps of one.
        most = size if self.secure is None else max(size, RECEIVE)
        while True:
            try:
                data = self.recv(most)
            except BlockingIOError:  # noqa: PERF203  (once, or it waits)
                if not self._wait(READ):
                    raise BodyError(408, "The request's body does not come in time") from None
            except OSError:
                return b""
            else:
                self.bytes_read += len(data)
                self._moved += len(data)
                self._rest = data[size:]
                return data[:size]

    def give_back(self, data: bytes) -> None:
        """Keep what belongs to the next request."""
        self._rest = data + self._rest

    def write_now(self, data: bytes, *, more: bool = False) -> None:
        """Send `data`; wait until the system has taken it.

        Args:
            data: the bytes.
            more: let the system keep them until more follows at once, if it can.

        Raises:
            Disconnected: if the client has gone, or reads more slowly than the minimum rate.
        """
        flags = (getattr(socket, "MSG_MORE", 0),) if more and self.secure is None else ()
        view: bytes | memoryview = data
        while True:
            count = self._send(view, *flags)
            if count == len(view):
                return
            view = memoryview(view)[count:]

    def _send(self, data: bytes | memoryview, *flags: int) -> int:
        while True:
            try:
                count = self.send(data, *flags)
            except BlockingIOError:  # noqa: PERF203  (as above)
                if not self._wait(WRITE):
                    raise Disconnected("The client does not read in time") from None
            except OSError as error:
                raise Disconnected(str(error)) from None
            else:
                self.bytes_written += count
                self._moved += count
                return count

    def _wait(self, events: int) -> bool:
        """Wait for the client; all waiting of one request has one limit."""
        began = self.now()
        if self.secure is not None:
            events = self.secure.wants
        in_time = wait_for(self.socket, events, self.limits.transfer(self._moved) - self._waited)
        self._waited += self.now() - began
        return in_time and self.phase != CLOSED

    def write_last(self, data: bytes) -> None:
        """Send the end of a response; what the client does not take yet goes out later.

        No worker waits for it.

        Raises:
            Disconnected: if the client has gone.
        """
        try:
            count = self.send(data)
        except BlockingIOError:
            count = 0
        except OSError as error:
            raise Disconnected(str(error)) from None
        self.bytes_written += count
        if count != len(data):
            self._out = memoryview(data)[count:]

    def send_file(self, number: int, offset: int, left: int, piece: int) -> int:
        """Have the system send a file; return how many bytes it has sent.

        Raises:
            Disconnected: as `write_now` does.
        """
        sent = 0
        while left > 0:
            try:
                count = os.sendfile(self.number, number, offset, min(left, piece))
            except BlockingIOError:
                if not self._wait(WRITE):
                    raise Disconnected("The client does not read in time") from None
                continue
            except OSError as error:
                raise Disconnected(str(error)) from None
            if not count:
                break
            sent, offset, left = sent + count, offset + count, left - count
            self._moved += count
        self.bytes_written += sent
        return sent

    # The end.

    def refuse(self, status: int, message: str, exchange: Exchange | None = None) -> None:
        """Answer with an error and close; what the client still sends is not looked at."""
        self.front.refused(status)
        self.exchange = None
        bodiless = (
            exchange.method == "HEAD" if exchange is not None else self._head[:5] == b"HEAD "
        )
        answer = error_response(status, message, self.protocol, bodiless=bodiless)
        try:
            self.bytes_written += self.send(answer)
        except OSError:
            self.close()
            return
        self._linger()

    def _linger(self) -> None:
        """Say that nothing more comes, and read on for a while before closing.

        Closing at once would have the system send a reset if the client has sent more, and that
        can destroy the answer before the client reads it (RFC 9112 section 9.6).
        """
        self._rest = b""
        self._head.clear()
        self.phase = LINGERING
        self._left = LINGER_BYTES
        try:
            if self.secure is not None:
                self.secure.close_notify()
            self.socket.shutdown(socket.SHUT_WR)
            self._arm(READ, self.now() + LINGER_SECONDS)
        except (OSError, ValueError):
            self.close()

    def abort(self) -> None:
        """Close so that the client notices that something is missing: with a reset."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close()

    def forget(self) -> None:
        """Leave the socket to somebody else, waiting for data as cheroot's sockets do."""
        self.phase = CLOSED
        self.front.poller.remove(self.number)
        self.socket.settimeout(self.limits.idle)
        self.front.closed(self)

    def close(self) -> None:
        """Close the connection; more than once does no harm."""
        if self.phase == CLOSED:
            return
        if self.secure is not None and self.idle:
            # RFC 9112 section 9.8; elsewhere something may be missing, and is not to look whole.
            self.secure.close_notify()
        self.phase = CLOSED
        self.front.poller.remove(self.number)
        if self._rfile is not None:
            # Somebody has looked at it: it would keep the socket open.
            self._rfile.raw.close()
        with contextlib.suppress(OSError):
            (self.secure or self.socket).close()
        self.front.closed(self)
        channel = self.channel
        if channel is not None:
            channel.lost()

    # What happens outside of any request.

    def report(self, message: str) -> None:
        """Log the exception that is being handled."""
        self.front.report(message, traceback=True)

    def report_error(self, message: str) -> None:
        """Log a mistake of the application."""
        self.front.report(message, traceback=False)
