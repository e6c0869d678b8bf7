"""The worker threads, and the figures that monitoring reads of them."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from cherrypy_httpserver.errors import SettingError

if TYPE_CHECKING:
    from typing import Any

    from cherrypy_httpserver.connection import Connection
    from cherrypy_httpserver.front import Front

__all__ = ["Pool", "Worker"]

# Events taken from the set at once. What they bring waits in a queue that all workers see.
_MOST_EVENTS = 64

# A leader that has been at one request for so long will not be waited for.
_SLOW = 0.001

# Requests of one connection answered in a row before others get their turn.
_PIPELINE = 16


class Worker(threading.Thread):
    """A thread that answers requests; at most one of them leads (see `front`).

    Attributes:
        conn: the connection it works for, None while it has none.
        since: when it took that, by the monotonic clock.
        count: connections it has taken so far; what the watch sees progress by.
        polling: whether it waits in the set.
    """

    def __init__(self, pool: Pool, front: Front) -> None:
        super().__init__(name=f"CP Server {pool.next_name()}", daemon=True)
        self.pool = pool
        self.front = front
        self.conn: Any = None
        self.since = 0.0
        self.count = 0
        self.polling = False
        self.ending = False
        self.parked_at = 0.0
        self.requests = 0
        self.work_time = 0.0
        self.bell = threading.Lock()
        self.bell.acquire()
        self._parser = front.parser()

    @property
    def ready(self) -> bool:
        """Whether the thread is there, for users of cheroot's pool."""
        return self.is_alive()

    def run(self) -> None:
        """Lead, work and park, until told to end."""
        front = self.front
        try:
            while not self.ending:
                if front.leader is self:
                    self._lead(front)
                elif not self._take_over(front):
                    self._park()
        finally:
            self.pool.ended(self)

    def _lead(self, front: Front) -> None:
        """Take one connection that is ready and work for it; wait for one if there is none."""
        ready = front.ready
        if not ready:
            self._wait(front)
        try:
            connection = ready.popleft()
        except IndexError:
            return
        self.since = time.monotonic()
        self.conn = connection
        self.count += 1
        try:
            self._serve(connection, front)
        except (SystemExit, KeyboardInterrupt) as error:
            front.server.interrupt = error
        except BaseException:  # noqa: BLE001  (no exception costs a worker)
            front.report("Error in the HTTP server", traceback=True)
            with contextlib.suppress(Exception):
                connection.close()
        self.conn = None
        if self.pool.timed:
            self.work_time += time.monotonic() - self.since

    def _serve(self, connection: Any, front: Front) -> None:
        parser = self._parser
        left = _PIPELINE
        more = True
        while more and connection.advance(parser):
            exchange = connection.exchange
            if exchange is not None:
                self.requests += 1
                if exchange.queued_at:
                    self.pool.waited(self.since - exchange.queued_at)
            more = connection.run()
            left -= 1
            if more and not left:
                if front.leader is self:
                    # Others have come meanwhile: they are before it in the queue.
                    front.collect(_MOST_EVENTS)
                # Whoever else leads by now may not look at the queue by itself.
                front.enqueue(connection)
                break

    def _wait(self, front: Front) -> None:
        """Wait in the set, and queue what is ready."""
        if front.stopping:
            self.ending = True
            return
        self.polling = True
        try:
            events = front.poller.poll(-1, _MOST_EVENTS)
        except Exception:  # noqa: BLE001  (as in _lead)
            self._lost_set(front)
            return
        finally:
            self.polling = False
        take, ready = front.armed.pop, front.ready
        for number, _ in events:
            connection = take(number, None)
            if connection is not None:
                ready.append(connection)
        if front.watch.asleep and ready:
            front.watch.alert()

    def _lost_set(self, front: Front) -> None:
        """Go on after the set has failed: it was closed, or memory is short."""
        if front.stopping or self.pool.stopped:
            self.ending = True
            return
        front.report("The HTTP server cannot wait for its connections", traceback=True)
        time.sleep(_SLOW)

    def _take_over(self, front: Front) -> bool:
        """Become the leader if the leader is at something slow; return whether that was so."""
        leader = front.leader
        if leader is not None and leader.is_alive() and not self.pool.stopped:
            if leader.polling:
                return False
            if leader.conn is None or time.monotonic() - leader.since < _SLOW:
                return False
        front.leader = self
        return True

    def _park(self) -> None:
        self.parked_at = time.monotonic()
        self.pool.park(self)
        self.bell.acquire()

    def wake(self) -> None:
        """Let the parked thread go on."""
        with contextlib.suppress(RuntimeError):
            self.bell.release()


class Pool:
    """The workers, between `min` and `max` of them.

    With `max` above `min` a worker is added whenever requests wait and every worker is busy, and
    ends after `idle_timeout` seconds without work. With `max` -1, which cheroot writes for "no
    limit", the number stays at `min`, but `grow` may be called by hand.

    Args:
        server: the HTTP server.
        min: workers that are always there.
        max: workers at most, -1 for no limit.
        accepted_queue_size: requests that may wait for a worker, -1 for no limit.
        accepted_queue_timeout: seconds that a request may wait in a queue with a limit.
        idle_timeout: seconds without work after which a worker above `min` ends.

    Raises:
        SettingError: if the numbers contradict each other.
    """

    def __init__(
        self,
        server: Any,
        min: int = 10,  # noqa: A002  (cheroot's names)
        max: int | float = -1,  # noqa: A002
        accepted_queue_size: int = -1,
        accepted_queue_timeout: float = 10,
        idle_timeout: float = 30,
    ) -> None:
        if min < 1:
            raise SettingError(f"server.thread_pool must be at least 1, not {min!r}")
        self.elastic = max > min
        if max < 0:
            max, self.elastic = float("inf"), False  # noqa: A001
        if max < min:
            raise SettingError(
                f"server.thread_pool_max is {max!r}, less than server.thread_pool, {min!r}"
            )
        self.server = server
        self.min = min
        self.max = max
        self.accepted_queue_size = accepted_queue_size
        self.accepted_queue_timeout = accepted_queue_timeout
        self.idle_timeout = idle_timeout
        self.front: Front
        self.stopped = False
        self.rejected = 0
        self.timed = False
        self.queue_time = 0.0
        self.queue_time_max = 0.0
        self.peak = 0
        self.past_requests = 0
        self.past_work_time = 0.0
        self._threads: list[Worker] = []
        self._parked: list[Worker] = []
        self._names = 0
        self._lock = threading.Lock()

    # What monitoring reads.

    @property
    def qsize(self) -> int:
        """Connections with something to do that wait for a worker."""
        front = getattr(self, "front", None)
        return len(front.ready) if front is not None else 0

    @property
    def idle(self) -> int:
        """Workers without a request."""
        return sum(worker.conn is None for worker in list(self._threads))

    @property
    def requests(self) -> int:
        """Requests that were given to the application so far."""
        return self.past_requests + sum(worker.requests for worker in list(self._threads))

    @property
    def work_time(self) -> float:
        """Seconds that workers have worked, 0 unless that is counted."""
        return self.past_work_time + sum(worker.work_time for worker in list(self._threads))

    @property
    def busy(self) -> int:
        """Workers with a request."""
        return len(self._threads) - self.idle

    # What the front calls.

    def start(self) -> None:
        """Start `min` workers."""
        self.stopped = False
        self.grow(self.min)

    def grow(self, amount: int) -> None:
        """Start that many more workers, up to `max`."""
        for _ in range(amount):
            with self._lock:
                if len(self._threads) >= self.max or self.stopped:
                    return
                worker = Worker(self, self.front)
                self._threads.append(worker)
                self.peak = max(self.peak, len(self._threads))
            worker.start()
        self.front.watch.expect(time.monotonic() + self.idle_timeout)

    def shrink(self, amount: int) -> None:
        """End up to that many parked workers, but leave `min`."""
        for _ in range(amount):
            with self._lock:
                if len(self._threads) <= self.min or not self._parked:
                    return
                worker = self._parked.pop(0)
                self._forget(worker)
                worker.ending = True
            worker.wake()

    def shrink_idle(self, now: float) -> bool:
        """End idle workers above `min`; return whether others may follow."""
        while len(self._threads) > self.min:
            if not self._parked or now - self._parked[0].parked_at < self.idle_timeout:
                return True
            self.shrink(1)
        return False

    def next_name(self) -> int:
        """Return a number for a new worker."""
        self._names += 1
        return self._names

    def park(self, worker: Worker) -> None:
        """Remember a worker that has nothing to do."""
        with self._lock:
            self._parked.append(worker)
        if self.stopped:
            worker.ending = True
            worker.wake()

    def promote(self) -> bool:
        """Make a parked worker the leader; return False if there is none."""
        with self._lock:
            if not self._parked:
                return False
            # The one that parked last: its memory is warm, and the others can end.
            worker = self._parked.pop()
        self.front.leader = worker
        worker.wake()
        return True

    def ended(self, worker: Worker) -> None:
        """Forget a worker whose thread ends."""
        with self._lock:
            self._forget(worker)
        self.front.watch.alert()

    def _forget(self, worker: Worker) -> None:
        """Take a worker off the list, but keep its figures."""
        if worker in self._threads:
            self._threads.remove(worker)
            self.past_requests += worker.requests
            self.past_work_time += worker.work_time

    def waited(self, seconds: float) -> None:
        """Take notice of how long a request was in the queue."""
        self.queue_time += (seconds - self.queue_time) / 16
        self.queue_time_max = max(self.queue_time_max, seconds)

    def stop(self, timeout: float | None = 5) -> None:
        """End the workers; wait for them up to `timeout` seconds, None for as long as it takes."""
        self.stopped = True
        deadline = None if timeout is None or timeout < 0 else time.monotonic() + timeout
        with self._lock:
            parked, self._parked = self._parked, []
            threads = list(self._threads)
        for worker in threads:
            worker.ending = True
        for worker in parked:
            worker.wake()
        self.front.poller.wake()
        for worker in threads:
            if worker is threading.current_thread():
                continue
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            worker.join(left)
            if worker.is_alive():
                connection: Connection | None = worker.conn
                if connection is not None:
                    # Its next read or write fails; what it computes nobody can stop.
                    with contextlib.suppress(Exception):
                        connection.socket.shutdown(2)
        for worker in threads:
            if worker is not threading.current_thread() and worker.is_alive():
                worker.join(0.1 if deadline is not None else None)
