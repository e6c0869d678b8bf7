"""Waiting for a change that another thread, or a signal handler in this one, makes.

`threading.Event` and `Condition` are not safe here: a signal handler that runs in the thread
that is just entering `wait()` can deadlock on an Event's lock, or notify a Condition that nobody
waits on yet. A plain lock per waiting thread, registered before the state is looked at,
has neither problem: a wake-up that comes early is kept.
"""

from __future__ import annotations

import sys
from _thread import allocate_lock
from threading import TIMEOUT_MAX, current_thread, main_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable

__all__ = ["Waiters"]

# The main thread has to look up at times: `_thread.interrupt_main()` and a signal that the system
# hands to another thread do not end its sleep, and on Windows not even Ctrl-C does. Seconds.
_LONGEST_SLEEP = 0.1 if sys.platform == "win32" else 1.0


class Waiters:
    """The threads that wait for something to change."""

    def __init__(self) -> None:
        self._locks: list[LockType] = []

    def wake(self) -> None:
        """Make every waiting thread look again."""
        for lock in tuple(self._locks):
            try:
                lock.release()
            except RuntimeError:  # noqa: PERF203  (each thread is on its own)
                # Somebody else has already woken it.
                continue

    def wait(self, done: Callable[[], bool], idle: Callable[[], float | None]) -> None:
        """Return when `done()` is true.

        Args:
            done: looked at on entry and after each wake-up.
            idle: called before each sleep; returns the longest time to sleep in seconds,
                None for "until woken".
        """
        longest = _LONGEST_SLEEP if current_thread() is main_thread() else TIMEOUT_MAX
        lock = allocate_lock()
        lock.acquire()
        self._locks.append(lock)
        try:
            while not done():
                seconds = idle()
                lock.acquire(timeout=longest if seconds is None else max(min(seconds, longest), 0))
        finally:
            self._locks.remove(lock)
