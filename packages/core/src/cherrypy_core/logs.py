"""The error log and the access log: loggers of the standard library, ready to use.

Records carry plain messages: the time is added by the formatter of the handlers that
`screen`, `access_file` and `error_file` make, so that handlers of your own can format
it as they like. Line breaks and other control characters in what a client sent are
escaped: no log line can be forged.
"""

from __future__ import annotations

import logging
import re
import sys
import time as _time

from cherrypy_core.accesslog import atoms, json_values, request_values
from cherrypy_core.serving import current, get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

__all__ = [
    "LazyRfc3339UtcTime",
    "LogManager",
    "NullHandler",
    "WSGIErrorHandler",
    "logfmt",
]

#: What the built-in handlers write: the message and, with it, a traceback if there is one.
logfmt = logging.Formatter("%(message)s")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _stamp(seconds: float) -> str:
    now = _time.localtime(seconds)
    return (
        f"[{now.tm_mday:02d}/{_MONTHS[now.tm_mon - 1]}/{now.tm_year:04d}:"
        f"{now.tm_hour:02d}:{now.tm_min:02d}:{now.tm_sec:02d}]"
    )


# Messages may have several lines, tracebacks have. What else a client could do to the
# reader's terminal, or pass off as another line, is shown escaped.
_CONTROLS = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"
} | {0x0D: "\\r", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def _harmless(text: str) -> str:
    """Return *text* with control characters, other than TAB and LF, escaped."""
    return text if text.isprintable() else text.translate(_CONTROLS)


def _one_record(text: str) -> str:
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


class _ErrorFormatter(logging.Formatter):
    """Time and message: `[21/Nov/2026:13:46:58] ENGINE Bus STARTED`.

    The further lines of a message, also of that of an exception, are indented: they could
    be taken for records, of the access log, too, if both go to the same place.

    Args:
        manager: whose log it is; a subclass may write the time in its own way.
    """

    def __init__(self, manager: LogManager) -> None:
        super().__init__("%(message)s")
        self._own_time = None if type(manager).time is LogManager.time else manager.time

    def format(self, record: logging.LogRecord) -> str:
        text = _harmless(super().format(record))
        first, line_break, rest = text.partition("\n")
        if line_break:
            text = f"{first}\n{re.sub(_FOREIGN_LINE, ' ', rest)}"
        own = self._own_time
        return f"{_stamp(record.created) if own is None else own()} {text}"


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


def _reopen(handler: logging.FileHandler) -> None:
    handler.acquire()
    try:
        # With `delay` the file may not have been opened yet.
        old = handler.stream
        if old is not None:
            # First the new one: if that fails, there is a log still.
            handler.stream = handler._open()  # noqa: SLF001  (see FileHandler)
            old.close()
    finally:
        handler.release()


class LogManager:
    """The two logs of an application, or of a whole site.

    Args:
        appid: tells the loggers of one application from another's. None: the site's.
        logger_root: the first part of the loggers' names.

    Attributes:
        error_log: the logger `ROOT.error[.APPID]`.
        access_log: the logger `ROOT.access[.APPID]`.
        parent: the log of the site that this one is a part of. Its `access_log_format` holds
            here too, if this one's is the usual one.
        access_log_format: the line of the access log, with `{x}` or `%(x)s` for: h remote
            host, l always "-", u user, t time, r request line, s status, b bytes of the
            body, f Referer, a User-Agent, o Host, i request id, z time in RFC 3339 form.
            Every value is escaped: none can end its field, or the line.

    The records of the access log have two attributes of their own, `access` (a dict of the
    values before they are escaped, see `cherrypy_core.jsonlogs`) and `request_id`; those of
    the error log `context`, `text` (the message as it was given) and `request_id`, which is
    "-" where no request is being served.

    A subclass may write what it likes in `error` and `access`, and the time in `time`.
    """

    appid: int | str | None = None
    logger_root: str
    error_log: logging.Logger
    access_log: logging.Logger
    parent: LogManager | None = None
    access_log_format = '{h} {l} {u} {t} "{r}" {s} {b} "{f}" "{a}"'

    def __init__(self, appid: int | str | None = None, logger_root: str = "cherrypy") -> None:
        self.appid = appid
        self.logger_root = logger_root
        suffix = "" if appid is None else f".{appid}"
        self.error_log = logging.getLogger(f"{logger_root}.error{suffix}")
        self.access_log = logging.getLogger(f"{logger_root}.access{suffix}")
        self.error_log.setLevel(logging.INFO)
        self.access_log.setLevel(logging.INFO)

    def reopen_files(self) -> None:
        """Close the log files and open them again: after they have been moved away."""
        for logger in (self.error_log, self.access_log):
            for handler in logger.handlers:
                if isinstance(handler, logging.FileHandler):
                    _reopen(handler)

    def error(
        self,
        msg: str = "",
        context: str = "",
        severity: int = logging.INFO,
        traceback: bool = False,
    ) -> None:
        """Write to the error log.

        Args:
            msg: the message.
            context: where it comes from, such as "HTTP" or "ENGINE".
            severity: a level of `logging`.
            traceback: add that of the exception being handled.
        """
        log = self.error_log
        if log.isEnabledFor(severity):
            text = f"{context} {msg}" if context else str(msg)
            request = get_request()
            log.log(
                severity,
                "%s",
                _one_record(text),
                exc_info=sys.exc_info() if traceback else None,
                stacklevel=2,
                extra={
                    "context": context,
                    "text": str(msg),
                    "request_id": "-" if request is None else request.unique_id,
                },
            )

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Write to the error log (see `error`)."""
        self.error(*args, **kwargs)

    def access(self) -> None:
        """Write the current request to the access log."""
        # PERF: making the line is expensive, so see first whether any handler will get it.
        logger: logging.Logger | None = self.access_log
        while logger is not None:
            if logger.handlers:
                break
            logger = logger.parent if logger.propagate else None
        if logger is not None and self.access_log.isEnabledFor(logging.INFO):
            self.write_access(request_values(*current()))

    def write_access(self, values: dict[str, Any]) -> None:
        """Write a line to the access log, about whatever has been served.

        Args:
            values: `request` (the request line), and what a `JSONFormatter` shows of a
                request, each a text, a number or None.
        """
        letters = atoms(values)
        letters["t"] = self.time()
        letters["z"] = LazyRfc3339UtcTime()
        form = self.access_log_format
        site = self.parent
        if site is not None and form == LogManager.access_log_format:
            form = site.access_log_format
        try:
            line = form.format(**letters) if "{" in form else form % letters
            extra = {
                "access": json_values(values),
                "request_id": values.get("request_id") or "-",
            }
            self.access_log.info("%s", line, extra=extra)
        except Exception:  # noqa: BLE001  (a wrong format must not break the response)
            self.error("The access log format is wrong.", "HTTP", logging.ERROR, traceback=True)

    def time(self) -> str:
        """Return the time now as Apache writes it, in brackets."""
        return _stamp(_time.time())

    # Handlers, by the word that says what has made them.

    @staticmethod
    def _builtin(log: logging.Logger, kind: str) -> logging.Handler | None:
        for handler in log.handlers:
            if getattr(handler, "_cpbuiltin", None) == kind:
                return handler
        return None

    def _replace(self, log: logging.Logger, kind: str, new: logging.Handler | None) -> None:
        old = self._builtin(log, kind)
        if old is not None:
            log.removeHandler(old)
            old.close()
        if new is not None:
            new._cpbuiltin = kind  # type: ignore[attr-defined]  # noqa: SLF001
            new.setFormatter(self._formatter(log))
            log.addHandler(new)

    def _formatter(self, log: logging.Logger) -> logging.Formatter:
        if self._json:
            from cherrypy_core.jsonlogs import JSONFormatter  # noqa: PLC0415  (an option)

            return JSONFormatter()
        return _ErrorFormatter(self) if log is self.error_log else logfmt

    _json = False

    @property
    def json(self) -> bool:
        """Write JSON lines (see `cherrypy_core.jsonlogs`) to screen, files and WSGI."""
        return self._json

    @json.setter
    def json(self, on: bool) -> None:
        self._json = bool(on)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                if hasattr(handler, "_cpbuiltin"):
                    handler.setFormatter(self._formatter(log))

    @property
    def screen(self) -> bool:
        """Write errors to stderr and accesses to stdout."""
        return any(self._builtin(log, "screen") for log in (self.error_log, self.access_log))

    @screen.setter
    def screen(self, on: bool) -> None:
        streams: tuple[tuple[logging.Logger, TextIO], ...] = (
            (self.error_log, sys.stderr),
            (self.access_log, sys.stdout),
        )
        for log, stream in streams:
            if not on:
                self._replace(log, "screen", None)
            elif self._builtin(log, "screen") is None:
                self._replace(log, "screen", logging.StreamHandler(stream))

    def _file(self, log: logging.Logger) -> str:
        handler = self._builtin(log, "file")
        return handler.baseFilename if isinstance(handler, logging.FileHandler) else ""

    def _set_file(self, log: logging.Logger, name: Any) -> None:
        import os  # noqa: PLC0415

        if not name:
            self._replace(log, "file", None)
        elif os.path.abspath(name) != self._file(log):  # noqa: PTH100  (what FileHandler does)
            handler = logging.FileHandler(name, encoding="utf-8", errors="backslashreplace")
            self._replace(log, "file", handler)

    @property
    def access_file(self) -> str:
        """The file that accesses are written to; "" for none."""
        return self._file(self.access_log)

    @access_file.setter
    def access_file(self, name: str) -> None:
        self._set_file(self.access_log, name)

    @property
    def error_file(self) -> str:
        """The file that errors are written to; "" for none."""
        return self._file(self.error_log)

    @error_file.setter
    def error_file(self, name: str) -> None:
        self._set_file(self.error_log, name)

    @property
    def wsgi(self) -> bool:
        """Write errors to the `wsgi.errors` of the request that they happen in."""
        return self._builtin(self.error_log, "wsgi") is not None

    @wsgi.setter
    def wsgi(self, on: bool) -> None:
        if not on:
            self._replace(self.error_log, "wsgi", None)
        elif not self.wsgi:
            self._replace(self.error_log, "wsgi", WSGIErrorHandler())
