"""What the logs are written to: handlers and formatters of `logging`.

Line breaks and other control characters in what a client sent are escaped: no log line can
be forged.
"""

from __future__ import annotations

import logging
import re
import time as _time
from contextlib import suppress

from cherrypy_core.serving import get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = [
    "ErrorFormatter",
    "LazyRfc3339UtcTime",
    "LogFile",
    "NullHandler",
    "WSGIErrorHandler",
    "discard",
    "logfmt",
    "one_record",
    "outlets",
    "plain_files",
    "reopen",
    "stamp",
]

#: What the built-in handlers write: the message and, with it, a traceback if there is one.
logfmt = logging.Formatter("%(message)s")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


# The last second that was asked for, and how it is written.
_last: tuple[int, str] = (-1, "")


def stamp(seconds: float) -> str:
    """Return a time as Apache writes it, in brackets.

    Args:
        seconds: since the epoch.
    """
    global _last  # noqa: PLW0603  (PERF: a second has many requests)
    whole = int(seconds)
    second, text = _last
    if second != whole:
        now = _time.localtime(whole)
        text = (
            f"[{now.tm_mday:02d}/{_MONTHS[now.tm_mon - 1]}/{now.tm_year:04d}:"
            f"{now.tm_hour:02d}:{now.tm_min:02d}:{now.tm_sec:02d}]"
        )
        _last = whole, text
    return text


# Messages may have several lines, tracebacks have. What else a client could do to the
# reader's terminal, or pass off as another line, is shown escaped.
_CONTROLS = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"
} | {0x0D: "\\r", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def _harmless(text: str) -> str:
    """Return *text* with control characters, other than TAB and LF, escaped."""
    return text if text.isprintable() else text.translate(_CONTROLS)


def one_record(text: str) -> str:
    """Return *text* harmless, and with its further lines indented.

    Whatever a handler puts in front of a message, only its first line looks like a record.
    """
    text = _harmless(text)
    if "\n" not in text:
        return text
    first, *rest = text.split("\n")
    return "\n".join(
        [first, *(" " + line if line[:1] not in {"", " ", "\t"} else line for line in rest)]
    )


# The beginning of a line of text that is neither indented nor has its place in a traceback,
# as the name of an exception has. Compiled on first use (by re, which keeps it).
_FOREIGN_LINE = (
    r"(?m)^(?=[^ \t\n])(?!Traceback \(most recent|During handling of|The above exception"
    r"|[A-Za-z_][\w.<>]*(?:: |:?$))"
)


class ErrorFormatter(logging.Formatter):
    """Time and message: `[21/Nov/2026:13:46:58] ENGINE Bus STARTED`.

    The further lines of a message, also of that of an exception, are indented: they could
    be taken for records, of the access log, too, if both go to the same place.

    Args:
        own_time: how a log writes the time of a record, if it has its own way.
    """

    def __init__(self, own_time: Callable[[], str] | None = None) -> None:
        super().__init__("%(message)s")
        self._own_time = own_time

    def format(self, record: logging.LogRecord) -> str:
        """Return *record* as text."""
        text = _harmless(super().format(record))
        first, line_break, rest = text.partition("\n")
        if line_break:
            text = f"{first}\n{re.sub(_FOREIGN_LINE, ' ', rest)}"
        own = self._own_time
        return f"{stamp(record.created) if own is None else own()} {text}"


class NullHandler(logging.Handler):
    """A handler that writes nothing."""

    def handle(self, record: logging.LogRecord) -> bool:  # noqa: ARG002  (its signature)
        """Do nothing."""
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Do nothing."""

    def createLock(self) -> None:  # noqa: N802  (the standard library's name)
        """Make no lock."""
        self.lock = None


class LazyRfc3339UtcTime:
    """The time at which it is shown, as RFC 3339 has it, in UTC."""

    def __str__(self) -> str:
        now = _time.time()
        whole = _time.strftime("%Y-%m-%dT%H:%M:%S", _time.gmtime(now))
        return f"{whole}.{int(now % 1 * 1e6):06d}Z"


class WSGIErrorHandler(logging.Handler):
    """A handler that writes to the `wsgi.errors` of the current request."""

    def flush(self) -> None:
        """Flush that stream, if there is one."""
        stream = _wsgi_errors()
        if stream is not None:
            stream.flush()

    def emit(self, record: logging.LogRecord) -> None:
        """Write *record*; without a request, drop it."""
        stream = _wsgi_errors()
        if stream is None:
            return
        try:
            stream.write(self.format(record) + "\n")
            self.flush()
        except Exception:  # noqa: BLE001  (logging's own rule: handle, never raise)
            self.handleError(record)


def _wsgi_errors() -> Any:
    request = get_request()
    environ = None if request is None else request.wsgi_environ
    return None if environ is None else environ.get("wsgi.errors")


class LogFile(logging.FileHandler):
    """A file of one record after the other, in UTF-8.

    Args:
        filename: where it is; it is appended to.
    """

    def __init__(self, filename: str) -> None:
        super().__init__(filename, encoding="utf-8", errors="backslashreplace")

    def write_line(self, line: str) -> None:
        """Write a line for which nobody needs a record of `logging`."""
        self.acquire()
        try:
            stream = self.stream
            # With `delay` the file may not have been opened yet.
            if stream is None:
                stream = self.stream = self._open()
            stream.write(line + "\n")
            stream.flush()
        except Exception:  # noqa: BLE001  (logging's own rule: handle, never raise)
            self.handleError(logging.makeLogRecord({"msg": line}))
        finally:
            self.release()


def discard(log: logging.Logger, handler: logging.Handler) -> None:
    """Take *handler* from *log* and close it; what a full disk does not take is lost."""
    log.removeHandler(handler)
    with suppress(OSError):
        handler.close()


def reopen(handler: logging.FileHandler) -> None:
    """Close the file of *handler* and open it again: after it has been moved away.

    Raises:
        OSError: if it cannot be opened; the old one stays in use then.
    """
    handler.acquire()
    try:
        # With `delay` the file may not have been opened yet.
        old = handler.stream
        if old is not None:
            # First the new one: if that fails, there is a log still.
            handler.stream = handler._open()  # noqa: SLF001  (see FileHandler)
            with suppress(OSError):
                old.close()
    finally:
        handler.release()


def outlets(logger: logging.Logger | None) -> list[logging.Handler]:
    """Return all handlers that get what is written to *logger*."""
    found: list[logging.Handler] = []
    while logger is not None:
        if logger.handlers:
            found += logger.handlers
        logger = logger.parent if logger.propagate else None
    return found


def plain_files(logger: logging.Logger, handlers: list[logging.Handler]) -> bool:
    """Tell whether nobody but log files gets what is written, and those the message alone."""
    if logger.filters:
        return False
    for handler in handlers:
        if (
            type(handler) is not LogFile
            or handler.formatter is not logfmt
            or handler.filters
            or handler.level > logging.INFO
        ):
            return False
    return True
