"""Where the sessions of a site are kept, and who cleans up after them."""

from __future__ import annotations

from cherrypy_wspbus.plugins import Monitor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cherrypy_sessions import RamSession
    from cherrypy_wspbus import Bus

__all__ = ["CleanUp", "OwnSessions"]


class CleanUp:
    """Has the expired sessions of a backend removed while the bus is started.

    Args:
        bus: the bus.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def __call__(
        self, callback: Callable[[], None], frequency_minutes: float, name: str
    ) -> Monitor:
        """Call *callback* every so many minutes (the `Scheduler` of cherrypy_sessions)."""
        monitor = Monitor(self._bus, callback, frequency_minutes * 60, name)
        monitor.subscribe()
        if self._bus.state is self._bus.states.STARTED:
            monitor.start()
        return monitor


class OwnSessions:
    """Makes sessions that are kept in memory, apart from those of all other sites.

    The class of such sessions is made, and their module imported, with the first one.
    """

    def __init__(self) -> None:
        self._class: type[RamSession] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> RamSession:
        """Return a new session object (see `RamSession`)."""
        cls = self._class
        if cls is None:
            from cherrypy_sessions import RamSession  # noqa: PLC0415  (not every site's need)

            members = {"__module__": __name__, "cache": {}, "locks": {}}
            cls = self._class = type("OwnRamSession", (RamSession,), members)
        return cls(*args, **kwargs)
