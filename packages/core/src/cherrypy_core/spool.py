"""Temporary files that vanish with the last reference to them.

They begin in memory: most uploads are small, and a file on the disk takes longer to make
than to fill.
"""

from __future__ import annotations

from contextlib import suppress
from io import SEEK_END, SEEK_SET, BufferedRandom, BytesIO, FileIO, RawIOBase
from os import dup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["SPOOL_LIMIT", "SpoolFile", "close_spool_file", "open_spool_file"]

#: Bytes that a file may have in memory, unless told otherwise. Larger ones go to the disk.
SPOOL_LIMIT = 1_048_576


class _Disk(FileIO):
    """A file on the disk; the garbage collector may come to it first."""

    def __del__(self) -> None:
        self.close()


def _open_disk() -> _Disk:
    from tempfile import TemporaryFile  # noqa: PLC0415  (most requests bring no large files)

    # The file stays as long as one of its descriptors; on Windows too, where it has a name.
    with TemporaryFile(buffering=0) as file:
        return _Disk(dup(file.fileno()), "rb+")


class _Raw(RawIOBase):
    """What is below a `SpoolFile`: bytes in memory, until there are too many of them."""

    mode = "rb+"

    def __init__(self, limit: int, content: bytes) -> None:
        self._limit = limit
        # Bytes that are given to BytesIO as a whole are not copied.
        self._file: BytesIO | _Disk = BytesIO(content)
        self._file.seek(len(content))

    @property
    def memory_size(self) -> int:
        """Bytes in memory."""
        file = self._file
        if not isinstance(file, BytesIO):
            return 0
        # PERF: getbuffer() would tell it too, but copies bytes that are shared.
        position = file.tell()
        size = file.seek(0, SEEK_END)
        file.seek(position)
        return size

    @property
    def name(self) -> int:
        return self.fileno()

    def roll(self) -> _Disk:
        """Move the content to the disk, if it is not there yet."""
        memory = self._file
        if not isinstance(memory, BytesIO):
            return memory
        disk = _open_disk()
        content = memoryview(memory.getvalue())
        while content:
            content = content[disk.write(content) :]
        disk.seek(memory.tell())
        self._file = disk
        return disk

    def write(self, data: Any, /) -> int | None:
        file = self._file
        if isinstance(file, BytesIO):
            size = memoryview(data).nbytes
            if file.tell() + size > self._limit:
                file = self.roll()
        return file.write(data)

    def readinto(self, buffer: Any, /) -> int | None:
        return self._file.readinto(buffer)

    def readall(self) -> bytes:
        return self._file.read()

    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def truncate(self, size: int | None = None, /) -> int:
        return self._file.truncate(size)

    def fileno(self) -> int:
        return self.roll().fileno()

    def isatty(self) -> bool:
        return False

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        super().close()
        self._file.close()


class SpoolFile(BufferedRandom):
    """A temporary file without a name; it is closed, and gone, when nobody refers to it.

    Its content is in memory until there is more of it than *limit*, or until somebody asks
    for its descriptor (`fileno`, or `name`, which is the same); then it is on the disk.

    Applications have never been asked to close the files of an upload. So, other than the
    files of `open`, this one does not complain (`ResourceWarning`) when they do not.

    Args:
        limit: bytes that may be in memory.
        content: what is in the file; the position is behind it.
    """

    def __init__(self, limit: int = SPOOL_LIMIT, content: bytes = b"") -> None:
        raw = _Raw(limit, content)
        if len(content) > limit:
            raw.roll()
        super().__init__(raw)

    @property
    def memory_size(self) -> int:
        """How many bytes are in memory; 0 if the file is on the disk, or closed."""
        raw = self.raw
        return raw.memory_size if isinstance(raw, _Raw) and not raw.closed else 0

    def __del__(self) -> None:
        # What is still in the buffer is for nobody. Writing it fails if the disk is full, or if
        # the collector came to the file below first.
        with suppress(OSError, ValueError):
            self.close()


def open_spool_file(limit: int = SPOOL_LIMIT, content: bytes = b"") -> SpoolFile:
    """Return a new temporary file, open for reading and writing bytes; see `SpoolFile`.

    Raises:
        OSError: the file cannot be made: the disk is full, say.
    """
    return SpoolFile(limit, content)


def close_spool_file(file: object) -> None:
    """Close *file* if it is a `SpoolFile`; other people's files are left alone."""
    if isinstance(file, SpoolFile):
        file.close()
