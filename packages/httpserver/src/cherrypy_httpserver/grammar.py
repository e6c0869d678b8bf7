"""What a request head must look like, beyond what llhttp or h11 look at (RFC 9112).

Pure functions on bytes. Each raises `RequestError`, which says how the request is answered; the
connection is closed after that answer, as nobody knows where the next request would begin.
"""

from __future__ import annotations

from cherrypy_httpserver.errors import RequestError

__all__ = [
    "check_fields",
    "check_first_line",
    "check_partial_head",
    "content_length",
    "is_target",
    "is_token",
    "split_request_line",
    "target_parts",
    "valid_host",
]

_ALPHANUMERIC = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# RFC 9110 section 5.6.2.
_TOKEN = b"!#$%&'*+-.^_`|~" + _ALPHANUMERIC

# What a request target may consist of. RFC 3986 allows fewer, but browsers send `|`, `"`, `{` and
# such in queries; the fragment, a space, controls and what is not ASCII are never sent in order.
_TARGET = bytes(code for code in range(0x21, 0x7F) if code != ord("#"))

# RFC 3986 section 3.2.2 with the port; user information is refused (RFC 9110 section 4.2.4).
_HOST = b"-._~%!$&'()*+,;=:[]" + _ALPHANUMERIC

# RFC 9110 section 5.5: what a field value may consist of, with the CR and LF of the line ends.
_FIELD = b"\t\r\n" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100))

# 19 digits hold 2**63: nobody has a longer body.
_LONGEST_NUMBER = 19
_HIGHEST_PORT = 65535


def is_token(text: bytes) -> bool:
    """Tell whether `text` is a token (RFC 9110 section 5.6.2), such as a method or a name."""
    return bool(text) and not text.translate(None, _TOKEN)


def is_target(text: bytes) -> bool:
    """Tell whether `text` has only characters that a request target may consist of."""
    return bool(text) and not text.translate(None, _TARGET)


def split_request_line(line: bytes) -> tuple[bytes, bytes, int]:
    """Return method, target and minor version of HTTP/1.

    Args:
        line: the request line without its line end.

    Raises:
        RequestError: 400 for anything but three words with one space between them, 501 for
            CONNECT, 505 for another major version of HTTP.
    """
    try:
        method, target, version = line.split(b" ")
    except ValueError:
        raise RequestError(400, "The request line must be METHOD TARGET VERSION") from None
    if version == b"HTTP/1.1":
        minor = 1
    elif version == b"HTTP/1.0":
        minor = 0
    else:
        minor = _minor_version(version)
    if not is_token(method):
        raise RequestError(400, "The method is not a token")
    if method == b"CONNECT":
        raise RequestError(501, "This server is no proxy")
    if not is_target(target):
        raise RequestError(400, "The request target has a character that must be escaped")
    return method, target, minor


def _minor_version(version: bytes) -> int:
    """Return the minor version: that of a newer HTTP/1 counts as 1 (RFC 9110 section 2.5)."""
    major, dot, minor = version[5:].partition(b".")
    if version[:5] != b"HTTP/" or len(version) != len(b"HTTP/1.1") or not dot:
        raise RequestError(400, "The version must be HTTP/1.1 or HTTP/1.0")
    if not (major.isdigit() and minor.isdigit()):
        raise RequestError(400, "The version must be HTTP/1.1 or HTTP/1.0")
    if major != b"1":
        raise RequestError(505, "This server speaks HTTP/1.1 and HTTP/1.0")
    return 1


def check_partial_head(data: bytes) -> None:
    """Raise what is certain before the head is complete: the rest may never come.

    Args:
        data: bytes that have arrived. A CR at the end may be half of a line end.

    Raises:
        RequestError: 400 for control characters and for line ends that are not CR LF.
    """
    if data.translate(None, _FIELD):
        raise RequestError(400, "There is a control character in the head of the request")
    lines = data.count(b"\n")
    if lines == data.count(b"\r\n"):
        returns = data.count(b"\r")
        if returns == lines or (returns == lines + 1 and data.endswith(b"\r")):
            return
    elif data.startswith(b"\n") and lines == data.count(b"\r\n") + 1:
        # The CR has come with the bytes before.
        return
    raise RequestError(400, "Lines must end with CR LF")


def check_first_line(data: bytes) -> None:
    """Refuse at once what has no version, as HTTP/0.9 and people at a terminal write it.

    Args:
        data: the first bytes of a request. An incomplete line is not looked at.

    Raises:
        RequestError: 400 for other than three words.
    """
    end = data.find(b"\r\n")
    if end >= 0 and data.count(b" ", 0, end) != 2:  # noqa: PLR2004
        raise RequestError(400, "The request line must be METHOD TARGET VERSION")


def check_fields(head: bytes) -> None:
    """Raise RequestError unless every line of the whole `head` is a field line.

    For parsers that forgive what RFC 9112 section 5 forbids: control characters, other line ends
    than CR LF, folded lines, spaces around the name, lines without a colon.
    """
    check_partial_head(head)
    if b"\r\n " in head or b"\r\n\t" in head:
        raise RequestError(400, "Field values must not be folded")
    for line in head[:-4].split(b"\r\n")[1:]:
        name, colon, _ = line.partition(b":")
        if not colon or not is_token(name):
            raise RequestError(
                400, "A header line must be NAME: VALUE, without a space before ':'"
            )


def content_length(text: str) -> int:
    """Return the number of a `Content-Length` field (RFC 9112 section 6.2).

    Raises:
        RequestError: 400 for anything but digits, as `+5`, `0x5`, `5, 5` or nothing at all.
    """
    if not (text.isascii() and text.isdigit()):
        raise RequestError(400, "Content-Length must be one number")
    if len(text) > _LONGEST_NUMBER:
        raise RequestError(413, "The body is larger than this server takes")
    return int(text)


def valid_host(host: bytes) -> bool:
    """Tell whether `host` is a host with or without a port, or empty (RFC 9110 section 7.2)."""
    if host.translate(None, _HOST):
        return False
    name, colon, port = host.rpartition(b":")
    if not colon or port.endswith(b"]"):
        name, port = host, b""
    if port and not (port.isdigit() and int(port) <= _HIGHEST_PORT and len(port) < 6):  # noqa: PLR2004
        return False
    if name.startswith(b"["):
        return name.endswith(b"]") and _is_ipv6(name[1:-1].decode("ascii"))
    return b":" not in name and b"[" not in name and b"]" not in name


def _is_ipv6(text: str) -> bool:
    import ipaddress  # noqa: PLC0415  (few hosts are addresses of IPv6)

    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text


def target_parts(
    method: bytes, target: bytes, *, secure: bool = False
) -> tuple[bytes | None, bytes]:
    """Return (authority, path and query) of a target that does not begin with a slash.

    The authority of the absolute form replaces `Host` (RFC 9112 section 3.2.2); None otherwise.

    Args:
        method: OPTIONS may have the target `*`.
        target: as it was sent.
        secure: whether it has come through TLS.

    Raises:
        RequestError: 400 for a target of no known form, 421 for https without TLS (RFC 9110
            section 7.4).
    """
    if target == b"*":
        if method != b"OPTIONS":
            raise RequestError(400, "The target * is for OPTIONS")
        return None, b"*"
    scheme, separator, rest = target.partition(b"://")
    if not separator or scheme.lower() not in (b"http", b"https"):
        raise RequestError(400, "The request target must be a path or a URL")
    if not secure and scheme.lower() == b"https":
        raise RequestError(421, "A URL with https is not answered without TLS")
    end = min((rest + b"/").find(b"/"), (rest + b"?").find(b"?"))
    authority, path = rest[:end], rest[end:]
    if not authority or authority.startswith(b":") or not valid_host(authority):
        raise RequestError(400, "The host of the request target is not valid")
    return authority, path if path.startswith(b"/") else b"/" + path
