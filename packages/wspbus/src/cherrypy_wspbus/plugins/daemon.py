"""Detaching the process from the terminal it was started from."""

from __future__ import annotations

import logging
import os
import threading

from cherrypy_wspbus import reexec
from cherrypy_wspbus._priority import priority
from cherrypy_wspbus.failures import SetupError
from cherrypy_wspbus.plugins.simple import SimplePlugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cherrypy_wspbus._bus import Bus

__all__ = ["Daemonizer", "is_daemon"]

_VARIABLE = "WSPBUS_DAEMON"
"""The environment variable with the process id of a daemon.

After a restart the process is still detached: it keeps its id, its streams and its sockets.
"""


def is_daemon() -> bool:
    """Tell whether a `Daemonizer` has detached this process, perhaps before a restart."""
    return os.environ.get(_VARIABLE) == str(os.getpid())


def _ignore(_message: str) -> None:
    """Log nothing."""


class Daemonizer(SimplePlugin):
    """A plugin that makes the process a daemon on `start` (Unix only).

    The process forks twice; the original one ends with code 0 as soon as the first fork
    has worked, so its code says nothing about the rest of the start. Threads do not survive a
    fork, hence the early priority of 65 (a server starts its threads at 75), and
    hence nothing is done but a warning logged if other threads run. After a restart of the bus
    the daemon goes on as it is, with the same process id.

    Args:
        bus: the bus.
        stdin: path of the file that replaces standard input.
        stdout: path of the file that standard output is appended to.
        stderr: path of the file that standard error is appended to.

    Attributes:
        finalized: true if the process has been daemonized.
    """

    def __init__(
        self,
        bus: Bus,
        stdin: str = os.devnull,
        stdout: str = os.devnull,
        stderr: str = os.devnull,
    ) -> None:
        super().__init__(bus)
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.finalized = False

    @priority(65)
    def start(self) -> None:
        """Daemonize the process, unless that has been done or other threads run.

        Raises:
            SetupError: if a file cannot be opened or the process cannot fork.
        """
        if self.finalized or is_daemon():
            self.bus.log("Already daemonized.")
            self.finalized = True
            return
        others = [t.name for t in threading.enumerate() if t is not threading.current_thread()]
        if others:
            self.bus.log(
                f"Not daemonizing: the threads {others} would not survive the fork. "
                "Start threads on the bus, at a priority above 65.",
                level=logging.WARNING,
            )
            return
        self.daemonize(self.stdin, self.stdout, self.stderr, self.bus.log)
        self.finalized = True

    @staticmethod
    def daemonize(
        stdin: str = os.devnull,
        stdout: str = os.devnull,
        stderr: str = os.devnull,
        logger: Callable[[str], object] = _ignore,
    ) -> None:
        """Go on in a grandchild of this process, in a new session, with other standard streams.

        Args:
            stdin: see the class.
            stdout: see the class.
            stderr: see the class.
            logger: called with a line of text at each step.

        Raises:
            SetupError: if a file cannot be opened or the process cannot fork.
        """
        if not hasattr(os, "fork"):
            raise SetupError("This system has no fork(): a Daemonizer works on Unix only.")

        # Opened before the fork, so that a wrong path still gives the command an exit code.
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        files = [
            _open("standard input", stdin, os.O_RDONLY),
            _open("standard output", stdout, append),
            _open("standard error", stderr, append),
        ]
        reexec.flush_standard_streams()

        logger("Forking once.")
        _fork_and_leave()
        # A leader of a session has no terminal; its child cannot get one either.
        os.setsid()
        logger("Forking twice.")
        _fork_and_leave()

        reexec.flush_standard_streams()
        for stream, file in enumerate(files):
            os.dup2(file, stream)
        for file in files:
            if file >= len(files):
                os.close(file)
        os.environ[_VARIABLE] = str(os.getpid())
        logger(f"Daemonized to PID: {os.getpid()}")


def _open(stream: str, path: str, flags: int) -> int:
    try:
        return os.open(path, flags, 0o666)
    except OSError as error:
        problem = f"Cannot open {path!r} as the daemon's {stream}"
        raise SetupError.because(problem, error) from error


def _fork_and_leave() -> None:
    """Fork; only the child returns. The parent leaves its handlers (atexit) to the child."""
    reexec.flush_standard_streams()
    try:
        child = os.fork()
    except OSError as error:
        raise SetupError.because("Cannot become a daemon", error) from error
    if child > 0:
        os._exit(0)
