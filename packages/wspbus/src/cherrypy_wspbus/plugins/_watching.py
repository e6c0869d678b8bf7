"""The thread that has the autoreloader look at its files."""

from __future__ import annotations

import logging
import os

from cherrypy_wspbus.plugins.tasks import BackgroundTask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_wspbus.plugins.autoreload import Autoreloader

__all__ = ["Watcher"]

_MILLISECONDS = 1000


class Watcher(BackgroundTask):
    """Looks when the system tells that something has changed, or every so many seconds.

    Args:
        reloader: whose files to watch.
    """

    def __init__(self, reloader: Autoreloader) -> None:
        super().__init__(reloader.frequency, reloader.run, bus=reloader.bus)
        self._reloader = reloader

    def run(self) -> None:
        """Watch until the thread is cancelled."""
        if self._reloader.use_watchfiles:
            try:
                from watchfiles import watch  # noqa: PLC0415  (an extra, and slow to import)
            except ImportError:
                pass
            else:
                self._wait_for_changes(watch)
        super().run()

    def _wait_for_changes(self, watch: Any) -> None:
        """Watch the directories of the files; return if that is not possible, or no more."""
        reloader = self._reloader
        try:
            while not self._cancelled.is_set():
                directories = _directories(reloader.watched())
                edition = reloader.edition
                changes = watch(
                    *directories,
                    watch_filter=None,
                    recursive=False,
                    stop_event=self._cancelled,
                    rust_timeout=max(int(self.interval * _MILLISECONDS), 1),
                    yield_on_timeout=True,
                    raise_interrupt=False,
                )
                # What has changed before the system was asked to tell comes with the first turn.
                unseen = True
                for changed in changes:
                    if changed or unseen:
                        reloader.run_all()
                        unseen = False
                    paths = reloader.watched()
                    if reloader.edition is not edition:
                        # Another module has been imported.
                        edition = reloader.edition
                        if _directories(paths) != directories:
                            break
        except Exception as error:  # noqa: BLE001  (whatever its Rust side raises)
            message = f"watchfiles cannot watch: {error}. Looking at the files instead."
            reloader.bus.log(message, level=logging.WARNING)


def _directories(paths: list[str]) -> set[str]:
    found = {os.path.dirname(path) for path in paths}  # noqa: PTH120  (no pathlib)
    return {path for path in found if os.path.isdir(path)}  # noqa: PTH112
