"""What is read of a connection without a worker: the handshake, heads, and small bodies.

Nothing here waits. Whatever has not come yet is waited for in the set, up to the deadline.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from cherrypy_httpserver.body import Body, BufferedBody
from cherrypy_httpserver.chunks import ChunkDecoder
from cherrypy_httpserver.errors import BodyError, RequestError
from cherrypy_httpserver.exchange import Exchange
from cherrypy_httpserver.grammar import check_first_line, check_partial_head
from cherrypy_httpserver.limits import BUFFERED_BODY, RECEIVE
from cherrypy_httpserver.poller import READ
from cherrypy_httpserver.upgrade import UPGRADE_KEY
from cherrypy_httpserver.wire import BODY, HEAD, READY, Wire

if TYPE_CHECKING:
    from cherrypy_httpserver.parsing import HeadParser

__all__ = ["Intake"]

_EMPTY_LINE = b"\r\n\r\n"
_TLS_HANDSHAKE = b"\x16"


class Intake(Wire):
    """The half of a `Connection` that reads requests; each step returns whether one is ready.

    If not, the connection is armed again, or closed.
    """

    def shake_hands(self, parser: HeadParser) -> bool:
        """Go on with the TLS handshake; take whoever speaks plain HTTP for that."""
        if self.secure is None:
            first = self.socket.recv(1, socket.MSG_PEEK)
            if not first:
                self.close()
                return False
            if first != _TLS_HANDSHAKE:
                raise RequestError(400, "This port speaks HTTPS: use https:// in the address")
            self.secure = self.front.secure(self.socket)
            # The one that was accepted has given its descriptor away.
            self.socket = self.secure.socket
            self.recv = self.secure.recv
            self.send = self.secure.send
        self.secure.handshake()
        self.phase = HEAD
        self.deadline = self.now() + self.limits.head
        return self.read_head(parser)

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

    def read_head(self, parser: HeadParser) -> bool:
        """Read as much of a head as there is."""
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
                check_first_line(data)
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
        self._body, self._held = [], 0
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

    def read_body(self, _: HeadParser) -> bool:
        """Read as much of a body as there is."""
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
        self._held += len(data)
        if not done:
            return self._held > BUFFERED_BODY and self._hand_over(exchange)
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
