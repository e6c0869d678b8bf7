"""cheroot's gateways, and what programs expect to find of cheroot on the stack.

A gateway gets a request object with cheroot's attributes and writes the response through it,
without WSGI. `native.NativeServer` is the short way to the same: it takes a callable.

cheroot is only imported for who asks for one of its classes: it takes longer to import than the
whole server.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cherrypy_httpserver.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cherrypy_httpserver.exchange import Exchange
    from cherrypy_httpserver.wire import Wire

__all__ = [
    "WSGI_VERSIONS",
    "GatewayRequest",
    "application_for",
    "check_version",
    "gateway_for",
    "with_cheroots_frames",
]

WSGI_VERSIONS = ((1, 0), ("u", 0))
"""PEP 3333, and cheroot's environ with decoded paths."""


class GatewayRequest:
    """A request as cheroot's gateways see it; text is bytes here.

    Attributes:
        method: the method.
        uri: the request target.
        path: the path, decoded but for escaped slashes.
        qs: the query string.
        scheme: `b"http"` or `b"https"`.
        request_protocol: the client's version, `b"HTTP/1.1"`.
        response_protocol: the version of the response.
        inheaders: the header fields, with names as in `Content-Type`.
        rfile: the body.
        conn: the connection.
        server: the server.
        status: to be set: the status line's code and reason.
        outheaders: to be filled: pairs of name and value.
        sent_headers: whether the head has been sent.
        close_connection: to be set if the connection must not be used again.
    """

    def __init__(self, server: Any, exchange: Exchange) -> None:
        environ = exchange.environ
        self.server = server
        self.conn = exchange.connection
        self.method = exchange.method.encode("latin-1")
        self.uri = environ["REQUEST_URI"].encode("latin-1")
        self.path = environ["PATH_INFO"].encode("latin-1")
        self.qs = environ["QUERY_STRING"].encode("latin-1")
        self.scheme = environ["wsgi.url_scheme"].encode("latin-1")
        self.request_protocol = environ["SERVER_PROTOCOL"].encode("latin-1")
        self.response_protocol = server.protocol
        self.inheaders = _fields(environ)
        self.rfile = environ["wsgi.input"]
        self.chunked_read = exchange.chunked
        self.status: bytes | str = b""
        self.outheaders: list[tuple[bytes, bytes]] = []
        self.close_connection = not exchange.keep_alive
        self._exchange = exchange

    @property
    def sent_headers(self) -> bool:
        """Whether the head has been sent."""
        return self._exchange.head_sent

    @property
    def chunked_write(self) -> bool:
        """Whether the body is sent in chunks."""
        return self._exchange.chunking

    def ensure_headers_sent(self) -> None:
        """Send the head, unless that has been done."""
        if not self.sent_headers:
            self._start()
            self._exchange.write(b"")

    send_headers = ensure_headers_sent

    def write(self, chunk: bytes) -> None:
        """Send a piece of the body, after the head."""
        if not self._exchange.status:
            self._start()
        self._exchange.write(chunk)

    def simple_response(self, status: int | str, msg: str = "") -> None:
        """Send a whole response in plain text, and close."""
        body = msg.encode("utf-8")
        self.status = str(status).encode("latin-1")
        self.outheaders = [
            (b"Content-Type", b"text/plain;charset=utf-8"),
            (b"Content-Length", str(len(body)).encode()),
        ]
        self.close_connection = True
        self.write(body)

    def _start(self) -> None:
        if self.close_connection:
            self._exchange.keep_alive = False
        status = self.status if isinstance(self.status, str) else self.status.decode("latin-1")
        fields = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in self.outheaders
        ]
        self._exchange.start_response(status or "200 OK", fields)


def _fields(environ: dict[str, Any]) -> dict[bytes, bytes]:
    """Return the header fields of an environ."""
    fields = {}
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            name = key[5:]
        elif key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            name = key
        else:
            continue
        fields[name.replace("_", "-").title().encode("latin-1")] = value.encode("latin-1")
    return fields


def application_for(server: Any, gateway: Any) -> Callable[..., Any]:
    """Return what answers the requests of a server.

    Args:
        server: it has the application, and requests refer to it.
        gateway: what was assigned to `server.gateway`, None if nothing was. cheroot's own
            classes for WSGI stand for the application: the front calls that itself.
    """
    if gateway is not None and gateway not in _gateways().values():
        return _gateway_application(server, gateway)
    application: Callable[..., Any] = server.wsgi_app
    if server.wsgi_version == ("u", 0):
        application = _decoding_application(application)
    return application


def _gateway_application(server: Any, gateway: Callable[[Any], Any]) -> Callable[..., Any]:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        del environ
        request = GatewayRequest(server, start_response.__self__)
        gateway(request).respond()
        request.ensure_headers_sent()
        return []

    return application


def _decoding_application(application: Callable[..., Any]) -> Callable[..., Any]:
    """Return an application that gets path and query decoded, as cheroot does for WSGI u.0."""

    def decoded(environ: dict[str, Any], start_response: Any) -> Any:
        encoding = environ.setdefault("wsgi.url_encoding", "utf-8")
        try:
            for key in ("PATH_INFO", "QUERY_STRING"):
                environ[key] = environ[key].encode("latin-1").decode(encoding)
        except UnicodeDecodeError:
            environ["wsgi.url_encoding"] = "ISO-8859-1"
        return application(environ, start_response)

    return decoded


def check_version(version: Any) -> None:
    """Check that there is such a version of WSGI.

    Raises:
        SettingError: if there is not.
    """
    if version not in WSGI_VERSIONS:
        raise SettingError(
            f"server.wsgi_version must be one of {list(WSGI_VERSIONS)}, not {version!r}"
        )


def gateway_for(version: Any) -> Any:
    """Return cheroot's class for one of the `WSGI_VERSIONS`, which programs look at."""
    return _gateways()[version]


def _gateways() -> dict[Any, Any]:
    from cheroot import wsgi  # noqa: PLC0415  (see the module)

    # cheroot has the class for "u", but not in its table.
    return {**wsgi.wsgi_gateways, ("u", 0): wsgi.Gateway_u0}


def with_cheroots_frames(application: Callable[..., Any]) -> Callable[..., Any]:
    """Return `application`, called from such a stack as cheroot has.

    For requests that ask for an upgrade.

    ws4py looks through the stack for a `self` that is cheroot's HTTPRequest or HTTPConnection, and
    sets `close_connection` and `linger` there, to be given the socket. Who has not imported
    cheroot does not look for its classes.
    """

    def wrapped(environ: dict[str, Any], start_response: Any) -> Any:
        cheroot: Any = sys.modules.get("cheroot.server")
        if cheroot is None:
            return application(environ, start_response)
        exchange = start_response.__self__
        request = cheroot.HTTPRequest.__new__(cheroot.HTTPRequest)
        request.close_connection = False
        connection = cheroot.HTTPConnection.__new__(cheroot.HTTPConnection)
        connection.linger = False
        try:
            return _communicate(connection, request, application, environ, start_response)
        finally:
            own: Wire = exchange.connection
            own.linger = own.linger or bool(connection.linger)
            if request.close_connection:
                exchange.keep_alive = False

    return wrapped


def _communicate(self: Any, request: Any, *call: Any) -> Any:  # noqa: ARG001  (ws4py's)
    """Be the frame of a connection."""
    return _respond(request, *call)


def _respond(self: Any, application: Any, *arguments: Any) -> Any:  # noqa: ARG001  (ws4py's)
    """Be the frame of a request."""
    return application(*arguments)
