"""Functions that run at named points of a request."""

from __future__ import annotations

import logging

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

__all__ = ["Hook", "HookMap", "hookpoints", "run_hooks"]

#: The points, in the order in which a request meets them; the last two on errors only.
hookpoints = [
    "on_start_resource",
    "before_request_body",
    "before_handler",
    "before_finalize",
    "on_end_resource",
    "on_end_request",
    "before_error_response",
    "after_error_response",
]


class Hook:
    """A callback with its keyword arguments, its priority and whether it must always run.

    Args:
        callback: what to call, without positional arguments.
        failsafe: run it even if a hook before it at the same point has failed. Default:
            the callback's attribute of that name, else False.
        priority: 0 to 100, lower runs earlier. Default: the callback's attribute of that
            name, else 50.
        **kwargs: passed to the callback.

    Attributes:
        is_due: the callback's attribute of that name, if it has one: tells at the end of a
            request that is complete whether a hook at `on_end_request` has anything to do.
            If none has, they are not called, which saves keeping the request.
    """

    __slots__ = ("__dict__", "callback", "failsafe", "is_due", "kwargs", "priority")

    def __init__(
        self,
        callback: Callable[..., Any],
        failsafe: bool | None = None,
        priority: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.callback = callback
        self.failsafe = getattr(callback, "failsafe", False) if failsafe is None else failsafe
        self.priority = getattr(callback, "priority", 50) if priority is None else priority
        self.is_due: Callable[[], bool] | None = getattr(callback, "is_due", None)
        self.kwargs = kwargs

    def __lt__(self, other: Hook) -> bool:
        return self.priority < other.priority

    def __call__(self) -> Any:
        """Call the callback."""
        return self.callback(**self.kwargs)

    def __repr__(self) -> str:
        arguments = "".join(f", {name}={value!r}" for name, value in self.kwargs.items())
        return (
            f"{type(self).__name__}(callback={self.callback!r}, failsafe={self.failsafe!r}, "
            f"priority={self.priority!r}{arguments})"
        )


def run_hooks(hooks: Iterable[Callable[[], Any]]) -> None:
    """Call *hooks* in the order given.

    When one fails, those after it are skipped, but for the failsafe ones; then its
    exception is raised. Whatever the failsafe ones raise in their turn is logged.
    """
    pending = iter(hooks)
    try:
        for hook in pending:
            hook()
    except BaseException:
        _run_failsafe(pending)
        raise


def _run_failsafe(pending: Iterator[Callable[[], Any]]) -> None:
    for hook in pending:
        if getattr(hook, "failsafe", False):
            try:
                hook()
            except Exception:
                logging.getLogger("cherrypy.error").exception("A failsafe hook failed: %r", hook)


class HookMap(dict):  # type: ignore[type-arg]  # dict[str, list[Hook]], callable with `points`
    """Hook points and the hooks attached to each: what `request.hooks` is."""

    def __init__(self, points: Iterable[str] = ()) -> None:
        super().__init__((point, []) for point in points)

    def attach(
        self,
        point: str,
        callback: Callable[..., Any],
        failsafe: bool | None = None,
        priority: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Add a `Hook` made of the arguments to *point*.

        Raises:
            KeyError: there is no such point.
        """
        self[point].append(Hook(callback, failsafe, priority, **kwargs))

    def run(self, point: str) -> None:
        """Call the hooks of *point* in the order of their priorities."""
        hooks = self[point]
        if hooks:
            run_hooks(sorted(hooks))

    @classmethod
    def run_hooks(cls, hooks: Iterable[Hook]) -> None:
        """Call *hooks* in the order given (see `run_hooks`)."""
        run_hooks(hooks)

    def copy(self) -> HookMap:
        """Return a map with the same hooks in lists of its own."""
        new = type(self)()
        for point, hooks in self.items():
            new[point] = hooks[:]
        return new

    __copy__ = copy

    def __repr__(self) -> str:
        return f"{type(self).__name__}(points={list(self)!r})"
