"""Telling listeners about the threads that serve requests."""

from __future__ import annotations

from threading import Lock, get_ident

from cherrypy_wspbus.failures import ChannelFailures
from cherrypy_wspbus.plugins.simple import SimplePlugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cherrypy_wspbus._bus import Bus

__all__ = ["ThreadManager"]


class ThreadManager(SimplePlugin):
    """A plugin that publishes when a thread is first used for requests, and when no more.

    It listens to `acquire_thread`, which is to be published by each thread before each
    request, and publishes `start_thread` in that thread the first time, with a number from 1 on
    that no other living thread has. `stop_thread` with the same number follows when the thread
    publishes `release_thread`, or for all threads when the bus stops or is asked to
    be graceful; then it comes from the thread that stops the bus.

    Attributes:
        threads: identifier of a thread (`threading.get_ident()`) -> its number.
    """

    threads: dict[int, int]

    def __init__(self, bus: Bus) -> None:
        super().__init__(bus)
        self.threads = {}
        self._lock = Lock()
        for channel in ("acquire_thread", "start_thread", "stop_thread", "release_thread"):
            bus.listeners.setdefault(channel, set())

    def acquire_thread(self) -> None:
        """Publish `start_thread` if the current thread is new."""
        # PERF: called once per request; 0.1 us for a thread that is known.
        if get_ident() not in self.threads:
            self._start_thread()

    def _start_thread(self) -> None:
        with self._lock:
            taken = set(self.threads.values())
            number = next(n for n in range(1, len(taken) + 2) if n not in taken)
            self.threads[get_ident()] = number
        self.bus.publish("start_thread", number)

    def release_thread(self) -> None:
        """Publish `stop_thread` if the current thread has been acquired."""
        with self._lock:
            number = self.threads.pop(get_ident(), None)
        if number is not None:
            self.bus.publish("stop_thread", number)

    def stop(self) -> None:
        """Publish `stop_thread` for all threads and forget them."""
        failed: ChannelFailures | None = None
        while self.threads:
            with self._lock:
                number = self.threads.popitem()[1]
            try:
                self.bus.publish("stop_thread", number)
            except ChannelFailures as failures:
                # The other threads' listeners must still be told.
                failed = failed or failures
        if failed is not None:
            raise failed

    graceful = stop
