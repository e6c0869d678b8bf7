"""What a client sent: the request line, the header fields and the body.

Nothing is parsed before somebody looks at it. The query string and the body count as
parameters from the stages on in which they historically were read, but the work is done on
first use: of `params`, of `body`, or of an attribute that a body processor is expected to
set (`request.json`).
"""

from __future__ import annotations

from cherrypy_core.environ import KEYS, header_field, header_fields, header_map
from cherrypy_core.errors import HTTPError
from cherrypy_core.forms import parse_form
from cherrypy_core.headers import HeaderMap
from cherrypy_core.lazy import lazy
from cherrypy_core.urls import Host, SanitizedHost, parse_query_string, protocol_from_http

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from http.cookies import SimpleCookie
    from typing import Any, Protocol

    from cherrypy_core.entity import RequestBody

    class BodyReader(Protocol):
        """What reads a body in the place of the form processors (see `set_body_reader`)."""

        def read(self, message: Any, /) -> bool:
            """Read the body at once; False, with nothing read, leaves it to an entity."""

        def prepare(self, body: RequestBody, /) -> None:
            """Make *body*, an entity that was made all the same, read as `read` does."""


__all__ = ["LazyUUID4", "Message"]

#: What of a message still has to be parsed when somebody asks for it.
QUERY_DUE = 1
BODY_DUE = 2

#: Bodies up to this size (bytes) are read and parsed in one go, without an Entity.
SMALL_BODY = 65536

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
    _header_source: Iterable[tuple[str, str]] | dict[str, Any] = ()
    # PERF: see `Response`: nothing on the way of every request looks into __dict__.
    _headers: HeaderMap | None = None
    _cookie: SimpleCookie | None = None
    _params: dict[str, Any] | None = None
    _body: RequestBody | None = None
    _form: dict[str, Any] | None = None
    _body_reader: BodyReader | None = None
    _body_was_read = False
    _parsing = 0

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

    @property
    def headers(self) -> HeaderMap:
        """The header fields, made into a map when somebody first looks at them."""
        headers = self._headers
        if headers is None:
            source = self._header_source
            if isinstance(source, dict):
                headers = header_map(source)
            else:
                headers = HeaderMap({name: value.strip() for name, value in source})
            self._headers = headers
        return headers

    @headers.setter
    def headers(self, headers: HeaderMap) -> None:
        self._headers = headers

    @property
    def headers_touched(self) -> bool:
        """Whether anybody has looked at `headers` yet."""
        return self._headers is not None

    @lazy
    def header_list(self) -> list[tuple[str, str]]:
        """The header fields as a list of (name, value) pairs."""
        source = self._header_source
        return list(header_fields(source) if isinstance(source, dict) else source)

    def header(self, name: str) -> str | None:
        """Return a header field without making the map of all; None if it is missing.

        Args:
            name: in its canonical form, such as "Content-Type".
        """
        if self._headers is None:
            source = self._header_source
            if type(source) is dict:
                # PERF: most names are known; the others have a function that translates.
                key = KEYS.get(name)
                found: str | None = source.get(key) if key else header_field(source, name)
                return found or None
        value: str | None = self.headers.get(name)
        return value

    @property
    def cookie(self) -> SimpleCookie:
        """The cookies that the client sent; unreadable ones are left out."""
        cookie = self._cookie
        if cookie is None:
            from cherrypy_core.cookies import parse_cookies  # noqa: PLC0415  (not every page's)

            cookie = self._cookie = parse_cookies(self.header("Cookie") or "")
        return cookie

    @cookie.setter
    def cookie(self, cookie: SimpleCookie) -> None:
        self._cookie = cookie

    @property
    def cookie_touched(self) -> bool:
        """Whether anybody has looked at `cookie` yet."""
        return self._cookie is not None

    @lazy
    def base(self) -> str:
        """Scheme and host, as the client addressed them: `http://host[:port]`."""
        host = self.header("Host")
        if not host:
            local = self.local
            host = local.name or local.ip
            default = {"http": 80, "https": 443}.get(self.scheme)
            if local.port > 0 and local.port != default:
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

    @property
    def params(self) -> dict[str, Any]:
        """The fields of the query string and of a form; a repeated one is a list."""
        if self._parsing:
            self._parse()
        params = self._params
        if params is None:
            params = self._params = {}
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
        if self._parsing & BODY_DUE:
            self._parse()
        return body

    @body.setter
    def body(self, body: RequestBody) -> None:
        self._body = body

    @property
    def json(self) -> Any:
        """The body as JSON, where the json_in tool is on.

        Raises:
            AttributeError: the body has not been read as JSON.
        """
        if self._parsing & BODY_DUE:
            self._parse()
        try:
            return self._json
        except AttributeError:
            raise AttributeError("the body of this request was not read as JSON") from None

    @json.setter
    def json(self, value: Any) -> None:
        self._json = value

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
        if self._params is None:
            self._params = fields
        else:
            self._params.update(fields)

    def _parse(self) -> None:
        """Do what is due."""
        due, self._parsing = self._parsing, 0
        if due & QUERY_DUE:
            self.process_query_string()
        if due & BODY_DUE and not self._read_at_once():
            body = self._body or self._make_body()
            body.process()

    def set_body_reader(self, reader: BodyReader) -> None:
        """Let *reader* read the body, when somebody asks for what it makes of it."""
        self._body_reader = reader
        if self._body is not None:
            reader.prepare(self._body)

    def _read_at_once(self) -> bool:
        """Read the body without an entity, if it is simple and nobody has touched it yet."""
        if self._body is not None or self.body_attributes:
            return False
        reader = self._body_reader
        return self._read_small_form() if reader is None else reader.read(self)

    def read_small_body(self) -> bytes | None:
        """Return the whole body; None, with nothing read, if it is not known to be small.

        Raises:
            HTTPError: 400 or another, if it cannot be read to its end.
        """
        length = self.header("Content-Length")
        if not length or len(length) > 5 or not (length.isascii() and length.isdecimal()):  # noqa: PLR2004
            return None
        size = int(length)
        if size > SMALL_BODY or self.header("Transfer-Encoding"):
            return None
        self._body_was_read = True
        try:
            data: bytes = self.rfile.read(size)
        except Exception as error:
            from cherrypy_core.readers import _as_http_error  # noqa: PLC0415  (faulty input)

            refused = _as_http_error(error, self.rfile)
            if refused is None:
                raise
            raise refused from error
        if len(data) < size:
            from cherrypy_core.readers import SizedReader  # noqa: PLC0415  (seldom, mostly faulty)

            # The source gives less than it was asked for, or the client broke off: a 400.
            data += SizedReader(self.rfile, size - len(data), None).read()
        return data

    def _read_small_form(self) -> bool:
        """Parse the body if it is a small form."""
        if self.header("Content-Type") not in _FORM_TYPES:
            return False
        data = self.read_small_body()
        if data is None:
            return False
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
        body = self._body = RequestBody(self.rfile, self.headers, request_params=self._params)
        if self._form is not None:
            body.params.update(self._form)
        if self._body_was_read:
            from cherrypy_core.readers import SizedReader  # noqa: PLC0415

            # Nothing is left in rfile, and reading on could wait for the next request.
            body.fp = SizedReader(self.rfile, 0, None)
        for name, value in self.body_attributes:
            setattr(body, name, value)
        if self._body_reader is not None:
            self._body_reader.prepare(body)
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
