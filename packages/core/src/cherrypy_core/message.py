"""What a client sent: the request line, the header fields and the body.

Nothing is parsed before somebody looks at it. The query string and the body count as
parameters from the stages on in which they historically were read (`begin_params`,
`begin_body`), but the work is done on first use: of `params`, of `body`, or of an
attribute that a body processor is expected to set (`request.json`).
"""

from __future__ import annotations

from cherrypy_core.environ import EnvironHeaders
from cherrypy_core.headers import HeaderMap
from cherrypy_core.lazy import lazy
from cherrypy_core.urls import Host, SanitizedHost, parse_query_string, protocol_from_http

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from http.cookies import SimpleCookie
    from typing import Any

    from cherrypy_core.entity import RequestBody

__all__ = ["LazyUUID4", "Message"]

_QUERY = 1
_BODY = 2

#: Forms up to this size (bytes) are read and parsed in one go, without an Entity.
SMALL_FORM = 65536

_FORM = "application/x-www-form-urlencoded"
_FORM_TYPES = frozenset(
    (_FORM, _FORM + "; charset=utf-8", _FORM + ";charset=utf-8", _FORM + "; charset=UTF-8")
)


class LazyUUID4:
    """A random identifier (UUID 4), made when it is first shown."""

    @lazy
    def uuid4(self) -> Any:
        """The `uuid.UUID`."""
        import uuid  # noqa: PLC0415  (slow to import, seldom needed)

        return uuid.uuid4()

    def __str__(self) -> str:
        return str(self.uuid4)


class Message:
    """What a client sent, parsed on demand. `Request` adds what is done with it.

    Attributes:
        method: such as "GET".
        path_info: the path from the application's root on, percent-decoded.
        script_name: the path of the application's root; "" for the root itself.
        query_string: what followed the question mark, undecoded.
        query_string_encoding: the charset of its percent-decoded bytes.
        scheme: "http" or "https".
        server_protocol: the highest protocol version that the server speaks.
        rfile: the body, a binary file.
        methods_with_bodies: the methods whose bodies are read.
        process_request_body: whether the body is parsed at all; a hook at
            `before_request_body` may decide.
        wsgi_environ: the WSGI environment, if the request came through WSGI.
    """

    method = "GET"
    path_info = "/"
    script_name = ""
    query_string = ""
    query_string_encoding = "utf8"
    scheme = "http"
    server_protocol = "HTTP/1.1"
    rfile: Any = None
    methods_with_bodies: tuple[str, ...] = ("POST", "PUT", "PATCH")
    process_request_body = True
    wsgi_environ: dict[str, Any] | None = None
    body_attributes: tuple[tuple[str, Any], ...] = ()

    _local_host: Host | dict[str, Any] = Host("127.0.0.1", 80)
    _remote_host: Host | dict[str, Any] = Host("127.0.0.1", 1111)
    _req_protocol = "HTTP/1.1"
    _header_source: Iterable[tuple[str, str]] = ()
    _params: dict[str, Any] | None = None
    _body: RequestBody | None = None
    _form: dict[str, Any] | None = None
    _parsing = 0

    def __getattr__(self, name: str) -> Any:
        # A body processor may set attributes (request.json): then the body is read now.
        if self._parsing & _BODY and not name.startswith("__"):
            self._parse()
            if name in self.__dict__:
                return self.__dict__[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # The request line.

    @lazy
    def request_line(self) -> str:
        """The first line of the message, as far as it can be told from its parts."""
        url = self.script_name + self.path_info
        if self.query_string:
            url += "?" + self.query_string
        return f"{self.method} {url} {self._req_protocol}"

    @lazy
    def protocol(self) -> tuple[int, int]:
        """The protocol version that client and server have in common."""
        try:
            return min(
                protocol_from_http(self._req_protocol), protocol_from_http(self.server_protocol)
            )
        except (ValueError, IndexError):
            return (1, 0)

    # The header fields.

    @lazy
    def headers(self) -> HeaderMap:
        """The header fields, made into a map when somebody first looks at them."""
        source = self._header_source
        if type(source) is EnvironHeaders:
            return source.header_map()
        headers = HeaderMap()
        for name, value in source:
            headers[name] = value.strip()
        return headers

    @lazy
    def header_list(self) -> list[tuple[str, str]]:
        """The header fields as a list of (name, value) pairs."""
        return list(self._header_source)

    def header(self, name: str) -> str | None:
        """Return a header field without making the map of all; None if it is missing.

        Args:
            name: in its canonical form, such as "Content-Type".
        """
        source = self._header_source
        if type(source) is EnvironHeaders and "headers" not in self.__dict__:
            return source.get(name)
        value: str | None = self.headers.get(name)
        return value

    @lazy
    def cookie(self) -> SimpleCookie:
        """The cookies that the client sent; unreadable ones are left out."""
        from cherrypy_core.cookies import parse_cookies  # noqa: PLC0415  (not every page's need)

        return parse_cookies(self.header("Cookie") or "")

    @lazy
    def base(self) -> str:
        """Scheme and host, as the client addressed them: `http://host[:port]`."""
        host = self.header("Host")
        if not host:
            local = self.local
            host = local.name or local.ip
            default = {"http": 80, "https": 443}.get(self.scheme)
            if local.port and local.port != default:
                host = f"{host}:{local.port}"
        return f"{self.scheme}://{SanitizedHost(host)}"

    @lazy
    def local(self) -> Host:
        """The address that the client connected to."""
        source = self._local_host
        if isinstance(source, dict):
            return Host("", _port(source.get("SERVER_PORT")), source.get("SERVER_NAME", ""))
        return source

    @lazy
    def remote(self) -> Host:
        """The address of the client."""
        source = self._remote_host
        if isinstance(source, dict):
            address = source.get("REMOTE_ADDR", "")
            name = source.get("REMOTE_HOST") or address
            return Host(address, _port(source.get("REMOTE_PORT")), name)
        return source

    @lazy
    def login(self) -> str | None:
        """The user name that an authenticating front (or tool) has found, if any."""
        environ = self.wsgi_environ
        if environ is None:
            return None
        return environ.get("LOGON_USER") or environ.get("REMOTE_USER") or None

    @lazy
    def multithread(self) -> bool:
        """Whether other threads of this process serve requests too."""
        return bool((self.wsgi_environ or {}).get("wsgi.multithread", True))

    @lazy
    def multiprocess(self) -> bool:
        """Whether other processes serve requests of the same application too."""
        return bool((self.wsgi_environ or {}).get("wsgi.multiprocess", False))

    @lazy
    def unique_id(self) -> LazyUUID4:
        """An identifier of this request, for logs."""
        return LazyUUID4()

    # Parameters and the body.

    def begin_params(self) -> None:
        """From now on the query string's fields are among `params`."""
        self._parsing |= _QUERY

    def begin_body(self) -> None:
        """From now on the body counts as read: using it, or `params`, reads it."""
        self._parsing |= _BODY

    @property
    def params(self) -> dict[str, Any]:
        """The fields of the query string and of a form; a repeated one is a list."""
        params = self._params
        if params is None:
            params = self._params = {}
        if self._parsing:
            self._parse()
        return params

    @params.setter
    def params(self, params: dict[str, Any]) -> None:
        if self._parsing:
            self._parse()
        self._params = params

    @property
    def body(self) -> RequestBody:
        """The body; processed, once the stage for that has come."""
        body = self._body
        if body is None:
            body = self._make_body()
        if self._parsing & _BODY:
            self._parse()
        return body

    @body.setter
    def body(self, body: RequestBody) -> None:
        self._body = body

    @property
    def body_params(self) -> dict[str, Any]:
        """The fields of the body alone."""
        fields: dict[str, Any] = self.body.params
        return fields

    def process_query_string(self) -> None:
        """Add the fields of the query string to `params`.

        Raises:
            HTTPError: 404, if it is not in the expected charset; 400 for too many fields.
        """
        from cherrypy_core.errors import HTTPError  # noqa: PLC0415  (bad input only)

        if not self.query_string:
            return
        try:
            fields = parse_query_string(self.query_string, encoding=self.query_string_encoding)
        except UnicodeDecodeError:
            raise HTTPError(
                404,
                "The given query string could not be processed. Query strings for this "
                f"resource must be encoded with {self.query_string_encoding!r}.",
            ) from None
        except ValueError as error:
            raise HTTPError(400, str(error)) from None
        if self._params:
            self._params.update(fields)
        elif self._params is None:
            self._params = fields
        else:
            self._params.update(fields)

    def _parse(self) -> None:
        """Do what is due."""
        due, self._parsing = self._parsing, 0
        if due & _QUERY:
            self.process_query_string()
        if due & _BODY and not self._read_small_form():
            body = self._body or self._make_body()
            body.process()

    def _read_small_form(self) -> bool:
        """Parse the body if it is a small form and nobody has touched it yet."""
        if self._body is not None or self.body_attributes:
            return False
        content_type = self.header("Content-Type")
        if content_type not in _FORM_TYPES:
            return False
        length = self.header("Content-Length")
        if not length or not length.isdecimal() or not length.isascii() or len(length) > 5:  # noqa: PLR2004
            return False
        size = int(length)
        if size > SMALL_FORM or self.header("Transfer-Encoding"):
            return False
        from cherrypy_core.errors import HTTPError  # noqa: PLC0415
        from cherrypy_core.forms import parse_form  # noqa: PLC0415  (not every application's need)

        data = self.rfile.read(size)
        if len(data) < size:
            raise HTTPError(400, "The request body is shorter than its Content-Length.")
        self._form = fields = parse_form(data, ("utf-8",))
        params = self._params
        if params is None:
            self._params = dict(fields)
        else:
            _add_fields(params, fields)
        return True

    def _make_body(self) -> RequestBody:
        from cherrypy_core.entity import RequestBody  # noqa: PLC0415  (not every request's need)

        if self._params is None:
            self._params = {}
        body = self._body = RequestBody(
            self.rfile, self.headers, request_params=self._params
        )
        if self._form is not None:
            body.params.update(self._form)
        for name, value in self.body_attributes:
            setattr(body, name, value)
        return body


def _add_fields(params: dict[str, Any], fields: dict[str, Any]) -> None:
    """Add a form's *fields* to *params*; a name that is in both gets a list."""
    for name, value in fields.items():
        if name in params:
            known = params[name]
            params[name] = (known if isinstance(known, list) else [known]) + (
                value if isinstance(value, list) else [value]
            )
        else:
            params[name] = value


def _port(text: Any) -> int:
    try:
        return int(text)
    except (TypeError, ValueError):
        return -1
