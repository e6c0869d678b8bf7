"""The base of plugins: an object whose methods are subscribed by their names."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cherrypy_wspbus._bus import Bus

__all__ = ["SimplePlugin"]

_STANDARD_CHANNELS = (
    "start",
    "main",
    "stop",
    "graceful",
    "exit",
    "log",
    "before_request",
    "after_request",
    "acquire_thread",
    "start_thread",
    "stop_thread",
    "release_thread",
)
"""Subscribed to even if nobody has mentioned them on this bus yet."""


class SimplePlugin:
    """An object whose methods named like channels listen to these channels.

    The channels are the standard ones and all that the bus knows when `subscribe` is called.
    A method brings its priority along as an attribute `priority`.

    Attributes:
        bus: the bus the plugin belongs to.
    """

    bus: Bus

    def __init__(self, bus: Bus) -> None:
        self.bus = bus

    def subscribe(self) -> None:
        """Subscribe the methods; once more does no harm."""
        for channel, method in self._listeners():
            self.bus.subscribe(channel, method)

    def unsubscribe(self) -> None:
        """Unsubscribe the methods; harmless if they are not subscribed."""
        for channel, method in self._listeners():
            self.bus.unsubscribe(channel, method)

    def _listeners(self) -> Iterator[tuple[str, Any]]:
        for channel in dict.fromkeys((*_STANDARD_CHANNELS, *self.bus.listeners)):
            method = getattr(self, channel, None)
            if callable(method):
                yield channel, method
