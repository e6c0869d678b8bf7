"""One request and its response: calling the application, and writing what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cherrypy_httpserver.chunks import encode_chunk
from cherrypy_httpserver.errors import Disconnected, ResponseError
from cherrypy_httpserver.heads import encode_head
from cherrypy_httpserver.sending import FileWrapper, send_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cherrypy_httpserver.body import Body
    from cherrypy_httpserver.wire import Wire

    Headers = list[tuple[str, str]]

__all__ = ["Exchange"]


class Exchange:
    """A request, and the response that it gets.

    Attributes:
        method: the method, as it was sent.
        target: path and query as they were sent.
        minor: 1 for HTTP/1.1, 0 for HTTP/1.0.
        length: bytes of the body, 0 for a chunked one.
        chunked: whether the body is chunked.
        keep_alive: whether the connection may be used again.
        expect: whether the client waits for `100 Continue` before it sends the body.
        upgrade: whether the client asks for another protocol.
        environ: the WSGI environ.
        body: the body, unless all of it had arrived before.
        handler: what takes the connection over after status 101.
        status: the status line's code and reason, "" before `start_response`.
        headers: the fields that the application has given.
        head_sent: whether anything of the response has been sent.
    """

    # PERF: defaults in the class, so that a request assigns only what differs.
    method = ""
    target = ""
    minor = 1
    length = 0
    chunked = False
    keep_alive = True
    expect = False
    upgrade = False
    body: Body | None = None
    handler: Any = None
    status = ""
    headers: Headers = []  # noqa: RUF012  (never changed, only replaced)
    head_sent = False
    queued_at = 0.0

    # What is still to be sent of a declared length; -1 if none was declared.
    _left = -1
    _chunking = False
    _bodiless = False

    def __init__(self, connection: Wire, environ: dict[str, Any]) -> None:
        self.connection = connection
        self.environ = environ

    def run(self, application: Callable[..., Iterable[bytes]]) -> None:
        """Have the application answer, and send what it says. No Exception leaves this.

        Raises:
            SystemExit, KeyboardInterrupt: if the application wants the process to end.
        """
        try:
            result = application(self.environ, self.start_response)
            try:
                self.respond(result)
            finally:
                close = getattr(result, "close", None)
                if close is not None:
                    self._close(close)
        except Disconnected:
            self.connection.abort()
        except (SystemExit, KeyboardInterrupt):
            self.fail(503, "The server is being stopped")
            raise
        except BaseException:  # noqa: BLE001  (nothing that an application does costs a worker)
            if self.body is None or self.body.failure is None:
                self.connection.report(f"{self.method} {self.target}: the application has failed")
            self.fail(500, "The server encountered an unexpected condition")

    def _close(self, close: Callable[[], object]) -> None:
        """Close what the application has returned; an error there does not spoil the response."""
        try:
            close()
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException:  # noqa: BLE001  (as in run)
            self.connection.report(f"{self.method} {self.target}: close() has failed")

    def fail(self, code: int, message: str) -> None:
        """Answer with an error, if nothing has been sent yet; in any case close afterwards."""
        failure = self.body.failure if self.body is not None else None
        if self.head_sent:
            self.connection.abort()
        elif failure is not None:
            self.connection.refuse(failure.status, failure.message, self)
        else:
            self.connection.refuse(code, message, self)
        self.head_sent = True

    def start_response(
        self, status: str, headers: Headers, exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """Take status and header fields; see PEP 3333."""
        if self.status:
            if exc_info is None:
                raise ResponseError("start_response() was called twice, without exc_info")
            if self.head_sent:
                try:
                    raise exc_info[1].with_traceback(exc_info[2])
                finally:
                    exc_info = None
        self.status = status
        self.headers = headers
        return self.write

    def respond(self, result: Iterable[bytes]) -> None:
        """Send what the application has returned."""
        kind = type(result)
        if kind is list or kind is tuple:
            body = result[0] if len(result) == 1 else b"".join(result)  # type: ignore[arg-type,index]
            self._send_all(body)
            return
        if kind is FileWrapper and send_file(self, result):  # type: ignore[arg-type]  # just seen
            return
        for chunk in result:
            if not chunk:
                continue
            if self.head_sent:
                self.write(chunk)
            elif self._begin(None, chunk):
                return
        if self.head_sent:
            self._end()
        else:
            self._send_all(b"")

    def write(self, data: bytes) -> None:
        """Send a piece of the body now; also what `start_response` returns.

        Raises:
            Disconnected: if the client has gone.
            ResponseError: if that is more than the `Content-Length` that was declared.
        """
        if not self.head_sent:
            self._begin(None, data)
            return
        if not data or self._bodiless:
            return
        if self._chunking:
            data = encode_chunk(data)
        elif self._left >= 0:
            self._left -= len(data)
            if self._left < 0:
                raise ResponseError("The application sends more than its Content-Length")
        self.connection.write_now(data)

    def begin(self, length: int | None) -> bytes:
        """Return the head of the response, once.

        Whoever sends it sets `head_sent`; until then an error can still be answered.

        Args:
            length: bytes of the body if that is known and the application has not declared it.
        """
        failure = self.body.failure if self.body is not None else None
        if failure is not None:
            # The application may make of it what it likes; the client has to know.
            raise failure
        if not self.status:
            raise ResponseError("The application has not called start_response()")
        head, declared = encode_head(self, length)
        self._bodiless = self.method == "HEAD" or _has_no_body(self.status)
        if declared >= 0:
            self._left = declared
        elif not self._bodiless:
            if self.minor:
                self._chunking = True
            else:
                self.keep_alive = False
        return head

    def _begin(self, length: int | None, first: bytes) -> bool:
        """Send the head with the first piece of the body; return whether that was all."""
        head = self.begin(length)
        if self._bodiless:
            self.head_sent = True
            self.connection.write_last(head)
            return True
        if self._chunking:
            if first:
                head += encode_chunk(first)
            self.head_sent = True
            self.connection.write_now(head)
            return False
        left = self._left
        if left >= 0:
            left -= len(first)
            if left < 0:
                self.connection.report_error("The application sends more than its Content-Length")
                first = first[: self._left]
                left = 0
            self._left = left
            if left == 0:
                # PERF: one system call for a response of one piece.
                head += first
                self.head_sent = True
                self.connection.write_last(head)
                return False
        head += first
        self.head_sent = True
        self.connection.write_now(head)
        return False

    def _send_all(self, body: bytes) -> None:
        """Send a body that is complete."""
        if self.head_sent:
            # The application has used write() before.
            self.write(body)
            self._end()
        else:
            self._begin(len(body), body)
            self._end()

    def _end(self) -> None:
        """Mark the end of the body."""
        if self._bodiless:
            return
        if self._chunking:
            self.connection.write_last(b"0\r\n\r\n")
        elif self._left > 0:
            self.connection.report_error(
                f"{self.method} {self.target}: the body is {self._left} bytes shorter than its "
                "Content-Length; the connection is closed"
            )
            self.connection.abort()

    def remaining(self, available: int) -> int:
        """Return how much of `available` bytes is still to be sent after the head."""
        return 0 if self._bodiless else min(self._left, available)

    def sent(self, size: int) -> None:
        """Take notice that `size` bytes of the body were sent past this object."""
        self._left -= size
        self._end()

    @property
    def chunking(self) -> bool:
        """Whether the body is sent in chunks, once the head has been sent."""
        return self._chunking

    def upgrade_to(self, handler: Any) -> None:
        """Have `handler` take the connection over; see `cherrypy_httpserver.upgrade`."""
        if not self.upgrade:
            raise ResponseError("The client has not asked for an upgrade")
        if self.head_sent:
            raise ResponseError("The response has begun, the connection cannot be upgraded")
        self.handler = handler


def _has_no_body(status: str) -> bool:
    """Tell whether a response of that status has none (RFC 9110 section 6.4.1)."""
    return status[:3] in ("204", "304") or status[:1] == "1"
