"""The error log and the access log: loggers of the standard library, ready to use.

Records carry plain messages: the time is added by the formatter of the handlers that
`screen`, `access_file` and `error_file` make, so that handlers of your own can format
it as they like. Line breaks and other control characters in what a client sent are
escaped: no log line can be forged.
"""

from __future__ import annotations

import logging
import sys
import time as _time

from cherrypy_core.serving import current, get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

__all__ = ["LazyRfc3339UtcTime", "LogManager", "NullHandler", "WSGIErrorHandler", "logfmt"]

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


class _ErrorFormatter(logging.Formatter):
    """Time and message: `[21/Nov/2026:13:46:58] ENGINE Bus STARTED`.

    No further line of a message begins with a bracket: it could be taken for a record.
    """

    def format(self, record: logging.LogRecord) -> str:
        text = _harmless(super().format(record)).replace("\n[", "\n [")
        return f"{_stamp(record.created)} {text}"


_error_format = _ErrorFormatter("%(message)s")


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


_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {
    ord("\\"): "\\\\",
    ord('"'): '\\"',
}


def escape(value: str) -> str:
    """Return *value* as one harmless field of a log line (as Apache writes it)."""
    if value.isascii() and value.isprintable() and '"' not in value and "\\" not in value:
        return value
    return (
        value.translate(_ESCAPES).encode("ascii", "backslashreplace").decode("ascii")
        if value.isascii()
        else "".join(
            char.translate(_ESCAPES)
            if char.isascii()
            else "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
            for char in value
        )
    )


class LogManager:
    """The two logs of an application, or of a whole site.

    Args:
        appid: tells the loggers of one application from another's. None: the site's.
        logger_root: the first part of the loggers' names.

    Attributes:
        error_log: the logger `ROOT.error[.APPID]`.
        access_log: the logger `ROOT.access[.APPID]`.
        access_log_format: the line of the access log, with `{x}` or `%(x)s` for: h remote
            host, l always "-", u user, t time, r request line, s status, b bytes of the
            body, f Referer, a User-Agent, o Host, i request id, z time in RFC 3339 form.
    """

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
                    handler.acquire()
                    try:
                        # With `delay` the file may not have been opened yet.
                        if handler.stream is not None:
                            handler.stream.close()
                            handler.stream = handler._open()  # noqa: SLF001  (see FileHandler)
                    finally:
                        handler.release()

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
            text = f"{context} {msg}" if context else msg
            log.log(
                severity,
                "%s",
                _harmless(text),
                exc_info=sys.exc_info() if traceback else None,
                stacklevel=2,
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
            self._write_access()

    def _write_access(self) -> None:
        request, response = current()
        status = response.status
        header = request.header
        atoms = {
            "h": request.remote.name or request.remote.ip or "-",
            "l": "-",
            "u": getattr(request, "login", None) or "-",
            "t": self.time(),
            "r": request.request_line,
            "s": str(status).split(" ", 1)[0] if status else "-",
            "b": response.header_sent("Content-Length") or "-",
            "f": header("Referer") or "",
            "a": header("User-Agent") or "",
            "o": header("Host") or "-",
            "i": request.unique_id,
            "z": LazyRfc3339UtcTime(),
        }
        for name in ("h", "u", "r", "f", "a", "o"):
            atoms[name] = escape(str(atoms[name]))
        form = self.access_log_format
        try:
            line = form.format(**atoms) if "{" in form else form % atoms
            self.access_log.info("%s", line)
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
            new.setFormatter(_error_format if log is self.error_log else logfmt)
            log.addHandler(new)

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
