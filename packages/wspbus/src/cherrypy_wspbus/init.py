"""Being process 1, as in a container: reaping orphans and passing signals on.

The kernel gives process 1 every process whose parent has died, and it ignores signals that
process 1 has no handler for. A program that waits for its own children only lets the others
pile up as zombies; one that waits for all takes the exit codes away from `subprocess`.
So the program goes on in a child, and process 1 does nothing else.
"""

from __future__ import annotations

import logging
import os
import threading

from cherrypy_wspbus import reexec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import NoReturn

__all__ = ["run_below_init"]

_KILLED = 128
"""Added to the number of the signal that ended a process: its exit code for the shell."""

_FIRST_FILE = 3
"""Below it are the standard streams."""

# Raised by the program itself where it goes wrong; blocking them is undefined.
_SYNCHRONOUS = ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGSYS", "SIGTRAP")

_ADDRESSED = ("LISTEN_PID", "WATCHDOG_PID")
"""Environment variables with the id of the process that the others of their kind are for."""


def _ignore(_message: str, _level: int = logging.INFO) -> None:
    """Log nothing."""


def run_below_init(log: Callable[[str, int], object] = _ignore, *, process: int = 1) -> bool:
    """Go on in a child of this process, if this one is process 1; else do nothing.

    Process 1 then passes every signal on to the child, reaps orphans, and ends with the child's
    exit code (128 and the signal's number if a signal ended it). To be called at the beginning
    of a program, before it starts threads.

    Args:
        log: called with a text and a level if it cannot be done.
        process: the process id that makes it necessary.

    Returns:
        True in the child, False where nothing was done.
    """
    if os.getpid() != process or not hasattr(os, "fork"):
        return False
    others = [t.name for t in threading.enumerate() if t is not threading.current_thread()]
    if others:
        message = (
            f"Process {process} does not reap orphans: the threads {others} would not survive "
            "the fork. Call run_below_init() before they start."
        )
        log(message, logging.WARNING)
        return False

    import signal  # noqa: PLC0415  (slow to import)

    spared = {getattr(signal, name) for name in _SYNCHRONOUS if hasattr(signal, name)}
    waited = signal.valid_signals() - spared
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waited)
    reexec.flush_standard_streams()
    child = os.fork()
    if child:
        _serve(child, waited)
    # While SIGTTOU is blocked: a process in the background may not ask for the terminal.
    _take_terminal()
    for name in _ADDRESSED:
        if os.environ.get(name) == str(process):
            # What systemd has for this program is for the child now.
            os.environ[name] = str(os.getpid())
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return True


def _take_terminal() -> None:
    """Make this process the one that Ctrl-C is for; it would get it twice otherwise."""
    try:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
    except OSError:
        # There is no terminal, as usual in a container.
        return


def _serve(child: int, waited: Collection[int]) -> NoReturn:
    """Be process 1 until the child ends."""
    import signal  # noqa: PLC0415  (slow to import)

    reexec.close_files(_FIRST_FILE)
    while True:
        number = signal.sigwait(waited)
        if number != signal.SIGCHLD:
            try:
                os.kill(child, number)
            except ProcessLookupError:
                # It has ended; SIGCHLD is on its way.
                continue
            continue
        code = _reap(child)
        if code is not None:
            os._exit(code)


def _reap(child: int) -> int | None:
    """Take the exit codes of all that have ended; return the child's, None if it lives."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if not pid:
            return code
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            if code < 0:
                code = _KILLED - code
