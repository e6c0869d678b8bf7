"""Coming to an end in good order: requests in flight, and the report of a drain."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from cherrypy_httpserver.connection import Connection
from cherrypy_httpserver.poller import READ, wait_for
from cherrypy_httpserver.pool import Worker
from cherrypy_httpserver.wire import CLOSED, LINGERING, READY

if TYPE_CHECKING:
    from collections.abc import Callable

    from cherrypy_httpserver.front import Front

__all__ = ["DrainReport", "InFlight", "close_all", "drain", "in_flight"]

# Seconds between two looks while a server drains.
_PAUSE = 0.002

# Seconds that a connection without any request so far is kept while a server drains: more than a
# client needs from connect() to send(), less than anybody minds at the end of a process.
_FIRST_REQUEST = 0.5


class InFlight(NamedTuple):
    """A request that a worker is busy with; `WSGIServer.in_flight()` lists them."""

    method: str
    """The method."""

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


def in_flight(front: Front) -> list[InFlight]:
    """List the requests that workers are busy with."""
    now = time.monotonic()
    found = []
    for worker in list(front.pool._threads):  # noqa: SLF001  (ours; cheroot's name)
        connection, since = worker.conn, worker.since
        exchange = connection.exchange if isinstance(connection, Connection) else None
        if exchange is None:
            # It reads, or finishes: no application is busy.
            continue
        remote = f"{exchange.connection.remote_addr}:{exchange.connection.remote_port}"
        found.append(
            InFlight(
                exchange.method,
                exchange.target,
                remote if exchange.connection.remote_addr else "",
                now - since,
                worker.name,
            )
        )
    return found


def drain(
    front: Front,
    seconds: float | None,
    idle: float = 0.0,
    listening: socket.socket | None = None,
    stays: bool = False,
    hurried: Callable[[], bool] = bool,
) -> DrainReport:
    """Accept what waits, answer what has been sent, then close everything.

    Args:
        front: which server.
        seconds: how long requests may take, None for as long as they need.
        idle: how long connections without a request are kept, so that clients that are about
            to send one get an answer, with `Connection: close`.
        listening: a socket that nobody has begun to accept on.
        stays: whether somebody else goes on listening on the same socket.
        hurried: tells whether to give up before the `seconds` have passed.
    """
    began = time.monotonic()
    before = front.pool.requests
    front.draining = True
    if listening is not None:
        front.listen(listening)
    for listener in front.listeners:
        listener.finish(stays)
    front.listeners.clear()
    for connection in list(front.open):
        if connection.channel is not None:
            connection.channel.close()
    cut: list[InFlight] = []
    while True:
        passed = time.monotonic() - began
        if passed >= idle:
            _close_idle(front, spare_new=passed < _FIRST_REQUEST)
        if _is_quiet(front):
            break
        if hurried() or (seconds is not None and passed >= seconds):
            cut = [flight for flight in in_flight(front) if flight.thread != _this_thread()]
            break
        time.sleep(_PAUSE)
    front.stopping = True
    answered = front.pool.requests - before
    return DrainReport(max(0, answered - len(cut)), tuple(cut), time.monotonic() - began)


def close_all(front: Front) -> None:
    """Close what is still open, but for connections that a worker has: its owner does that."""
    workers = list(front.pool._threads)  # noqa: SLF001  (ours; cheroot's name)
    owned = [worker.conn for worker in workers]
    for connection in list(front.open):
        if connection in owned:
            continue
        if connection.phase == READY:
            # It has waited in the queue.
            connection.refuse(503, "The server is being stopped", connection.exchange)
        connection.close()


def _this_thread() -> str:
    return threading.current_thread().name


def _close_idle(front: Front, spare_new: bool) -> None:
    """Close connections between two requests; those that have sent one are served.

    Args:
        front: which server.
        spare_new: leave those alone that have not had any answer yet. Their client has just
            connected and is about to send; it would take the end for a lost request, whereas
            any client knows that a connection may end between two requests.
    """
    for connection in list(front.armed.values()):
        if not connection.idle or not isinstance(connection, Connection):
            continue
        if spare_new and not connection.bytes_written:
            continue
        if front.armed.pop(connection.number, None) is not connection:
            continue
        try:
            silent = not connection.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            silent = True
        except (OSError, ValueError):
            # TLS does not peek: what has come is read as usual.
            silent = not wait_for(connection.socket, READ, 0.000_1)
        if silent:
            connection.close()
        else:
            front.enqueue(connection)


def _is_quiet(front: Front) -> bool:
    """Tell whether nothing is left to be answered."""
    this = threading.current_thread()
    workers = list(front.pool._threads)  # noqa: SLF001  (ours; cheroot's name)
    if front.ready or any(worker.conn is not None for worker in workers if worker is not this):
        return False
    own = this.conn if isinstance(this, Worker) else None
    return all(c.phase in (LINGERING, CLOSED) or c is own for c in list(front.open))
