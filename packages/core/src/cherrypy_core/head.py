"""The head of a request: its request line, its header fields, and who sent it."""

from __future__ import annotations

from cherrypy_core.environ import KEYS, header_field, header_fields, header_map
from cherrypy_core.headers import HeaderMap
from cherrypy_core.lazy import lazy
from cherrypy_core.urls import Host, SanitizedHost, protocol_from_http

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from http.cookies import SimpleCookie
    from typing import Any

__all__ = ["Head", "LazyUUID4"]


class LazyUUID4:
    """A random identifier (UUID 4), made when it is first shown."""

    @lazy
    def uuid4(self) -> Any:
        """The `uuid.UUID`."""
        import uuid  # noqa: PLC0415  (slow to import, seldom needed)

        return uuid.uuid4()

    def __str__(self) -> str:
        return str(self.uuid4)


class Head:
    """What the head of a request says, parsed on demand. `Message` adds the body.

    Attributes:
        method: such as "GET".
        path_info: the path from the application's root on, percent-decoded.
        script_name: the path of the application's root; "" for the root itself.
        query_string: what followed the question mark, undecoded.
        scheme: "http" or "https".
        server_protocol: the highest protocol version that the server speaks.
        wsgi_environ: the WSGI environment, if the request came through WSGI.
    """

    method = "GET"
    path_info = "/"
    script_name = ""
    query_string = ""
    scheme = "http"
    server_protocol = "HTTP/1.1"
    wsgi_environ: dict[str, Any] | None = None

    _local_host: Host | dict[str, Any] = Host("127.0.0.1", 80)
    _remote_host: Host | dict[str, Any] = Host("127.0.0.1", 1111)
    _req_protocol = "HTTP/1.1"
    _header_source: Iterable[tuple[str, str]] | dict[str, Any] = ()
    # PERF: see `Response`: nothing on the way of every request looks into __dict__.
    _headers: HeaderMap | None = None
    _cookie: SimpleCookie | None = None

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
            headers = self._headers = self._make_headers()
        return headers

    @headers.setter
    def headers(self, headers: HeaderMap) -> None:
        self._headers = headers

    def _make_headers(self) -> HeaderMap:
        source = self._header_source
        if isinstance(source, dict):
            return header_map(source)
        return HeaderMap({name: value.strip() for name, value in source})

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

    def told(self) -> tuple[str | None, str | None, str | None]:
        """Return Host, User-Agent and Referer: what logs tell of a client."""
        source = self._header_source
        if type(source) is dict and self._headers is None:
            # PERF: what `header` does, without three calls.
            get = source.get
            return get("HTTP_HOST"), get("HTTP_USER_AGENT"), get("HTTP_REFERER")
        return self.header("Host"), self.header("User-Agent"), self.header("Referer")

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
            port = _port(source.get("REMOTE_PORT"))
            return Host(source.get("REMOTE_ADDR", ""), port, source.get("REMOTE_HOST", ""))
        return source

    def client(self) -> str:
        """Return the name of the client's host, its address if that is not known, or ""."""
        source = self._remote_host
        if isinstance(source, dict) and "remote" not in self.__dict__:
            # PERF: making `remote` takes three times as long.
            name: str = source.get("REMOTE_HOST") or source.get("REMOTE_ADDR") or ""
            return name
        return self.remote.name or self.remote.ip or ""

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
    def unique_id(self) -> LazyUUID4 | str:
        """An identifier of this request, for logs."""
        return LazyUUID4()


def _port(text: Any) -> int:
    try:
        return int(text)
    except (TypeError, ValueError):
        return -1
