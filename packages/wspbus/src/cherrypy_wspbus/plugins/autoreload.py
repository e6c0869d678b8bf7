"""Restarting the process when one of its files changes."""

from __future__ import annotations

import logging
import os
import re
import sys
from threading import RLock

from cherrypy_wspbus._priority import priority
from cherrypy_wspbus._state import State
from cherrypy_wspbus.plugins._watching import Watcher
from cherrypy_wspbus.plugins.tasks import Monitor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any

    from cherrypy_wspbus._bus import Bus

__all__ = ["Autoreloader"]

_ALWAYS = 200
"""Files that are looked at each time. PERF: stat(2) costs 1 to 1.6 µs from Python."""

_IN_TURN = 100
"""Files of the others that are looked at each time. PERF: with the above 0.6 ms a second."""


class Autoreloader(Monitor):
    """A plugin that restarts the process when a file changes or vanishes.

    It watches the files of all loaded modules and those in `files`. It never restarts into a
    file that does not compile, nor into one that its check refuses: the error is logged, the old
    code goes on, and the restart comes when all files are right.

    If the library watchfiles is installed the system tells about changes. Otherwise the plugin
    looks at the files by itself, at no more than 300 at a time: each time at those of the
    program that were changed last, at the others (and at those of libraries) in turn.

    Args:
        bus: the bus.
        frequency: seconds between two looks at the files.
        match: regular expression; modules whose names do not match at the beginning are
            not watched.

    Attributes:
        files: paths of further files to watch.
        checks: path -> function that is called with the path when that file has changed, and
            raises an exception if the process could not start with it.
        mtimes: path -> time of the last change when it was last seen, None if there was
            no such file.
        use_watchfiles: false to do without that library; looked at on `start`.
    """

    files: set[str]
    frequency: float = 1
    match: str = ".*"
    use_watchfiles = True

    def __init__(self, bus: Bus, frequency: float = 1, match: str = ".*") -> None:
        super().__init__(bus, self.run, frequency)
        self.mtimes: dict[str, float | None] = {}
        self.files = set()
        self.checks: dict[str, Callable[[str], Any]] = {}
        self.match = match
        # Relative paths count from here, wherever the program goes.
        self._directory = os.path.abspath(os.curdir)  # noqa: PTH100  (no pathlib: 10 ms)
        # A thread that has been told to end may still be looking when the next one starts.
        self._looking = RLock()
        self._forget()

    def _forget(self) -> None:
        self.mtimes = {}
        # What has changed, and what of it the process could not start with.
        self._changed: list[str] = []
        self._unsound: set[str] = set()
        # What the lists of files below were made from, and where the turn has come to.
        self._made_from: tuple[Any, ...] = ()
        self._always: list[str] = []
        self._in_turn: list[str] = []
        self._turn = 0

    @priority(70)
    def start(self) -> None:
        """Take down how the files are now, and start looking."""
        if self.thread is None:
            with self._looking:
                self._forget()
                if self.frequency > 0:
                    self.watched()
        super().start()

    def graceful(self) -> None:
        """Go on in a new thread, with the present `frequency`.

        What was seen counts: the program that runs is still that of the start.
        """
        self.stop()
        if self.bus.state in (State.STARTING, State.STARTED):
            super().start()

    def _make_thread(self) -> Watcher:
        return Watcher(self)

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

    def watched(self) -> list[str]:
        """Return the paths of all files that are watched, those of the program first."""
        made_from = (self.match, tuple(self.files), tuple(sys.modules))
        with self._looking:
            # PERF: 6 µs for 500 modules; making the lists takes 3 ms.
            if made_from != self._made_from:
                self._make_lists()
                self._made_from = made_from
            return self._always + self._in_turn

    @property
    def edition(self) -> object:
        """An object that is another one as soon as `watched` has made other lists."""
        return self._made_from

    def _make_lists(self) -> None:
        own = {os.path.join(self._directory, path) for path in self.files}  # noqa: PTH118
        paths = {_source(path) for path in self.sysfiles() | own}
        for path in paths - self.mtimes.keys():
            self.mtimes[path] = _mtime(path)
        libraries = (os.path.dirname(os.__file__) + os.sep, *_LIBRARIES)  # noqa: PTH120

        def rank(path: str) -> tuple[bool, float]:
            return any(part in path for part in libraries), -(self.mtimes[path] or 0)

        ranked = sorted(paths, key=rank)
        self._always, self._in_turn = ranked[:_ALWAYS], ranked[_ALWAYS:]

    def run(self) -> None:
        """Look at the files whose turn it is, and restart the bus if one has changed."""
        with self._looking:
            self.watched()
            first, self._turn = self._turn, self._turn + _IN_TURN
            if self._turn >= len(self._in_turn):
                self._turn = 0
            self._look(self._always)
            self._look(self._in_turn[first : first + _IN_TURN])
            reason = self._reason() if self._changed else ""
        self._restart(reason)

    def run_all(self) -> None:
        """Look at all files, and restart the bus if one has changed."""
        with self._looking:
            self._look(self.watched())
            reason = self._reason() if self._changed else ""
        self._restart(reason)

    def _look(self, paths: Iterable[str]) -> None:
        """Note which of the files have changed since they were seen."""
        seen, stat = self.mtimes, os.stat
        for path in paths:
            # PERF: written out, this runs 300 times a second.
            try:
                mtime: float | None = stat(path).st_mtime
            except OSError:
                mtime = None
            if mtime != seen[path]:
                seen[path] = mtime
                self._changed.append(path)

    def _reason(self) -> str:
        """Return the path of a file that is a reason to restart, "" if there is none."""
        # An editor or a version control system changes many files at once: look at the rest.
        self._look(self.watched())
        changed, self._changed = self._changed, []
        for path in changed:
            self._unsound.discard(path)
            flaw = self._flaw(path)
            if flaw:
                self._unsound.add(path)
                self.bus.log(f"Not restarting, {path} {flaw}", level=logging.ERROR)
        return "" if self._unsound else changed[0]

    def _restart(self, path: str) -> None:
        if path:
            self.bus.log(f"Restarting because {path} changed.")
            self.stop()
            self.bus.restart()

    def _flaw(self, path: str) -> str:
        """Return why the process could not start with this file; "" if it could."""
        check = self.checks.get(path)
        try:
            if check is not None:
                check(path)
            if path.endswith((".py", ".pyw")):
                with open(path, "rb") as file:  # noqa: PTH123  (no pathlib)
                    compile(file.read(), path, "exec", dont_inherit=True)
        except OSError:
            # A file that has gone is a change like others.
            return ""
        except (SyntaxError, ValueError) as error:
            return f"does not compile: {error}" if check is None else f"is wrong: {error}"
        except Exception as error:  # noqa: BLE001  (whatever a check raises)
            return f"is wrong: {error}"
        return ""


_LIBRARIES = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))


def _mtime(path: str) -> float | None:
    try:
        return os.stat(path).st_mtime  # noqa: PTH116  (no pathlib)
    except OSError:
        return None


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
