"""`wsgi.file_wrapper`: files that the system copies to the client by itself (sendfile)."""

from __future__ import annotations

import io
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cherrypy_httpserver.exchange import Exchange
    from cherrypy_httpserver.wire import Wire

__all__ = ["FileWrapper", "send_file"]

# What one call of sendfile may take; between two calls the deadline is looked at.
_LARGEST_PIECE = 4 * 1024 * 1024

_BUFFERED = (io.BufferedReader, io.BufferedRandom)


class FileWrapper:
    """An iterable over a file, as PEP 3333 describes `wsgi.file_wrapper`.

    Args:
        file: anything with `read(size)`; a regular file on disk is sent without being read. An
            object with `fileno` and `tell` may stand for one: if it has an attribute
            `unfiltered` that is true, it reads what is behind the descriptor, as it is.
        size: bytes per piece.
    """

    def __init__(self, file: Any, size: int = 64 * 1024) -> None:
        self.file = file
        self.size = size
        if hasattr(file, "close"):
            self.close = file.close

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over pieces of the file."""
        return iter(lambda: self.file.read(self.size), b"")


def send_file(exchange: Exchange, wrapper: FileWrapper) -> bool:
    """Send the rest of a regular file; return False, with nothing done, if it is none.

    As much as the `Content-Length` says, or up to the end of the file. Where the system cannot
    copy it, as with TLS, it is read piece by piece.

    Raises:
        Disconnected: if the client has gone.
    """
    if exchange.head_sent:
        return False
    file = _plain_file(wrapper.file)
    if file is None:
        return False
    try:
        number, offset = file.fileno(), file.tell()
        status = os.fstat(number)
    except (OSError, ValueError):
        return False
    if not stat.S_ISREG(status.st_mode):
        return False
    available = max(0, status.st_size - offset)
    connection = exchange.connection
    head = exchange.begin(available)
    exchange.head_sent = True
    left = exchange.remaining(available)
    if left <= 0:
        connection.write_last(head)
        return True
    connection.write_now(head, more=True)
    if connection.is_plain and hasattr(os, "sendfile"):
        exchange.sent(connection.send_file(number, offset, left, _LARGEST_PIECE))
    else:
        exchange.sent(_copy(connection, file, left, wrapper.size))
    return True


def _plain_file(file: Any) -> Any:
    """Return a file whose bytes are those that the system has of it; None for any other.

    A `gzip.GzipFile` has a descriptor, too, but what is behind that is not what it reads.
    """
    if getattr(file, "unfiltered", False) is True:
        return file
    if type(file).__module__ == "tempfile":
        file = getattr(file, "file", file)
    raw = file.raw if type(file) in _BUFFERED else file
    return file if type(raw) is io.FileIO else None


def _copy(connection: Wire, file: Any, left: int, size: int) -> int:
    """Send `left` bytes of a file, or fewer if it ends before; return how many."""
    sent = 0
    while sent < left:
        data = file.read(min(size, left - sent))
        if not data:
            break
        connection.write_now(data)
        sent += len(data)
    return sent
