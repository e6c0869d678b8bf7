"""A file with the process id."""

from __future__ import annotations

import os

from cherrypy_wspbus._priority import priority
from cherrypy_wspbus.plugins.simple import SimplePlugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cherrypy_wspbus._bus import Bus

__all__ = ["PIDFile"]


class PIDFile(SimplePlugin):
    """A plugin that writes the process id to a file on `start` and removes it on `exit`.

    It comes after the `Daemonizer`, which changes the process id.

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

    @priority(70)
    def start(self) -> None:
        """Write the process id and a newline, replacing what an earlier process left."""
        pid = os.getpid()
        if self.finalized:
            self.bus.log(f"PID {pid} already written to {self.pidfile!r}.")
            return
        with open(self._path, "w", encoding="ascii") as file:  # noqa: PTH123  (no pathlib)
            file.write(f"{pid}\n")
        self.bus.log(f"PID {pid} written to {self.pidfile!r}.")
        self.finalized = True
        self._writer = pid

    def exit(self) -> None:
        """Remove the file, unless another process (the parent of this one) wrote it."""
        if not self.finalized or self._writer != os.getpid():
            return
        self.finalized = False
        try:
            os.remove(self._path)  # noqa: PTH107  (no pathlib)
        except OSError as error:
            self.bus.log(f"PID file {self.pidfile!r} could not be removed: {error}")
        else:
            self.bus.log(f"PID file removed: {self.pidfile!r}.")
