"""Which connections are ready: one set, from which each readiness is taken once."""

from __future__ import annotations

import collections
import contextlib
import errno
import select
import selectors
import socket
import sys
import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["READ", "WRITE", "EpollPoller", "Poller", "SelectorPoller", "make_poller", "wait_for"]

READ = 1
"""Ready when there is something to read, or the other side has gone (EPOLLIN)."""

WRITE = 4
"""Ready when something can be written (EPOLLOUT)."""


# What fits in: select() of Windows takes 512 sockets.
_MOST = 500 if sys.platform == "win32" else float("inf")


class Poller(Protocol):
    """A set of file descriptors; all methods may be called from any thread.

    A descriptor is reported once and then stays silent until it is armed again.
    """

    def add(self, number: int, events: int) -> None:
        """Begin to watch a descriptor, armed for `events`."""

    def arm(self, number: int, events: int) -> None:
        """Have a descriptor reported once more, for `events`: `READ`, `WRITE` or both."""

    def remove(self, number: int) -> None:
        """Forget a descriptor; to be called before it is closed."""

    def poll(self, seconds: float, most: int) -> Iterable[tuple[int, int]]:
        """Return pairs of descriptor and events; wait for the first, with -1 for ever."""

    def ring(self) -> None:
        """Have one `poll`, under way or to come, return at once."""

    def wake(self) -> None:
        """Have every `poll`, those under way and those to come, return at once."""

    def close(self) -> None:
        """Free what the set needs."""


class EpollPoller:
    """The set in Linux' kernel, where any number of threads may wait in it (epoll(7))."""

    def __init__(self) -> None:
        epoll = select.epoll()
        self._epoll = epoll
        self._once = select.EPOLLONESHOT
        # The methods of the C object as they are; each costs a microsecond per request.
        self.poll = epoll.poll
        self._modify = epoll.modify
        # There is always something to read: arming it rings.
        self._bell, self._button = socket.socketpair()
        self._button.send(b"\0")
        epoll.register(self._bell, self._once)

    def add(self, number: int, events: int) -> None:
        """See `Poller`."""
        self._epoll.register(number, events | self._once)

    def arm(self, number: int, events: int) -> None:
        """See `Poller`."""
        self._modify(number, events | self._once)

    def remove(self, number: int) -> None:
        """See `Poller`."""
        # The kernel forgets a descriptor that is closed, but not one that a child process has.
        with contextlib.suppress(OSError, ValueError):
            self._epoll.unregister(number)

    def ring(self) -> None:
        """See `Poller`."""
        self._epoll.modify(self._bell, READ | self._once)

    def wake(self) -> None:
        """See `Poller`."""
        self._epoll.modify(self._bell, READ)

    def close(self) -> None:
        """See `Poller`."""
        self._epoll.close()
        self._bell.close()
        self._button.close()


class SelectorPoller:
    """The same for systems without epoll, on `selectors`: one thread waits at a time.

    The sets of `selectors` must not be changed while somebody waits in them, so changes are
    queued and the waiting thread is woken up to make them.

    Args:
        most: how many descriptors fit in; `add` fails with EMFILE beyond that.
    """

    def __init__(self, most: float = _MOST) -> None:
        self._most = most
        self._members: set[int] = set()
        self._selector = selectors.DefaultSelector()
        self._changes: collections.deque[tuple[int, int]] = collections.deque()
        self._waiting = threading.Lock()
        self._woken = False
        self._bell, self._button = socket.socketpair()
        self._bell.setblocking(False)
        self._button.setblocking(False)
        self._selector.register(self._bell, READ)

    def add(self, number: int, events: int) -> None:
        """See `Poller`.

        Raises:
            OSError: if the set is full.
        """
        if len(self._members) >= self._most:
            raise OSError(errno.EMFILE, "No more connections can be waited for")
        self._members.add(number)
        self.arm(number, events)

    def arm(self, number: int, events: int) -> None:
        """See `Poller`."""
        self._changes.append((number, events))
        if self._waiting.locked():
            self.ring()

    def remove(self, number: int) -> None:
        """See `Poller`."""
        self._members.discard(number)
        if self._waiting.acquire(blocking=False):
            # Nobody waits: done before the number can be given to another connection.
            try:
                self._apply()
                self._forget(number)
            finally:
                self._waiting.release()
            return
        self._changes.append((number, 0))
        self.ring()

    def poll(self, seconds: float, most: int) -> list[tuple[int, int]]:
        """See `Poller`."""
        found: list[tuple[int, int]] = []
        # Who does not want to wait does not wait for those who do either.
        if not self._waiting.acquire(blocking=seconds != 0):
            return found
        try:
            self._apply()
            try:
                ready = self._selector.select(None if seconds < 0 else seconds)
            except OSError:
                # A descriptor was closed meanwhile, which select(2) does not like. That it is to
                # be forgotten is among the changes.
                ready = []
            for key, events in ready:
                if key.fileobj is self._bell:
                    if not self._woken:
                        with contextlib.suppress(BlockingIOError):
                            self._bell.recv(4096)
                elif len(found) < most:
                    # EVENT_WRITE is 2; ours are the numbers of epoll.
                    found.append((key.fd, READ if events & selectors.EVENT_READ else WRITE))
                    self._forget(key.fd)
        finally:
            self._waiting.release()
        return found

    def wake(self) -> None:
        """See `Poller`."""
        self._woken = True
        self.ring()

    def close(self) -> None:
        """See `Poller`."""
        self._selector.close()
        self._bell.close()
        self._button.close()

    def ring(self) -> None:
        """See `Poller`."""
        # A full buffer rings as well.
        with contextlib.suppress(BlockingIOError, OSError):
            self._button.send(b"\0")

    def _apply(self) -> None:
        while self._changes:
            number, events = self._changes.popleft()
            self._forget(number)
            if events:
                mask = (selectors.EVENT_READ if events & READ else 0) | (
                    selectors.EVENT_WRITE if events & WRITE else 0
                )
                with contextlib.suppress(OSError, ValueError):
                    self._selector.register(number, mask)

    def _forget(self, number: int) -> None:
        with contextlib.suppress(KeyError, ValueError, OSError):
            self._selector.unregister(number)


def make_poller() -> Poller:
    """Return the best set that the system has."""
    return EpollPoller() if hasattr(select, "epoll") else SelectorPoller()


def wait_for(sock: socket.socket, events: int, seconds: float) -> bool:
    """Wait until one socket is ready; return False when the time is over."""
    if seconds <= 0:
        return False
    if hasattr(select, "poll"):
        single = select.poll()
        single.register(sock, events)
        return bool(single.poll(seconds * 1000))
    reading, writing = ([sock], []) if events & READ else ([], [sock])
    return any(select.select(reading, writing, [], seconds))
