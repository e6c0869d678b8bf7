"""Bodies that are produced piece by piece, and the Vary header field."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = [
    "file_generator",
    "file_generator_limited",
    "is_closable_iterator",
    "is_iterator",
    "set_vary_header",
]


def is_iterator(obj: object) -> bool:
    """Tell whether *obj* is an iterator: a generator, an open file, not a list."""
    # Asking iter() would raise on a closed file.
    kind = type(obj)
    return hasattr(kind, "__next__") and hasattr(kind, "__iter__")


def is_closable_iterator(obj: object) -> bool:
    """Tell whether *obj* is an iterator that can be closed: `obj.close()`."""
    return callable(getattr(obj, "close", None)) and is_iterator(obj)


class file_generator:  # noqa: N801  (the public name)
    """Yield what a file contains in chunks, and close it at the end.

    Args:
        input: a binary file, or anything with `read(size)`.
        chunkSize: bytes per chunk.
    """

    def __init__(self, input: Any, chunkSize: int = 65536) -> None:  # noqa: A002, N803
        self.input = input
        self.chunkSize = chunkSize

    def __iter__(self) -> file_generator:
        return self

    def __next__(self) -> bytes:
        chunk: bytes = self.input.read(self.chunkSize)
        if chunk:
            return chunk
        self.close()
        raise StopIteration

    next = __next__

    def close(self) -> None:
        """Close the file, if it can be closed."""
        close = getattr(self.input, "close", None)
        if close is not None:
            close()

    def __del__(self) -> None:
        # An instance whose __init__ failed has no input.
        if hasattr(self, "input"):
            self.close()


def file_generator_limited(fileobj: Any, count: int, chunk_size: int = 65536) -> Iterator[bytes]:
    """Yield the next *count* bytes of a file (fewer if it is shorter), in chunks.

    The file is not closed: more of it may be wanted.

    Args:
        fileobj: a binary file.
        count: bytes.
        chunk_size: bytes per chunk.
    """
    while count > 0:
        chunk = fileobj.read(min(chunk_size, count))
        if not chunk:
            return
        count -= len(chunk)
        yield chunk


def set_vary_header(response: Any, header_name: str) -> None:
    """Add *header_name* to the response's Vary header field, unless it is covered there."""
    names = [name.strip() for name in response.headers.get("Vary", "").split(",")]
    names = [name for name in names if name]
    known = {name.lower() for name in names}
    if "*" not in known and header_name.lower() not in known:
        names.append(header_name)
    response.headers["Vary"] = ", ".join(names)
