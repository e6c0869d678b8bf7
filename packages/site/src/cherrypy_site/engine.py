"""The bus of a site, with the plugins that every site has."""

from __future__ import annotations

import os

from cherrypy_wspbus import Bus
from cherrypy_wspbus.plugins import (
    Autoreloader,
    SignalHandler,
    ThreadManager,
    TimeoutMonitor,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_core.request import Request
    from cherrypy_core.response import Response

__all__ = ["Engine", "Signals"]


class Signals:
    """Everything about signals of the operating system, to be subscribed in one call.

    Args:
        bus: the bus whose `signal_handler` (and, on Windows, `console_control_handler`)
            this stands for.
    """

    def __init__(self, bus: Bus) -> None:
        self.bus = bus

    def _handlers(self) -> list[Any]:
        names = ("signal_handler", "console_control_handler")
        return [getattr(self.bus, name) for name in names if hasattr(self.bus, name)]

    def subscribe(self) -> None:
        """Handle signals from now on. To be called in the main thread."""
        for handler in self._handlers():
            handler.subscribe()

    def unsubscribe(self) -> None:
        """Handle signals no more; who handled them before does so again."""
        for handler in self._handlers():
            handler.unsubscribe()


class Engine(Bus):
    """The bus of a site. Its plugins are attributes, which configuration can reach.

    Attributes:
        autoreload: restarts the process when one of its files changes. Subscribed.
        thread_manager: tells listeners about new threads. Subscribed.
        timeout_monitor: has responses look whether they take too long. Subscribed.
        signal_handler: SIGTERM and its like. Not subscribed: `quickstart` does that.
        signals: subscribes all that has to do with signals.
        console_control_handler: Ctrl-C and the like (Windows only). Not subscribed, as above.
        under_way: the requests that the site's applications are serving, in all threads.
    """

    # What is embedded in another program never ends that program's process.
    may_exit_process = False

    def __init__(self) -> None:
        super().__init__()
        self.autoreload = Autoreloader(self)
        self.autoreload.subscribe()
        self.thread_manager = ThreadManager(self)
        self.thread_manager.subscribe()
        self.under_way: set[Request] = set()
        self.timeout_monitor = TimeoutMonitor(self, self._responses)
        self.timeout_monitor.subscribe()
        self.signal_handler = SignalHandler(self)
        self.signals = Signals(self)
        if os.name == "nt":
            from cherrypy_wspbus.win32 import ConsoleCtrlHandler  # noqa: PLC0415  (Windows only)

            self.console_control_handler = ConsoleCtrlHandler(self)

    def _responses(self) -> list[Response]:
        """Return the responses under way. Other threads begin and end some meanwhile."""
        return [request.response_served for request in self.under_way.copy()]
