"""The error log of a site, for the parent of its workers."""

from __future__ import annotations

import logging
import time

__all__ = ["LogFile"]


class LogFile:
    """A listener that appends what a bus says to the file that the workers log to.

    The file is opened for each line: there are few, and somebody may have rotated it.

    Args:
        path: of the file.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def write(self, message: str, level: int = logging.INFO) -> None:
        """Append a message, in the format of the other lines."""
        if level < logging.INFO:
            return
        now = time.strftime("%d/%b/%Y:%H:%M:%S")
        try:
            with open(self.path, "a", encoding="utf-8") as file:  # noqa: PTH123  # a path as text
                file.write(f"[{now}] ENGINE {message}\n")
        except OSError:
            # Whatever the parent cannot tell, it must not end because of that.
            return
