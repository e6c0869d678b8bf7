"""Dictionaries that tell when they change.

What follows from configuration is computed once and kept (see `cherrypy_core.plan`).
That is only safe if no edit goes unnoticed, in place or not: every mutating method of
dict is covered here.
"""

from __future__ import annotations

import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["ObservedDict", "Watchers"]


class Watchers:
    """Bound methods to be called on a change, held weakly: watching keeps nobody alive."""

    __slots__ = ("_methods",)

    def __init__(self) -> None:
        self._methods: list[weakref.WeakMethod[Callable[[], object]]] = []

    def add(self, method: Callable[[], object]) -> None:
        """Call the bound *method* after each change, for as long as its object lives."""
        self._methods = [ref for ref in self._methods if ref() is not None]
        self._methods.append(weakref.WeakMethod(method))

    def notify(self) -> None:
        """Call everyone who watches."""
        for ref in self._methods:
            method = ref()
            if method is not None:
                method()


class ObservedDict(dict):  # type: ignore[type-arg]  # keys and values are the subclass's to say
    """A dict that notifies its `watchers` after each mutation.

    A subclass that reacts itself overrides `changed` (and calls it up).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.watchers = Watchers()

    def changed(self) -> None:
        """Notify the watchers: called after each mutation."""
        self.watchers.notify()

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self.changed()

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        self.changed()

    def __ior__(self, other: Any) -> ObservedDict:  # type: ignore[misc]
        self.update(other)
        return self

    def clear(self) -> None:
        """Remove every item."""
        super().clear()
        self.changed()

    def pop(self, *args: Any) -> Any:
        """Remove a key and return its value (or the default given)."""
        value = super().pop(*args)
        self.changed()
        return value

    def popitem(self) -> tuple[Any, Any]:
        """Remove and return the last item."""
        item = super().popitem()
        self.changed()
        return item

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the value of *key*, after setting it to *default* if it is missing."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several items at once; the watchers are told once."""
        super().update(*args, **kwargs)
        self.changed()
