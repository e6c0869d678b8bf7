"""Temporary files that vanish with the last reference to them."""

from __future__ import annotations

from io import BufferedRandom, FileIO
from os import dup

__all__ = ["SpoolFile", "close_spool_file", "open_spool_file"]


class _Raw(FileIO):
    """The file below a `SpoolFile`; the garbage collector may come to it first."""

    def __del__(self) -> None:
        self.close()


class SpoolFile(BufferedRandom):
    """A temporary file without a name; it is closed, and gone, when nobody refers to it.

    Applications have never been asked to close the files of an upload. So, other than the
    files of `open`, this one does not complain (`ResourceWarning`) when they do not.
    """

    def __del__(self) -> None:
        self.close()


def open_spool_file() -> SpoolFile:
    """Return a new, empty temporary file, open for reading and writing bytes.

    Raises:
        OSError: the file cannot be made: the disk is full, say.
    """
    from tempfile import TemporaryFile  # noqa: PLC0415  (most requests bring no files)

    # The file stays as long as one of its descriptors; on Windows too, where it has a name.
    with TemporaryFile(buffering=0) as file:
        return SpoolFile(_Raw(dup(file.fileno()), "rb+"))


def close_spool_file(file: object) -> None:
    """Close *file* if it is a `SpoolFile`; other people's files are left alone."""
    if isinstance(file, SpoolFile):
        file.close()
