"""`wsgi.file_wrapper`: files that the system copies to the client by itself (sendfile)."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cherrypy_httpserver.exchange import Exchange

__all__ = ["FileWrapper", "send_file"]

# What one call of sendfile may take; between two calls the deadline is looked at.
_LARGEST_PIECE = 4 * 1024 * 1024


class FileWrapper:
    """An iterable over a file, as PEP 3333 describes `wsgi.file_wrapper`.

    Args:
        file: anything with `read(size)`; a regular file on disk is sent without being read.
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
    """Send the rest of a regular file; return False, with nothing done, if that cannot be.

    As much as the `Content-Length` says, or up to the end of the file.

    Raises:
        Disconnected: if the client has gone.
    """
    if exchange.head_sent or not exchange.connection.is_plain or not hasattr(os, "sendfile"):
        return False
    try:
        number = wrapper.file.fileno()
        status = os.fstat(number)
        offset = wrapper.file.tell()
    except (AttributeError, OSError, ValueError):
        return False
    if not stat.S_ISREG(status.st_mode):
        return False
    available = max(0, status.st_size - offset)
    connection = exchange.connection
    head = exchange.begin(available)
    left = exchange.remaining(available)
    if left <= 0:
        connection.write_last(head)
        return True
    connection.write_now(head, more=True)
    exchange.sent(connection.send_file(number, offset, left, _LARGEST_PIECE))
    return True
