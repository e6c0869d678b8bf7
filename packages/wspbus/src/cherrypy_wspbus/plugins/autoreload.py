"""Restarting the process when one of its files changes."""

from __future__ import annotations

import logging
import os
import re
import sys

from cherrypy_wspbus._priority import priority
from cherrypy_wspbus.plugins.tasks import Monitor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from cherrypy_wspbus._bus import Bus

__all__ = ["Autoreloader"]


class Autoreloader(Monitor):
    """A plugin that restarts the process when a file changes or vanishes.

    It watches the files of all loaded modules and those in `files`. A Python file that does not
    compile is not a reason to restart: the error is logged and the old code goes on
    until the file is right.

    Args:
        bus: the bus.
        frequency: seconds between two looks at the files.
        match: regular expression; modules whose names do not match at the beginning are
            not watched.

    Attributes:
        files: paths of further files to watch.
        mtimes: path -> time of the last change when it was first seen, None if there was
            no such file.
    """

    files: set[str]
    frequency: float = 1
    match: str = ".*"

    def __init__(self, bus: Bus, frequency: float = 1, match: str = ".*") -> None:
        super().__init__(bus, self.run, frequency)
        self.mtimes: dict[str, float | None] = {}
        self.files = set()
        self.match = match
        # Relative paths count from here, wherever the program goes.
        self._directory = os.path.abspath(os.curdir)  # noqa: PTH100  (no pathlib: 10 ms)

    @priority(70)
    def start(self) -> None:
        """Forget what was seen and start looking."""
        if self.thread is None:
            self.mtimes = {}
        super().start()

    def sysfiles(self) -> set[str]:
        """Return the paths of the files that the loaded modules come from.

        A module from a zip file stands for the zip file.
        """
        matches = re.compile(self.match).match
        files = set()
        for name, module in list(sys.modules.items()):
            if matches(name):
                path = _module_file(module)
                if path:
                    files.add(os.path.join(self._directory, path))  # noqa: PTH118  (no pathlib)
        return files

    def run(self) -> None:
        """Look at all files once and restart the bus if one has changed."""
        for path in self.sysfiles() | self.files:
            source = _source(path)
            try:
                mtime = os.stat(source).st_mtime  # noqa: PTH116  (no pathlib)
            except OSError:
                mtime = None
            if source not in self.mtimes:
                self.mtimes[source] = mtime
            elif mtime != self.mtimes[source]:
                self.mtimes[source] = mtime
                if self._is_sound(source):
                    self._restart(source)
                    return

    def _is_sound(self, path: str) -> bool:
        """Tell whether the process could start with this file; if not, log why."""
        if not path.endswith((".py", ".pyw")):
            return True
        try:
            with open(path, "rb") as file:  # noqa: PTH123  (no pathlib)
                compile(file.read(), path, "exec", dont_inherit=True)
        except OSError:
            return True
        except (SyntaxError, ValueError) as error:
            message = f"Not restarting, {path} does not compile: {error}"
            self.bus.log(message, level=logging.ERROR)
            return False
        return True

    def _restart(self, path: str) -> None:
        self.bus.log(f"Restarting because {path} changed.")
        self.stop()
        self.bus.restart()


def _source(path: str) -> str:
    """Return the path of the source for that of a compiled file, if the source is beside it."""
    if path.endswith(".pyc") and os.path.exists(path[:-1]):  # noqa: PTH110  (no pathlib)
        return path[:-1]
    return path


def _module_file(module: ModuleType | None) -> str | None:
    """Return the path of the file a module comes from, None if there is none.

    Looks into the module's dict only: lazy modules import themselves on attribute access.
    """
    names = getattr(module, "__dict__", None)
    if not isinstance(names, dict):
        return None
    archive = getattr(names.get("__loader__"), "archive", None)
    path = archive or names.get("__file__")
    return path if isinstance(path, str) else None
