"""The settings of an HTTP server, and the server on the bus."""

from __future__ import annotations

import sys

from cherrypy_httpserver.addresses import HIGHEST_PORT
from cherrypy_httpserver.errors import SettingError
from cherrypy_httpserver.loading import load_attribute
from cherrypy_wspbus import Bus
from cherrypy_wspbus.servers import ServerAdapter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Address = tuple[str | None, int | None] | str | None

__all__ = ["SETTINGS", "Server"]

SETTINGS = frozenset(
    {
        "accepted_queue_size",
        "accepted_queue_timeout",
        "bind_addr",
        "handshake_timeout",
        "head_timeout",
        "httpserver",
        "instance",
        "max_request_body_size",
        "max_request_header_count",
        "max_request_header_size",
        "max_request_line_size",
        "minimum_rate",
        "nodelay",
        "peercreds",
        "peercreds_resolve",
        "protocol_version",
        "shutdown_timeout",
        "socket_file",
        "socket_host",
        "socket_name",
        "socket_port",
        "socket_queue_size",
        "socket_timeout",
        "ssl_certificate",
        "ssl_certificate_chain",
        "ssl_ciphers",
        "ssl_client_ca",
        "ssl_client_required",
        "ssl_context",
        "ssl_module",
        "ssl_private_key",
        "ssl_private_key_password",
        "ssl_sni",
        "statistics",
        "thread_pool",
        "thread_pool_idle",
        "thread_pool_max",
        "wsgi_version",
    }
)
"""The names that a configuration may set, without the prefix `server.`."""

_WILDCARDS = frozenset({"0.0.0.0", "::", "::0", "::0.0.0.0"})  # noqa: S104  # compared, not bound
_HTTP, _HTTPS = 80, 443
_ERROR = 40  # logging.ERROR, whose import can wait


class Server(ServerAdapter):
    """An HTTP server: its settings, and its start and stop with a bus.

    A setting takes effect when the server starts. Without a bus `start()` and `stop()` are
    called by hand.

    Example:
        server = Server(bus, application)
        server.socket_port = 8090
        server.subscribe()

    Args:
        bus: what the server starts and stops with; without one it gets a bus of its own.
        app: the WSGI application.

    Attributes:
        app: the WSGI application that the default HTTP server calls.
        httpserver: what serves, made from the settings at each start. Whatever is assigned
            here is used instead and kept.
    """

    socket_port: int | None = 8080
    """The TCP port; 0 has the system choose one, which `bound_addr` and `base()` tell."""

    _socket_host: str | None = "127.0.0.1"

    socket_file: str | None = None
    """Path of a Unix socket to listen on instead of a TCP port."""

    socket_queue_size: int = 1024
    """Connections that the system holds until they are accepted (the backlog of `listen`).

    CherryPy 18.10 has 5, and makes clients wait for seconds when six connect at once.
    """

    socket_timeout: float = 10
    """Seconds that a connection may be idle, and that reading a body or writing a response may
    stall altogether, before the minimum rate counts."""

    head_timeout: float | None = None
    """Seconds from the first byte of a request, or from the connection, to the end of its head;
    None for those of `socket_timeout`."""

    handshake_timeout: float | None = None
    """Seconds that a TLS handshake may take altogether; None for those of `socket_timeout`."""

    minimum_rate: float = 240
    """Bytes per second that a client must send of a body, or read of a response, in the mean."""

    shutdown_timeout: float | None = 5
    """Seconds that requests under way may take to finish when the server stops."""

    accepted_queue_size: int = -1
    """Requests that wait for a thread at most, after that 503; -1 for no limit."""

    accepted_queue_timeout: float = 10
    """Seconds that a request may wait in a queue with a limit before the answer is 503."""

    thread_pool: int = 10
    """The number of threads that work on requests."""

    thread_pool_max: int = -1
    """How many threads the pool grows to while requests wait; -1 to keep it at `thread_pool`."""

    thread_pool_idle: float = 30
    """Seconds without work after which a thread above `thread_pool` ends."""

    max_request_header_size: int = 500 * 1024
    """Bytes of the request line and the headers together; 0 for no limit."""

    max_request_line_size: int = 64 * 1024
    """Bytes of the request line; 0 for no limit."""

    max_request_header_count: int = 100
    """Header fields of a request; 0 for no limit."""

    max_request_body_size: int = 100 * 1024 * 1024
    """Bytes of a request's body; 0 for no limit."""

    protocol_version: str = "HTTP/1.1"
    """The version in responses; "HTTP/1.0" also turns off what is newer."""

    nodelay: bool = True
    """True to send small packets at once (TCP_NODELAY)."""

    peercreds: bool = False
    """True to put process, user and group id of a Unix socket's client into the environ."""

    peercreds_resolve: bool = False
    """True to look up the names of these ids as well."""

    statistics: bool = False
    """True to count requests and bytes in `logging.statistics`."""

    wsgi_version: tuple[int | str, int] = (1, 0)
    """(1, 0) for PEP 3333, ("u", 0) for cheroot's environ with decoded paths."""

    ssl_module: str = "builtin"
    """Which TLS library: "builtin" (Python's ssl) or "pyopenssl"."""

    ssl_certificate: str | bytes | None = None
    """The certificate, path of a PEM file or PEM itself; with it the server speaks TLS."""

    ssl_private_key: str | bytes | None = None
    """Its private key, path or PEM; None if it is with the certificate."""

    ssl_private_key_password: Any = None
    """The password of an encrypted key: text, bytes, or a function that returns it."""

    ssl_certificate_chain: str | bytes | None = None
    """The intermediate certificates, path or PEM, if they are not with the certificate."""

    ssl_sni: Any = None
    """More certificates, by the name that the client asks for: `{"www.example.com": (certificate,
    key)}`. "*.example.com" stands for all names of that domain."""

    ssl_client_ca: str | bytes | None = None
    """Certificates of the authorities that may have signed clients' certificates, path or PEM;
    with them clients are asked for a certificate."""

    ssl_client_required: bool = True
    """False to let in clients without a certificate as well, when they are asked for one."""

    ssl_ciphers: str | None = None
    """The ciphers to offer up to TLS 1.2, in OpenSSL's notation."""

    ssl_context: Any = None
    """A ready `ssl.SSLContext` (or pyOpenSSL's); its certificate, key and ciphers win."""

    instance: Any = None
    """What to serve with: None for `WSGIServer`, an object with `start()` and `stop()`, or a
    callable that makes one of this server, or such a callable's dotted name."""

    def __init__(self, bus: Bus | None = None, app: Any = None) -> None:
        # The base assigns the address: it gets what class and subclass have.
        super().__init__(Bus() if bus is None else bus, bind_addr=self.bind_addr)
        self.app = app
        self._made: Any = None

    @property
    def socket_host(self) -> str | None:
        """The name or address to listen on; "0.0.0.0" and "::" stand for all interfaces."""
        return self._socket_host

    @socket_host.setter
    def socket_host(self, value: str | None) -> None:
        if value == "":
            raise SettingError(
                "server.socket_host must not be '': "
                "use '0.0.0.0' (IPv4) or '::' (IPv6) to listen on all interfaces."
            )
        self._socket_host = value

    @property
    def bind_addr(self) -> Any:
        """Where to listen: (host, port), the path of a Unix socket, or None.

        Assigning sets `socket_host`, `socket_port` and `socket_file`.
        """
        if self.socket_file:
            return self.socket_file
        if self.socket_host is None and self.socket_port is None:
            return None
        return self.socket_host, self.socket_port

    @bind_addr.setter
    def bind_addr(self, value: Address) -> None:
        if value is None or isinstance(value, str):
            self.socket_file = value or None
            self.socket_host = self.socket_port = None
            return
        try:
            host, port = value
        except (TypeError, ValueError):
            raise SettingError(
                f"server.bind_addr must be (host, port), the path of a Unix socket or None, "
                f"not {value!r}"
            ) from None
        self.socket_host = host
        self.socket_port = port
        self.socket_file = None

    def base(self) -> str:
        """Return the URL of the server, without a path, or the path of its Unix socket.

        The scheme's own port is left out. A wildcard address is replaced by the name of this
        machine, port 0 by the port that the system has chosen.
        """
        if self.socket_file:
            return self.socket_file
        bound = self.bound_addr
        host, port = bound if isinstance(bound, tuple) else (None, None)
        if host in _WILDCARDS:
            import socket  # noqa: PLC0415  (slow to import)

            host = socket.gethostname()
        elif host and ":" in host:
            host = f"[{host}]"
        secure = bool(self.ssl_certificate or self.ssl_context)
        scheme, usual_port = ("https", _HTTPS) if secure else ("http", _HTTP)
        suffix = "" if port in (None, usual_port) else f":{port}"
        return f"{scheme}://{host or 'localhost'}{suffix}"

    def httpserver_from_self(self, httpserver: Any = None) -> tuple[Any, Any]:
        """Return an HTTP server made from the settings, and the address to bind it to.

        Args:
            httpserver: an object with `start()` and `stop()`, a callable that makes one of
                this object, such a callable's dotted name, or None for what `instance` says.

        Raises:
            SettingError: if a setting has an impossible value.
            LoadError: if there is nothing with that dotted name.
        """
        self._check_numbers()
        if httpserver is None:
            httpserver = self.instance
        if httpserver is None:
            httpserver = _usual_class()
        elif isinstance(httpserver, str):
            httpserver = load_attribute(httpserver)
        if isinstance(httpserver, type) or not hasattr(httpserver, "start"):
            if not callable(httpserver):
                raise SettingError(f"server.instance has no start() and no stop(): {httpserver!r}")
            httpserver = httpserver(self)
        return httpserver, self.bind_addr

    def _check_numbers(self) -> None:
        for name in SETTINGS:
            usual, value = getattr(Server, name, None), getattr(self, name)
            is_number = isinstance(usual, (int, float)) and not isinstance(usual, bool)
            if is_number and not isinstance(value, (int, float, type(None))):
                raise SettingError(f"server.{name} must be a number, not {value!r}")
        port = self.socket_port
        if port is not None and not 0 <= port <= HIGHEST_PORT:
            raise SettingError(f"server.socket_port must be from 0 to {HIGHEST_PORT}, not {port}")

    def subscribe(self) -> None:
        """Start and stop with the bus; read certificates again when it is told `graceful`."""
        super().subscribe()
        self.bus.subscribe("graceful", self.reload_certificates)

    def unsubscribe(self) -> None:
        """Leave the server alone."""
        super().unsubscribe()
        self.bus.unsubscribe("graceful", self.reload_certificates)

    def reload_certificates(self) -> None:
        """Read the certificates and keys again, for the connections to come.

        Connections that are open go on as they are. If something is wrong with the new files that
        is logged, and the old certificates stay.
        """
        reload = getattr(getattr(self.httpserver, "ssl_adapter", None), "reload", None)
        if reload is None:
            return
        try:
            done = reload()
        except Exception as error:  # noqa: BLE001  (the libraries have unrelated error classes)
            self.bus.log(f"The TLS certificates stay as they were: {error}", _ERROR)
        else:
            if done is not False:
                self.bus.log("The TLS certificates were read again")

    def start(self) -> None:
        """Start serving and return when connections are accepted.

        Raises:
            OSError: if the address cannot be listened on.
            SettingError: if a setting has an impossible value.
            LoadError: if `instance` names nothing that exists.
        """
        if not self.running and (self.httpserver is None or self.httpserver is self._made):
            # A new one each time, so that changed settings count.
            self.httpserver = None
            self.httpserver, self.bind_addr = self.httpserver_from_self()
            self._made = self.httpserver
        super().start()

    start.priority = 75  # type: ignore[attr-defined]  # read by Bus.subscribe


def _usual_class() -> Any:
    """Return the class of servers: one of cheroot's for programs that know cheroot."""
    if "cheroot.wsgi" in sys.modules:
        from cherrypy_httpserver.cheroots import CherootServer  # noqa: PLC0415  (has cheroot)

        return CherootServer
    from cherrypy_httpserver.wsgi import WSGIServer  # noqa: PLC0415  (imported by the start)

    return WSGIServer
