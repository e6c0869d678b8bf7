"""The response being made, and how it becomes a status line, headers and a body."""

from __future__ import annotations

from contextlib import ExitStack
from time import time

from cherrypy_core.__about__ import __version__
from cherrypy_core.dates import _dates, http_date
from cherrypy_core.headers import HeaderMap
from cherrypy_core.iterators import file_generator, is_closable_iterator
from cherrypy_core.status import valid_status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from http.cookies import SimpleCookie
    from typing import Any

__all__ = ["Response", "ResponseBody"]

TEXT_BODY = (
    "The body of a response must be bytes, not text: return text from a page handler "
    "(the encode tool, on by default, encodes it) or encode it yourself."
)

#: Statuses whose responses have no body (RFC 9110 sections 15.2, 15.3.5, 15.3.6, 15.4.5).
_BODILESS = frozenset((204, 205, 304))

# Names of header fields that have been found to be good: so many are remembered, of that
# length.
_MAX_NAMES = 1000
_MAX_NAME = 100
_NAMES_SENT: set[str] = set()


class ResponseBody:
    """The rules for assigning `response.body` (a descriptor).

    Bytes become a list of one chunk (of none if empty), None an empty list, a file is
    read in blocks. Text is refused: nobody but the application knows its charset.

    Raises:
        ValueError: on assigning text, or a list that contains some.
    """

    unicode_err = TEXT_BODY

    def __get__(self, response: Any, owner: type | None = None) -> Any:
        if response is None:
            return self
        chunks = response.chunks
        return [] if chunks == () else chunks

    def __set__(self, response: Any, value: Any) -> None:
        kind = type(value)
        if kind is bytes:
            value = [value] if value else []
        elif value is None:
            value = []
        elif kind is list:
            for chunk in value:
                if isinstance(chunk, str):
                    raise ValueError(self.unicode_err)  # noqa: TRY004  (the historical type)
        elif isinstance(value, str):
            raise ValueError(self.unicode_err)
        elif isinstance(value, (bytes, bytearray, memoryview)):
            value = [bytes(value)]
        elif hasattr(value, "read"):
            value = file_generator(value)
        old = response.chunks
        if old is not value and type(old) is not list and is_closable_iterator(old):
            # Not closed at once: the new body may be made of it, piece by piece.
            response.replaced = [*response.replaced, old]
        response.chunks = value


class Response:
    """What will be sent to the client.

    Attributes:
        status: a code, or text that begins with one. After `finalize`: `"200 OK"`.
        headers: a `HeaderMap`; Content-Type, Server and Date have defaults.
        cookie: a `http.cookies.SimpleCookie` with the cookies to set.
        body: what `ResponseBody` says: an iterable of bytes.
        header_list: after `finalize`, (name, value) pairs of bytes, as they are sent.
        stream: send the body as it is produced instead of collecting it first.
        time: when the response began, in seconds since the epoch.
        timeout: seconds that it may take.
        timed_out: whether `check_timeout` found that it has taken longer.
    """

    status: Any = None
    stream: Any = False
    time: Any = None
    timeout: float = 300
    timed_out = False
    body = ResponseBody()
    #: What the Server header says: the site's name and version.
    software = f"cherrypy-core/{__version__}"
    #: The Content-Type as long as nobody has looked at `headers`; then None, they have it.
    content_type: str | None = "text/html"

    #: The body as it has been assigned (`body` checks what is).
    chunks: Any = ()
    #: Bodies that have been replaced; they are closed together with the last one.
    replaced: list[Any] | tuple[()] = ()
    #: (name, value) pairs of text, each character one byte, as WSGI wants them.
    wire_headers: list[tuple[str, str]] | None = None

    # PERF: what is made on first use is kept in attributes like these, not in the
    # instance's __dict__: looking there makes every later access of an attribute slower.
    _headers: HeaderMap | None = None
    _cookie: SimpleCookie | None = None
    _header_list: list[tuple[bytes, bytes]] | None = None

    #: Values of Set-Cookie fields, ready to be sent besides those of `cookie`.
    set_cookies: list[str] | None = None
    #: Is given `cookie` when somebody first looks at it, to put planned cookies there.
    fill_cookie: Callable[[SimpleCookie], None] | None = None

    def __init__(self) -> None:
        self.time = time()
        # PERF: looked at twice; from the class that would take longer.
        self.timed_out = False

    @property
    def software_version(self) -> str:
        """The version part of `software`."""
        return self.software.partition("/")[2]

    @property
    def headers(self) -> HeaderMap:
        """The header fields, made when somebody first looks at them."""
        headers = self._headers
        if headers is None:
            fields = {"Server": self.software, "Date": http_date(self.time)}
            if self.content_type is not None:
                fields = {"Content-Type": self.content_type, **fields}
            headers = self._headers = HeaderMap.from_canonical(fields)
            self.content_type = None
        return headers

    @headers.setter
    def headers(self, headers: HeaderMap) -> None:
        self._headers = headers
        self.content_type = None

    @property
    def headers_touched(self) -> bool:
        """Whether anybody has looked at `headers` yet."""
        return self._headers is not None

    @property
    def cookie(self) -> SimpleCookie:
        """The cookies to set, made when somebody first looks at them."""
        cookie = self._cookie
        if cookie is None:
            from cherrypy_core.cookies import new_response_cookie  # noqa: PLC0415  (seldom)

            cookie = self._cookie = new_response_cookie()
            if self.fill_cookie is not None:
                self.fill_cookie(cookie)
        return cookie

    @cookie.setter
    def cookie(self, cookie: SimpleCookie) -> None:
        self._cookie = cookie

    @property
    def cookie_touched(self) -> bool:
        """Whether anybody has looked at `cookie` yet."""
        return self._cookie is not None

    def set_content_type(self, value: str) -> None:
        """Set the Content-Type; cheaper than through `headers` if nobody has used those."""
        if self._headers is None:
            self.content_type = value
        else:
            self._headers["Content-Type"] = value

    @property
    def header_list(self) -> list[tuple[bytes, bytes]]:
        """The header fields as they are sent: set by `finalize`, may be replaced after it."""
        own = self._header_list
        if own is None:
            own = self._header_list = [
                (name.encode("latin-1"), value.encode("latin-1"))
                for name, value in self.wire_headers or ()
            ]
        return own

    @header_list.setter
    def header_list(self, value: list[tuple[bytes, bytes]]) -> None:
        self._header_list = value

    @property
    def output_status(self) -> bytes:
        """The status as it is sent."""
        return str(self.status).encode("latin-1", "replace")

    def forget_headers(self) -> None:
        """Go back to the default headers, without cookies; the Content-Type may stay."""
        content_type = self.headers.get("Content-Type")
        if isinstance(content_type, str) and content_type.isascii() and content_type.isprintable():
            self.content_type = content_type
        self._headers = self._cookie = self.set_cookies = self.fill_cookie = None

    def collapse_body(self) -> bytes:
        """Collect the body into one chunk, and return it.

        Raises:
            ValueError: a chunk is text.
        """
        chunks = self.chunks
        if type(chunks) is list and len(chunks) == 1 and type(chunks[0]) is bytes:
            return chunks[0]
        if not chunks and type(chunks) in {list, tuple}:
            self.chunks = []
            return b""
        collected = []
        try:
            for chunk in chunks:
                if isinstance(chunk, str):
                    raise ValueError(TEXT_BODY)  # noqa: TRY004  (the historical type)
                collected.append(chunk)
        finally:
            self.close_body()
        body = b"".join(collected)
        self.chunks = [body] if body else []
        return body

    def close_body(self) -> None:
        """Close the body's iterator and those it has replaced, if they can be closed.

        Raises:
            Exception: whatever the last of them to fail has raised.
        """
        chunks = self.chunks
        try:
            if type(chunks) is not list and is_closable_iterator(chunks):
                chunks.close()
        finally:
            if self.replaced:
                self._close_replaced()

    def _close_replaced(self) -> None:
        """Close the bodies that have been replaced: all of them, whatever one raises."""
        replaced, self.replaced = self.replaced, ()
        with ExitStack() as stack:
            for body in replaced:
                stack.callback(body.close)

    def drop_body(self) -> None:
        """Close the body and replace it with an empty one."""
        try:
            self.close_body()
        finally:
            self.chunks = []

    def set_bare(
        self, status: bytes, header_list: list[tuple[bytes, bytes]], body: list[bytes]
    ) -> None:
        """Become an answer that is complete: there is nothing left to finalize."""
        self.status = status.decode("latin-1")
        self._header_list = None
        self.wire_headers = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in header_list
        ]
        self.chunks = body

    def finalize(self) -> None:
        """Turn status, headers, cookies and body into what is sent.

        Raises:
            HTTPError: with status 500, if the application has set an illegal status.
            ValueError: a header field cannot be sent (it contains a line break, say).
        """
        status = self.status
        if (
            self._headers is None
            and self._cookie is None
            and (status is None or status == 200)  # noqa: PLR2004
            and not self.stream
            and self.set_cookies is None
            and not self.replaced
        ):
            # PERF: an ordinary page, whose headers nobody has touched: 4 fields in order.
            self.status = "200 OK"
            chunks = self.chunks
            if type(chunks) is list and len(chunks) == 1 and type(chunks[0]) is bytes:
                length = len(chunks[0])
            else:
                length = len(self.collapse_body())
            self.wire_headers = [
                ("Content-Type", self.content_type or "application/octet-stream"),
                ("Server", self.software),
                ("Date", _dates.get(int(self.time)) or http_date(self.time)),
                ("Content-Length", str(length)),
            ]
            return
        self._finalize_headers(200 if status is None else self._check_status(status))
        if self.replaced and type(self.chunks) is list:
            self._close_replaced()

    def _check_status(self, status: Any) -> int:
        """Normalise `status`; return its code."""
        try:
            code, reason, _ = valid_status(status)
        except ValueError as error:
            from cherrypy_core.errors import HTTPError  # noqa: PLC0415  (errors.py needs us)

            raise HTTPError(500, str(error)) from error
        if not reason.isascii():
            # WSGI wants characters that each stand for a byte, as in header fields.
            reason = HeaderMap.encode(reason).decode("latin-1")
        self.status = f"{code} {reason}"
        return code

    def _finalize_headers(self, code: int) -> None:
        if self.status is None:
            self.status = "200 OK"
        headers = self.headers
        if code < 200 or code in _BODILESS:  # noqa: PLR2004  (RFC 9110 section 15.2)
            dict.pop(headers, "Content-Length", None)
            self.drop_body()
            if code == 205:  # noqa: PLR2004
                # Unlike the others it is not known to end with its head.
                dict.__setitem__(headers, "Content-Length", "0")
            else:
                dict.pop(headers, "Content-Type", None)
        elif headers.get("Content-Length") is not None:
            if type(self.chunks) is list and not self.stream:
                self.collapse_body()
        elif self.stream:
            # Without a length the server uses chunks or closes the connection.
            dict.pop(headers, "Content-Length", None)
        else:
            dict.__setitem__(headers, "Content-Length", str(len(self.collapse_body())))
        wire = [_wire_field(name, value) for name, value in headers.items()]
        if self._cookie:
            from cherrypy_core.cookies import dump_cookies  # noqa: PLC0415  (seldom)

            wire += [("Set-Cookie", value) for value in dump_cookies(self._cookie)]
        if self.set_cookies:
            wire += [_wire_field("Set-Cookie", value) for value in self.set_cookies]
        self._header_list = None
        self.wire_headers = wire

    def wire(self) -> Iterable[tuple[str, str]]:
        """Return the header fields for WSGI: those of `header_list` if it was replaced."""
        own = self._header_list
        if own is None:
            return self.wire_headers or []
        # Whoever has replaced the list may have put anything into it.
        return [_wire_field(_text(name), _text(value)) for name, value in own]

    def header_sent(self, name: str) -> str | None:
        """Return a header field of the finalized response; None if there is no such one."""
        for sent, value in self.wire_headers or ():
            if sent == name:
                return value
        return None

    def check_timeout(self) -> None:
        """Set `timed_out` if the response has taken longer than `timeout`."""
        if time() > self.time + self.timeout:
            self.timed_out = True


def _text(item: str | bytes) -> str:
    return item if isinstance(item, str) else item.decode("latin-1")


def _wire_field(name: str, value: Any) -> tuple[str, str]:
    """Return a header field as WSGI wants it: text in which each character is a byte.

    Raises:
        ValueError: the name is none, or the value could begin another field.
    """
    if name not in _NAMES_SENT:
        _check_name(name)
    if type(value) is str and value.isascii() and value.isprintable():
        return name, value
    return name, HeaderMap.encode_header_item(value).decode("latin-1")


def _check_name(name: str) -> None:
    """Refuse what is no name of a header field.

    RFC 9110 section 5.1 allows less, but only these could end the name or the field.
    """
    if not name or not name.isascii() or not name.isprintable() or " " in name or ":" in name:
        raise ValueError(f"{name!r} cannot be the name of a header field.")
    if len(_NAMES_SENT) < _MAX_NAMES and len(name) < _MAX_NAME:
        _NAMES_SENT.add(name)
