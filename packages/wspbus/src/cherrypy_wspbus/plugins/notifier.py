"""Telling systemd about the bus."""

from __future__ import annotations

import os

from cherrypy_wspbus._priority import priority
from cherrypy_wspbus.plugins.simple import SimplePlugin
from cherrypy_wspbus.plugins.tasks import BackgroundTask
from cherrypy_wspbus.systemd import notify, reloading, watchdog_interval

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cherrypy_wspbus._bus import Bus

__all__ = ["Notifier"]


def _alive() -> bool:
    return True


class Notifier(SimplePlugin):
    """A plugin that keeps systemd informed (`Type=notify`, `Type=notify-reload`, `WatchdogSec=`).

    READY when everything on the bus has started, RELOADING and READY around `graceful`,
    RELOADING before a restart (the new process says READY), STOPPING when the bus exits, and
    the state as STATUS. With a watchdog a thread gives a sign of life twice per
    interval, as long as `healthy()` is true. Without systemd the plugin does nothing.

    Args:
        bus: the bus.
        healthy: called in the watchdog's thread; returns false if systemd should replace the
            process. By default it is enough that the process runs.

    Attributes:
        thread: the watchdog's thread, None if there is none.
    """

    def __init__(self, bus: Bus, healthy: Callable[[], bool] = _alive) -> None:
        super().__init__(bus)
        self.healthy = healthy
        self.thread: BackgroundTask | None = None

    def subscribe(self) -> None:
        """Inform systemd from now on."""
        super().subscribe()
        self.bus.subscribe("started", self.started)
        self.bus.subscribe("graceful", self.reloaded)

    def unsubscribe(self) -> None:
        """Say nothing more."""
        super().unsubscribe()
        self.bus.unsubscribe("started", self.started)
        self.bus.unsubscribe("graceful", self.reloaded)
        self._end_watchdog()

    def status(self, text: str) -> bool:
        """Show one line of text in `systemctl status`; tell whether it was sent."""
        return notify(f"STATUS={text}")

    def started(self) -> None:
        """Say that the service is ready, and begin to give signs of life."""
        # A daemon has another process id than the one that systemd has started.
        notify("READY=1", f"MAINPID={os.getpid()}", "STATUS=Started")
        interval = watchdog_interval()
        if interval is not None and self.thread is None:
            self._give_sign()
            self.thread = BackgroundTask(interval / 2, self._give_sign, bus=self.bus)
            self.thread.name = "Watchdog"
            self.thread.start()

    @priority(0)
    def stop(self) -> None:
        """Say what the stop is for: a restart, the end, or neither."""
        if not self.bus.exiting:
            notify("STATUS=Stopped")
        elif self.bus.execv:
            notify(*reloading(), "STATUS=Restarting")
        else:
            notify("STOPPING=1", "STATUS=Stopping")

    @priority(0)
    def graceful(self) -> None:
        """Say that a reload begins."""
        notify(*reloading(), "STATUS=Reloading")

    @priority(100)
    def reloaded(self) -> None:
        """Say that the reload is over."""
        notify("READY=1", "STATUS=Started")

    @priority(100)
    def exit(self) -> None:
        """Give no more signs of life."""
        self._end_watchdog()

    def _end_watchdog(self) -> None:
        thread, self.thread = self.thread, None
        if thread is not None:
            thread.cancel()

    def _give_sign(self) -> None:
        if self.healthy():
            notify("WATCHDOG=1")
