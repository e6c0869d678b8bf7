"""The front: the set of connections, who waits in it, and who is woken when.

One worker at a time leads: it waits in the set, takes what is ready and answers it itself, so that
a request never changes threads. The other workers are parked. The watch (`watch`) looks every
millisecond whether the leader has come back; if it has not, because an application waits for
something, the watch makes another worker the leader. A worker that comes back and finds that
somebody else leads parks itself. So short requests run in one thread, without any fight for the
interpreter lock, and slow ones in as many threads as there are.
"""

from __future__ import annotations

import collections
import contextlib
import errno
import logging
import time
from typing import TYPE_CHECKING

from cherrypy_httpserver.body import NoBody
from cherrypy_httpserver.gateways import with_cheroots_frames
from cherrypy_httpserver.limits import Limits
from cherrypy_httpserver.listening import heed_newcomers, ignore_newcomers
from cherrypy_httpserver.parsing import make_parser
from cherrypy_httpserver.poller import READ, make_poller
from cherrypy_httpserver.sending import FileWrapper

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any

    from cherrypy_httpserver.connection import Connection
    from cherrypy_httpserver.parsing import HeadParser
    from cherrypy_httpserver.pool import Pool, Worker
    from cherrypy_httpserver.watch import Watch
    from cherrypy_httpserver.wire import Wire

__all__ = ["Front", "Listener"]

# Connections accepted before others get their turn.
_ACCEPT_AT_ONCE = 64

# Seconds that the last step of the handshake of a new connection may take at the end.
_HANDSHAKE = 0.01

# Seconds without accepting when there is nothing left to shed.
_ACCEPT_PAUSE = 0.1
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_LOG_INTERVAL = 60.0
_SHED_AT_ONCE = 16

# Seconds that a client has from connect() to its request before it is among those that are shed.
_NEWCOMER = 0.25


class Listener:
    """A listening socket in the set; it takes part as a connection does."""

    exchange = None
    channel = None
    idle = False
    deadline = unborn_since = float("inf")

    def __init__(self, front: Front, sock: socket.socket) -> None:
        self.front = front
        self.socket = sock
        self.number = sock.fileno()
        self.open = True
        self.gone = False

    def start(self) -> None:
        """Join the set."""
        self.socket.setblocking(False)
        self.front.armed[self.number] = self
        self.front.poller.add(self.number, READ)

    def advance(self, _: HeadParser) -> bool:
        """Accept what has come."""
        try:
            self.accept(_ACCEPT_AT_ONCE)
        except BlockingIOError:
            pass
        except OSError as error:
            if self.gone:
                return False
            self.front.stats["Socket Errors"] += 1
            if error.errno in _EXHAUSTED and not self.front.shed(error):
                self._pause()
                return False
        except Exception:  # noqa: BLE001  (one connection may fail, listening must not)
            self.front.report("A connection could not be accepted", traceback=True)
        if not self.gone:
            self.arm()
        return False

    def _pause(self) -> None:
        """Accept nothing for a moment: what is exhausted will not be there at once."""
        self.deadline = time.monotonic() + _ACCEPT_PAUSE
        self.front.armed[self.number] = self
        self.front.watch.expect(self.deadline)

    def arm(self) -> None:
        """Wait for more."""
        self.deadline = float("inf")
        self.front.armed[self.number] = self
        with contextlib.suppress(OSError, ValueError):
            self.front.poller.arm(self.number, READ)

    def accept(self, most: int) -> int:
        """Accept up to `most` connections and return their number."""
        accept, front = self.socket.accept, self.front
        for count in range(most):
            try:
                sock, address = accept()
            except BlockingIOError:
                return count
            except ConnectionError:
                # It has gone while it waited.
                continue
            front.accepted(sock, address)
        return most

    def expire(self) -> None:
        """Accept again after a pause."""
        self.arm()

    def run(self) -> bool:
        """Do nothing: there is never a request."""
        return False

    def finish(self, stays: bool) -> None:
        """Stop listening after all that wait to be accepted have been.

        Args:
            stays: whether clients that connect meanwhile are left to another process or server
                that has the same socket.
        """
        self.open = False
        if not stays:
            ignore_newcomers(self.socket)
        while not self.gone:
            if self.front.armed.pop(self.number, None) is not self:
                # A worker accepts at this moment.
                time.sleep(_ACCEPT_PAUSE / 100)
                continue
            self._accept_all()
            # Handshakes that had begun are completed meanwhile.
            time.sleep(_HANDSHAKE)
            self._accept_all()
            if not stays:
                heed_newcomers(self.socket)
            self.close()

    def _accept_all(self) -> None:
        with contextlib.suppress(OSError):
            while self.accept(_ACCEPT_AT_ONCE) == _ACCEPT_AT_ONCE:
                pass

    def close(self) -> None:
        """Close the socket; connections that were not accepted are lost."""
        self.open, self.gone = False, True
        self.front.poller.remove(self.number)
        self.socket.close()


class Front:
    """What the connections, the workers and the watch of one server share.

    Args:
        server: the HTTP server, whose settings count.
        application: what answers: a WSGI application.

    Attributes:
        armed: descriptor -> connection, for all that are in the set. Taking one out with `pop` is
            what makes a thread its owner.
        ready: connections that wait for a worker.
        leader: the worker that takes what is ready.
        newest: whether HTTP/1.1 is spoken.
        secure: returns the TLS connection on an accepted socket; None for plain HTTP.
        application: what answers requests.
        upgrading: the same, for requests that ask for an upgrade.
        draining: responses tell clients that the connection is closed.
        stopping: workers end when there is nothing left to do.
    """

    def __init__(self, server: Any, application: Callable[..., Any]) -> None:
        self.server = server
        self.application = application
        self.upgrading = with_cheroots_frames(application)
        self.limits = Limits(server)
        self.protocol: str = server.protocol
        self.newest = self.protocol != "HTTP/1.0"
        self.server_field = f"Server: {server.version}\r\n"
        self.secure: Any = None
        if server.ssl_adapter is not None:
            from cherrypy_httpserver.transport import encryption  # noqa: PLC0415  (imports ssl)

            self.secure = encryption(server.ssl_adapter)
        self.stats: dict[str, Any] = server.stats
        self.poller = make_poller()
        self.armed: dict[int, Wire | Listener] = {}
        self.ready: collections.deque[Wire | Listener] = collections.deque()
        self.open: set[Wire] = set()
        self.leader: Worker | None = None
        self.draining = False
        self.stopping = False
        self.refusals: dict[int, int] = {}
        self.shed_connections = 0
        self.bytes_read = 0
        self.bytes_written = 0
        self.listeners: list[Listener] = []
        self.pool: Pool
        self.watch: Watch
        self._template: dict[str, Any] = {}
        self._logged = -_LOG_INTERVAL

    def parser(self) -> HeadParser:
        """Return a parser for one thread."""
        return make_parser(self.limits)

    # Connections.

    def listen(self, sock: socket.socket) -> None:
        """Accept the connections of a listening socket."""
        listener = Listener(self, sock)
        self.listeners.append(listener)
        listener.start()

    def accepted(self, sock: socket.socket, address: Any) -> None:
        """Begin with a connection."""
        sock.setblocking(False)
        self.stats["Accepts"] += 1
        try:
            connection: Connection = self.server.ConnectionClass(self, sock, address)
            self.open.add(connection)
            connection.start()
        except BaseException:
            # The set may be full (epoll_ctl(2)), or the class is somebody else's.
            self.armed.pop(sock.fileno(), None)
            for other in list(self.open):
                if other.socket is sock:
                    self.open.discard(other)
            sock.close()
            raise
        self.watch.expect(connection.deadline)

    def closed(self, connection: Wire) -> None:
        """Forget a connection, but not what it has moved."""
        self.open.discard(connection)
        self.bytes_read += connection.bytes_read
        self.bytes_written += connection.bytes_written

    def enqueue(self, connection: Wire) -> None:
        """Have a worker see to a connection that the caller owns."""
        self.ready.append(connection)
        self.watch.alert()
        leader = self.leader
        if leader is not None and leader.polling:
            # It waits in the set and does not see the queue.
            self.poller.ring()

    def collect(self, most: int) -> None:
        """Queue what is ready now, without waiting for more."""
        for number, _ in self.poller.poll(0, most):
            connection = self.armed.pop(number, None)
            if connection is not None:
                self.ready.append(connection)

    def shed(self, error: OSError) -> bool:
        """Close the connections that have been idle the longest; return whether there were any.

        If none is idle those that have not sent a whole request yet, the slowest first. Newcomers
        are spared: what they have sent was not read yet.
        """
        now = time.monotonic()
        if now - self._logged >= _LOG_INTERVAL:
            self._logged = now
            self.report(f"Idle connections are closed, as none can be accepted: {error}")
        unborn = [c for c in list(self.armed.values()) if now - c.unborn_since > _NEWCOMER]
        least = [c for c in unborn if c.idle] or unborn
        closed = 0
        for connection in sorted(least, key=_deadline)[:_SHED_AT_ONCE]:
            if self.armed.pop(connection.number, None) is connection:
                connection.close()
                closed += 1
        self.shed_connections += closed
        return closed > 0

    def refused(self, status: int) -> None:
        """Count an error answer that no application has seen."""
        self.refusals[status] = self.refusals.get(status, 0) + 1

    # Environ.

    def environ_for(self, connection: Wire) -> dict[str, Any]:
        """Return what the environs of all requests of a connection have in common."""
        if not self._template:
            self._template = self.server.environ_template()
        environ = self._template.copy()
        environ["REMOTE_ADDR"] = connection.remote_addr
        environ["REMOTE_PORT"] = str(connection.remote_port or "")
        environ["wsgi.input"] = NoBody(connection)
        environ.update(self.server.environ_of(connection))
        return environ

    def report(self, message: str, *, traceback: bool = False) -> None:
        """Log an error; never fails."""
        with contextlib.suppress(Exception):
            self.server.error_log(message, logging.ERROR, traceback)


def empty_environ() -> dict[str, Any]:
    """Return the keys that never differ; see PEP 3333 and RFC 3875."""
    import sys  # noqa: PLC0415  (standard error may be replaced until the first request)

    return {
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.errors": sys.stderr,
        "wsgi.file_wrapper": FileWrapper,
        "wsgi.input_terminated": True,
        "wsgi.multiprocess": False,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
    }


def _deadline(connection: Wire | Listener) -> float:
    return connection.deadline
