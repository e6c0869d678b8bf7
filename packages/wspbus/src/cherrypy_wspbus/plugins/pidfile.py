"""A file with the process id."""

from __future__ import annotations

import errno
import os

from cherrypy_wspbus._priority import priority
from cherrypy_wspbus.failures import SetupError
from cherrypy_wspbus.plugins.simple import SimplePlugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cherrypy_wspbus._bus import Bus

__all__ = ["PIDFile"]

_LONGEST = 32
"""Bytes to read of what an earlier process has written."""


class PIDFile(SimplePlugin):
    """A plugin that writes the process id to a file on `start` and removes it on `exit`.

    It comes after the `Daemonizer`, which changes the process id. While the process runs it
    keeps a lock on the file (where the system has such locks): a second process with the same
    file refuses to start, and a file that a killed process left behind is known to be stale
    and replaced, whoever has that process id now.

    Args:
        bus: the bus.
        pidfile: path of the file; a relative one counts from the directory at this moment.

    Attributes:
        finalized: true while the file is written.
    """

    def __init__(self, bus: Bus, pidfile: str | os.PathLike[str]) -> None:
        super().__init__(bus)
        self.pidfile = pidfile
        self.finalized = False
        self._path = os.path.abspath(pidfile)  # noqa: PTH100  (pathlib costs 10 ms to import)
        self._writer: int | None = None
        # Open as long as the lock is held.
        self._file: int | None = None

    @priority(70)
    def start(self) -> None:
        """Write the process id and a newline, replacing what an earlier process left.

        Raises:
            SetupError: if the file cannot be written, or belongs to a process that runs.
        """
        pid = os.getpid()
        if self.finalized:
            self.bus.log(f"PID {pid} already written to {self.pidfile!r}.")
            return
        try:
            self._file = self._make(pid)
        except SetupError:
            raise
        except OSError as error:
            problem = f"Cannot write the PID file '{self._path}'"
            raise SetupError.because(problem, error) from error
        self.bus.log(f"PID {pid} written to {self.pidfile!r}.")
        self.finalized = True
        self._writer = pid

    def _make(self, pid: int) -> int | None:
        """Write the file; return it open and locked, None where it cannot be locked."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except PermissionError:
            return self._keep(pid)
        try:
            current = self._write(file, pid)
        except BaseException:
            os.close(file)
            raise
        if current and os.name == "posix":
            return file
        # On other systems an open file could not be removed.
        os.close(file)
        return None if current else self._make(pid)

    def _keep(self, pid: int) -> int:
        """Return the file, locked, if the superuser that we were before a restart wrote it."""
        file = os.open(self._path, os.O_RDONLY)
        if os.read(file, _LONGEST) == f"{pid}\n".encode() and _lock(file, shared=True):
            return file
        os.close(file)
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def _write(self, file: int, pid: int) -> bool:
        """Lock the file and write the id; tell if it is still the one of that name."""
        found = os.read(file, _LONGEST).decode("ascii", "replace").strip()
        if not _lock(file):
            raise SetupError(
                f"The PID file '{self._path}' belongs to a process that runs, {found or '?'}: "
                "stop that, or use another file."
            )
        try:
            there = os.stat(self._path)  # noqa: PTH116  (no pathlib)
        except FileNotFoundError:
            there = None
        if there is None or not os.path.samestat(os.fstat(file), there):
            # Its owner has removed it since we opened it.
            return False
        if found and found != str(pid):
            self.bus.log(f"Replacing the stale PID file '{self._path}' of process {found}.")
        os.ftruncate(file, 0)
        os.lseek(file, 0, os.SEEK_SET)
        os.write(file, f"{pid}\n".encode())
        return True

    def exit(self) -> None:
        """Remove the file.

        It stays if another process (the parent of this one) wrote it, or if this one is about
        to be replaced: the next one has the same id, but perhaps not the right to write it.
        """
        if not self.finalized or self._writer != os.getpid():
            return
        self.finalized = False
        if not self.bus.execv:
            self._remove()
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _remove(self) -> None:
        try:
            os.remove(self._path)  # noqa: PTH107  (no pathlib)
        except OSError as error:
            self.bus.log(f"PID file {self.pidfile!r} could not be removed: {error}")
        else:
            self.bus.log(f"PID file removed: {self.pidfile!r}.")


def _lock(file: int, shared: bool = False) -> bool:
    """Lock an open file for this process; tell whether that worked or cannot be done here.

    A lock of fcntl(2) ends with the process, and is not inherited by its children.
    """
    try:
        import fcntl  # noqa: PLC0415  (Unix only)
    except ImportError:
        return True
    try:
        fcntl.lockf(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        # Some file systems have no locks.
        return error.errno not in (errno.EACCES, errno.EAGAIN)
    return True
