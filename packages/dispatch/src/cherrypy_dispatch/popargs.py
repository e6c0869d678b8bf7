"""`popargs`: names for the parts of a path that are no attributes."""

from __future__ import annotations

from cherrypy_core.serving import get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["popargs"]


def popargs(*args: str, **kwargs: Any) -> Callable[..., Any]:
    """Take parts off the path and hand them to the page handlers as parameters.

    As a decorator of a class it applies to the class's instances; the result may also be
    assigned to `_cp_dispatch` in a class body.

    Args:
        *args: the names for the parts, in order.
        **kwargs: only `handler`: where to go on from. An object; or a class, a function
            or anything else that can be called: it is called with the parts as keyword
            arguments (which then are no parameters of the request) and returns the
            object. Default: the decorated object itself.

    Raises:
        TypeError: another keyword argument than `handler`.

    Example:
        >>> @popargs("year", "month")
        ... class Blog:
        ...     def index(self, year=None, month=None): ...
    """
    handler = kwargs.pop("handler", None)
    if kwargs:
        raise TypeError(
            f"popargs() got an unexpected keyword argument {next(iter(kwargs))!r}; "
            "the only one is 'handler'"
        )
    calls_handler = callable(handler)

    def decorated(cls_or_self: Any = None, vpath: list[str] | None = None) -> Any:
        if isinstance(cls_or_self, type) and vpath is None:
            cls_or_self._cp_dispatch = decorated  # type: ignore[attr-defined]  # noqa: SLF001
            return cls_or_self
        path = [] if vpath is None else vpath
        taken = {name: path.pop(0) for name in args[: len(path)]}
        if calls_handler:
            return handler(**taken)
        request = get_request()
        if request is not None:
            request.params.update(taken)
        if handler is not None:
            return handler
        # The rest is looked up here: asking the same object again would pop once more.
        return getattr(cls_or_self, path.pop(0), None) if path else cls_or_self

    return decorated
