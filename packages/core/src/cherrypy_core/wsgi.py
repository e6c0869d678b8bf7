"""Applications as WSGI callables (PEP 3333)."""

from __future__ import annotations

from cherrypy_core.environ import HEADER_NAMES, EnvironHeaders
from cherrypy_core.pipeline import ExceptionTrapper, InternalRedirector
from cherrypy_core.serving import set_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from cherrypy_core.application import Application
    from cherrypy_core.request import Request

__all__ = ["AppResponse", "CPWSGIApp"]


def recode(text: str, encoding: str) -> str:
    """Return *text*, in which each character is a byte, decoded; as it is if that fails."""
    try:
        return text.encode("latin-1").decode(encoding)
    except (UnicodeError, LookupError):
        return text


def begin(environ: dict[str, Any], app: Application) -> tuple[Request, tuple[Any, ...]]:
    """Make the request that *environ* describes; return it and the arguments of its `run`."""
    request = app.get_serving(
        environ,
        environ,
        environ["wsgi.url_scheme"],
        environ.get("ACTUAL_SERVER_PROTOCOL") or environ["SERVER_PROTOCOL"],
    )[0]
    request.wsgi_environ = environ
    prev = environ.get("cherrypy.previous_request")
    if prev is not None:
        request.prev = prev
    path = environ.get("PATH_INFO", "")
    query = environ.get("QUERY_STRING", "")
    if not (path.isascii() and query.isascii()):
        encoding = app.find_config(path, "request.uri_encoding", "utf-8")
        path, query = recode(path, encoding), recode(query, encoding)
    arguments = (
        environ["REQUEST_METHOD"],
        path,
        query,
        environ["SERVER_PROTOCOL"],
        EnvironHeaders(environ),
        environ["wsgi.input"],
    )
    return request, arguments


class AppResponse:
    """The answer of an application to one WSGI call: an iterable of bytes to be closed.

    Making one serves the request. Iterating it makes the request current again in
    whatever thread (and between whatever other requests) that happens.
    """

    headerNames = HEADER_NAMES  # noqa: N815  (the historical name)

    def __init__(
        self,
        environ: dict[str, Any],
        start_response: Callable[..., Any],
        cpapp: Application,
    ) -> None:
        self.environ = environ
        self.cpapp = cpapp
        self.write: Any = None
        self.request: Request | None = None
        try:
            response = self.run()
            self.iter_response = iter(response.body)
            self.write = start_response(response.status, response.wire())
        except BaseException:
            self.close()
            raise

    def run(self) -> Any:
        """Serve the request; return its response."""
        request, arguments = begin(self.environ, self.cpapp)
        self.request = request
        method, path, query, protocol, _, rfile = arguments
        return request.run(
            method, path, query, protocol, self.translate_headers(self.environ), rfile
        )

    def recode_path_qs(self, path: str, qs: str) -> tuple[str, str]:
        """Return *path* and *qs*, read in the application's `request.uri_encoding`."""
        encoding = self.cpapp.find_config(path, "request.uri_encoding", "utf-8")
        return recode(path, encoding), recode(qs, encoding)

    def translate_headers(self, environ: dict[str, Any]) -> Iterable[tuple[str, str]]:
        """Return the header fields of *environ* as (name, value) pairs."""
        return EnvironHeaders(environ)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        set_request(self.request)
        chunk = next(self.iter_response)
        if not isinstance(chunk, bytes):
            raise ValueError(  # noqa: TRY004  (the historical type)
                f"the body of a WSGI response is made of bytes, not of {type(chunk).__name__}"
            )
        return chunk

    def close(self) -> None:
        """End the request: close the body, run the last hooks. May be called again."""
        request = self.request
        if request is None:
            return
        self.request = None
        set_request(request)
        try:
            request.response_served.close_body()
        finally:
            self.cpapp.end(request)


class Streamed(AppResponse):
    """An `AppResponse` for a request that `serve` has run already."""

    def __init__(self, request: Request, app: Application, body: Any) -> None:
        self.request = request
        self.cpapp = app
        self.iter_response = iter(body)


def serve(environ: dict[str, Any], start_response: Callable[..., Any], app: Application) -> Any:
    """Serve a request; what making an `AppResponse` does, without one where it can be.

    A body that is complete needs nobody to come back for it, unless something waits for
    the end of the request.
    """
    request, arguments = begin(environ, app)
    try:
        response = request.run(*arguments)
        chunks = response.chunks
        start_response(response.status, response.wire())
        if type(chunks) is list and not request.expects_close(app):
            request.closed = True
            set_request(None)
            return chunks
        return Streamed(request, app, chunks)
    except BaseException:
        app.end(request)
        # Whoever handles the exception may want to know whose it is.
        set_request(request)
        raise


class CPWSGIApp:
    """An application behind its WSGI middleware: what `Application.wsgiapp` is.

    Attributes:
        pipeline: (name, factory) pairs, outermost first. `wsgi.pipeline` in the
            application's configuration adds to it.
        config: name to the keyword arguments of that factory (`wsgi.NAME.ARGUMENT`).
        response_class: what serves a request (`wsgi.response_class`).
        head: the finished chain; set it to None after changing any of the above.
    """

    pipeline: list[tuple[str, Callable[..., Any]]] = [  # noqa: RUF012  (a default, copied)
        ("ExceptionTrapper", ExceptionTrapper),
        ("InternalRedirector", InternalRedirector),
    ]
    head: Any = None
    config: dict[str, dict[str, Any]] = {}  # noqa: RUF012  (a default, copied)
    response_class: Any = AppResponse

    def __init__(
        self, cpapp: Application, pipeline: Iterable[tuple[str, Any]] | None = None
    ) -> None:
        self.cpapp = cpapp
        self.pipeline = list(self.pipeline)
        if pipeline:
            self.pipeline.extend(pipeline)
        self.config = dict(self.config)

    def tail(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Serve the request: the innermost callable of the pipeline."""
        if self.response_class is AppResponse:
            return serve(environ, start_response, self.cpapp)
        return self.response_class(environ, start_response, self.cpapp)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a WSGI call."""
        head = self.head
        if head is None:
            head = self.tail
            for name, factory in reversed(self.pipeline):
                head = factory(head, **self.config.get(name, {}))
            self.head = head
        return head(environ, start_response)

    def namespace_handler(self, k: str, v: Any) -> None:
        """Take an entry of the `wsgi` namespace of the application's configuration."""
        if k == "pipeline":
            self.pipeline.extend(v)
        elif k == "response_class":
            self.response_class = v
        else:
            name, _, argument = k.partition(".")
            self.config.setdefault(name, {})[argument] = v
        self.head = None
