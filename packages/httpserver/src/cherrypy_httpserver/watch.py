"""The watch: one thread that sees to what nobody else has time for.

While the leader is at work it looks every millisecond whether it has come back, and makes another
worker the leader if not. When every worker is busy it reads requests itself, without answering
them, keeps their number bounded and answers 503 to those beyond. And it ends what is over its
deadline. While nothing happens it sleeps.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from cherrypy_httpserver.front import Front

__all__ = ["Watch"]

# How long the leader may be away before another one is made.
_TICK = 0.001

# The same while every worker is busy: whoever comes back helps himself.
_BUSY_TICK = 0.004

# Ticks without anything to do before the watch goes to sleep: waking it up costs more than a tick.
_CALM = 4

# How late a deadline may be noticed.
_LATENESS = 0.25

_MOST_EVENTS = 256
_GROWTH_PAUSE = 0.005


class Watch(threading.Thread):
    """The thread.

    Args:
        front: what to watch.

    Attributes:
        asleep: whether it has to be woken up when something happens.
        next_look: when deadlines are looked at next, by the monotonic clock.
    """

    def __init__(self, front: Front) -> None:
        super().__init__(name="CP Server watch", daemon=True)
        self.asleep = False
        self.stopped = False
        self._front = front
        self._parser = front.parser()
        self._bell = threading.Lock()
        self._bell.acquire()
        self._seen: tuple[Any, int] = (None, 0)
        self._calm = 0
        self._holding = False
        self.next_look = 0.0
        self._next_growth = 0.0

    def alert(self) -> None:
        """Wake the watch up, if it sleeps; from any thread."""
        if self.asleep:
            self.asleep = False
            with contextlib.suppress(RuntimeError):
                self._bell.release()

    def expect(self, deadline: float) -> None:
        """Take notice of a deadline that may be nearer than those that are known."""
        if deadline < self.next_look:
            self.next_look = deadline
            self.alert()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self.stopped = True
        self.asleep = True
        self.alert()
        if self.is_alive() and self is not threading.current_thread():
            self.join(5)

    def run(self) -> None:
        """Watch until told to stop."""
        while not self.stopped:
            try:
                self._turn()
            except BaseException:  # noqa: BLE001, PERF203  (the watch must go on)
                self._front.report("Error in the watch of the HTTP server", traceback=True)
                time.sleep(_TICK)

    def _turn(self) -> None:
        leader = self._front.leader
        quiet = leader is not None and leader.polling and not self._front.ready
        self._calm = self._calm + 1 if quiet else 0
        if self._calm < _CALM:
            self._bell.acquire(timeout=_BUSY_TICK if self._holding else _TICK)
        else:
            self._sleep()
        self._guard()
        now = time.monotonic()
        if now >= self.next_look:
            self._look(now)

    def _sleep(self) -> None:
        """Sleep until the next deadline, or until somebody calls."""
        front = self._front
        self.asleep = True
        leader = front.leader
        if (front.ready or leader is None or not leader.polling) or self.stopped:
            # That came between the last look and the mark.
            self.asleep = False
            self._calm = 0
            return
        if self.next_look == float("inf"):
            wait = -1.0
        else:
            wait = max(_TICK, self.next_look - time.monotonic())
        self._bell.acquire(timeout=wait)
        self.asleep = False
        self._calm = 0

    def _guard(self) -> None:
        """See to it that somebody takes what is ready."""
        front = self._front
        leader = front.leader
        if leader is not None and leader.polling:
            if front.ready:
                front.poller.ring()
            return
        if leader is not None and (leader, leader.count) != self._seen:
            self._seen = (leader, leader.count)
            self._holding = False
            return
        self._holding = not front.pool.promote()
        if self._holding:
            self._hold_out()

    def _hold_out(self) -> None:
        """Do what can be done without a worker, as all of them are busy."""
        front = self._front
        front.collect(_MOST_EVENTS)
        now = time.monotonic()
        waiting = self._read_ahead(now)
        pool = front.pool
        if pool.accepted_queue_size > 0:
            self._turn_away(waiting, now)
        if waiting and pool.elastic and now >= self._next_growth:
            self._next_growth = now + _GROWTH_PAUSE
            pool.grow(1)

    def _read_ahead(self, now: float) -> list[Any]:
        """Read the requests of what is ready; return those that are complete, in order."""
        front = self._front
        complete = []
        for connection in list(front.ready):
            exchange = connection.exchange
            if exchange is None or not exchange.queued_at:
                try:
                    front.ready.remove(connection)
                except ValueError:
                    # A worker has taken it.
                    continue
                if not connection.advance(self._parser):
                    continue
                exchange = connection.exchange
                if exchange is not None:
                    exchange.queued_at = now
                front.ready.append(connection)
            if exchange is not None:
                complete.append(connection)
        return complete

    def _turn_away(self, waiting: list[Any], now: float) -> None:
        """Answer 503 to what does not fit into the queue, and to what has waited too long."""
        front, pool = self._front, self._front.pool
        for place, connection in enumerate(waiting):
            exchange = connection.exchange
            if exchange is None:
                continue
            late = now - exchange.queued_at > pool.accepted_queue_timeout
            if late or place >= pool.accepted_queue_size:
                try:
                    front.ready.remove(connection)
                except ValueError:
                    continue
                pool.rejected += 1
                connection.refuse(503, "The server is busy", exchange)

    def _look(self, now: float) -> None:
        """End what is over its deadline, and find out when to look again."""
        front = self._front
        nearest = float("inf")
        for connection in list(front.armed.values()):
            deadline = connection.deadline
            if deadline > now:
                nearest = min(nearest, deadline)
            elif front.armed.pop(connection.number, None) is connection:
                try:
                    connection.expire()
                except BaseException:  # noqa: BLE001  (others have deadlines, too)
                    front.report("A connection could not be closed", traceback=True)
                    connection.close()
        if front.pool.shrink_idle(now):
            nearest = min(nearest, now + front.pool.idle_timeout / 4)
        if nearest == float("inf"):
            self.next_look = nearest
            if front.open:
                # Not the other way round: one may be accepted just now.
                self.next_look = now + 1
        else:
            lateness = min(_LATENESS, front.limits.idle / 4, front.limits.head / 4)
            self.next_look = min(max(nearest, now + lateness), now + 1)
