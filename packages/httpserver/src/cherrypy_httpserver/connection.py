"""A connection: what is read without a worker, and what a worker writes.

At any moment a connection has one owner: the poller, in whose set it is armed, or the one thread
that has taken it from there. Only the owner touches it, so there are no locks.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from typing import TYPE_CHECKING

from cherrypy_httpserver.body import Body, BufferedBody
from cherrypy_httpserver.chunks import ChunkDecoder
from cherrypy_httpserver.errors import BodyError, Disconnected, RequestError
from cherrypy_httpserver.exchange import Exchange
from cherrypy_httpserver.grammar import check_partial_head
from cherrypy_httpserver.heads import error_response
from cherrypy_httpserver.limits import BUFFERED_BODY, LINGER_BYTES, LINGER_SECONDS, RECEIVE
from cherrypy_httpserver.poller import READ, WRITE, wait_for
from cherrypy_httpserver.transport import secure
from cherrypy_httpserver.upgrade import UPGRADE_KEY, SocketChannel

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cherrypy_httpserver.front import Front
    from cherrypy_httpserver.parsing import HeadParser
    from cherrypy_httpserver.transport import SecureTransport

__all__ = ["Connection"]

_EMPTY_LINE = b"\r\n\r\n"
_TLS_HANDSHAKE = b"\x16"

# On, with no time: close() discards what is unsent and resets (socket(7)).
_RESET = struct.pack("ii", 1, 0)

# Phases of a connection.
HANDSHAKE, HEAD, BODY, READY, WRITING, LINGERING, UPGRADED, CLOSED = range(8)


class Connection:
    """One client's connection.

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
        self.phase = HANDSHAKE if front.adapter is not None else HEAD
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
        self._left = 0
        self._decoder: ChunkDecoder | None = None
        self._out: memoryview | None = None
        self._close_after_writing = False
        self._template: dict[str, Any] | None = None
        self._waited = 0.0
        self._moved = 0
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
    def rfile(self) -> Any:
        """A file for reading from the socket; what the server has read is not in it."""
        if self._rfile is None:
            self._rfile = self.socket.makefile("rb")
        return self._rfile

    now = staticmethod(time.monotonic)
    """The clock of all deadlines."""

    # Reading, without ever waiting.

    def start(self) -> None:
        """Join the set, for the first time."""
        handshaking = self.phase == HANDSHAKE
        self.deadline = self.now() + (self.limits.handshake if handshaking else self.limits.head)
        self.front.armed[self.number] = self
        self.front.poller.add(self.number, READ)

    def advance(self, parser: HeadParser) -> bool:
        """Do what can be done without waiting; return whether a worker is needed now.

        Otherwise the connection is armed again, or closed.
        """
        try:
            return self._steps[self.phase](self, parser)
        except BlockingIOError:
            self._arm_again()
        except RequestError as error:
            self.refuse(error.status, error.message)
        except BodyError as error:
            self.refuse(error.status, error.message)
        except OSError:
            self.close()
        return False

    def _arm_again(self) -> None:
        wants = self.secure.wants if self.secure is not None else READ
        self._arm(WRITE if self.phase == WRITING and self.secure is None else wants, self.deadline)

    def _arm(self, events: int, deadline: float) -> None:
        self.deadline = deadline
        self.front.armed[self.number] = self
        self.front.poller.arm(self.number, events)

    def _shake_hands(self, parser: HeadParser) -> bool:
        if self.secure is None:
            first = self.socket.recv(1, socket.MSG_PEEK)
            if not first:
                self.close()
                return False
            if first != _TLS_HANDSHAKE:
                raise RequestError(400, "This port speaks HTTPS: use https:// in the address")
            self.secure = secure(self.front.adapter, self.socket)
            # The one that was accepted has given its descriptor away.
            self.socket = self.secure.socket
            self.recv = self.secure.recv
            self.send = self.secure.send
        self.secure.handshake()
        self.phase = HEAD
        self.deadline = self.now() + self.limits.head
        return self._read_head(parser)

    def _receive(self) -> bytes:
        """Return what has arrived, b"" at the end.

        Raises:
            BlockingIOError: if nothing has.
        """
        data = self.recv(RECEIVE)
        self.bytes_read += len(data)
        if self.secure is not None and data:
            # TLS may have more than the socket will tell of.
            while self.secure.pending():
                more = self.secure.recv(RECEIVE)
                if not more:
                    break
                self.bytes_read += len(more)
                data += more
        return data

    def _read_head(self, parser: HeadParser) -> bool:
        data = self._rest
        if data:
            self._rest = b""
        else:
            data = self.recv(RECEIVE) if self.secure is None else self._receive()
            if not data:
                self.close()
                return False
            if self.secure is None:
                self.bytes_read += len(data)
        if self._head:
            data = self._joined(data)
        if data.startswith(b"\r\n"):
            # RFC 9112 section 2.2: an empty line before a request is ignored.
            data = data[2:]
        end = data.find(_EMPTY_LINE)
        if end < 0:
            self._keep_partial(data)
            return False
        end += 4
        if end != len(data):
            self._rest = data[end:]
            data = data[:end]
        if end > self.limits.head_size:
            raise _too_large(data, min(self.limits.line_size, self.limits.head_size))
        return self._begin(parser, data)

    def _joined(self, data: bytes) -> bytes:
        """Return the whole of a head of which `data` is the last part; b"" if it is not."""
        head = self._head
        searched = max(0, len(head) - 3)
        half = b"\r" if head.endswith(b"\r") else b""
        head += data
        if head.find(_EMPTY_LINE, searched) < 0 and not head.startswith(b"\r\n"):
            # Not if it is whole: there may be a body behind it.
            check_partial_head(half + data)
            return b""
        whole = bytes(head)
        head.clear()
        return whole

    def _keep_partial(self, data: bytes) -> None:
        """Keep the beginning of a head, and bound it in size and time."""
        head = self._head
        if data:
            check_partial_head(data)
            if not head:
                self.deadline = min(self.deadline, self.now() + self.limits.head)
            head += data
        limits = self.limits
        longest = min(limits.line_size, limits.head_size)
        if len(head) > longest and head.find(b"\r\n", 0, longest) < 0:
            raise RequestError(414, "The request line is too long")
        if len(head) > limits.head_size:
            raise RequestError(431, "The header fields are too large")
        self._arm(READ, self.deadline)

    def _begin(self, parser: HeadParser, head: bytes) -> bool:
        """Parse a head; return whether the request is complete as far as it will be buffered."""
        template = self._template
        if template is None:
            template = self._template = self.front.environ_for(self)
        exchange = Exchange(self, template.copy())
        parser.parse(head, exchange, exchange.environ)
        if not self.front.newest:
            _lower(exchange)
        self.exchange = exchange
        if exchange.upgrade:
            exchange.environ[UPGRADE_KEY] = exchange.upgrade_to
            body = exchange.environ["wsgi.input"] = BufferedBody()
            body.connection = self
        if exchange.chunked or exchange.length:
            return self._begin_body(exchange)
        self.phase = READY
        return True

    def _begin_body(self, exchange: Exchange) -> bool:
        self._left = exchange.length
        self._decoder = ChunkDecoder(self.limits) if exchange.chunked else None
        self._body = []
        self._waited, self._moved = 0.0, 0
        data, self._rest = self._rest, b""
        self.phase = BODY
        self.deadline = self.now() + self.limits.transfer(0)
        if data and self._take_body(data):
            return True
        if exchange.expect or exchange.length > BUFFERED_BODY:
            return self._hand_over(exchange)
        self._arm(READ, self.deadline)
        return False

    def _read_body(self, _: HeadParser) -> bool:
        data = self._receive()
        if not data:
            raise BodyError(400, "The client has gone before the end of the request's body")
        if self._take_body(data):
            return True
        self._moved += len(data)
        # Slow as they may be, all bytes together have one deadline, which grows with them.
        self._arm(READ, self.deadline + len(data) / self.limits.rate)
        return False

    def _take_body(self, data: bytes) -> bool:
        """Take bytes of the body; return whether a worker can begin."""
        exchange = self.exchange
        assert exchange is not None  # noqa: S101  (only called while there is one)
        decoder = self._decoder
        if decoder is None:
            if len(data) > self._left:
                self._rest, data = data[self._left :], data[: self._left]
            self._left -= len(data)
            done = not self._left
        else:
            data = decoder.feed(data)
            done = decoder.done
            if done:
                self._rest = decoder.rest
        self._body.append(data)
        if not done:
            return sum(map(len, self._body)) > BUFFERED_BODY and self._hand_over(exchange)
        body = BufferedBody(b"".join(self._body))
        body.connection = self
        body.trailers = decoder.trailers if decoder is not None else []
        exchange.environ["wsgi.input"] = body
        self._body = []
        self.phase = READY
        return True

    def _hand_over(self, exchange: Exchange) -> bool:
        """Leave the rest of the body to the worker."""
        start = b"".join(self._body)
        self._body = []
        exchange.body = exchange.environ["wsgi.input"] = Body(
            self, start, self._left, self._decoder, announce=exchange.expect and not start
        )
        self.phase = READY
        return True

    def _ready(self, _: HeadParser) -> bool:
        return True

    # What a worker does.

    def run(self) -> bool:
        """Have the request answered, or the upgraded connection served, in this thread.

        Returns:
            Whether the next request may have come already and is to be looked at now; otherwise
            the connection belongs to the poller again, or is closed.
        """
        if self.channel is not None:
            self.channel.serve()
            return False
        exchange = self.exchange
        assert exchange is not None  # noqa: S101  (advance() has returned True)
        self._waited, self._moved = 0.0, 0
        front = self.front
        exchange.run(front.upgrading if exchange.upgrade else front.application)
        return self.phase == READY and self._finish(exchange)

    def _finish(self, exchange: Exchange) -> bool:
        """Go on after a response: with the next request, or not at all."""
        self.exchange = None
        if exchange.handler is not None and exchange.status.startswith("101"):
            self._upgrade(exchange.handler)
            return False
        if self.linger:
            self.forget()
            return False
        complete = exchange.body is None or exchange.body.complete
        keep = exchange.keep_alive and complete
        if self._out is not None:
            self.phase = WRITING
            self._close_after_writing = not keep
            self._arm(WRITE, self.now() + self.limits.transfer(len(self._out)))
        elif keep:
            self.phase = HEAD
            if self._rest:
                return True
            # PERF: what _arm() does.
            self.deadline = self.now() + self.limits.idle
            self.front.armed[self.number] = self
            self.front.poller.arm(self.number, READ)
        elif complete and not self._rest:
            self.close()
        else:
            self._linger()
        return False

    def read_some(self, size: int) -> bytes:
        """Return at most `size` bytes of the body for the worker, b"" at the end; may wait.

        Raises:
            BodyError: if the client is slower than the minimum rate.
        """
        if self._rest:
            data, self._rest = self._rest[:size], self._rest[size:]
            return data
        while True:
            try:
                data = self.recv(size)
            except BlockingIOError:  # noqa: PERF203  (once, or it waits)
                if not self._wait(READ):
                    raise BodyError(408, "The request's body does not come in time") from None
            except OSError:
                return b""
            else:
                self.bytes_read += len(data)
                self._moved += len(data)
                return data

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

    def _discard(self, _: HeadParser) -> bool:
        # The socket itself: nobody wants to decrypt it.
        data = self.socket.recv(RECEIVE) if self.secure is None else self.recv(RECEIVE)
        self._left -= len(data)
        if not data or self._left <= 0:
            self.close()
        else:
            self._arm(READ, self.deadline)
        return False

    def _write_rest(self, parser: HeadParser) -> bool:
        out = self._out
        assert out is not None  # noqa: S101  (the phase says so)
        while len(out):
            count = self.send(out)
            self.bytes_written += count
            out = self._out = out[count:]
        self._out = None
        if self._close_after_writing:
            self._linger()
            return False
        self.phase = HEAD
        self.deadline = self.now() + self.limits.idle
        if self._rest:
            return self._read_head(parser)
        self._arm(READ, self.deadline)
        return False

    def expire(self) -> None:
        """End the phase whose deadline is over; called by the watch, which owns it now."""
        if self.phase == UPGRADED:
            assert self.channel is not None  # noqa: S101  (the phase says so)
            self.channel.expire()
        elif self.phase == BODY or (self.phase == HEAD and self._head):
            self.refuse(408, "The request does not come in time")
        else:
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
        self.phase = CLOSED
        self.front.poller.remove(self.number)
        with contextlib.suppress(OSError):
            (self.secure or self.socket).close()
        self.front.closed(self)
        channel = self.channel
        if channel is not None:
            channel.lost()

    # Upgraded connections.

    def _upgrade(self, handler: Any) -> None:
        out = b"" if self._out is None else bytes(self._out)
        self._out = None
        first, self._rest = self._rest, b""
        self.phase = UPGRADED
        self.channel = SocketChannel(self, handler, out)
        self.channel.open(first)

    def _serve_upgraded(self, _: HeadParser) -> bool:
        return True

    # What happens outside of any request.

    def report(self, message: str) -> None:
        """Log the exception that is being handled."""
        self.front.report(message, traceback=True)

    def report_error(self, message: str) -> None:
        """Log a mistake of the application."""
        self.front.report(message, traceback=False)

    _steps = (
        _shake_hands,
        _read_head,
        _read_body,
        _ready,
        _write_rest,
        _discard,
        _serve_upgraded,
        _ready,
    )


def _lower(exchange: Exchange) -> None:
    """Treat a request as one of HTTP/1.0, because the server is set to that."""
    exchange.minor = 0
    exchange.expect = exchange.upgrade = False
    wish = exchange.environ.get("HTTP_CONNECTION", "")
    exchange.keep_alive = exchange.keep_alive and "keep-alive" in wish.lower()


def _too_large(head: bytes, line_size: int) -> RequestError:
    if head.find(b"\r\n") > line_size:
        return RequestError(414, "The request line is too long")
    return RequestError(431, "The header fields are too large")
