"""The priority a listener brings along."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

__all__ = ["DEFAULT_PRIORITY", "priority"]

DEFAULT_PRIORITY = 50
"""Of listeners that name none; 0 runs first, 100 last."""


def priority(value: float) -> Callable[[Function], Function]:
    """Return a decorator that sets `function.priority`, which `Bus.subscribe` looks at."""

    def decorate(function: Function) -> Function:
        function.__dict__["priority"] = value
        return function

    return decorate
