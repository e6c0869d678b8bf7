"""The channels of a bus: a dict of sets that notice when they are edited in place.

Applications edit `bus.listeners[channel]` directly, and the bus publishes from tuples it
has computed beforehand. These two classes tell the bus which tuples are out of date.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from typing_extensions import Self

    Listener = Callable[..., Any]
    Changed = Callable[[str], None]

__all__ = ["Channels", "Listeners"]


class Listeners(set["Listener"]):
    """The listeners of one channel; calls `changed(channel)` after each edit."""

    __slots__ = ("_changed", "_channel")

    def __init__(self, channel: str, changed: Changed, listeners: Iterable[Listener] = ()) -> None:
        super().__init__(listeners)
        self._channel = channel
        self._changed = changed

    def add(self, element: Listener) -> None:
        super().add(element)
        self._changed(self._channel)

    def discard(self, element: object) -> None:
        super().discard(element)
        self._changed(self._channel)

    def remove(self, element: Listener) -> None:
        super().remove(element)
        self._changed(self._channel)

    def pop(self) -> Listener:
        element = super().pop()
        self._changed(self._channel)
        return element

    def clear(self) -> None:
        super().clear()
        self._changed(self._channel)

    def copy(self) -> set[Listener]:
        return set(self)

    def update(self, *others: Iterable[Listener]) -> None:
        super().update(*others)
        self._changed(self._channel)

    def difference_update(self, *others: Iterable[Any]) -> None:
        super().difference_update(*others)
        self._changed(self._channel)

    def intersection_update(self, *others: Iterable[Any]) -> None:
        super().intersection_update(*others)
        self._changed(self._channel)

    def symmetric_difference_update(self, other: Iterable[Listener]) -> None:
        super().symmetric_difference_update(other)
        self._changed(self._channel)

    def __ior__(self, other: Any) -> Self:  # type: ignore[override, misc]  # never a set of others
        self.update(other)
        return self

    def __isub__(self, other: Any) -> Self:  # type: ignore[misc]  # never a set of others
        self.difference_update(other)
        return self

    def __iand__(self, other: Any) -> Self:  # type: ignore[misc]  # never a set of others
        self.intersection_update(other)
        return self

    def __ixor__(self, other: Any) -> Self:  # type: ignore[override, misc]  # never a set of others
        self.symmetric_difference_update(other)
        return self

    def __reduce__(self) -> tuple[type[set[Listener]], tuple[list[Listener]]]:
        return set, (list(self),)


class Channels(dict[str, "set[Listener]"]):
    """The channels of a bus: name of the channel -> its listeners.

    A set that is stored here is copied into a `Listeners`. Calls `changed(channel)` after
    each edit.
    """

    __slots__ = ("_changed",)

    def __init__(self, names: Iterable[str], changed: Changed) -> None:
        super().__init__((name, Listeners(name, changed)) for name in names)
        self._changed = changed

    def __setitem__(self, channel: str, listeners: Iterable[Listener]) -> None:
        super().__setitem__(channel, Listeners(channel, self._changed, listeners))
        self._changed(channel)

    def __delitem__(self, channel: str) -> None:
        super().__delitem__(channel)
        self._changed(channel)

    def setdefault(self, channel: str, default: Iterable[Listener] = ()) -> set[Listener]:
        if channel not in self:
            self[channel] = default
        return self[channel]

    def pop(self, channel: str, *default: Any) -> Any:
        listeners = super().pop(channel, *default)
        self._changed(channel)
        return listeners

    def popitem(self) -> tuple[str, set[Listener]]:
        channel, listeners = super().popitem()
        self._changed(channel)
        return channel, listeners

    def clear(self) -> None:
        for channel in list(self):
            del self[channel]

    def update(self, *args: Any, **kwargs: Any) -> None:
        for channel, listeners in dict(*args, **kwargs).items():
            self[channel] = listeners
