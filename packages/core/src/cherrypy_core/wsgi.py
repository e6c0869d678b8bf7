"""Applications as WSGI callables (PEP 3333)."""

from __future__ import annotations

from cherrypy_core.environ import HEADER_NAMES, header_fields
from cherrypy_core.errors import InternalRedirect
from cherrypy_core.pipeline import (
    ExceptionTrapper,
    InternalRedirector,
    TrappedBody,
    TrappedFile,
    trapped,
)
from cherrypy_core.serving import get_request, set_request
from cherrypy_core.urls import urljoin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from cherrypy_core.application import Application
    from cherrypy_core.request import Request
    from cherrypy_core.response import Response

__all__ = ["AppResponse", "CPWSGIApp"]


def recode(text: str, encoding: str) -> str:
    """Return *text*, in which each character is a byte, decoded; as it is if that fails."""
    try:
        return text.encode("latin-1").decode(encoding)
    except (UnicodeError, LookupError):
        return text


def _path_below(mount: str, script_name: str, path: str) -> str:
    """Return *path* from *mount* on, with single slashes.

    Args:
        mount: where the application knows to be.
        script_name: where the server says that it is: some say nothing, and have it all
            in *path* (as CherryPy 18.10).
        path: the rest of the path.
    """
    whole = urljoin(script_name, path)
    if not mount.isascii():
        mount = mount.encode("utf-8").decode("latin-1")
    if whole.startswith(mount) and whole[len(mount) :][:1] in {"", "/"}:
        return whole[len(mount) :]
    return urljoin(path)


def _in_uri_encoding(app: Application | None, path: str, query: str) -> tuple[str, str]:
    """Return *path* and *query*, read in the application's `request.uri_encoding`."""
    encoding = app.find_config(path, "request.uri_encoding", "utf-8") if app else "utf-8"
    return recode(path, encoding), recode(query, encoding)


def begin(environ: dict[str, Any], app: Application) -> Request:
    """Make a request for *environ*, and make it current."""
    request = app.get_serving(
        environ,
        environ,
        environ["wsgi.url_scheme"],
        environ.get("ACTUAL_SERVER_PROTOCOL", "HTTP/1.1"),
    )[0]
    request.wsgi_environ = environ
    return request


def run(request: Request, environ: dict[str, Any], headers: Any) -> Response:
    """Run *request* with what *environ* says."""
    path = environ.get("PATH_INFO", "")
    query = environ.get("QUERY_STRING", "")
    script_name = environ.get("SCRIPT_NAME", "")
    if script_name != request.script_name or "//" in path:
        path = _path_below(request.script_name, script_name, path)
    if not path.isascii() or (query and not query.isascii()):
        path, query = _in_uri_encoding(request.app, path, query)
    return request.run(
        environ["REQUEST_METHOD"],
        path,
        query,
        environ["SERVER_PROTOCOL"],
        headers,
        environ["wsgi.input"],
    )


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
            request = self.request
            self.close()
            # Whoever handles the exception may want to know whose it is.
            set_request(request)
            raise

    def run(self) -> Any:
        """Serve the request; return its response."""
        self.request = request = begin(self.environ, self.cpapp)
        return run(request, self.environ, self.translate_headers(self.environ))

    def recode_path_qs(self, path: str, qs: str) -> tuple[str, str]:
        """Return *path* and *qs*, read in the application's `request.uri_encoding`."""
        encoding = self.cpapp.find_config(path, "request.uri_encoding", "utf-8")
        return recode(path, encoding), recode(qs, encoding)

    def translate_headers(self, environ: dict[str, Any]) -> Iterable[tuple[str, str]]:
        """Return the header fields of *environ* as (name, value) pairs."""
        return header_fields(environ)

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

    def __del__(self) -> None:
        # A server that has forgotten to close: better late than never, but without making
        # another request current in whatever thread this happens.
        if getattr(self, "request", None) is not None:
            serving = get_request()
            try:
                self.close()
            finally:
                set_request(serving)


class Streamed(AppResponse):
    """An `AppResponse` for a request that `serve` has run already."""

    def __init__(self, request: Request, app: Application, body: Any) -> None:
        self.request = request
        self.cpapp = app
        self.body = body
        self.iter_response = iter(body)


def serve(environ: dict[str, Any], start_response: Callable[..., Any], app: Application) -> Any:
    """Serve a request; what making an `AppResponse` does, without one where it can be.

    A body that is complete needs nobody to come back for it, unless something waits for
    the end of the request.
    """
    # PERF: `begin` and `run`, written out.
    request, response = app.get_serving(
        environ,
        environ,
        environ["wsgi.url_scheme"],
        environ.get("ACTUAL_SERVER_PROTOCOL", "HTTP/1.1"),
    )
    request.wsgi_environ = environ
    try:
        path = environ.get("PATH_INFO", "")
        query = environ.get("QUERY_STRING", "")
        script_name = environ.get("SCRIPT_NAME", "")
        if script_name != request.script_name or "//" in path:
            path = _path_below(request.script_name, script_name, path)
        if not path.isascii() or (query and not query.isascii()):
            path, query = _in_uri_encoding(app, path, query)
        response = request.run(
            environ["REQUEST_METHOD"],
            path,
            query,
            environ["SERVER_PROTOCOL"],
            environ,
            environ["wsgi.input"],
        )
        chunks = response.chunks
        start_response(response.status, response.wire())
        if (
            type(chunks) is list
            and not app.listeners.get("after_request")
            and not request.awaits_end()
        ):
            request.closed = True
            app.ended(request)
            set_request(None)
            return chunks
        return Streamed(request, app, chunks)
    except BaseException:
        try:
            request.response_served.drop_body()
        finally:
            app.end(request)
            # Whoever handles the exception may want to know whose it is.
            set_request(request)
        raise


def sendable(environ: dict[str, Any], start_response: Callable[..., Any], body: Any) -> Any:
    """Return *body* in a form in which it may fail, or be sent by the server itself."""
    trapped = TrappedBody(body, start_response)
    file = getattr(getattr(body, "body", None), "whole_file", None)
    wrapper = None if file is None else environ.get("wsgi.file_wrapper")
    return wrapper(TrappedFile(file, trapped), TrappedFile.BLOCK_SIZE) if wrapper else trapped


#: Stands for the pipeline that nobody has changed.
_DEFAULT = object()


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
            head = self.head = self._build()
        if head is not _DEFAULT:
            return head(environ, start_response)
        # What the default pipeline does, without calling through its parts.
        try:
            try:
                body = serve(environ, start_response, self.cpapp)
            except InternalRedirect as redirect:
                body = InternalRedirector(self.tail).follow(environ, start_response, redirect)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001  (this is the place where it ends)
            return trapped(start_response)
        # A list cannot fail; everything else may, while it is being sent.
        return body if type(body) is list else sendable(environ, start_response, body)

    def _build(self) -> Any:
        """Return the pipeline's parts, each with the next one inside."""
        if self.pipeline == CPWSGIApp.pipeline and self.response_class is AppResponse:
            return _DEFAULT
        head: Callable[..., Any] = self.tail
        for name, factory in reversed(self.pipeline):
            head = factory(head, **self.config.get(name, {}))
        return head

    def namespace_handler(self, k: str, v: Any) -> None:
        """Take an entry of the `wsgi` namespace of the application's configuration."""
        if k == "pipeline":
            # Entries come again with each merge.
            self.pipeline.extend([item for item in v if item not in self.pipeline])
        elif k == "response_class":
            self.response_class = v
        else:
            name, _, argument = k.partition(".")
            self.config.setdefault(name, {})[argument] = v
        self.head = None
