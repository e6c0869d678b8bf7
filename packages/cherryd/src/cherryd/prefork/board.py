"""Memory that parent and workers share: signs of life, and who is ready."""

from __future__ import annotations

import mmap
import struct
import time

__all__ = ["Board", "Slot"]

_SLOTS = 1024
"""Workers at the same time, those that are being replaced included."""

_SLOT = struct.Struct("=dQIB")
"""Last sign of life (monotonic seconds), requests served, requests under way, ready."""

_SIZE = 32
"""Bytes from one slot to the next: no number lies across two cache lines."""

_READY_OFFSET = 20
_BEAT = struct.Struct("=dQI")
_HEADER = _SIZE


class Slot:
    """The part of a board that one worker writes.

    Args:
        memory: that of the board.
        number: which slot it is.
    """

    def __init__(self, memory: mmap.mmap, number: int) -> None:
        self.number = number
        self._memory = memory
        self._offset = _HEADER + number * _SIZE
        _SLOT.pack_into(memory, self._offset, time.monotonic(), 0, 0, 0)

    def beat(self, served: int, under_way: int) -> None:
        """Give a sign of life, with the counts of requests."""
        # The clock is the system's: it is the same in all processes.
        _BEAT.pack_into(self._memory, self._offset, time.monotonic(), served, under_way)

    def be_ready(self) -> None:
        """Say that the worker serves."""
        self._memory[self._offset + _READY_OFFSET] = 1

    @property
    def ready(self) -> bool:
        """Whether the worker serves."""
        return self._memory[self._offset + _READY_OFFSET] == 1

    @property
    def silence(self) -> float:
        """Seconds since the last sign of life."""
        return time.monotonic() - float(_BEAT.unpack_from(self._memory, self._offset)[0])

    @property
    def served(self) -> int:
        """Requests served so far."""
        return int(_BEAT.unpack_from(self._memory, self._offset)[1])


class Board:
    """A piece of memory that processes share because one is forked from the other."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _HEADER + _SLOTS * _SIZE)
        self._free = list(range(_SLOTS - 1, -1, -1))

    def slot(self) -> Slot:
        """Return a slot for a new worker.

        Raises:
            IndexError: if there are none left.
        """
        return Slot(self._memory, self._free.pop())

    def release(self, slot: Slot) -> None:
        """Take back the slot of a worker that has ended."""
        self._free.append(slot.number)

    def withdraw(self) -> None:
        """Have all workers say that they are not ready, because everything is about to end."""
        self._memory[0] = 1

    def check(self) -> bool:
        """Tell whether a worker may say that it is ready (a check of `Health`)."""
        return self._memory[0] == 0
