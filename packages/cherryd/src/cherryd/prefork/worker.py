"""The inside of a worker: serve on the parent's sockets, and let the parent know."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

from cherryd.binds import servers_of
from cherryd.drain import Drain
from cherryd.insight import requests_in_flight, stacks
from cherrypy_wspbus.plugins import SignalHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cherryd.orders import WorkerSettings
    from cherryd.prefork.board import Board, Slot
    from cherryd.site import OnBus
    from cherrypy_wspbus import Bus
    from cherrypy_wspbus.health import Health

__all__ = ["Counted", "Link", "serve"]

_AFTER_THE_START = 99
"""Priority on `start`: the servers have 75."""

_BEATS_PER_TIMEOUT = 8
_LONGEST_INTERVAL = 1.0


class Counted:
    """A WSGI application that counts calls, and tells its own that there are other processes.

    Args:
        application: what answers.
    """

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application = application
        self.calls = 0

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer a WSGI call."""
        environ["wsgi.multiprocess"] = True
        # Not exact with many threads, and need not be: it decides about replacing a worker.
        self.calls += 1
        answer: Iterable[bytes] = self.application(environ, start_response)
        return answer


class Link:
    """A worker's end of the connection with its parent.

    The parent asks in lines of JSON, the worker answers in the same way, in a thread. The
    end of the connection is the end of the parent: then the worker finishes, too.

    Args:
        connection: the socket.
        slot: where to write signs of life.
        board: what all workers look at.
    """

    def __init__(self, connection: socket.socket, slot: Slot, board: Board) -> None:
        self.connection = connection
        self.slot = slot
        self.board = board
        self._lock = threading.Lock()

    def tell(self, message: dict[str, Any]) -> None:
        """Send the parent a message."""
        line = json.dumps(message).encode() + b"\n"
        try:
            with self._lock:
                self.connection.sendall(line)
        except OSError:
            # Without a parent there is nobody to be told; `listen` notices, too.
            return

    def listen(self, bus: Bus) -> None:
        """Answer the parent's questions until it ends."""
        with self.connection.makefile("rb") as lines:
            for line in lines:
                question = json.loads(line)
                self.tell({"answer": question["number"], **_describe(question["about"], bus)})
        if not bus.exiting:
            bus.log("The parent process has ended: ending, too", level=logging.WARNING)
            os.kill(os.getpid(), signal.SIGTERM)


def _describe(about: str, bus: Bus) -> dict[str, Any]:
    servers = servers_of(bus)
    if about == "threads":
        return {"threads": stacks(servers)}
    return {"state": bus.state.name, "requests": requests_in_flight(servers)}


class _Heart:
    """Gives signs of life, as long as requests get done."""

    def __init__(self, bus: Bus, link: Link, counted: list[Counted], timeout: float) -> None:
        self._bus = bus
        self._link = link
        self._counted = counted
        self._timeout = timeout

    def beat(self) -> None:
        """Give a sign of life, unless all threads are stuck."""
        if self.stuck():
            return
        calls = sum(app.calls for app in self._counted)
        self._link.slot.beat(calls, len(requests_in_flight(servers_of(self._bus))))

    def stuck(self) -> bool:
        """Tell whether every thread of a server has had the same request for too long."""
        for server in servers_of(self._bus):
            late = [r for r in requests_in_flight([server]) if r["age"] > self._timeout]
            if late and len(late) >= server.thread_pool:
                return True
        return False


def serve(
    site: OnBus,
    health: Health | None,
    sockets: list[tuple[Any, str | None, socket.socket]],
    settings: WorkerSettings,
    link: Link,
) -> None:
    """Serve a configured site until the parent or the site itself ends it.

    Args:
        site: the site, not started.
        health: what answers /livez and /readyz, if anything.
        sockets: address, name and listening socket of each server.
        settings: how to serve.
        link: the connection with the parent.

    Raises:
        Exception: whatever the start failed with.
    """
    bus = site.bus
    for address, name, listening in sockets:
        bus.sockets.keep(address, listening, name)
        listening.close()
    if health is not None:
        health.ready_checks["not ending"] = link.board.check
    servers = [server for server in servers_of(bus) if hasattr(server, "app")]
    counted = []
    for server in servers:
        server.app = Counted(server.app)
        counted.append(server.app)
    drain = Drain(bus, health)
    drain.subscribe()
    heart = _Heart(bus, link, counted, settings.timeout)
    bus.subscribe("start", lambda: _begin(bus, servers, link), _AFTER_THE_START)
    bus.subscribe("main", heart.beat)
    told_early: list[bool] = []

    def end() -> None:
        """Treat SIGTERM: what has not quite started cannot be drained yet."""
        if bus.state is bus.states.STARTED or bus.exiting:
            drain.begin()
        else:
            told_early.append(True)

    _handle_signals(site, end)
    # A fresh process of its own, which is what a restart makes of this one, would know nothing of
    # the parent. So the parent has to replace the workers.
    bus.restart = lambda: link.tell({"event": "reload"})  # type: ignore[method-assign]
    bus.start()
    if told_early:
        drain.begin()
    bus.block(min(_LONGEST_INTERVAL, settings.timeout / _BEATS_PER_TIMEOUT))


def _begin(bus: Bus, servers: list[Any], link: Link) -> None:
    for server in servers:
        # The file of a Unix socket is the parent's.
        server.httpserver.address_stays = True
    threading.Thread(target=link.listen, args=(bus,), name="Parent", daemon=True).start()
    link.slot.beat(0, 0)
    link.slot.be_ready()


def _handle_signals(site: OnBus, end: Callable[[], None]) -> None:
    """SIGTERM ends this worker, SIGUSR1 is graceful; the others are the parent's."""
    bus = site.bus
    own = getattr(bus, "signal_handler", None) or getattr(site, "signal_handler", None)
    theirs = getattr(own, "handlers", {})
    plugin = SignalHandler(bus)
    spared = ("SIGTERM", "SIGHUP", "SIGINT", "SIGUSR1")
    plugin.handlers = {name: what for name, what in theirs.items() if name not in spared}
    plugin.handlers |= {"SIGTERM": end, "SIGUSR1": bus.graceful}
    plugin.subscribe()
    for name in ("SIGINT", "SIGHUP", "SIGUSR2", "SIGTTIN", "SIGTTOU"):
        # A terminal sends some of them to all processes.
        signal.signal(getattr(signal, name), signal.SIG_IGN)
