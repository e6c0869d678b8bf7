"""Exceptions that end a request, and what errors look like to the client."""

from __future__ import annotations

from cherrypy_core.error_pages import bare_error, clean_headers, format_exc, get_error_page
from cherrypy_core.errors import (
    CherryPyException,
    HTTPError,
    HTTPRedirect,
    InternalRedirect,
    NotFound,
    TimeoutError,  # noqa: A004  (the historical name)
)

__all__ = [
    "CherryPyException",
    "HTTPError",
    "HTTPRedirect",
    "InternalRedirect",
    "NotFound",
    "TimeoutError",
    "bare_error",
    "clean_headers",
    "format_exc",
    "get_error_page",
]
