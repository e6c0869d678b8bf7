"""Exceptions that end a request: an error, a redirect, another path to serve instead.

Each knows how to become a response (`set_response`), and each is also callable, which
raises it: a dispatcher may hand one out in the place of a page handler.
"""

from __future__ import annotations

from contextlib import contextmanager

from cherrypy_core import error_pages
from cherrypy_core.serving import current, get_request
from cherrypy_core.status import valid_status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, NoReturn

__all__ = [
    "CherryPyException",
    "HTTPError",
    "HTTPRedirect",
    "InternalRedirect",
    "NotFound",
    "TimeoutError",
]


#: RFC 9110 section 15.4.5: no metadata but what would have been in the 200, and of that
#: only what caches need.
_NOT_IN_304 = (
    "Allow",
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
    "Content-MD5",
    "Content-Range",
    "Content-Type",
    "Last-Modified",
)


class CherryPyException(Exception):
    """The base of the framework's exceptions."""


class TimeoutError(CherryPyException):  # noqa: A001  (the historical name)
    """A response has taken longer than its `timeout`.

    Raised by the request when it comes to its next stage and `response.timed_out` is set.
    """


class InternalRedirect(CherryPyException):
    """Serve another path of the same application instead; the client does not notice.

    Args:
        path: the path to serve, absolute or relative to the current one; it may carry a
            query string.
        query_string: the query string of the new request, without the question mark.
    """

    def __init__(self, path: str, query_string: str = "") -> None:
        self.request = request = get_request()
        path, mark, query = path.partition("?")
        self.query_string = query if mark else query_string
        if request is not None and not path.startswith("/"):
            from urllib.parse import urljoin  # noqa: PLC0415  (a rare need)

            # The base would do, but a path may begin with a segment that holds a colon.
            path = urljoin(request.path_info, "./" + path)
        self.path = path
        super().__init__(path, self.query_string)


class HTTPRedirect(CherryPyException):
    """Send the client to another URL.

    Args:
        urls: one URL or several, absolute or relative to the current request.
        status: 300, 301, 302, 303, 305, 307 or 308 (304 is accepted for old
            applications). Default: 303, for HTTP/1.0 clients 302.
        encoding: the charset in which non-ASCII characters of the URLs are sent.

    Raises:
        ValueError: the status is no redirect.

    Attributes:
        urls: the URLs as texts, absolute if a request is being served.
    """

    urls: list[str] = None  # type: ignore[assignment]  # instances have one
    encoding = "utf-8"

    def __init__(
        self,
        urls: str | bytes | Iterable[str | bytes],
        status: int | str | None = None,
        encoding: str | None = None,
    ) -> None:
        request = get_request()
        self.encoding = encoding or self.encoding
        self.urls = [
            _absolute_url(request, url if isinstance(url, str) else url.decode(self.encoding))
            for url in ([urls] if isinstance(urls, (str, bytes)) else urls)
        ]
        if status is None:
            status = self.default_status
        status = int(status)
        if not 300 <= status <= 399:  # noqa: PLR2004  (the class of redirects)
            raise ValueError(f"the status of a redirect must be between 300 and 399, not {status}")
        self._status = status
        super().__init__(self.urls, status)

    @property
    def default_status(self) -> int:
        """303 See Other, but 302 Found for clients that only know HTTP/1.0."""
        request = get_request()
        return 302 if request is not None and request.protocol < (1, 1) else 303

    @property
    def status(self) -> int:
        """The status code."""
        return self._status

    def set_response(self) -> None:
        """Make the current response this redirect.

        Raises:
            ValueError: the status is not one of those listed in the class's documentation.
        """
        response = current()[1]
        status = self._status
        response.status = status
        if status in error_pages.REDIRECT_TEXTS:
            location = _escape_url(self.urls[0], self.encoding)
            response.headers["Content-Type"] = "text/html;charset=utf-8"
            response.headers["Location"] = location
            response.body = error_pages.redirect_page(status, self.urls).encode("utf-8")
        elif status == 304:  # noqa: PLR2004
            for name in _NOT_IN_304:
                response.headers.pop(name, None)
            response.body = None
        elif status == 305:  # noqa: PLR2004
            response.headers["Location"] = _escape_url(self.urls[0], self.encoding)
            response.body = None
        else:
            raise ValueError(f"the status code {status} is not known as a redirect")
        # What an earlier handler has set describes the page that is not sent.
        response.headers.pop("Content-Length", None)

    def __call__(self) -> NoReturn:
        """Raise this redirect."""
        raise self


def _absolute_url(request: Any, url: str) -> str:
    """Return *url*, made absolute if there is a request to be relative to."""
    if request is None or request.app is None:
        return url
    from cherrypy_core.linking import resolve  # noqa: PLC0415  (a redirect's need only)

    return resolve(request, url)


def _escape_url(url: str, encoding: str) -> str:
    """Return *url* as ASCII: what is not (and what never may stand in one) is escaped."""
    if url.isascii() and url.isprintable() and " " not in url:
        return url
    from urllib.parse import quote  # noqa: PLC0415

    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._", encoding=encoding)


class HTTPError(CherryPyException):
    """Answer with an error status.

    Args:
        status: 400 to 599, as a number or with a reason phrase (`"404 Gone fishing"`).
        message: what the error page says. Default: the standard sentence of the status.

    Raises:
        HTTPError: with 500, if the status is illegal.
        ValueError: the status is none of an error.
    """

    status: int | str | None = None
    code: int | None = None
    reason: str | None = None

    def __init__(self, status: int | str = 500, message: str | None = None) -> None:
        self.status = status
        try:
            self.code, self.reason, default_message = valid_status(status)
        except ValueError as error:
            raise type(self)(500, str(error)) from error
        if self.code < 400 or self.code > 599:  # noqa: PLR2004  (the classes of errors)
            raise ValueError(f"the status of an error must be between 400 and 599, not {status}")
        # Not `message`: BaseException once had an attribute of that name.
        self._message = message or default_message
        super().__init__(status, message)

    def set_response(self) -> None:
        """Make the current response this error's page."""
        request, response = current()
        error_pages.clean_headers(self.code or 500)
        response.status = self.status
        # The exception being handled: this one, or the unexpected one that it reports.
        # None is when a dispatcher found no handler: there is nothing to trace then.
        traceback = error_pages.format_exc() if request.show_tracebacks else None
        response.body = self.get_error_page(
            self.status, traceback=traceback, message=self._message
        )

    def get_error_page(self, *args: Any, **kwargs: Any) -> Any:
        """Return the body of the error page (see `error_pages.get_error_page`)."""
        return error_pages.get_error_page(*args, **kwargs)

    def __call__(self) -> NoReturn:
        """Raise this error."""
        raise self

    @classmethod
    @contextmanager
    def handle(
        cls,
        exception: type[BaseException] | tuple[type[BaseException], ...],
        status: int | str = 500,
        message: str = "",
    ) -> Iterator[None]:
        """Turn *exception*, raised in the `with` block, into this error.

        Example:
            >>> with HTTPError.handle(FileNotFoundError, 404):
            ...     pass
        """
        try:
            yield
        except exception as error:
            raise cls(status, message or str(error)) from error


class NotFound(HTTPError):
    """404 Not Found for *path* (default: the path of the current request)."""

    def __init__(self, path: str | None = None) -> None:
        if path is None:
            request = get_request()
            path = "" if request is None else request.script_name + request.path_info
        super().__init__(404, f"The path {path!r} was not found.")
