"""Coming to an end without losing a request."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from cherryd.binds import servers_of
from cherrypy_wspbus import reexec

if TYPE_CHECKING:
    from typing import Protocol

    from cherrypy_wspbus import Bus

    class Withdrawable(Protocol):
        """What can say "not ready": a `Health`, or what the workers share."""

        def withdraw(self) -> object:
            """Be not ready from now on."""


__all__ = ["Drain"]

_BEFORE_THE_SERVERS = 20
"""Priority on `stop`; servers have 25."""

_LAST = 100


class Drain:
    """A plugin that ends a process in good order.

    `begin` is for SIGTERM: the process says that it is not ready and goes on accepting for
    `lame_duck` seconds, until the load balancer looks elsewhere. Then the servers finish: they
    answer what is under way and what waits in the queue of their sockets, with
    `Connection: close`, for at most `Server.shutdown_timeout` seconds. What has not
    finished by then is cut off, and told in the log. A second call of `begin` hurries the bus:
    what has not finished is cut off at once.

    Args:
        bus: the bus that the servers are on.
        health: what is to say "not ready", if anything.
        lame_duck: seconds.

    Attributes:
        cut: what has been cut off, as text for people.
    """

    def __init__(
        self, bus: Bus, health: Withdrawable | None = None, lame_duck: float = 0.0
    ) -> None:
        self.bus = bus
        self.health = health
        self.lame_duck = lame_duck
        self.cut: list[str] = []
        self._due: float | None = None

    def subscribe(self) -> None:
        """Drain the servers whenever the bus stops."""
        self.bus.subscribe("stop", self.stop, _BEFORE_THE_SERVERS)
        self.bus.subscribe("exit", self.leave, _LAST)

    def unsubscribe(self) -> None:
        """Leave the servers alone."""
        self.bus.unsubscribe("stop", self.stop)
        self.bus.unsubscribe("exit", self.leave)

    def begin(self) -> None:
        """Begin to end; called again, end at once. To be called in the main thread."""
        bus = self.bus
        if self._due is not None or bus.exiting:
            # Not even load balancers are waited for any more, if that is what it does.
            bus.hurried = bus.hurried or not bus.exiting
            bus.end()
            return
        self._due = time.monotonic() + self.lame_duck
        if self.health is not None:
            self.health.withdraw()
        if self.lame_duck:
            bus.log(f"Not ready any more, ending in {self.lame_duck:g} s")
            bus.subscribe("main", self._look)
        else:
            bus.end()

    def _look(self) -> None:
        if self._due is not None and time.monotonic() >= self._due:
            self.bus.unsubscribe("main", self._look)
            self.bus.end()

    def stop(self) -> None:
        """Have all servers finish what they have at hand, side by side."""
        if self.bus.execv:
            # The servers hand their sockets on and drain in their own stop(): what waits in a
            # queue, or comes meanwhile, is for the next program.
            return
        # An HTTP server of someone else's has no such method: it finishes in its stop().
        servers = [
            server
            for server in servers_of(self.bus)
            if server.running and hasattr(server.httpserver, "drain")
        ]
        threads = [
            threading.Thread(target=self._drain, args=(server,), name="Drain", daemon=True)
            for server in servers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for server in servers:
            # It has ended. Its own stop() would look whether the port is free, which other
            # workers still listen on.
            server.running = False

    def _drain(self, server: Any) -> None:
        report = server.httpserver.drain(server.shutdown_timeout)
        for request in report.cut:
            self._note(request, f"after {report.seconds:.1f} s")

    def _note(self, request: Any, why: str) -> None:
        line = f"{request.method or '(request)'} {request.target} from {request.remote or '-'}"
        self.cut.append(line)
        text = f"Cut off {why}: {line}, {request.age:.1f} s under way"
        self.bus.log(text, level=logging.WARNING)

    def leave(self) -> None:
        """End the process if threads are still at work that nobody waits for any longer."""
        if (self.cut or self.bus.hurried) and not self.bus.execv and self.bus.may_exit_process:
            reexec.flush_standard_streams()
            os._exit(0)
