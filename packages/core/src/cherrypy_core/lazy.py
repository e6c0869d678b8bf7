"""Attributes that are computed when somebody first looks at them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    # What type checkers see: its typing is exactly that of `lazy`.
    from functools import cached_property as lazy
    from typing import Any
else:

    class lazy:  # noqa: N801  (used like a keyword)
        """A method whose result becomes an attribute of the instance on first use.

        Like `functools.cached_property`, without the lock that Python 3.11 and older
        take on each first use. Assigning the attribute replaces the computation.
        """

        def __init__(self, compute: Callable[[Any], Any]) -> None:
            self._compute = compute
            self._name = compute.__name__
            self.__doc__ = compute.__doc__

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            value = self._compute(instance)
            # PERF: not by way of `__dict__`, which an instance has only once it is asked for.
            setattr(instance, self._name, value)
            return value


class classproperty(property):  # noqa: N801  (used like `property`)
    """A property of a class (and so of its instances), computed at each look.

    Example:
        >>> class Page:
        ...     @classproperty
        ...     def title(cls):
        ...         return cls.__name__
    """

    def __init__(self, func: Callable[[Any], Any]) -> None:
        super().__init__(func)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self.fget(owner if owner is not None else type(instance))  # type: ignore[misc]


__all__ = ["classproperty", "lazy"]
