"""Watching how long responses take."""

from __future__ import annotations

from cherrypy_wspbus.plugins.tasks import Monitor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Protocol

    from cherrypy_wspbus._bus import Bus

    class Response(Protocol):
        """What the monitor needs of a response."""

        timed_out: bool

        def check_timeout(self) -> object:
            """Set `timed_out` if the response takes too long."""


__all__ = ["TimeoutMonitor"]


class TimeoutMonitor(Monitor):
    """A plugin that has every response under way look whether it takes too long.

    It calls `check_timeout()` of each of them while the bus is started; what happens to one
    that is then marked as `timed_out` is not its business.

    Args:
        bus: the bus.
        responses: returns the responses under way, those of all threads.
        frequency: seconds between two looks; 0 or less to do nothing.
    """

    def __init__(
        self, bus: Bus, responses: Callable[[], Iterable[Any]], frequency: float = 60
    ) -> None:
        super().__init__(bus, self.run, frequency)
        self._responses = responses

    @property
    def servings(self) -> list[Response]:
        """The responses under way."""
        return list(self._responses())

    def run(self) -> None:
        """Look at every response once."""
        for response in self.servings:
            if not response.timed_out:
                response.check_timeout()
