"""Tools that are gone: configuration that still has them gets a warning, not an error."""

from __future__ import annotations

from cherrypy_tools.tool import Tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["DeprecatedTool"]


class DeprecatedTool(Tool):
    """A tool that does nothing but warn, where it is switched on or used as a decorator.

    Args:
        point: the hook point that it had.
        warnmsg: the warning. Default: the class's.
    """

    warnmsg = "This Tool is deprecated."

    def __init__(self, point: str, warnmsg: str | None = None) -> None:
        self._point = point
        self._name = None
        self._priority = 50
        if warnmsg is not None:
            self.warnmsg = warnmsg

    def callable(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing."""

    def __call__(self, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        """Warn; return a decorator that changes nothing."""
        del args, kwargs
        self._warn()
        return lambda handler: handler

    def enter(self, settings: dict[str, Any], sink: Any) -> None:
        """Warn, once for each part of the configuration that switches the tool on."""
        del settings, sink
        self._warn()

    def _warn(self) -> None:
        import warnings  # noqa: PLC0415  (old configuration only)

        warnings.warn(f"tools.{self._name}: {self.warnmsg}", DeprecationWarning, stacklevel=3)
