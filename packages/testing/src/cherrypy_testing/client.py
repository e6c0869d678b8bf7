"""A client that calls an application in this process: no socket, no thread, real tracebacks."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from cherrypy_testing.bodies import encode_body, encode_fields
from cherrypy_testing.calling import Answer, call, make_environ
from cherrypy_testing.cookiejar import Cookies, host_of
from cherrypy_testing.errors import TooManyRedirects
from cherrypy_testing.response import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["Client"]

MAX_REDIRECTS = 20

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
#: With these the method and the body stay as they are (RFC 9110 sections 15.4.8, 15.4.9).
_SAME_METHOD = frozenset((307, 308))
_WITH_BODY = frozenset(("POST", "PUT", "PATCH"))


class Client:
    """Calls a WSGI application, and keeps its cookies between the requests.

    Args:
        app: any WSGI application: a `Site`, a tree, an `Application`, somebody else's.
        base_url: scheme and host of the requests; relative URLs start from it.
        headers: header fields that every request has: a dict or pairs.
        cookies: cookies to begin with, name to value.
        follow_redirects: follow redirects, unless a request says otherwise.
        raise_errors: raise an exception that the application did not expect, instead of
            returning its response with status 500.
        strict: watch the application keep to the rules of WSGI (`wsgiref.validate`).

    Attributes:
        cookies: the cookies kept so far.
    """

    def __init__(
        self,
        app: Callable[..., Any],
        *,
        base_url: str = "http://localhost",
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        cookies: Mapping[str, str] | None = None,
        follow_redirects: bool = False,
        raise_errors: bool = True,
        strict: bool = False,
    ) -> None:
        self.app = app
        self.base_url = base_url
        self.headers = _header_pairs(headers)
        self.cookies = Cookies()
        self.follow_redirects = follow_redirects
        self.raise_errors = raise_errors
        self.strict = strict
        if cookies:
            self.cookies.update(cookies, host_of(base_url))

    def get(self, url: str, **options: Any) -> Response:
        """Send a GET request (see `request`)."""
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Any) -> Response:
        """Send a HEAD request (see `request`)."""
        return self.request("HEAD", url, **options)

    def options(self, url: str, **options: Any) -> Response:
        """Send an OPTIONS request (see `request`)."""
        return self.request("OPTIONS", url, **options)

    def post(self, url: str, **options: Any) -> Response:
        """Send a POST request (see `request`)."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> Response:
        """Send a PUT request (see `request`)."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Any) -> Response:
        """Send a PATCH request (see `request`)."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Any) -> Response:
        """Send a DELETE request (see `request`)."""
        return self.request("DELETE", url, **options)

    def request(  # noqa: PLR0913  (one keyword for each part of a request)
        self,
        method: str,
        url: str,
        *,
        params: Any = None,
        data: Any = None,
        files: Any = None,
        json: Any = None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        environ: Mapping[str, Any] | None = None,
        follow_redirects: bool | None = None,
    ) -> Response:
        """Send a request and return the response.

        Args:
            method: such as "GET".
            url: a path with or without a query string, or an absolute URL.
            params: fields to add to the query string: a dict or pairs.
            data: the body: bytes, text, or the fields of a form (a dict or pairs).
            files: files to send along with the form: name to bytes, text, an open file, a
                path, or a tuple (file name, content) or (file name, content, media type).
            json: an object to send as JSON.
            headers: header fields: a dict or pairs. They replace the client's own.
            environ: further entries of the WSGI environ, such as `REMOTE_USER`.
            follow_redirects: follow redirects; None: as the client does.

        Raises:
            AssertionError: the application has broken a rule of WSGI.
            TooManyRedirects: redirects without an end.
            Exception: whatever the application did not expect, with `raise_errors`.
        """
        body, content_type = encode_body(data, files, json)
        if body is None and method in _WITH_BODY:
            body = b""
        own = _header_pairs(headers)
        if content_type and not any(name.lower() == "content-type" for name, _ in own):
            own.append(("Content-Type", content_type))
        target = _absolute(self.base_url, url, params)
        response = self._send(method, target, own, body, environ or {})
        follow = self.follow_redirects if follow_redirects is None else follow_redirects
        history: list[Response] = []
        while follow and response.status_code in _REDIRECTS and "Location" in response.headers:
            if len(history) == MAX_REDIRECTS:
                raise TooManyRedirects(f"more than {MAX_REDIRECTS} redirects, from {target} on")
            history.append(response)
            if response.status_code not in _SAME_METHOD and method != "HEAD":
                method, body = "GET", None
                own = [(name, value) for name, value in own if name.lower() != "content-type"]
            location = urljoin(response.url, response.headers["Location"])
            response = self._send(method, location, own, body, environ or {})
        response.history = history
        return response

    def _send(
        self,
        method: str,
        url: str,
        headers: list[tuple[str, str]],
        body: bytes | None,
        environ: Mapping[str, Any],
    ) -> Response:
        """Send one request to an absolute URL, without following redirects."""
        given = {name.lower() for name, _ in headers}
        pairs = [(name, value) for name, value in self.headers if name.lower() not in given]
        cookies = self.cookies.header(url)
        if cookies and "cookie" not in given:
            pairs.append(("Cookie", cookies))
        made = make_environ(method, url.partition("#")[0], [*pairs, *headers], body, **environ)
        answer = self._call(made)
        self.cookies.extract(url, answer.headers)
        return Response(answer.status, answer.headers, answer.body, url=url, method=method)

    def _call(self, environ: dict[str, Any]) -> Answer:
        if not self.raise_errors:
            return call(self.app, environ, validate=self.strict)
        with _unexpected(self.app) as errors:
            answer = call(self.app, environ, validate=self.strict)
        if answer.error is not None:
            errors.append(answer.error)
        if errors:
            raise errors[0]
        return answer


@contextmanager
def _unexpected(app: Any) -> Iterator[list[BaseException]]:
    """Collect the exceptions that a site or an application turns into error pages.

    They are known by their bus. Where the application has a way of its own to answer
    unexpected exceptions (`request.error_response`), it goes that way as usual.
    """
    errors: list[BaseException] = []

    def watch() -> None:
        _have_errors_noted(errors)

    buses = _buses(app)
    for bus in buses:
        bus.subscribe("before_request", watch)
    try:
        yield errors
    finally:
        for bus in buses:
            bus.unsubscribe("before_request", watch)


def _buses(app: Any) -> list[Any]:
    """Return the buses that are told of *app*'s requests: of a site, a tree, an application."""
    buses: list[Any] = []
    mounted = getattr(app, "apps", None)
    parts = [app, *(mounted.values() if isinstance(mounted, dict) else ())]
    for part in parts:
        bus = getattr(part, "bus", None) or getattr(part, "channels", None)
        if hasattr(bus, "subscribe") and not any(bus is known for known in buses):
            buses.append(bus)
    return buses


def _have_errors_noted(errors: list[BaseException]) -> None:
    """Have the current request add to *errors* what it did not expect."""
    from cherrypy_core.serving import current  # noqa: PLC0415  (its application has imported it)

    request = current()[0]
    answer = request.error_response

    def note_and_answer() -> Any:
        error = sys.exc_info()[1]
        if error is not None:
            errors.append(error)
        return answer()

    request.error_response = note_and_answer


def _header_pairs(
    headers: Mapping[str, str] | Iterable[tuple[str, str]],
) -> list[tuple[str, str]]:
    items: Iterable[tuple[str, str]] = headers.items() if hasattr(headers, "items") else headers
    return list(items)


def _absolute(base_url: str, url: str, params: Any) -> str:
    """Return *url* as an absolute one, its characters escaped, *params* added."""
    if not urlsplit(url).scheme:
        url = base_url.rstrip("/") + (url if url.startswith("/") else f"/{url}")
    # What is written as escaped stays so.
    url = quote(url, safe="%/:=&?~#+!$,;'@()*[]")
    if params:
        url += ("&" if urlsplit(url).query else "?") + encode_fields(params)
    return url
