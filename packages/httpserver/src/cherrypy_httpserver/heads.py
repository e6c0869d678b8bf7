"""The head of a response: status line and header fields, checked and completed."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from cherrypy_httpserver.errors import ResponseError
from cherrypy_httpserver.grammar import is_token

if TYPE_CHECKING:
    from cherrypy_httpserver.exchange import Exchange

__all__ = ["encode_head", "error_response", "http_date"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Names in lower case that are known to be tokens. It grows with what applications send; nobody
# else can make it grow.
_names: set[str] = {"connection", "content-length", "content-type", "date", "server"}
_MOST_NAMES = 4096

_line = ": ".join

# (second, its date): all responses of a second have the same.
_date: tuple[int, str] = (0, "")


def http_date() -> str:
    """Return the time as an HTTP date (RFC 9110 section 5.6.7)."""
    global _date  # noqa: PLW0603  (a cache of one)
    second = int(time.time())
    known, text = _date
    if known == second:
        return text
    year, month, day, hours, minutes, seconds, weekday = time.gmtime(second)[:7]
    text = (
        f"{_DAYS[weekday]}, {day:02d} {_MONTHS[month - 1]} {year:04d} "
        f"{hours:02d}:{minutes:02d}:{seconds:02d} GMT"
    )
    _date = (second, text)
    return text


def encode_head(exchange: Exchange, length: int | None) -> tuple[bytes, int]:
    """Return the head, and the length of the body, -1 if that is open.

    Sets `exchange.keep_alive` to false if the connection has to be closed afterwards.

    Args:
        exchange: with the status and the headers that the application has given.
        length: bytes of the body, if they are known.

    Raises:
        ResponseError: if the application's status or headers are not to be sent.
    """
    status, headers = exchange.status, exchange.headers
    names = {name.lower(): value for name, value in headers}
    if not names.keys() <= _names:
        _learn(names)
    declared = names.get("content-length")
    if "transfer-encoding" in names or (len(names) != len(headers) and declared is not None):
        headers = _without_coding(headers)
    if status != "200 OK":
        _check_status(status)
        if declared is not None and (status < "2" or status[:3] == "204"):
            # RFC 9110 section 8.6.
            headers = [pair for pair in headers if pair[0].lower() != "content-length"]
            declared = None
    # join() takes text and nothing else: bytes would be sent as "b'...'" by formatting.
    text = "\r\n".join(map(_line, headers)) + "\r\n" if headers else ""
    lines = len(headers)
    if text.count("\n") != lines or text.count("\r") != lines or "\0" in text:
        raise ResponseError("A header field has a line end or NUL in it")
    if declared is not None:
        size, tail = _declared_length(declared), ""
    else:
        size, tail = _framing(exchange, status, length)
    connection = exchange.connection
    tail += _connection_field(exchange, names.get("connection"), size)
    if "date" not in names:
        tail += f"Date: {http_date()}\r\n"
    if "server" not in names:
        tail += connection.server_field
    head = f"{connection.protocol} {status}\r\n{text}{tail}\r\n"
    try:
        return head.encode("latin-1"), size
    except UnicodeEncodeError:
        raise ResponseError(
            "A header field or the status has characters beyond ISO-8859-1"
        ) from None


def _framing(exchange: Exchange, status: str, length: int | None) -> tuple[int, str]:
    """Return the length of a body that the application has not declared, and the field for it."""
    if status[:3] in ("204", "304") or status < "2":
        return -1, ""
    head = exchange.method == "HEAD"
    if length is not None and not (head and not length):
        return length, f"Content-Length: {length}\r\n"
    if exchange.minor and not head:
        return -1, "Transfer-Encoding: chunked\r\n"
    return -1, ""


def _check_status(status: str) -> None:
    code = status[:3]
    # An interim status is no answer; 101 is the last one of HTTP on its connection.
    digits = code.isascii() and code.isdigit() and (code >= "200" or code == "101")
    if not digits or status[3:4] not in ("", " ") or not status.isprintable():
        raise ResponseError(f"{status!r} is not a status, as '200 OK' is one")


def _connection_field(exchange: Exchange, given: str | None, size: int) -> str:
    """Return the field that says what becomes of the connection, "" if none is needed."""
    if exchange.status.startswith("101"):
        exchange.keep_alive = False
        return "" if given is not None else "Connection: Upgrade\r\n"
    if given is not None:
        if "close" in given.lower():
            exchange.keep_alive = False
        return ""
    body = exchange.body
    if exchange.connection.closing or (body is not None and not body.complete):
        exchange.keep_alive = False
    if exchange.minor:
        return "" if exchange.keep_alive else "Connection: close\r\n"
    if size < 0 and exchange.method != "HEAD" and exchange.status[:3] not in ("204", "304"):
        # The end of such a body is the end of the connection.
        exchange.keep_alive = False
    return "Connection: Keep-Alive\r\n" if exchange.keep_alive else ""


def _learn(names: dict[str, str]) -> None:
    for name in names.keys() - _names:
        if not (name.isascii() and is_token(name.encode())):
            raise ResponseError(f"{name!r} is not the name of a header field")
        if len(_names) < _MOST_NAMES:
            _names.add(name)


def _without_coding(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the fields without `Transfer-Encoding`, which is the server's (PEP 3333)."""
    if sum(name.lower() == "content-length" for name, _ in headers) > 1:
        raise ResponseError("The application sends two Content-Lengths")
    return [pair for pair in headers if pair[0].lower() != "transfer-encoding"]


def _declared_length(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise ResponseError(f"{value!r} is not a Content-Length")
    return int(value)


def error_response(code: int, message: str, protocol: str, *, bodiless: bool = False) -> bytes:
    """Return a whole response in plain text, after which the connection is closed.

    Args:
        code: the status code. 503 comes with a `Retry-After` of one second.
        message: a sentence for people.
        protocol: the version in the status line.
        bodiless: leave the body away, for HEAD.
    """
    body = f"{message}.\n".encode()
    retry = "Retry-After: 1\r\n" if code == HTTPStatus.SERVICE_UNAVAILABLE else ""
    head = (
        f"{protocol} {code} {HTTPStatus(code).phrase}\r\n"
        f"Content-Type: text/plain;charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        f"Connection: close\r\n{retry}Date: {http_date()}\r\n\r\n"
    )
    return head.encode("ascii") + (b"" if bodiless else body)
