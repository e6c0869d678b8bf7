"""Every bound that the front keeps: sizes, counts and deadlines, from the settings of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "BUFFERED_BODY",
    "EXTENSIONS",
    "FIXED",
    "LINE_OF_CHUNK",
    "LINE_OF_TRAILER",
    "LINGER_BYTES",
    "LINGER_SECONDS",
    "RECEIVE",
    "TRAILERS",
    "UPGRADE_BUFFER",
    "FixedLimit",
    "Limits",
]

BUFFERED_BODY = 64 * 1024
"""Bytes of a body that are read before a worker is given the request."""

RECEIVE = 64 * 1024
"""Bytes asked for in one `recv`."""

LINE_OF_CHUNK = 512
"""Bytes of a chunk's first line: its size and its extensions (RFC 9112 section 7.1.1)."""

EXTENSIONS = 16 * 1024
"""Bytes of all extensions of a body's chunks together: nobody reads them, and they are not counted
as part of the body."""

LINE_OF_TRAILER = 8 * 1024
"""Bytes of one field behind a chunked body."""

TRAILERS = 100
"""Fields behind a chunked body."""

LINGER_SECONDS = 2.0
"""How long a client may go on sending what nobody wants to read before the connection is cut."""

LINGER_BYTES = 1024 * 1024
"""How much of that is read."""

UPGRADE_BUFFER = 1024 * 1024
"""Bytes that may wait for the client of an upgraded connection, unless its handler says more."""


class FixedLimit(NamedTuple):
    """A bound without a setting of its own."""

    name: str
    value: float
    unit: str
    outcome: str


FIXED = (
    FixedLimit("body read without a worker", BUFFERED_BODY, "bytes", "a worker reads the rest"),
    FixedLimit("line of a chunk, with its extensions", LINE_OF_CHUNK, "bytes", "400"),
    FixedLimit("extensions of all chunks of a body", EXTENSIONS, "bytes", "400"),
    FixedLimit("one trailer", LINE_OF_TRAILER, "bytes", "431"),
    FixedLimit("trailers of a body", TRAILERS, "fields", "431"),
    FixedLimit("reading what nobody wants, after an answer", LINGER_BYTES, "bytes", "closed"),
    FixedLimit("the same, in time", LINGER_SECONDS, "seconds", "closed"),
    FixedLimit("waiting to be sent to an upgraded client", UPGRADE_BUFFER, "bytes", "closed"),
)
"""The bounds that no setting changes, for the table in the documentation."""


class Limits:
    """The bounds of one server; 0 stands for none where a setting says so.

    Args:
        settings: an object with the attributes of `cherrypy_httpserver.Server`.
    """

    __slots__ = (
        "body_size",
        "handshake",
        "head",
        "head_size",
        "header_count",
        "idle",
        "line_size",
        "rate",
    )

    def __init__(self, settings: Any) -> None:
        huge = 1 << 62
        self.head_size: int = settings.max_request_header_size or huge
        self.line_size: int = settings.max_request_line_size or huge
        self.header_count: int = settings.max_request_header_count or huge
        self.body_size: int = settings.max_request_body_size or huge
        self.idle: float = settings.socket_timeout or 1e9
        head, handshake = settings.head_timeout, settings.handshake_timeout
        self.head: float = self.idle if head is None else head or 1e9
        self.handshake: float = self.idle if handshake is None else handshake or 1e9
        self.rate: float = settings.minimum_rate or 1e-9

    def transfer(self, size: int) -> float:
        """Return the seconds that moving `size` bytes may take altogether.

        A grace of `socket_timeout`, and then the minimum rate: a client that drips cannot renew
        its time with each byte.
        """
        return self.idle + size / self.rate
