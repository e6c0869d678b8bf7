"""The chunked transfer coding (RFC 9112 section 7.1), decoded as it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cherrypy_httpserver.errors import BodyError
from cherrypy_httpserver.grammar import is_token
from cherrypy_httpserver.limits import EXTENSIONS, LINE_OF_CHUNK, LINE_OF_TRAILER, TRAILERS

if TYPE_CHECKING:
    from cherrypy_httpserver.limits import Limits

__all__ = ["ChunkDecoder", "encode_chunk"]

_HEX = b"0123456789abcdefABCDEF"
# 15 hexadecimal digits hold 2**60 - 1: no sum of such sizes grows out of bounds before the limit.
_LONGEST_SIZE = 15
_CONTROLS = bytes(code for code in range(0x20) if code != ord("\t")) + b"\x7f"


class ChunkDecoder:
    """Takes the bytes of a chunked body as they arrive and gives its data.

    Args:
        limits: the bound on the body.

    Attributes:
        done: true after the empty line behind the trailers.
        rest: when it is done, the bytes behind the body: the next request.
        trailers: the fields of the trailer section, names in lower case, in order.
    """

    __slots__ = (
        "_buffer",
        "_expecting",
        "_extensions",
        "_left",
        "_limits",
        "_size",
        "done",
        "rest",
        "trailers",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = b""
        self._left = 0
        self._size = 0
        self._extensions = 0
        self._expecting = "size"
        self.done = False
        self.rest = b""
        self.trailers: list[tuple[bytes, bytes]] = []

    def feed(self, data: bytes) -> bytes:
        """Return the data that `data` brings, b"" if it brings none yet.

        Raises:
            BodyError: 400 if the coding is wrong, 413 if the body or its trailers get too large.
        """
        found: list[bytes] = []
        buffer = self._buffer + data if self._buffer else data
        at = 0
        while not self.done:
            if self._expecting == "data":
                piece = buffer[at : at + self._left]
                found.append(piece)
                at += len(piece)
                self._left -= len(piece)
                if self._left:
                    break
                self._expecting = "end"
            elif self._expecting == "end":
                if not _ends(buffer[at : at + 2]):
                    break
                at += 2
                self._expecting = "size"
            else:
                end = buffer.find(b"\r\n", at)
                self._check_line(buffer, at, end)
                if end < 0:
                    break
                self._line(buffer[at:end])
                at = end + 2
        if self.done:
            self.rest, self._buffer = buffer[at:], b""
        else:
            self._buffer = buffer[at:]
        return b"".join(found)

    def _check_line(self, buffer: bytes, at: int, end: int) -> None:
        """Refuse a line that is too long, whether complete or not, and wrong line ends."""
        size = (len(buffer) if end < 0 else end) - at
        if self._expecting == "size":
            if size > LINE_OF_CHUNK:
                raise BodyError(400, "The extensions of a chunk are too long")
        elif size > LINE_OF_TRAILER:
            raise BodyError(431, "A trailer is too long")
        if buffer.find(b"\n", at, len(buffer) if end < 0 else end) >= 0:
            raise BodyError(400, "Lines must end with CR LF")

    def _line(self, line: bytes) -> None:
        if self._expecting == "trailer":
            self._trailer(line)
            return
        digits, semicolon, extension = line.partition(b";")
        if semicolon:
            # RFC 9112 section 7.1.1 allows white space here for the sake of old senders.
            digits = digits.rstrip(b" \t")
            if extension.translate(None, _CONTROLS) != extension:
                raise BodyError(400, "The extension of a chunk has a control character")
            self._extensions += len(extension)
            if self._extensions > EXTENSIONS:
                raise BodyError(400, "The extensions of the chunks are too long")
        if not digits or digits.translate(None, _HEX) or len(digits) > _LONGEST_SIZE:
            raise BodyError(400, "The size of a chunk must be a hexadecimal number")
        self._left = int(digits, 16)
        self._size += self._left
        if self._size > self._limits.body_size:
            raise BodyError(413, "The body is larger than this server takes")
        self._expecting = "data" if self._left else "trailer"

    def _trailer(self, line: bytes) -> None:
        if not line:
            self.done = True
            return
        name, colon, value = line.partition(b":")
        if not colon or not is_token(name) or value.translate(None, _CONTROLS) != value:
            raise BodyError(400, "A trailer is not NAME: VALUE")
        self.trailers.append((name.lower(), value.strip(b" \t")))
        if len(self.trailers) > TRAILERS:
            raise BodyError(431, "There are too many trailers")


def _ends(data: bytes) -> bool:
    """Tell whether the line end behind a chunk is there; complain about anything else."""
    if not b"\r\n".startswith(data):
        raise BodyError(400, "A chunk does not end where its size says")
    return len(data) == 2  # noqa: PLR2004


def encode_chunk(data: bytes) -> bytes:
    """Return `data`, at least one byte of it, as one chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)
