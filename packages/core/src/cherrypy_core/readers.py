"""File-like readers over a body that comes in blocks.

`SizedReader` is the body of a request: it knows how long the body is, or how long it may
be, and never reads beyond. `PartReader` is one part of a multipart body. Both read blocks,
never single bytes, and take time in proportion to what they read.
"""

from __future__ import annotations

from cherrypy_core.errors import HTTPError
from cherrypy_core.quota import too_large

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, Protocol, overload

    class Writable(Protocol):
        """What a body can be written to: a file, open for writing bytes."""

        def write(self, data: bytes, /) -> object: ...


__all__ = ["BLOCK_SIZE", "BlockReader", "PartReader", "SizedReader", "as_http_error"]

#: Bytes read at once where nobody asks for another number.
#: PERF: uploads at 1,900 MiB/s; 8 KiB would give 600, 256 KiB 2,400 for four times the
#: memory.
BLOCK_SIZE = 65_536

# A trailer section has a field or two: a checksum, a signature.
_MAX_TRAILER_SIZE = 8_192


class BlockReader:
    """The reading methods of a file, on top of `_fetch`, which a subclass defines.

    Attributes:
        bytes_read: how many bytes have been handed out.
        bufsize: how many bytes to ask for at once when lines are read; `read` asks for at
            least `BLOCK_SIZE`.
    """

    bufsize = BLOCK_SIZE

    def __init__(self) -> None:
        self.bytes_read = 0
        # Read ahead, by readline: the bytes from _start on are still to be handed out.
        self._buffer = b""
        self._start = 0

    def _fetch(self, size: int) -> bytes:
        """Return the next bytes from the source, about *size*; none at the end."""
        raise NotImplementedError

    def read_block(self, size: int = BLOCK_SIZE) -> bytes:
        """Return the next bytes, as many as can be had at once; none at the end.

        Args:
            size: at most so many bytes, 1 or more.

        Raises:
            HTTPError: the body is faulty, or too large.
        """
        if self._buffer:
            data = self._take(self._start + size)
        else:
            data = self._fetch(size)
            if len(data) > size:
                self._buffer, self._start, data = data, size, data[:size]
        self.bytes_read += len(data)
        return data

    def _take(self, end: int) -> bytes:
        """Return the buffered bytes before index *end*."""
        data = self._buffer[self._start : end]
        if end < len(self._buffer):
            self._start = end
        else:
            self._buffer, self._start = b"", 0
        return data

    if TYPE_CHECKING:

        @overload
        def read(self, size: int | None = None, fp_out: None = None) -> bytes: ...
        @overload
        def read(self, size: int | None, fp_out: Writable) -> None: ...
        @overload
        def read(self, size: int | None = None, *, fp_out: Writable) -> None: ...

    def read(self, size: int | None = None, fp_out: Writable | None = None) -> bytes | None:
        """Read bytes; all there are, unless told how many.

        Args:
            size: how many bytes. There are fewer only at the end. None or negative: all.
            fp_out: where to write them, block by block.

        Returns:
            The bytes, or None if they were written to *fp_out*.

        Raises:
            HTTPError: the body is faulty, or too large.
        """
        missing = -1 if size is None or size < 0 else size
        # PERF: whoever wants more than `bufsize` bytes has the memory for them.
        at_once = max(self.bufsize, BLOCK_SIZE)
        blocks = []
        while missing:
            block = self.read_block(at_once if missing < 0 else min(at_once, missing))
            if not block:
                break
            if missing > 0:
                missing -= len(block)
            if fp_out is None:
                blocks.append(block)
            else:
                fp_out.write(block)
        return b"".join(blocks) if fp_out is None else None

    def readline(self, size: int | None = None) -> bytes:
        r"""Read a line, up to and including its `\n`.

        Args:
            size: at most so many bytes; the rest of the line comes with the next call.

        Raises:
            HTTPError: the body is faulty, or too large.
        """
        missing = -1 if size is None or size < 0 else size
        pieces = []
        while missing:
            if not self._buffer:
                self._buffer = self._fetch(self.bufsize)
                if not self._buffer:
                    break
            end = self._buffer.find(b"\n", self._start) + 1 or len(self._buffer)
            if missing > 0:
                end = min(end, self._start + missing)
            piece = self._take(end)
            pieces.append(piece)
            self.bytes_read += len(piece)
            if piece.endswith(b"\n"):
                break
            if missing > 0:
                missing -= len(piece)
        return b"".join(pieces)

    def readlines(self, sizehint: int | None = None) -> list[bytes]:
        """Read lines to the end.

        Args:
            sizehint: do not begin another line after so many bytes.

        Raises:
            HTTPError: the body is faulty, or too large.
        """
        lines = []
        total = 0
        for line in self:
            lines.append(line)
            total += len(line)
            if sizehint and 0 < sizehint <= total:
                break
        return lines

    def __iter__(self) -> BlockReader:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line


class PartReader(BlockReader):
    """One part of a multipart body, as a file.

    Args:
        next_data: returns the next bytes of the part, none at its end.
    """

    def __init__(self, next_data: Callable[[], bytes]) -> None:
        super().__init__()
        self.done = False
        self._next_data = next_data

    def _fetch(self, size: int) -> bytes:  # noqa: ARG002  (the parser's blocks are as they are)
        if self.done:
            return b""
        data = self._next_data()
        if not data:
            self.done = True
            # Whoever keeps the part must not keep the request's connection with it.
            self._next_data = bytes
        return data

    def blocks(self, maxbytes: int | None, what: str) -> Iterator[bytes]:
        """Yield what is left, block by block.

        Args:
            maxbytes: how many bytes there may be; None: any number.
            what: what to call the part in the error message.

        Raises:
            HTTPError: 413, if there are more; whatever else is wrong with the body.
        """
        # PERF: 1 us less than with read_block().
        while not self.done:
            block = self._take(len(self._buffer)) if self._buffer else self._fetch(0)
            self.bytes_read += len(block)
            if maxbytes is not None and self.bytes_read > maxbytes:
                raise too_large(what, maxbytes)
            if block:
                yield block

    def skip(self) -> None:
        """Read what is left, and forget it."""
        if not self.done:
            for _ in self.blocks(None, "part"):
                pass


class SizedReader(BlockReader):
    """The body of a request, as a file that ends where the body does.

    Args:
        fp: where the bytes come from: an object with `read(size)`.
        length: how many bytes belong to the body; None: all up to the end of *fp*.
        maxbytes: how many bytes the body may have; None or 0: any number.
        bufsize: how many bytes to ask *fp* for at once.
        has_trailers: fields follow the body. They are read at its end, if *fp* has a
            method `read_trailer_lines`, and are then in `trailers`.

    Attributes:
        bytes_read: how many bytes have been handed out.
        bytes_fetched: how many bytes of the body have been taken from *fp*. Set it if
            somebody else has taken some already.
        done: the end of the body has been seen.
        trailers: the fields after the body, by name.
    """

    def __init__(
        self,
        fp: Any,
        length: int | None,
        maxbytes: int | None,
        bufsize: int = 8192,
        has_trailers: bool = False,
    ) -> None:
        super().__init__()
        self.fp = fp
        self.length = length
        self.maxbytes = maxbytes
        self.bufsize = bufsize
        self.has_trailers = has_trailers
        self.trailers: Mapping[str, str] = {}
        self.done = False
        self.bytes_fetched = 0

    def _fetch(self, size: int) -> bytes:
        if self.done:
            return b""
        if self.length is not None:
            missing = self.length - self.bytes_fetched
            if missing <= 0:
                self.finish()
                return b""
            size = min(size, missing)
        if self.maxbytes:
            self._check_size()
            # One byte more than allowed is enough to know that there are too many.
            size = min(size, self.maxbytes - self.bytes_fetched + 1)
        try:
            data: bytes = self.fp.read(size)
        except Exception as error:
            refused = as_http_error(error, self.fp)
            if refused is None:
                raise
            raise refused from error
        self.bytes_fetched += len(data)
        if self.maxbytes:
            self._check_size()
        if not data:
            self._end_early()
        return data

    def _check_size(self) -> None:
        if self.maxbytes and self.bytes_fetched > self.maxbytes:
            raise HTTPError(413, f"The request body is larger than {self.maxbytes} bytes.")

    def _end_early(self) -> None:
        """The source has no more bytes: that is the end, or the client broke off."""
        if self.length is not None:
            raise HTTPError(
                400,
                f"The request body ended after {self.bytes_fetched} of the {self.length} bytes "
                "that Content-Length announced.",
            )
        self.finish()

    def finish(self) -> None:
        """Note that the body has ended; read the fields after it, if there are any.

        Raises:
            HTTPError: 400, if those fields are malformed.
        """
        if self.done:
            return
        self.done = True
        if self.has_trailers and hasattr(self.fp, "read_trailer_lines"):
            self.trailers = self._read_trailers()

    def _read_trailers(self) -> Mapping[str, str]:
        from cherrypy_core.partheader import parse_headers  # noqa: PLC0415  (seldom needed)

        block = b""
        try:
            for line in self.fp.read_trailer_lines():
                block += line
                if len(block) > _MAX_TRAILER_SIZE:
                    raise HTTPError(
                        413, f"The trailer fields are larger than {_MAX_TRAILER_SIZE} bytes."
                    )
        except (ValueError, OSError) as error:
            raise HTTPError(400, "The trailer fields are malformed.") from error
        return parse_headers(block.rstrip(b"\r\n"))


def as_http_error(error: Exception, fp: Any) -> HTTPError | None:
    """Return what to tell the client if reading the body failed; None: it is not at fault."""
    if type(error).__name__ == "MaxSizeExceeded":
        # cheroot's, which this package does not know.
        return HTTPError(413, "The request body is too large.")
    if isinstance(error, TimeoutError):
        return HTTPError(408, "The request body did not arrive in time.")
    if isinstance(error, OSError):
        return HTTPError(400, "The request body could not be read to its end.")
    if isinstance(error, ValueError) and not getattr(fp, "closed", False):
        # Servers say so of malformed chunks. A closed file is the application's mistake.
        return HTTPError(400, "The request body is malformed.")
    return None
