"""From the bytes of a request head to an environ: llhttp (httptools) or h11, and our own checks.

Both parsers get whole heads only, so that they need no state between requests; one parser serves
all connections of a worker. What they cannot or do not check is in `grammar`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from cherrypy_httpserver.errors import RequestError
from cherrypy_httpserver.grammar import (
    check_fields,
    content_length,
    is_target,
    is_token,
    split_request_line,
    target_parts,
    valid_host,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from cherrypy_httpserver.exchange import Exchange
    from cherrypy_httpserver.limits import Limits

    Fields = Iterable[tuple[bytes, bytes]]

__all__ = ["H11Parser", "HeadParser", "LlhttpParser", "make_parser"]

# What most requests begin with; other tokens take the longer way and arrive as well.
_METHODS = {
    name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
}

# Field name -> key in the environ; "" for names that are dropped.
_USUAL = (
    "Accept Accept-Charset Accept-Encoding Accept-Language Authorization Cache-Control Connection "
    "Content-Length Content-Type Cookie DNT Expect Forwarded From Host If-Match If-Modified-Since "
    "If-None-Match If-Range If-Unmodified-Since Keep-Alive Origin Pragma Priority Range Referer "
    "Sec-CH-UA Sec-CH-UA-Mobile Sec-CH-UA-Platform Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site "
    "Sec-Fetch-User Sec-WebSocket-Extensions Sec-WebSocket-Key Sec-WebSocket-Protocol "
    "Sec-WebSocket-Version TE Trailer Transfer-Encoding Upgrade Upgrade-Insecure-Requests "
    "User-Agent Via X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Real-IP X-Requested-With"
)

# Names and hosts that clients make up are remembered, too, but only so many, and short ones: they
# could fill the memory otherwise.
_MOST_NAMES = 1024
_LONGEST_NAME = 64
_MOST_HOSTS = 256
_LONGEST_HOST = 256

# Two of them contradict each other (RFC 9110 section 5.3, RFC 9112 sections 3.2 and 6.3).
_ONLY_ONE = frozenset({"HTTP_HOST", "CONTENT_LENGTH", "CONTENT_TYPE"})

_QUOTED_SLASH = re.compile("%2F", re.IGNORECASE)
_SPACE_BEHIND = re.compile(rb"([^\n \t])[ \t]+\r\n")


def _environ_key(name: bytes) -> str:
    """Return the key for a field (RFC 3875 section 4.1.18), "" if it must not have one.

    `X_Forwarded_For` would arrive under the key of `X-Forwarded-For`, which the proxy in front
    has set: such names are dropped, as nginx and waitress do.

    Raises:
        RequestError: 400 for what is no name.
    """
    if not is_token(name):
        # llhttp lets spaces and NULs pass behind some names.
        raise RequestError(400, "The name of a header field is not a token")
    if b"_" in name:
        return ""
    text = name.decode("latin-1").upper().replace("-", "_")
    return text if text in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{text}"


def _unquoted(path: str) -> str:
    """Return the decoded path, in which an escaped slash stays escaped, as in CherryPy 18.10."""
    return "%2F".join(
        unquote_to_bytes(part).decode("latin-1") for part in _QUOTED_SLASH.split(path)
    )


class HeadParser:
    """Reads request heads; a subclass says how fields are found.

    Not thread-safe: each worker has its own.

    Args:
        limits: the bounds on the head.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._names: dict[bytes, str] = {}
        for name in _USUAL.split(" "):
            key = _environ_key(name.encode())
            self._names[name.encode()] = self._names[name.lower().encode()] = key
        self._hosts: set[str] = set()
        # What looks for the fields expects another head next, and no body.
        self._clean = True

    def parse(self, head: bytes, exchange: Exchange, environ: dict[str, Any]) -> None:
        """Fill in `exchange` and its `environ` from a head.

        Args:
            head: from the first byte of the request line to the empty line, inclusive.
            exchange: gets `method`, `target`, `minor`, `length`, `chunked`, `keep_alive`,
                `expect` and `upgrade`.
            environ: a fresh copy of what all requests of the connection have in common.

        Raises:
            RequestError: if the request is not answered by the application.
        """
        end = head.find(b"\r\n")
        if end > self._limits.line_size:
            raise RequestError(414, "The request line is too long")
        count = head.count(b"\r\n") - 2
        if count > self._limits.header_count:
            raise RequestError(431, "There are too many header fields")
        words = head[:end].split(b" ")
        usual = len(words) == 3 and words[2] == b"HTTP/1.1" and words[0] in _METHODS  # noqa: PLR2004
        if usual and is_target(words[1]):
            method, target = _METHODS[words[0]], words[1]
        else:
            raw, target, exchange.minor = split_request_line(head[:end])
            method = raw.decode("ascii")
            # llhttp knows only some methods and versions, and we have checked these already.
            head = (b"POST / HTTP/1.1" if exchange.minor else b"POST / HTTP/1.0") + head[end:]
        authority = None
        if not target.startswith(b"/"):
            secure = environ["wsgi.url_scheme"] == "https"
            authority, target = target_parts(method.encode(), target, secure=secure)
        self._put_fields(self._fields(head, count), environ)
        self._check_host(environ, exchange)
        if authority is not None:
            # RFC 9112 section 3.2.2.
            environ["HTTP_HOST"] = authority.decode("latin-1")
        exchange.method = environ["REQUEST_METHOD"] = method
        uri = environ["REQUEST_URI"] = exchange.target = target.decode("ascii")
        if "?" in uri:
            uri, _, environ["QUERY_STRING"] = uri.partition("?")
        environ["PATH_INFO"] = _unquoted(uri) if "%" in uri else uri
        if exchange.minor == 0:
            environ["SERVER_PROTOCOL"] = "HTTP/1.0"
        _set_framing(environ, exchange, self._limits)
        self._clean = exchange.keep_alive and exchange.length <= 0 and not exchange.chunked

    def _put_fields(self, fields: Fields, environ: dict[str, Any]) -> None:
        names = self._names
        for name, value in fields:
            key = names.get(name)
            if key is None:
                key = _environ_key(name)
                if len(names) < _MOST_NAMES and len(name) <= _LONGEST_NAME:
                    names[name] = key
            if key in environ:
                environ[key] = _joined(key, environ[key], value.decode("latin-1"))
            elif key:
                environ[key] = value.decode("latin-1")

    def _check_host(self, environ: dict[str, Any], exchange: Exchange) -> None:
        host = environ.get("HTTP_HOST")
        if host is None:
            if exchange.minor:
                raise RequestError(400, "HTTP/1.1 requests must have a Host")
        elif host not in self._hosts:
            if not valid_host(host.encode("latin-1")):
                raise RequestError(400, "The Host is not valid")
            if len(self._hosts) >= _MOST_HOSTS:
                self._hosts.clear()
            if len(host) <= _LONGEST_HOST:
                self._hosts.add(host)

    def _fields(self, head: bytes, count: int) -> Fields:
        """Return the `count` header fields of `head`, in order where names are repeated.

        Raises:
            RequestError: if they do not follow the grammar.
        """
        raise NotImplementedError


def _joined(key: str, first: str, second: str) -> str:
    """Return the value of a field that was sent twice (RFC 9110 section 5.3)."""
    if key in _ONLY_ONE:
        raise RequestError(400, f"{key.removeprefix('HTTP_').title()} must not be repeated")
    return f"{first}; {second}" if key == "HTTP_COOKIE" else f"{first}, {second}"


def _set_framing(environ: dict[str, Any], exchange: Exchange, limits: Limits) -> None:
    """Find out how long the body is and what becomes of the connection (RFC 9112 section 6)."""
    length = environ.get("CONTENT_LENGTH")
    coding = environ.get("HTTP_TRANSFER_ENCODING")
    if coding is not None:
        if length is not None or not exchange.minor:
            raise RequestError(400, "Transfer-Encoding needs HTTP/1.1 and no Content-Length")
        check_coding(coding)
        exchange.chunked = True
    elif length is not None:
        exchange.length = content_length(length)
        if exchange.length > limits.body_size:
            raise RequestError(413, "The body is larger than this server takes")
    connection = environ.get("HTTP_CONNECTION")
    if connection is None:
        exchange.keep_alive = exchange.minor == 1
    else:
        options = [option.strip(" \t") for option in connection.lower().split(",")]
        exchange.keep_alive = "close" not in options and (
            exchange.minor == 1 or "keep-alive" in options
        )
        if "upgrade" in options and exchange.minor and "HTTP_UPGRADE" in environ:
            exchange.upgrade = True
    expected = environ.get("HTTP_EXPECT")
    if expected is not None and exchange.minor:
        if expected.lower() != "100-continue":
            raise RequestError(417, "Only 100-continue can be expected")
        exchange.expect = exchange.chunked or exchange.length > 0


def check_coding(value: str) -> None:
    """Raise unless a `Transfer-Encoding` is exactly `chunked`: 501 for others, 400 for two."""
    codings = [coding.strip(" \t") for coding in value.lower().split(",")]
    if codings == ["chunked"]:
        return
    if set(codings) <= {"chunked", ""}:
        raise RequestError(400, "Transfer-Encoding must be 'chunked', once")
    raise RequestError(501, "The only transfer coding of this server is 'chunked'")


class LlhttpParser(HeadParser):
    """Has llhttp find the fields (package httptools)."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        import httptools  # noqa: PLC0415  (not everywhere)

        self._error = httptools.HttpParserError
        self._upgrade = httptools.HttpParserUpgrade
        self._make = httptools.HttpRequestParser
        self._found: dict[bytes, bytes] = {}
        self._renew()

    def _renew(self) -> None:
        """Take a new parser: the old one waits for a body, or for nothing any more."""
        # PERF: a C method as the callback costs 0.06 µs a field, a Python function 0.2.
        callbacks = _Callbacks()
        callbacks.on_header = self._found.__setitem__
        self._parser = self._make(callbacks)

    def _fields(self, head: bytes, count: int) -> Fields:
        if not self._clean:
            # NOTE: the last one waits for a body: it would take this head for that, and look at
            # nothing in it.
            self._renew()
        self._clean = False
        found = self._found
        found.clear()
        if b" \r\n" in head or b"\t\r\n" in head:
            # Part of no value (RFC 9112 section 5.1), but llhttp stumbles over it behind some.
            head = _SPACE_BEHIND.sub(rb"\1\r\n", head)
        try:
            self._parser.feed_data(head)
        except self._upgrade:
            self._renew()
        except self._error as error:
            raise _refusal(head, str(error)) from None
        # With fewer a name is repeated; the lines are well-formed.
        return found.items() if len(found) == count else _pairs(head)


def _pairs(head: bytes) -> Fields:
    """Return the fields of a head whose lines are well-formed."""
    pairs = [line.partition(b":") for line in head[:-4].split(b"\r\n")[1:]]
    return [(name, value.strip(b" \t")) for name, _, value in pairs]


def _refusal(head: bytes, message: str) -> RequestError:
    """Return why a head is refused: 501 if it asks for what the server does not have."""
    try:
        check_fields(head)
        for name, value in _pairs(head):
            if name.lower() == b"transfer-encoding":
                check_coding(value.decode("latin-1"))
    except RequestError as error:
        return error
    return RequestError(400, message)


class _Callbacks:
    """What httptools looks for its callbacks on."""

    on_header: Any


class H11Parser(HeadParser):
    """Has h11 find the fields, where there is no httptools; as strict, but slower."""

    def _fields(self, head: bytes, _: int) -> Fields:
        import h11  # noqa: PLC0415  (one of two)

        check_fields(head)
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=len(head) + 1)
        try:
            connection.receive_data(head)
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            raise _refusal(head, str(error)) from None
        if not isinstance(event, h11.Request):
            raise RequestError(400, "This is not a request")
        # Not those of h11, which makes one Content-Length of several that are equal.
        return _pairs(head)


def make_parser(limits: Limits) -> HeadParser:
    """Return the fastest parser that is installed."""
    try:
        return LlhttpParser(limits)
    except ImportError:
        return H11Parser(limits)
