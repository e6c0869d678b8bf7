"""Bodies of responses that are read from files, piece by piece."""

from __future__ import annotations

import os

from cherrypy_core.iterators import file_generator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

__all__ = ["BLOCK_SIZE", "Descriptor", "FileBody", "FileShrank", "read_exactly"]

#: Bytes read and sent at once.
BLOCK_SIZE = 65_536


class FileShrank(Exception):
    """A file has less content than when its size was announced to the client."""


class Descriptor:
    """A file descriptor as the little of a file that is needed here.

    Args:
        fd: open for reading; closed by `close`, or with the last reference.
    """

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self, size: int) -> bytes:
        """Read at most *size* bytes; none at the end."""
        return os.read(self._fd, size)

    def seek(self, position: int) -> None:
        """Go on at *position*, in bytes from the beginning."""
        os.lseek(self._fd, position, os.SEEK_SET)

    def tell(self) -> int:
        """Return the position, in bytes from the beginning."""
        return os.lseek(self._fd, 0, os.SEEK_CUR)

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._fd

    def close(self) -> None:
        """Close it. May be called again."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    __del__ = close


class FileBody(file_generator):
    """Slices of a file, with texts between them: the body of a response.

    It yields what has been announced or raises, so that the connection is cut: no client
    takes part of a file for all of it, nor part of something else for the rest.

    Args:
        file: has `read`, `seek` and perhaps `close`; it is closed at the end, or by `close`.
        slices: (text before it, start, stop) of each slice; with start None it begins where
            the file is, with stop None it ends where the file ends.
        last: what follows the last slice.

    Attributes:
        whole_file: the file, if the body is all that is in it and the system can read it; then
            servers may send it without us (`wsgi.file_wrapper`).
    """

    #: It yields bytes and nothing else: nobody has to look for text to encode.
    binary = True
    whole_file: Descriptor | None = None

    def __init__(
        self,
        file: Any,
        slices: Sequence[tuple[bytes, int | None, int | None]],
        last: bytes = b"",
    ) -> None:
        super().__init__(file, BLOCK_SIZE)
        self._pieces = self._read(slices, last)

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    next = __next__

    def _read(
        self, slices: Sequence[tuple[bytes, int | None, int | None]], last: bytes
    ) -> Iterator[bytes]:
        read = self.input.read
        for before, start, stop in slices:
            if before:
                yield before
            if start is not None:
                self.input.seek(start)
            left = -1 if stop is None else stop - (start or 0)
            while left:
                block = read(BLOCK_SIZE if left < 0 else min(left, BLOCK_SIZE))
                if not block:
                    if left > 0:
                        raise FileShrank(
                            f"the file {self.input!r} ended {left} bytes earlier than its "
                            "size had said"
                        )
                    break
                if left > 0:
                    left -= len(block)
                yield block
        if last:
            yield last


def read_exactly(fd: int, size: int) -> bytes:
    """Return the next *size* bytes of a file; fewer only if it has no more."""
    data = os.read(fd, size)
    while len(data) < size:
        more = os.read(fd, size - len(data))
        if not more:
            break
        data += more
    return data
