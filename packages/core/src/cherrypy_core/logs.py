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
import weakref

from cherrypy_core.accesslog import (
    combined_line,
    json_values,
    request_letters,
    request_values,
    value_letters,
)
from cherrypy_core.loghandlers import (
    ErrorFormatter,
    LazyRfc3339UtcTime,
    LogFile,
    NullHandler,
    WSGIErrorHandler,
    discard,
    logfmt,
    one_record,
    outlets,
    plain_files,
    reopen,
    stamp,
)
from cherrypy_core.serving import current, get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO

    from cherrypy_core.request import Request
    from cherrypy_core.response import Response

__all__ = [
    "LazyRfc3339UtcTime",
    "LogManager",
    "NullHandler",
    "WSGIErrorHandler",
    "application_log",
    "logfmt",
]


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
                    reopen(handler)

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
                # Without arguments: what has a percent sign in it stays as it is.
                one_record(text),
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
        # PERF: making the line is expensive, so see first whether anybody reads it.
        log: logging.Logger | None = self.access_log
        while log is not None and not log.handlers:
            log = log.parent if log.propagate else None
        if log is not None and self.access_log.isEnabledFor(logging.INFO):
            self._write_request(*current())

    def _write_request(self, request: Request, response: Response) -> None:
        def line() -> str:
            if self._format() == LogManager.access_log_format:
                combined = combined_line(request, response, self.time())
                if combined is not None:
                    return combined
            return self._line(request_letters(request, response))

        self._write(line, outlets(self.access_log), lambda: request_values(request, response))

    def write_access(self, values: dict[str, Any]) -> None:
        """Write a line to the access log, about whatever has been served.

        Args:
            values: `request` (the request line), and what a `JSONFormatter` shows of a
                request, each a text, a number or None.
        """
        log = self.access_log
        if log.isEnabledFor(logging.INFO):
            self._write(lambda: self._line(value_letters(values)), outlets(log), lambda: values)

    def _write(
        self,
        make_line: Callable[[], str],
        handlers: list[logging.Handler],
        values: Callable[[], dict[str, Any]],
    ) -> None:
        log = self.access_log
        try:
            line = make_line()
            if plain_files(log, handlers):
                # PERF: making a record and handing it on takes as long as serving a page.
                for handler in handlers:
                    handler.write_line(line)  # type: ignore[attr-defined]
                return
            known = values()
            extra = {"access": json_values(known), "request_id": known.get("request_id") or "-"}
            log.info(line, extra=extra)
        except Exception:  # noqa: BLE001  (a wrong format must not break the response)
            self.error("The access log format is wrong.", "HTTP", logging.ERROR, traceback=True)

    def _format(self) -> str:
        form = self.access_log_format
        site = self.parent
        if site is not None and form == LogManager.access_log_format:
            form = site.access_log_format
        return form

    def _line(self, letters: dict[str, object]) -> str:
        letters["t"] = self.time()
        form = self._format()
        return form.format_map(letters) if "{" in form else form % letters

    def time(self) -> str:
        """Return the time now as Apache writes it, in brackets."""
        return stamp(_time.time())

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
            discard(log, old)
        if new is not None:
            new._cpbuiltin = kind  # type: ignore[attr-defined]  # noqa: SLF001
            new.setFormatter(self._formatter(log))
            log.addHandler(new)

    def _formatter(self, log: logging.Logger) -> logging.Formatter:
        if self._json:
            from cherrypy_core.jsonlogs import JSONFormatter  # noqa: PLC0415  (an option)

            return JSONFormatter()
        if log is not self.error_log:
            return logfmt
        return ErrorFormatter(None if type(self).time is LogManager.time else self.time)

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
            self._replace(log, "file", LogFile(name))

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


def application_log(app: object, logger_root: str = "cherrypy") -> LogManager:
    """Return the log of an application, which is named by its id and ends with it.

    `logging` keeps a logger for ever, and another application may be given the id: it must
    not write to the files of the one before.
    """
    log = LogManager(id(app), logger_root)
    end = weakref.finalize(app, _retire, log.error_log, log.access_log)
    end.atexit = False
    return log


def _retire(*loggers: logging.Logger) -> None:
    """Make loggers as they were before anybody used them; close what was opened for them."""
    for logger in loggers:
        for handler in logger.handlers[:]:
            if hasattr(handler, "_cpbuiltin"):
                discard(logger, handler)
            else:
                logger.removeHandler(handler)
        logger.filters.clear()
        logger.propagate, logger.disabled = True, False
