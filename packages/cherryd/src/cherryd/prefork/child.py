"""Forking: a process that does one thing and ends, and what its parent knows of it."""

from __future__ import annotations

import atexit
import json
import os
import random
import signal
import socket
import time
import traceback
from typing import TYPE_CHECKING, Any

from cherryd.errors import CommandError
from cherrypy_wspbus import reexec

if TYPE_CHECKING:
    from collections.abc import Callable

    from cherryd.orders import WorkerSettings
    from cherryd.prefork.board import Slot

__all__ = ["Child", "ask_child", "fork", "report_end"]

_FAILED = 1
_LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of a worker's answer: the stacks of a thousand threads are a tenth of that."""


def fork(work: Callable[[], object]) -> int:
    """Fork; the child calls `work` and ends, this process gets the child's id.

    The child has none of this process's signal handlers and functions for the exit.
    """
    reexec.flush_standard_streams()
    everything = signal.valid_signals()
    # A signal that came before the child has its own handlers would run ours in it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, everything)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return pid
    code = _FAILED
    try:
        for number in everything - {signal.SIGKILL, signal.SIGSTOP}:
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
        # Ctrl-C goes to all processes of a terminal, the parent decides what follows.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        atexit._clear()  # noqa: SLF001  # what multiprocessing does by other means
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        work()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001  # nobody above us: this is the end of the process
        traceback.print_exc()
    finally:
        _end(code)
    return 0  # never reached


def _end(code: int) -> None:
    try:
        atexit._run_exitfuncs()  # noqa: SLF001  # those that the child's own code has registered
    finally:
        reexec.flush_standard_streams()
        os._exit(code)


def ask_child(work: Callable[[], Any]) -> Any:
    """Return what `work` returns in a child process that leaves no trace here.

    Raises:
        CommandError: if it raised one there, or the child ended otherwise.
    """
    reading, writing = os.pipe()

    def answer() -> None:
        os.close(reading)
        try:
            result = {"result": work()}
        except CommandError as error:
            result = {"error": str(error), "code": error.code}
        with os.fdopen(writing, "w") as file:
            json.dump(result, file)

    pid = fork(answer)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    os.waitpid(pid, 0)
    if not text:
        raise CommandError("the configuration ended the process that tried it")
    result = json.loads(text)
    if "error" in result:
        raise CommandError(result["error"], result["code"])
    return result["result"]


class Child:
    """What the parent knows of a worker.

    Args:
        pid: the process.
        connection: the parent's end of the connection.
        slot: where the worker writes signs of life; None for one of the program that was here
            before this one.

    Attributes:
        born: when it began (monotonic seconds).
        retiring: when it was told to end; None if it was not.
        killed: True if it was ended by force.
        failure: why it could not start, one line.
        reload: True if it has asked for a reload.
    """

    def __init__(self, pid: int, connection: socket.socket, slot: Slot | None) -> None:
        self.pid = pid
        self.connection = connection
        self.slot = slot
        self.born = time.monotonic()
        self.retiring: float | None = None
        self.killed = False
        self.failure: str | None = None
        self.reload = False
        self.most_requests: float | None = None
        self.oldest: float | None = None
        self._buffer = b""
        self._answers: dict[int, dict[str, Any]] = {}
        connection.setblocking(False)

    def limit(self, settings: WorkerSettings) -> None:
        """Choose this worker's own limits, somewhat above those of the settings."""
        factor = 1 + random.random() * settings.jitter / 100  # noqa: S311  # no secret
        if settings.max_requests is not None:
            self.most_requests = settings.max_requests * factor
        if settings.max_age is not None:
            self.oldest = settings.max_age * factor

    @property
    def ready(self) -> bool:
        """Whether it serves."""
        return self.slot is None or self.slot.ready

    @property
    def age(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.born

    @property
    def phase(self) -> str:
        """What it is doing, for people."""
        if self.retiring is not None:
            return "ending"
        return "serving" if self.ready else "starting"

    def send(self, number: int) -> None:
        """Send it a signal; harmless if it has ended."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            # To be reaped yet.
            return

    def retire(self) -> None:
        """Have it finish what it has at hand, and end."""
        if self.retiring is None:
            self.retiring = time.monotonic()
            self.send(signal.SIGTERM)

    def kill(self) -> None:
        """End it by force."""
        self.killed = True
        self.send(signal.SIGKILL)

    def ask(self, number: int, about: str) -> None:
        """Ask it about "status" or "threads"; `answer` has what it says, later."""
        try:
            line = json.dumps({"number": number, "about": about}).encode() + b"\n"
            self.connection.send(line)
        except OSError:
            # It has ended, or it has not read what it was asked before.
            return

    def answer(self, number: int) -> dict[str, Any] | None:
        """Return its answer to a question, None if there is none yet."""
        return self._answers.pop(number, None)

    def read(self) -> None:
        """Take in what it says."""
        try:
            while data := self.connection.recv(65536):
                self._buffer += data
                if len(self._buffer) > _LONGEST_LINE:
                    self._buffer = b""
        except OSError:
            # Nothing more at the moment.
            pass
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "answer" in message:
                self._answers[message.pop("answer")] = message
            elif message.get("event") == "reload":
                self.reload = True
            elif "failure" in message:
                self.failure = message["failure"]

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def report_end(status: int) -> str:
    """Say how a process has ended: its code, or the signal."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            return f"was ended by {signal.Signals(number).name}"
        except ValueError:
            return f"was ended by signal {number}"
    return f"ended with code {os.WEXITSTATUS(status)}"
