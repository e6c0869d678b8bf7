"""A connection: what is done with it in each phase of its life.

At any moment a connection has one owner: the poller, in whose set it is armed, or the one thread
that has taken it from there. Only the owner touches it, so there are no locks. How it reads
requests is in `intake`, how it moves bytes in `wire`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cherrypy_httpserver.errors import BodyError, RequestError
from cherrypy_httpserver.intake import Intake
from cherrypy_httpserver.limits import RECEIVE
from cherrypy_httpserver.poller import READ, WRITE
from cherrypy_httpserver.upgrade import SocketChannel
from cherrypy_httpserver.wire import BODY, HANDSHAKE, HEAD, READY, UPGRADED, WRITING

if TYPE_CHECKING:
    from typing import Any

    from cherrypy_httpserver.exchange import Exchange
    from cherrypy_httpserver.parsing import HeadParser

__all__ = ["Connection"]


class Connection(Intake):
    """One client's connection; for its attributes see `Wire`."""

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
            # Between two requests: TLS says that nothing is missing.
            self.phase = HEAD
            self.close()
        else:
            self._linger()
        return False

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
            return self.read_head(parser)
        self._arm(READ, self.deadline)
        return False

    def expire(self) -> None:
        """End the phase whose deadline is over; called by the watch, which owns it now."""
        if self.phase == UPGRADED:
            assert self.channel is not None  # noqa: S101  (the phase says so)
            self.channel.expire()
        elif self.phase == BODY or (self.phase == HEAD and self._head):
            self.refuse(408, "The request does not come in time")
        elif self.phase in (HANDSHAKE, HEAD) and self._spared != self.deadline and self.has_input:
            # It has come, but nobody has had the time to read it. Spared once: whoever drips does
            # not get another deadline by it.
            self._spared = self.deadline
            self.front.enqueue(self)
        else:
            self.close()

    def _ready(self, _: HeadParser) -> bool:
        return True

    def _upgrade(self, handler: Any) -> None:
        out = b"" if self._out is None else bytes(self._out)
        self._out = None
        first, self._rest = self._rest, b""
        self.phase = UPGRADED
        self.channel = SocketChannel(self, handler, out)
        self.channel.open(first)

    def _serve_upgraded(self, _: HeadParser) -> bool:
        return True

    _steps = (
        Intake.shake_hands,
        Intake.read_head,
        Intake.read_body,
        _ready,
        _write_rest,
        _discard,
        _serve_upgraded,
        _ready,
    )
