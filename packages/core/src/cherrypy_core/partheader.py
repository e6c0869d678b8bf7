"""The header of a part of a multipart body: RFC 2046 section 5.1, RFC 7578 section 4.8."""

from __future__ import annotations

from functools import lru_cache

from cherrypy_core.errors import HTTPError
from cherrypy_core.headers import HeaderMap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "MAX_HEADERS",
    "MAX_HEADER_SIZE",
    "TOKEN",
    "header_too_large",
    "parse_headers",
    "read_header_block",
]

#: The bytes of names: RFC 9110 section 5.6.2.
TOKEN = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

#: A part says `form-data; name="x"; filename="y"`, a type, seldom an encoding or an id.
MAX_HEADERS = 32

#: Bytes of a part's fields together. The longest file names have 1 KiB, in UTF-8.
MAX_HEADER_SIZE = 8_192

#: A field that says twice what it may say once leaves open which of them counts; somebody
#: in front of us may have decided otherwise.
_SINGLE = frozenset(["Content-Disposition", "Content-Type"])

# What browsers send, and what they once sent, spelt as they do.
_ORDINARY = frozenset(
    ["Content-Disposition", "Content-Type", "Content-Length", "Content-Transfer-Encoding"]
)

# Bytes of fields that are remembered.
_MAX_REMEMBERED = 120


def header_too_large() -> HTTPError:
    """Return the error for a header of more than `MAX_HEADER_SIZE` bytes."""
    return HTTPError(413, f"The header of a part is larger than {MAX_HEADER_SIZE} bytes.")


def parse_headers(block: bytes) -> HeaderMap:
    r"""Parse the fields of a part.

    Args:
        block: the lines, separated by `\r\n`, without the empty one. A line that begins
            with a space continues the one before.

    Returns:
        The values by name, decoded as UTF-8 (what browsers send: RFC 7578 section 5.1), or
        as ISO-8859-1 if they are not. Values of a repeated name are joined by `, `.

    Raises:
        HTTPError: 400, if the fields are malformed; 413, if there are too many.
    """
    if not block:
        return HeaderMap()
    if len(block) > _MAX_REMEMBERED or b"filename" in block:
        ordinary = _parse_ordinary(block)
    else:
        ordinary = _remember_ordinary(block)
    if ordinary is not None:
        return HeaderMap.from_canonical(ordinary)
    return _parse_any(block)


def _parse_ordinary(block: bytes) -> dict[str, str] | None:
    """Parse fields that browsers send, each once and in plain ASCII; None: others, too.

    PERF: 1 us for two fields; the general way takes 4 us.
    """
    breaks = block.count(b"\r\n")
    if (
        not block.isascii()
        or b"\0" in block
        or not block.count(b"\r") == block.count(b"\n") == breaks < len(_ORDINARY)
    ):
        return None
    fields = {}
    for line in block.decode("ascii").split("\r\n"):
        name, _, value = line.partition(":")
        if name not in _ORDINARY or name in fields:
            return None
        fields[name] = value.strip(" \t")
    return fields


def _parse_any(block: bytes) -> HeaderMap:
    headers = HeaderMap()
    lines: list[list[bytes]] = []
    for line in block.split(b"\r\n"):
        if not line.startswith((b" ", b"\t")):
            lines.append([line])
        elif lines:
            lines[-1].append(line.strip(b" \t"))
        else:
            raise HTTPError(400, "The header of a part begins with a continuation line.")
    if len(lines) > MAX_HEADERS:
        raise HTTPError(413, f"A part has more than {MAX_HEADERS} header fields.")
    for pieces in lines:
        line = b" ".join(pieces)
        raw_name, colon, raw_value = line.partition(b":")
        if not raw_name or not colon or raw_name.translate(None, TOKEN):
            raise HTTPError(400, f"Malformed header field in a part: {line[:99]!r}.")
        if b"\r" in raw_value or b"\n" in raw_value or b"\0" in raw_value:
            raise HTTPError(400, f"Illegal character in a part's header field: {line[:99]!r}.")
        _add_header(headers, raw_name.decode("ascii").title(), raw_value.strip(b" \t"))
    return headers


# PERF: 0.2 us for a field of a form that is sent again and again. The blocks are short, so
# that the memory for them is bounded.
_remember_ordinary = lru_cache(maxsize=256)(_parse_ordinary)


def _add_header(headers: HeaderMap, name: str, raw_value: bytes) -> None:
    try:
        value = raw_value.decode("utf-8")
    except UnicodeDecodeError:
        value = raw_value.decode("iso-8859-1")
    known = headers.get(name)
    if known is None:
        headers[name] = value
    elif name in _SINGLE:
        raise HTTPError(400, f"A part has more than one header field {name}.")
    else:
        headers[name] = f"{known}, {value}"


def read_header_block(fp: Any) -> bytes:
    """Read the lines of a part's header from *fp*, an object with `readline(size)`.

    Returns:
        The lines, for `parse_headers`. *fp* is behind the empty line that ends them.

    Raises:
        HTTPError: 400, if a line does not end with CRLF or the empty one is missing; 413,
            if they are too long.
    """
    lines = b""
    while True:
        line: bytes = fp.readline(MAX_HEADER_SIZE + 3)
        if line == b"\r\n":
            return lines[:-2]
        lines += line
        if len(lines) > MAX_HEADER_SIZE + 2:
            raise header_too_large()
        if not line.endswith(b"\r\n"):
            raise HTTPError(400, "The header of a part is not complete lines that end with CRLF.")
