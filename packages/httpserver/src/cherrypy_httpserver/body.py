"""The body of a request, as `wsgi.input`: bounded, with a deadline, never past its own end."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from cherrypy_httpserver.errors import BodyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from cherrypy_httpserver.chunks import ChunkDecoder
    from cherrypy_httpserver.wire import Wire

__all__ = ["Body", "BufferedBody", "NoBody"]

_LARGEST_READ = 256 * 1024


class BufferedBody(io.BytesIO):
    """A body that had arrived before a worker was given the request.

    `buffer`, `_fetch` and `closed` are for programs that read a body as cheroot's `ChunkedRFile`
    lets them: chunk by chunk, until it is closed.

    Attributes:
        connection: where it has come from.
        trailers: fields behind a chunked body, names in lower case.
    """

    connection: Wire
    trailers: Sequence[tuple[bytes, bytes]] = ()

    _fetched = False
    _ended = False

    @property
    def closed(self) -> bool:
        """Whether it has been closed, or `_fetch` has found nothing more."""
        return self._ended or super().closed

    @property
    def buffer(self) -> bytes:
        """What has been fetched and not been read yet; may be replaced."""
        return self.getvalue()[self.tell() :] if self._fetched else b""

    @buffer.setter
    def buffer(self, data: bytes) -> None:
        self.seek(0)
        self.truncate()
        self.write(data)
        self.seek(0)

    def _fetch(self) -> None:
        self._fetched, self._ended = True, self._fetched

    @property
    def rfile(self) -> Any:
        """A file on the socket, for tools that take over the socket as ws4py does."""
        return self.connection.rfile

    def read_trailer_lines(self) -> Iterator[bytes]:
        """Give the fields behind a chunked body as lines, as cheroot does."""
        return (b"%b: %b\r\n" % pair for pair in self.trailers)


class NoBody(BufferedBody):
    """The input of all requests of a connection that have no body.

    There is one for the whole connection, so nothing that is done with it may be seen by the next
    request: it cannot be closed (`io.TextIOWrapper` closes what it wraps when it is collected),
    nor written to.

    Args:
        connection: whose it is.
    """

    def __init__(self, connection: Wire) -> None:
        super().__init__()
        self.connection = connection

    @property
    def closed(self) -> bool:
        """Whether `_fetch` has found nothing; told once, and then forgotten."""
        ended, self._ended = self._ended, False
        return ended

    def close(self) -> None:
        """Do nothing."""

    def writable(self) -> bool:
        """Return False."""
        return False

    def write(self, data: Any) -> int:  # noqa: ARG002  (io's signature)
        """Fail.

        Raises:
            io.UnsupportedOperation: always.
        """
        raise io.UnsupportedOperation("The input of a request is not writable")

    writelines = write  # type: ignore[assignment]  # neither returns

    def truncate(self, size: int | None = None) -> int:
        """Do nothing: it is empty."""
        del size
        return 0

    def _fetch(self) -> None:
        self._ended = True


class Body(io.RawIOBase):
    """A body that is read from the connection when the application asks for it.

    Each method blocks until there is what was asked for, or the body ends. As for `buffer`,
    `_fetch` and `closed` see `BufferedBody`.

    Args:
        connection: where it comes from.
        start: what has arrived already, decoded.
        left: bytes that are to come, without `start`; ignored with a decoder.
        decoder: takes what comes of a chunked body.
        announce: send `100 Continue` before the first read (RFC 9110 section 10.1.1).

    Attributes:
        failure: why the rest of the body will not come, None while all is well.
    """

    def __init__(
        self,
        connection: Wire,
        start: bytes,
        left: int,
        decoder: ChunkDecoder | None,
        *,
        announce: bool,
    ) -> None:
        self.connection = connection
        self.failure: BodyError | None = None
        self._buffer = start
        self._at = 0
        self._left = left
        self._decoder = decoder
        self._announce = announce
        self._ended = False

    @property
    def closed(self) -> bool:
        """Whether it has been closed, or `_fetch` has found nothing more."""
        return self._ended or super().closed

    @property
    def buffer(self) -> bytes:
        """What has arrived and has not been read yet; may be replaced."""
        return self._buffer[self._at :]

    @buffer.setter
    def buffer(self, data: bytes) -> None:
        self._buffer, self._at = data, 0

    @property
    def trailers(self) -> list[tuple[bytes, bytes]]:
        """The fields behind a chunked body that has been read to its end."""
        return self._decoder.trailers if self._decoder is not None else []

    @property
    def complete(self) -> bool:
        """Whether the whole body has arrived, read by the application or not."""
        return self._decoder.done if self._decoder is not None else not self._left

    @property
    def unread(self) -> int:
        """How many bytes are to come at least; for a chunked body nobody knows."""
        return self._left

    @property
    def announced(self) -> bool:
        """Whether the client has not been kept waiting for `100 Continue`."""
        return not self._announce

    @property
    def rfile(self) -> Any:
        """A file on the socket, for tools that take over the socket as ws4py does."""
        return self.connection.rfile

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Return `size` bytes, or the rest of the body, whichever is less.

        Raises:
            BodyError: if the rest does not come: the client has gone or is too slow, or what it
                sends is not chunked properly or too large.
        """
        if size is None or size < 0:
            pieces = [self._take(len(self._buffer) - self._at)]
            while self._refill(_LARGEST_READ):
                pieces.append(self._take(len(self._buffer)))
            return b"".join(pieces)
        data = self._take(size)
        if len(data) == size:
            return data
        pieces = [data]
        size -= len(data)
        while size and self._refill(size):
            pieces.append(self._take(size))
            size -= len(pieces[-1])
        return b"".join(pieces)

    def readall(self) -> bytes:
        """Return the rest of the body."""
        return self.read()

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` and return the number of bytes, 0 at the end."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readline(self, size: int | None = -1) -> bytes:
        """Return the next line with its end, at most `size` bytes."""
        pieces: list[bytes] = []
        left = size if size is not None and size >= 0 else 1 << 62
        while left:
            if self._at >= len(self._buffer) and not self._refill(_LARGEST_READ):
                break
            end = self._buffer.find(b"\n", self._at, self._at + left) + 1
            wanted = (end or len(self._buffer)) - self._at
            piece = self._take(min(wanted, left))
            pieces.append(piece)
            left -= len(piece)
            if piece.endswith(b"\n"):
                break
        return b"".join(pieces)

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over the lines."""
        return iter(self.readline, b"")

    def read_trailer_lines(self) -> Iterator[bytes]:
        """Give the fields behind a chunked body as lines, as cheroot does."""
        return (b"%b: %b\r\n" % pair for pair in self.trailers)

    def _take(self, size: int) -> bytes:
        data = self._buffer[self._at : self._at + size]
        self._at += len(data)
        return data

    def _fetch(self) -> None:
        rest = self.buffer
        self._ended = not self._refill(_LARGEST_READ)
        self.buffer = rest + self.buffer

    def _refill(self, wanted: int) -> bool:
        """Refill the buffer, which is empty; return False at the end of the body."""
        if self.failure is not None:
            raise self.failure
        try:
            while not self.complete:
                data = self._receive(wanted)
                if data:
                    self._buffer, self._at = data, 0
                    return True
        except BodyError as error:
            self.failure = error
            raise
        self._buffer, self._at = b"", 0
        return False

    def _receive(self, wanted: int) -> bytes:
        connection = self.connection
        if self._announce:
            self._announce = False
            connection.write_now(b"HTTP/1.1 100 Continue\r\n\r\n")
        size = _LARGEST_READ
        if self._decoder is None:
            size = min(self._left, max(wanted, 1), _LARGEST_READ)
        data = connection.read_some(size)
        if not data:
            raise BodyError(400, "The client has gone before the end of the request's body")
        if self._decoder is None:
            self._left -= len(data)
            return data
        data = self._decoder.feed(data)
        if self._decoder.done:
            connection.give_back(self._decoder.rest)
        return data
