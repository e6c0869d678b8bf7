"""The parent of the workers: owns the sockets, keeps as many workers as there should be."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

from cherryd.insight import memory
from cherryd.prefork.board import Board
from cherryd.prefork.child import Child, fork, report_end
from cherryd.prefork.worker import Link

if TYPE_CHECKING:
    from collections.abc import Callable

    from cherryd.orders import WorkerSettings
    from cherrypy_wspbus import Bus

    Work = Callable[[Link], None]

__all__ = ["Workers", "WorkersError"]

_GRACE = 3.0
"""Seconds that a worker gets beyond its own deadline, before it is ended by force."""

_SHORTEST_START = 30.0
"""Seconds that a worker may take at least to import and start everything."""

_LONGEST_BACKOFF = 30.0
_PAUSE = 0.02
_ANSWER_TIMEOUT = 2.0
_LOOK_AT_MEMORY = 1.0
"""Seconds between two looks at the memory of the workers."""


class WorkersError(Exception):
    """The workers cannot be started; the message is one line."""


class Workers:
    """A plugin that runs workers while the bus is started.

    It does its work when the bus publishes `main`, which is to say that `bus.block` does:
    nothing of it runs in a thread, so that the process can fork.

    Args:
        bus: the parent's bus.
        work: what a worker does; called in the new process.
        settings: how many, and when they are replaced.

    Attributes:
        wanted: how many workers there should be.
        children: those that there are, also the ones that are about to end.
        board: the memory that they share.
        abandoned: set to True to give up a start that is under way.
        reload_asked: called when a worker asks for a reload.
        reload_ended: called when all workers have been replaced, or cannot be.
    """

    def __init__(self, bus: Bus, work: Work, settings: WorkerSettings) -> None:
        self.bus = bus
        self.settings = settings
        self.wanted = settings.count
        self.children: list[Child] = []
        self.board = Board()
        self.abandoned = False
        self.reload_asked: Callable[[], object] = self.reload
        self.reload_ended: Callable[[], object] = bool
        self._reloading = False
        self._work = work
        self._parent = os.getpid()
        self._doomed: list[Child] = []
        self._failures = 0
        self._next_start = 0.0
        self._next_memory = 0.0
        self._questions = 0

    def subscribe(self) -> None:
        """Run the workers with the bus."""
        self.bus.subscribe("start", self.start, 75)
        self.bus.subscribe("main", self.step)
        self.bus.subscribe("stop", self.stop, 25)
        self.bus.subscribe("graceful", self.graceful)

    def start(self) -> None:
        """Start the workers and return when they serve.

        Raises:
            WorkersError: if the first one cannot start.
        """
        self._parent = os.getpid()
        if self.abandoned:
            return
        if not self._active():
            self._await_start([self._spawn()])
        self._await_start([self._spawn() for _ in range(self.wanted - len(self._active()))])

    def _await_start(self, newcomers: list[Child]) -> None:
        while waiting := [child for child in newcomers if not child.ready]:
            for child in waiting:
                child.read()
            self._reap()
            failed = next((child for child in newcomers if child not in self.children), None)
            if self.abandoned:
                raise WorkersError("told to end while starting")
            if failed is not None:
                raise WorkersError(failed.failure or "a worker has ended while it started")
            if any(child.age > self._start_timeout for child in waiting):
                raise WorkersError(f"a worker has not started after {self._start_timeout:g} s")
            time.sleep(_PAUSE)

    @property
    def _start_timeout(self) -> float:
        return max(self.settings.timeout, _SHORTEST_START)

    # What there should be

    def more(self) -> None:
        """Run one worker more from now on (SIGTTIN)."""
        self.wanted += 1
        self.bus.log(f"One worker more: {self.wanted}")

    def fewer(self) -> None:
        """Run one worker less from now on, but at least one (SIGTTOU)."""
        self.wanted = max(1, self.wanted - 1)
        self.bus.log(f"One worker less: {self.wanted}")

    def reload(self) -> None:
        """Replace all workers, one after the other, each by one that serves already."""
        self._doomed = self._active()
        self._reloading = True
        self._failures = 0
        self._next_start = 0.0
        self.bus.log(f"Replacing {len(self._doomed)} workers")

    def graceful(self) -> None:
        """Have the workers reopen their log files."""
        for child in self._active():
            child.send(signal.SIGUSR1)

    # What there is

    def _active(self) -> list[Child]:
        return [child for child in self.children if child.retiring is None]

    def _spawn(self) -> Child:
        ours, theirs = socket.socketpair()
        slot = self.board.slot()
        link = Link(theirs, slot, self.board)
        pid = fork(lambda: self._be_worker(ours, link))
        theirs.close()
        child = Child(pid, ours, slot)
        child.limit(self.settings)
        self.children.append(child)
        self.bus.log(f"Worker {pid} begins")
        return child

    def _be_worker(self, ours: socket.socket, link: Link) -> None:
        """Do the work, in the new process."""
        ours.close()
        for sibling in self.children:
            sibling.close()
        self._work(link)

    def step(self) -> None:
        """Look after the workers; called several times a second."""
        if self.bus.exiting:
            return
        for child in self.children:
            child.read()
        asking = [child for child in self.children if child.reload]
        for child in asking:
            child.reload = False
        # When a file changes all workers ask: who is being replaced already needs no more.
        if any(child.retiring is None and child not in self._doomed for child in asking):
            self.reload_asked()
        self._reap()
        self._end_the_silent()
        self._condemn()
        self._fill_up()
        if self._reloading and not self._doomed:
            self._reloading = False
            self.reload_ended()

    def _reap(self) -> None:
        """Take notice of the workers that have ended."""
        for child in list(self.children):
            try:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
            except ChildProcessError:
                pid, status = child.pid, 0
            if pid:
                child.read()
                self._forget(child, status)

    def _forget(self, child: Child, status: int) -> None:
        self.children.remove(child)
        if child in self._doomed:
            self._doomed.remove(child)
        child.close()
        if child.slot is not None:
            was_ready = child.slot.ready
            self.board.release(child.slot)
        else:
            was_ready = True
        if child.retiring is not None and not child.killed:
            self.bus.log(f"Worker {child.pid} has finished")
            return
        if was_ready:
            self._log(f"Worker {child.pid} {report_end(status)}")
            return
        self._failures += 1
        wait = min(_LONGEST_BACKOFF, 0.5 * 2**self._failures)
        self._next_start = time.monotonic() + wait
        self._log(f"A worker cannot start: {child.failure or report_end(status)}")
        if self._doomed:
            # What is there serves: better the old program than none.
            self._log("The other workers are not replaced")
            self._doomed.clear()

    def _log(self, text: str) -> None:
        self.bus.log(text, level=logging.WARNING)

    def _end_the_silent(self) -> None:
        """End by force who does not end by itself, or gives no sign of life."""
        for child in self.children:
            if child.killed or (child.slot is None and child.retiring is None):
                continue
            if child.retiring is not None:
                late = time.monotonic() - child.retiring > self.settings.drain + _GRACE
                why = "does not end"
            else:
                limit = self.settings.timeout if child.ready else self._start_timeout
                late = child.slot is not None and child.slot.silence > limit
                why = f"has given no sign of life for {limit:g} s"
            if late:
                self._log(f"Worker {child.pid} {why}: ending it by force")
                child.kill()

    def _condemn(self) -> None:
        """Choose who has served enough."""
        look_at_memory = self.settings.max_memory and time.monotonic() >= self._next_memory
        if look_at_memory:
            self._next_memory = time.monotonic() + _LOOK_AT_MEMORY
        for child in self._active():
            if child in self._doomed or child.slot is None or not child.ready:
                continue
            reason = self._reason_to_replace(child, bool(look_at_memory))
            if reason is not None:
                self.bus.log(f"Worker {child.pid} is replaced: {reason}")
                self._doomed.append(child)

    def _reason_to_replace(self, child: Child, look_at_memory: bool) -> str | None:
        served = 0 if child.slot is None else child.slot.served
        if child.most_requests is not None and served >= child.most_requests:
            return f"{served} requests"
        if child.oldest is not None and child.age >= child.oldest:
            return f"{child.age:.0f} s old"
        if look_at_memory and self.settings.max_memory is not None:
            size = memory(child.pid) or 0
            if size > self.settings.max_memory:
                return f"{size} MiB"
        return None

    def _fill_up(self) -> None:
        """Start who is missing, retire who is too much."""
        active = self._active()
        if not all(child.ready for child in active):
            return
        # A doomed worker goes when its successor serves.
        if len(active) < self.wanted + bool(self._doomed):
            if time.monotonic() >= self._next_start:
                self._spawn()
        elif len(active) > self.wanted:
            self._failures = 0
            (self._doomed or active)[0].retire()
            self._doomed = [child for child in self._doomed if child.retiring is None]

    # The end

    def stop(self) -> None:
        """Have all workers finish; end by force who does not."""
        if os.getpid() != self._parent:
            return
        self.board.withdraw()
        for child in self.children:
            child.retire()
        while self.children:
            if self.bus.hurried:
                for child in self.children:
                    child.kill()
            self._reap()
            self._end_the_silent()
            time.sleep(_PAUSE)

    def ask(self, about: str) -> list[dict[str, Any]]:
        """Return what the workers say about "status" or "threads".

        One that does not answer within two seconds is described from the outside.
        """
        self._questions += 1
        number = self._questions
        waiting = [child for child in self.children if child.ready]
        for child in waiting:
            child.ask(number, about)
        answers: dict[int, dict[str, Any]] = {}
        deadline = time.monotonic() + _ANSWER_TIMEOUT
        while len(answers) < len(waiting) and time.monotonic() < deadline:
            for child in waiting:
                child.read()
                answer = child.answer(number)
                if answer is not None:
                    answers[child.pid] = answer
            time.sleep(_PAUSE)
        return [
            {
                "pid": child.pid,
                "phase": child.phase,
                "age": round(child.age, 3),
                "memory_mib": memory(child.pid),
                "served": None if child.slot is None else child.slot.served,
                **answers.get(child.pid, {}),
            }
            for child in self.children
        ]

    # A new program in this process

    def files(self) -> list[dict[str, int]]:
        """Return process, descriptor and phase of the workers, for the next program."""
        return [
            {
                "pid": child.pid,
                "file": child.connection.fileno(),
                "retiring": int(child.retiring is not None),
            }
            for child in self.children
        ]

    def adopt(self, workers: list[dict[str, int]]) -> None:
        """Take over the workers of the program that was here before, to replace them."""
        for told in workers:
            os.set_inheritable(told["file"], False)
            child = Child(told["pid"], socket.socket(fileno=told["file"]), None)
            if told["retiring"]:
                child.retiring = child.born
            self.children.append(child)
        # They serve until there are new ones.
        self._doomed = self._active()
