"""WebSockets (RFC 6455): the tool that upgrades a request, and what an application derives from.

    class Echo(WebSocket):
        def received_message(self, message):
            self.send(message)

    class Root:
        @cherrypy.expose
        @cherrypy.tools.websocket(handler_cls=Echo)
        def echo(self):
            pass

While nobody says anything a WebSocket holds no thread.
"""

from __future__ import annotations

import threading

from cherrypy_core.errors import HTTPError
from cherrypy_core.serving import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from cherrypy_tools.websocketsession import Session

__all__ = ["Room", "WebSocket", "websocket"]

#: What the server offers in the environ of a request that may be upgraded.
_UPGRADE_KEY = "cherrypy_httpserver.upgrade"

#: Bytes of a key (RFC 6455 section 4.1).
_KEY_LENGTH = 16

_NORMAL_CLOSURE = 1000


class WebSocket:
    """One WebSocket; derive from it and define what happens.

    The methods `opened`, `received_message` and `closed` are called in threads of the server's
    pool, for one WebSocket never two at a time. One that takes long holds a thread.

    Attributes:
        environ: the WSGI environ of the request that was upgraded.
        protocol: the subprotocol that both sides have agreed on, None without.
        peer_address: (address, port) of the client.
        terminated: true when nothing can be sent any more.
    """

    def __init__(self, environ: dict[str, Any] | None = None, protocol: str | None = None) -> None:
        self.environ: dict[str, Any] = {} if environ is None else environ
        self.protocol = protocol
        self.peer_address: tuple[str, int] = ("", 0)
        self._session: Session | None = None

    def opened(self) -> None:
        """Do something when the WebSocket is open; called once, before anything else."""

    def received_message(self, message: str | bytes) -> None:
        """Do something with a message: `str` if it is text, `bytes` if it is binary."""

    def closed(self, code: int, reason: str = "") -> None:
        """Do something when it is over; called once if `opened` was called.

        Args:
            code: why, see RFC 6455 section 7.4: 1000 for an orderly end, 1001 if the browser has
                left the page, 1006 if the connection broke, without a word.
            reason: what the client said about it.
        """

    @property
    def terminated(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._session is None or self._session.over

    def send(self, message: str | bytes) -> None:
        """Send a message, `str` as text, `bytes` as binary; from any thread, without waiting.

        Raises:
            ConnectionError: if it is over, or if the client does not read and too much waits.
        """
        if self._session is None:
            raise ConnectionError("The WebSocket is not open yet")
        self._session.send(message)

    def reached(self, message: str | bytes) -> bool:
        """Send a message if that can be done, and tell whether it could."""
        try:
            self.send(message)
        except ConnectionError:
            return False
        return True

    def ping(self, payload: bytes = b"") -> None:
        """Have the client answer; the tool does that by itself every `ping_interval`.

        Raises:
            ConnectionError: if it is over.
        """
        if self._session is None:
            raise ConnectionError("The WebSocket is not open yet")
        self._session.ping(payload)

    def close(self, code: int = _NORMAL_CLOSURE, reason: str = "") -> None:
        """End it in order; does nothing if it is over.

        Args:
            code: why, see `closed`.
            reason: the same in words, at most 123 bytes in UTF-8.
        """
        if self._session is not None:
            self._session.close(code, reason)


class Room:
    """Several WebSockets that get the same messages. All methods may be called in any thread."""

    def __init__(self) -> None:
        self._members: set[WebSocket] = set()
        self._lock = threading.Lock()

    def add(self, member: WebSocket) -> None:
        """Let `member` have what is broadcast from now on."""
        with self._lock:
            self._members.add(member)

    def discard(self, member: WebSocket) -> None:
        """Let `member` go, if it is there."""
        with self._lock:
            self._members.discard(member)

    def __len__(self) -> int:
        with self._lock:
            return len(self._members)

    def __iter__(self) -> Iterator[WebSocket]:
        with self._lock:
            return iter(list(self._members))

    def broadcast(self, message: str | bytes) -> None:
        """Send `message` to all; who cannot be reached any more has to go."""
        for member in self:
            if not member.reached(message):
                self.discard(member)


def websocket(
    handler_cls: Callable[..., WebSocket] = WebSocket,
    protocols: list[str] | tuple[str, ...] = (),
    origins: list[str] | tuple[str, ...] | str | None = None,
    max_message_size: int = 1 << 20,
    ping_interval: float | None = 30,
    debug: bool = False,
) -> None:
    """Upgrade the request to a WebSocket, once the page handler has returned.

    The WebSocket is `request.ws_handler` while the page handler runs, which may give it what it
    needs. If that raises an error nothing is upgraded.

    Args:
        handler_cls: what makes the WebSocket, of `environ` and `protocol`.
        protocols: the subprotocols that are spoken here, the favourite first.
        origins: whose pages may connect, such as "https://www.example.com". None for pages of
            this very site, "*" for all. Programs, which send no Origin, always may.
        max_message_size: bytes of a message at most; a larger one closes with code 1009.
        ping_interval: seconds between two pings; a client that has not been heard of from one to
            the next is gone. None for no pings.
        debug: log what is decided.

    Raises:
        HTTPError: 426 if the request does not ask for a WebSocket, 400 if it does so wrongly, 403
            for a page of another site, 501 if the server cannot upgrade connections.
    """
    request: Any
    request, response = current()
    key = _check_handshake(request, response)
    _check_origin(request, origins)
    environ = request.wsgi_environ or {}
    upgrade = environ.get(_UPGRADE_KEY)
    if upgrade is None:
        raise HTTPError(501, "This server cannot upgrade connections to WebSockets.")
    offered = [
        name.strip() for name in request.headers.get("Sec-Websocket-Protocol", "").split(",")
    ]
    protocol = next((name for name in protocols if name in offered), None)
    request.ws_handler = handler = handler_cls(environ, protocol)
    if debug:
        request.log(f"protocol {protocol!r} of {offered}", "TOOLS.WEBSOCKET")

    def switch() -> None:
        if response.status is not None and not str(response.status).startswith("200"):
            return
        session = _session(handler, max_message_size, ping_interval)
        response.status = "101 Switching Protocols"
        response.body = b""
        response.headers["Upgrade"] = "websocket"
        response.headers["Connection"] = "Upgrade"
        response.headers["Sec-WebSocket-Accept"] = session.accept(key)
        if protocol is not None:
            response.headers["Sec-WebSocket-Protocol"] = protocol
        upgrade(session)

    # Behind the tools that look at the body: there is none.
    request.hooks.attach("before_finalize", switch, priority=95)


def _session(handler: WebSocket, limit: int, interval: float | None) -> Session:
    try:
        from cherrypy_tools.websocketsession import Session  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise RuntimeError(
            "The tool `websocket` needs wsproto: pip install 'cherrypy-tools[websocket]'"
        ) from error
    return Session(handler, limit, interval)


def _check_handshake(request: Any, response: Any) -> str:
    """Return the client's key, or refuse (RFC 6455 section 4.2.1)."""
    headers = request.headers
    upgrades = [word.strip().lower() for word in headers.get("Upgrade", "").split(",")]
    if request.method != "GET" or "websocket" not in upgrades:
        response.headers["Upgrade"] = "websocket"
        response.headers["Connection"] = "Upgrade"
        raise HTTPError(426, "There is a WebSocket here, and nothing else.")
    if headers.get("Sec-Websocket-Version", "").strip() != "13":
        response.headers["Sec-WebSocket-Version"] = "13"
        raise HTTPError(426, "Only version 13 of the WebSocket protocol is spoken here.")
    key: str = headers.get("Sec-Websocket-Key", "").strip()
    if not _is_key(key):
        raise HTTPError(400, "Sec-WebSocket-Key is not 16 bytes in base64.")
    return key


def _is_key(text: str) -> bool:
    from base64 import b64decode  # noqa: PLC0415  (rarely needed)

    try:
        return len(b64decode(text, validate=True)) == _KEY_LENGTH
    except ValueError:
        return False


def _check_origin(request: Any, origins: Any) -> None:
    """Refuse what pages of other sites do with the cookies of this one."""
    origin = request.headers.get("Origin")
    if origin is None or origins == "*":
        return
    if origins is None:
        allowed = [request.base]
    else:
        allowed = [origins] if isinstance(origins, str) else list(origins)
    if origin.rstrip("/").lower() not in [one.rstrip("/").lower() for one in allowed]:
        raise HTTPError(403, "Pages of other sites may not connect here.")
