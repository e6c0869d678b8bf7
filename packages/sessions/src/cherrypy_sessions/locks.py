"""Locks of sessions within one process.

A table of locks is a plain dict from session id to `SessionLock`. A lock is in its table
only while somebody holds it or waits for it, so sessions that come and go leave nothing.

Locks are owned by session objects, not by threads: a server may finish a streamed body,
and with it the session, on another thread than the one that ran the handler.
"""

from __future__ import annotations

import threading
from collections import deque

from cherrypy_sessions.locking import timeout_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["SessionLock", "acquire", "guard", "release"]

# One mutex for every table. It is held for a few dict operations at a time and never while
# waiting; a mutex per session would itself have to be created and dropped under a mutex.
# NOTE: never let the last reference to a user's object go while holding it: a destructor
# that uses a session would wait for itself.
guard = threading.Lock()


class _Waiter:
    """One session object in the queue of a lock."""

    __slots__ = ("owner", "turn")

    def __init__(self, owner: object) -> None:
        self.owner = owner
        # Taken now; whoever hands the lock over releases it.
        self.turn = threading.Lock()
        self.turn.acquire()


class SessionLock:
    """The lock of one session: who has it, and who is next.

    Attributes:
        key: the session id under which the table holds this lock.
        owner: the session object that holds the lock; None when nobody does any more.
        waiters: the queue, first come, first served; None until somebody waits.
    """

    __slots__ = ("key", "owner", "waiters")

    def __init__(self, key: str, owner: object) -> None:
        self.key = key
        self.owner: object | None = owner
        self.waiters: deque[_Waiter] | None = None


def acquire(
    table: dict[str, Any], key: str, owner: object, timeout: float | None = None
) -> SessionLock:
    """Lock ``key`` for ``owner``, waiting in line while another owner has it.

    Args:
        table: the locks, by session id.
        key: the session id.
        owner: whom the lock belongs to from now on. If it has the lock already, nothing happens.
        timeout: seconds to wait at most (0 or less: do not wait), or None to wait for ever.

    Returns:
        The lock, to be given to `release`.

    Raises:
        LockTimeout: somebody else had the lock all the time.
    """
    with guard:
        lock: SessionLock | None = table.get(key)
        if lock is None:
            lock = table[key] = SessionLock(key, owner)
            return lock
        if lock.owner is owner:
            return lock
        waiter = _Waiter(owner)
        if lock.waiters is None:
            lock.waiters = deque()
        lock.waiters.append(waiter)
    _wait(table, lock, waiter, timeout)
    return lock


def release(table: dict[str, Any], lock: SessionLock, owner: object) -> None:
    """Give the lock to the next in line, or drop it. Harmless if ``owner`` has it no more."""
    with guard:
        if lock.owner is not owner:
            return
        _hand_over(table, lock)


def _hand_over(table: dict[str, Any], lock: SessionLock) -> None:
    """Make the next in line the owner. The caller holds the guard."""
    if lock.waiters:
        # The lock changes hands here, not when the waiter's thread wakes up: nobody can
        # come between, and a waiter that gives up at this moment can see that it is its turn.
        waiter = lock.waiters.popleft()
        lock.owner = waiter.owner
        waiter.turn.release()
        return
    lock.owner = None
    # An application (a test, mostly) may have emptied the table in between.
    if table.get(lock.key) is lock:
        del table[lock.key]


def _wait(
    table: dict[str, Any], lock: SessionLock, waiter: _Waiter, timeout: float | None
) -> None:
    """Wait until it is the waiter's turn."""
    seconds = -1.0 if timeout is None else min(max(timeout, 0.0), threading.TIMEOUT_MAX)
    try:
        granted = waiter.turn.acquire(timeout=seconds)
    except BaseException:
        # KeyboardInterrupt in the main thread: leave the queue, or pass the lock on.
        with guard:
            if not _leave(lock, waiter):
                _hand_over(table, lock)
        raise
    if granted:
        return
    with guard:
        left = _leave(lock, waiter)
    # Not in the queue any more: the lock was handed over between the timeout and here.
    if left:
        raise timeout_error(lock.key)


def _leave(lock: SessionLock, waiter: _Waiter) -> bool:
    """Take a waiter out of the queue; return False if it was not in it."""
    if lock.waiters is None or waiter not in lock.waiters:
        return False
    lock.waiters.remove(waiter)
    return True
