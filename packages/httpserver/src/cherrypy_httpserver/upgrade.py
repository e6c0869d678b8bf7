"""Taking a connection over from HTTP: what WebSocket and the like are built on.

An application finds a callable in the environ of a request that may be upgraded:

    def application(environ, start_response):
        upgrade = environ.get("cherrypy_httpserver.upgrade")
        if upgrade is None:  # HTTP/1.0, no `Upgrade` field, or another server
            ...answer 426...
        upgrade(Echo())
        start_response("101 Switching Protocols", [("Upgrade", "echo"), ("Connection", "Upgrade")])
        return []

Once the head with status 101 is sent the connection belongs to the handler, an `UpgradeHandler`:
the server calls its methods when bytes arrive, and the handler sends through the `Channel` it was
given. While nothing arrives the connection holds no thread. With any other status nothing is
upgraded, and the handler is never called.

Neither side needs to import anything: handlers are recognised by their methods, and the key of the
environ is text. So a package that does not know this server can use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from typing import Any

__all__ = ["UPGRADE_KEY", "Channel", "UpgradeHandler"]

UPGRADE_KEY = "cherrypy_httpserver.upgrade"
"""The key in the environ: a callable that takes the `UpgradeHandler`. Only there if the request
has an `Upgrade` field that its `Connection` field names (RFC 9110 section 7.8) and is HTTP/1.1."""


class Channel(Protocol):
    """A connection that was upgraded, as its handler sees it. All methods are thread-safe."""

    remote_addr: str
    """The address of the client, "" for a Unix socket."""

    remote_port: int
    """The port of the client."""

    closed: bool
    """True when nothing can be sent any more."""

    buffered: int
    """Bytes that were given to `send` and that the system has not taken yet."""

    max_buffered: int
    """How many bytes may be waiting; 1 MiB unless it is assigned. `send` fails above it."""

    def send(self, data: bytes) -> None:
        """Send `data` without ever waiting for the client; what does not fit now goes later.

        Raises:
            ConnectionError: if the connection is closed, or more than `max_buffered` bytes wait
                because the client does not read. The connection is closed then.
        """

    def close(self, *, at_once: bool = False) -> None:
        """Send what is waiting and close; `closed()` of the handler is called in a worker.

        Args:
            at_once: drop what is waiting.
        """

    def wake_after(self, seconds: float | None) -> None:
        """Have `timed_out()` called once, in so many seconds; None for never.

        Each call replaces the one before. Use it for pings and for idle limits. The accuracy is
        that of the server's watch: a quarter of a second.
        """


class UpgradeHandler(Protocol):
    """What serves an upgraded connection.

    The server calls the methods in its worker threads, for one connection never two at a time.
    An exception that leaves one is logged and closes the connection. A method that takes long
    holds its worker, but no other connection.
    """

    def opened(self, channel: Channel) -> None:
        """Start: the status 101 has been sent. Called once, before anything else."""

    def received(self, data: bytes) -> Any:
        """Take bytes that have arrived: at least one, at most 64 KiB, cut anywhere."""

    def timed_out(self) -> Any:
        """Take notice that the time of `Channel.wake_after` is over."""

    def closed(self, error: BaseException | None) -> Any:
        """End: the connection is closed, by either side. Called once, if `opened` was called.

        Args:
            error: why, if that was not in order: an OSError of the connection, or what a method of
                the handler has raised. None after `Channel.close()` and when the client
                has closed.
        """
