"""Calling a WSGI application in this process: an environ in, a whole answer out (PEP 3333)."""

from __future__ import annotations

import contextvars
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

__all__ = ["Answer", "ProtocolError", "call", "make_environ"]

_DEFAULT_PORTS = {"http": "80", "https": "443"}

#: Header fields that are in an environ without the prefix HTTP_ (RFC 3875 section 4.1).
_PLAIN = {"CONTENT_TYPE", "CONTENT_LENGTH"}


class ProtocolError(AssertionError):
    """The application has broken a rule of WSGI (PEP 3333)."""


class Answer(NamedTuple):
    """What an application has answered.

    Attributes:
        status: such as "200 OK".
        headers: (name, value) pairs.
        body: all chunks joined.
        error: the exception that the application reported to `start_response`, if any.
    """

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    error: BaseException | None


def make_environ(
    method: str,
    url: str,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes | None = None,
    **extra: Any,
) -> dict[str, Any]:
    """Return the environ of a request.

    Args:
        method: such as "GET".
        url: an absolute URL; what is in it is taken as it is, nothing is escaped.
        headers: (name, value) pairs; the values of a repeated name are joined by commas.
        body: the body; its length is put into Content-Length, unless that is given.
        **extra: further entries, such as `REMOTE_USER`.

    Raises:
        ValueError: the URL has no scheme or no host.
    """
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is no absolute URL such as 'http://localhost/path'")
    path = unquote_to_bytes(parts.path or "/").decode("latin-1")
    default_port = _DEFAULT_PORTS[parts.scheme]
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": str(parts.port or default_port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "50000",
        "HTTP_HOST": parts.netloc.rpartition("@")[2],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(body or b""),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body is not None:
        environ["CONTENT_LENGTH"] = str(len(body))
    seen = set()
    for name, value in headers:
        key = name.upper().replace("-", "_")
        if key not in _PLAIN:
            key = f"HTTP_{key}"
        environ[key] = f"{environ[key]}, {value}" if key in seen else value
        seen.add(key)
    environ.update(extra)
    return environ


def call(app: Callable[..., Any], environ: dict[str, Any], *, validate: bool = False) -> Answer:
    """Call *app* and collect its answer. The body is closed, whatever happens.

    The call runs in a context of its own (`contextvars`): an application may so call
    another one while it serves a request itself.

    Args:
        app: the application.
        environ: what `make_environ` returns.
        validate: watch both sides keep to the rules, by `wsgiref.validate`.

    Raises:
        AssertionError: a rule of WSGI was broken (`ProtocolError`, if we found it).
        BaseException: whatever the application lets out.
    """
    if validate:
        from wsgiref.validate import validator  # noqa: PLC0415  (not everybody's need)

        app = validator(app)
    return contextvars.copy_context().run(_Call().run, app, environ)


class _Call:
    """One call: what `start_response` and `write` have been given so far."""

    def __init__(self) -> None:
        self.status: str | None = None
        self.headers: list[tuple[str, str]] = []
        self.chunks: list[bytes] = []
        self.error: BaseException | None = None

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], object]:
        if exc_info is not None:
            self.error = exc_info[1]
            if self.chunks:
                # Too late for another status: the rule is to raise it again.
                raise exc_info[1].with_traceback(exc_info[2])
        elif self.status is not None:
            raise ProtocolError("start_response was called the second time, without exc_info")
        self.status = status
        self.headers = list(headers)
        return self.write

    def write(self, chunk: bytes) -> None:
        if not isinstance(chunk, bytes):
            raise ProtocolError(f"the body is made of bytes, not of {type(chunk).__name__}")
        if self.status is None:
            raise ProtocolError("a part of the body came before start_response was called")
        if chunk:
            self.chunks.append(chunk)

    def run(self, app: Callable[..., Any], environ: dict[str, Any]) -> Answer:
        body = app(environ, self.start_response)
        try:
            for chunk in body:
                self.write(chunk)
        finally:
            if hasattr(body, "close"):
                body.close()
        if self.status is None:
            raise ProtocolError("the application has never called start_response")
        return Answer(self.status, self.headers, b"".join(self.chunks), self.error)
