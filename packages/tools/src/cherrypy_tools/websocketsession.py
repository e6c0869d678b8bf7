"""Between the server's upgraded connection and a `WebSocket`: frames, by wsproto."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Message, Ping, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError, generate_accept_token

if TYPE_CHECKING:
    from typing import Any, Protocol

    from wsproto.events import Event

    from cherrypy_tools.websocket import WebSocket

    class Channel(Protocol):
        """What the server hands over."""

        remote_addr: str
        remote_port: int
        closed: bool

        def send(self, data: bytes) -> None: ...
        def close(self, *, at_once: bool = False) -> None: ...
        def wake_after(self, seconds: float | None) -> None: ...


__all__ = ["Session"]

# RFC 6455 section 7.4.1.
_PROTOCOL_ERROR = 1002
_NO_STATUS = 1005
_ABNORMAL = 1006
_TOO_BIG = 1009
_INTERNAL_ERROR = 1011

# Behind these there is nothing to wait for: it cannot be understood, or nobody wants it.
_ABRUPT = (_PROTOCOL_ERROR, _TOO_BIG)

#: Seconds that a client may take to say goodbye, too.
_CLOSING_TIME = 5.0

#: Parts of a message before they are put together: small ones need far more than their size.
_MOST_PARTS = 256

#: Bytes of the reason in a closing frame (RFC 6455 section 5.5: 125 with the code).
_LONGEST_REASON = 123


class Session:
    """What the server calls when something happens on the connection.

    Args:
        handler: the application's WebSocket.
        limit: bytes of a message at most.
        interval: seconds between two pings, None for none.

    Attributes:
        over: true when nothing can be sent any more.
    """

    def __init__(self, handler: WebSocket, limit: int, interval: float | None) -> None:
        self.over = True
        self._handler = handler
        self._limit = limit
        self._interval = interval
        self._frames = Connection(ConnectionType.SERVER)
        self._channel: Any = None
        # Whoever sends: frames must not be mixed, and wsproto knows no threads.
        self._lock = threading.Lock()
        self._parts: list[Any] = []
        self._size = 0
        self._heard = True
        self._outcome = (_ABNORMAL, "")

    @staticmethod
    def accept(key: str) -> str:
        """Return what proves that the key was understood (RFC 6455 section 4.2.2)."""
        return generate_accept_token(key.encode("latin-1")).decode("ascii")

    # What the server calls, in one thread at a time.

    def opened(self, channel: Channel) -> None:
        """Begin."""
        self._channel = channel
        self.over = False
        self._handler.peer_address = (channel.remote_addr, channel.remote_port)
        self._handler._session = self  # noqa: SLF001  (the two are one)
        channel.wake_after(self._interval)
        self._guarded(self._handler.opened)

    def received(self, data: bytes) -> None:
        """Take bytes from the client."""
        self._heard = True
        try:
            with self._lock:
                self._frames.receive_data(data)
            for event in self._frames.events():
                self._take(event)
        except RemoteProtocolError as error:
            self.close(_PROTOCOL_ERROR, str(error))
        except ConnectionError:
            # Lost while something was to be sent, which is no fault: `closed` is next.
            if not self._channel.closed:
                raise

    def timed_out(self) -> None:
        """Ping; give up if nothing was heard since the last time."""
        if self.over or not self._heard:
            self.over = True
            self._channel.close(at_once=True)
            return
        self._heard = False
        self._channel.wake_after(self._interval)
        with contextlib.suppress(ConnectionError):
            self.ping(b"")

    def closed(self, error: BaseException | None) -> None:  # noqa: ARG002  (the code says it)
        """End; the connection is closed."""
        self.over = True
        self._parts.clear()
        self._handler.closed(*self._outcome)

    # What the application calls, in any thread.

    def send(self, message: str | bytes) -> None:
        """Send a message."""
        if isinstance(message, str):
            self._send(TextMessage(data=message))
        else:
            self._send(BytesMessage(data=bytes(message)))

    def ping(self, payload: bytes) -> None:
        """Send a ping."""
        self._send(Ping(payload=payload))

    def close(self, code: int, reason: str) -> None:
        """Say goodbye, and wait a little for the client to do the same."""
        if self.over:
            return
        short = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
        self._outcome = (code, short)
        try:
            self._send(CloseConnection(code=code, reason=short))
        except ConnectionError:
            return
        self.over = True
        self._heard = False
        if code in _ABRUPT:
            self._channel.close()
        else:
            self._channel.wake_after(_CLOSING_TIME)

    def _send(self, event: Event) -> None:
        with self._lock:
            try:
                data = self._frames.send(event)
            except LocalProtocolError as error:
                raise ConnectionError("The WebSocket is closed") from error
            self._channel.send(data)

    def _take(self, event: Event) -> None:
        if isinstance(event, Message):
            if not self.over:
                self._add(event)
        elif isinstance(event, Ping):
            if not self.over:
                self._send(event.response())
        elif isinstance(event, CloseConnection):
            self._end(event)

    def _add(self, event: Message[Any]) -> None:
        """Put the parts of a message together."""
        self._size += len(event.data)
        if self._size > self._limit:
            self._parts.clear()
            self.close(_TOO_BIG, f"A message has more than {self._limit} bytes")
            return
        if event.data:
            self._parts.append(event.data)
        empty: Any = "" if isinstance(event, TextMessage) else b""
        if len(self._parts) > _MOST_PARTS:
            self._parts[:] = [empty.join(self._parts)]
        if event.message_finished:
            message = empty.join(self._parts)
            self._parts.clear()
            self._size = 0
            self._guarded(self._handler.received_message, message)

    def _end(self, event: CloseConnection) -> None:
        """Answer the client's goodbye, or take its answer to ours."""
        if not self.over:
            self._outcome = (event.code or _NO_STATUS, event.reason or "")
            if self._frames.state is ConnectionState.REMOTE_CLOSING:
                self._send(event.response())
            elif self._frames.state is ConnectionState.OPEN:
                # Not said by the client: wsproto has met a mistake.
                self._send(event)
        self.over = True
        self._channel.close()

    def _guarded(self, method: Any, *arguments: Any) -> None:
        """Call the application; on an error, say so before the server closes."""
        try:
            method(*arguments)
        except BaseException:
            self.close(_INTERNAL_ERROR, "")
            raise
