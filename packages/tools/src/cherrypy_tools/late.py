"""Tools whose functions are imported when a request first needs them."""

from __future__ import annotations

from cherrypy_tools.tool import HandlerTool, Tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Late", "LateHandlerTool", "LateTool"]


class Late(Tool):
    """A tool whose `callable` is looked up on first use, where `_source` says."""

    _source: str

    # NOTE: only called for attributes that are not there, so once per tool.
    def __getattr__(self, name: str) -> Any:
        if name == "on":
            # The property has refused: that is how Python comes here.
            raise AttributeError(self._on_is_config())
        if name != "callable":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415  (nothing is late without it)

        module, _, function = self._source.rpartition(".")
        value: Callable[..., Any] = getattr(import_module(module), function)
        # Not by setattr: nothing has changed that anybody would have to be told of.
        self.__dict__["callable"] = value
        self.__dict__["__doc__"] = value.__doc__
        return value


class LateTool(Late):
    """A `Tool` that is given where its function is, not the function.

    Args:
        point: the hook point, such as "before_handler".
        source: module and name of the function, with dots.
        name: the name in the configuration. Default: the attribute of the toolbox.
        priority: 0 to 100, lower runs earlier; `tools.NAME.priority` overrides it.
    """

    def __init__(
        self, point: str, source: str, name: str | None = None, priority: int = 50
    ) -> None:
        self._point = point
        self._source = source
        self._name = name
        self._priority = priority


class LateHandlerTool(Late, HandlerTool):
    """A `HandlerTool` that is given where its function is, not the function.

    Args:
        source: module and name of the function, with dots.
        name: the name in the configuration. Default: the attribute of the toolbox.
    """

    def __init__(self, source: str, name: str | None = None) -> None:
        self._point = "before_handler"
        self._source = source
        self._name = name
        self._priority = 50
