"""The error log and the access log."""

from __future__ import annotations

from cherrypy_core.logs import (
    LazyRfc3339UtcTime,
    LogManager,
    NullHandler,
    WSGIErrorHandler,
    logfmt,
)

__all__ = ["LazyRfc3339UtcTime", "LogManager", "NullHandler", "WSGIErrorHandler", "logfmt"]
