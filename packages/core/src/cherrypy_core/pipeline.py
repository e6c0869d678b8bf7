"""WSGI middleware: what stands before an application by default, and virtual hosts."""

from __future__ import annotations

import logging
import sys
from io import BytesIO
from types import MappingProxyType

from cherrypy_core.error_pages import bare_error, format_exc
from cherrypy_core.errors import InternalRedirect
from cherrypy_core.serving import get_request, set_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from cherrypy_core.request import Request

__all__ = [
    "MAX_REDIRECTS",
    "ExceptionTrapper",
    "InternalRedirector",
    "TrappedBody",
    "TrappedFile",
    "VirtualHost",
    "trapped",
]

#: How often one request may be redirected internally: a loop whose query string changes
#: each time would never end.
MAX_REDIRECTS = 100


class VirtualHost:
    """Choose a WSGI application by the Host header.

    Args:
        default: serves every host that is not in *domains*.
        domains: host (with the port, if it is not the default one) to application. Host
            names that clients write in capitals are found under those in small letters.
        use_x_forwarded_host: believe X-Forwarded-Host. Only behind a front that sets it.
    """

    default: Callable[..., Any]
    domains: Mapping[str, Callable[..., Any]] = MappingProxyType({})
    use_x_forwarded_host = True

    def __init__(
        self,
        default: Callable[..., Any],
        domains: dict[str, Callable[..., Any]] | None = None,
        use_x_forwarded_host: bool = True,
    ) -> None:
        self.default = default
        self.domains = {} if domains is None else domains
        self.use_x_forwarded_host = use_x_forwarded_host

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a WSGI call through the application of its host."""
        domain = environ.get("HTTP_HOST", "")
        if self.use_x_forwarded_host:
            # Each front in a row adds a name; the client has asked the first one.
            forwarded = environ.get("HTTP_X_FORWARDED_HOST", "").partition(",")[0].strip()
            domain = forwarded or domain
        app = self.domains.get(domain) or self.domains.get(domain.lower(), self.default)
        return app(environ, start_response)


class InternalRedirector:
    """Serve the path that an `InternalRedirect` names, instead of the first one.

    Args:
        nextapp: the WSGI application behind this one.
        recursive: allow a path to be visited again.

    Raises:
        RuntimeError: a URL is visited the second time, or there are more redirects than
            `MAX_REDIRECTS`: they form a loop.
    """

    def __init__(self, nextapp: Callable[..., Any], recursive: bool = False) -> None:
        self.nextapp = nextapp
        self.recursive = recursive

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a WSGI call, going wherever redirects lead."""
        try:
            return self.nextapp(environ, start_response)
        except InternalRedirect as redirect:
            return self.follow(environ, start_response, redirect)

    def follow(
        self,
        environ: dict[str, Any],
        start_response: Callable[..., Any],
        redirect: InternalRedirect,
    ) -> Any:
        """Go where *redirect* leads, and on from there if that is a redirect too."""
        visited: list[str] = []
        # Not the exception itself: its traceback knows this function's frame, and the
        # frame would know the exception, a cycle.
        target = (redirect.path, redirect.query_string, redirect.request)
        while True:
            environ = self._redirected(environ.copy(), target, visited)
            try:
                return self.nextapp(environ, start_response)
            except InternalRedirect as another:
                target = (another.path, another.query_string, another.request)

    def _redirected(
        self, environ: dict[str, Any], target: tuple[str, str, Request | None], visited: list[str]
    ) -> dict[str, Any]:
        """Return *environ*, changed to say where *target* (path, query, request) is."""
        path, query, request = target
        encoding = "utf-8"
        if request is not None and request.app is not None:
            encoding = request.app.find_config(path, "request.uri_encoding", encoding)
        path, query = _wsgi_text(path, encoding), _wsgi_text(query, encoding)
        script_name = environ.get("SCRIPT_NAME", "")
        visited.append(
            _uri(script_name, environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""))
        )
        new = _uri(script_name, path, query)
        if new in visited and not self.recursive:
            raise RuntimeError(f"InternalRedirector visited the same URL twice: {new!r}")
        if len(visited) > MAX_REDIRECTS:
            raise RuntimeError(
                f"InternalRedirector gave up after {MAX_REDIRECTS} redirects, at {new!r}"
            )
        if request is not None:
            environ["cherrypy.previous_request"] = request
        environ.update(
            {
                # The client that has asked for the head alone gets no body either.
                "REQUEST_METHOD": "HEAD" if environ["REQUEST_METHOD"] == "HEAD" else "GET",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_LENGTH": "0",
                "wsgi.input": BytesIO(),
            }
        )
        return environ


def _uri(script_name: str, path: str, query: str) -> str:
    return script_name + path + (f"?{query}" if query else "")


def _wsgi_text(text: str, encoding: str) -> str:
    """Return *text* as PEP 3333 wants it: each character stands for a byte."""
    return text if text.isascii() else text.encode(encoding).decode("latin-1")


class ExceptionTrapper:
    """Answer 500 to whatever exception comes out of the application.

    Args:
        nextapp: the WSGI application behind this one.
        throws: exceptions to let through.
    """

    def __init__(
        self,
        nextapp: Callable[..., Any],
        throws: tuple[type[BaseException], ...] = (KeyboardInterrupt, SystemExit),
    ) -> None:
        self.nextapp = nextapp
        self.throws = throws

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a WSGI call; the body is watched for exceptions too."""
        try:
            body = self.nextapp(environ, start_response)
        except self.throws:
            raise
        except BaseException:  # noqa: BLE001  (this is the place where it ends)
            return trapped(start_response)
        return body if type(body) is list else TrappedBody(body, start_response, self.throws)


def trapped(start_response: Callable[..., Any]) -> list[bytes]:
    """Log the exception being handled and answer 500."""
    request = get_request()
    if request is not None:
        request.log("", "HTTP", severity=40, traceback=True)
        show = request.show_tracebacks
    else:
        log = logging.getLogger("cherrypy.error")
        log.error("A WSGI application failed.", exc_info=sys.exc_info())
        show = False
    set_request(None)
    status, headers, body = bare_error(format_exc() if show else None)
    text_headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    start_response(status.decode("latin-1"), text_headers, sys.exc_info())
    return body


class TrappedBody:
    """A body whose exceptions are answered (or logged, when it is too late for that)."""

    def __init__(
        self,
        body: Any,
        start_response: Callable[..., Any],
        throws: tuple[type[BaseException], ...] = (KeyboardInterrupt, SystemExit),
    ) -> None:
        self._body = body
        self._chunks = iter(body)
        self._throws = throws
        self._start_response = start_response
        self._started = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            chunk: bytes = next(self._chunks)
        except self._throws:
            raise
        except StopIteration:
            raise
        except BaseException:
            if self._started:
                # The status has been sent: only cutting the connection is honest now.
                request = get_request()
                if request is not None:
                    request.log("", "HTTP", severity=40, traceback=True)
                raise
            self._chunks = iter(trapped(self._start_response))
            chunk = next(self._chunks)
        self._started = True
        return chunk

    def close(self) -> None:
        """Close the body."""
        if hasattr(self._body, "close"):
            self._body.close()


class TrappedFile:
    """A file that the server may send by itself; the body, as a file-like object.

    What `wsgi.file_wrapper` takes (PEP 3333). Servers that cannot send files read it.

    Args:
        file: has `fileno()` and `tell()`.
        body: yields what is in it, in blocks of at most 64 KiB; closed with the response.
    """

    BLOCK_SIZE = 65_536

    #: What our own server wants to know before it relies on the descriptor.
    unfiltered = True

    def __init__(self, file: Any, body: TrappedBody) -> None:
        self.fileno = file.fileno
        self.tell = file.tell
        self.close = body.close
        self._body = body

    def read(self, size: int = BLOCK_SIZE) -> bytes:  # noqa: ARG002  (a file's signature)
        """Return the next block, b"" at the end.

        Args:
            size: is expected to be `BLOCK_SIZE`, which the server has been told.
        """
        return next(self._body, b"")
