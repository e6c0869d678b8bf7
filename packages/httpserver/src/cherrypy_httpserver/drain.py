"""Coming to an end in good order: requests in flight, and the report of a drain."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DrainReport", "InFlight"]


class InFlight(NamedTuple):
    """A request that a worker is busy with; `WSGIServer.in_flight()` lists them."""

    method: str
    """The method, "" while the request is still being read."""

    target: str
    """The request target as it was sent, path and query."""

    remote: str
    """The client's address, `host:port`; "" for a Unix socket."""

    age: float
    """Seconds since a worker has taken it."""

    thread: str
    """Name of the worker's thread."""


class DrainReport(NamedTuple):
    """What happened between `WSGIServer.drain()` and its return."""

    answered: int
    """Requests that were answered since the drain began."""

    cut: tuple[InFlight, ...]
    """Requests that had not finished at the deadline; their connections were closed."""

    seconds: float
    """How long it took."""

    @property
    def clean(self) -> bool:
        """Whether nothing was cut."""
        return not self.cut
