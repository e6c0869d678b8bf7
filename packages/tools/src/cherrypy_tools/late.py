"""Tools whose functions are imported when a request first needs them."""

from __future__ import annotations

from cherrypy_core.hooks import Hook
from cherrypy_tools.tool import ErrorTool, HandlerTool, Tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cherrypy_tools.tool import Sink

__all__ = ["Late", "LateErrorTool", "LateHandlerTool", "LateTool"]


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
        value = _function(self._source)
        # Not by setattr: nothing has changed that anybody would have to be told of.
        self.__dict__["callable"] = value
        self.__dict__["__doc__"] = value.__doc__
        return value


def _function(source: str) -> Callable[..., Any]:
    from importlib import import_module  # noqa: PLC0415  (nothing is late without it)

    module, _, name = source.rpartition(".")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


class LateTool(Late):
    """A `Tool` that is given where its function is, not the function.

    Args:
        point: the hook point, such as "before_handler".
        source: module and name of the function, with dots.
        name: the name in the configuration. Default: the attribute of the toolbox.
        priority: 0 to 100, lower runs earlier; `tools.NAME.priority` overrides it.
        plain: module and name of a function that does the same as the other one without
            arguments, at less cost.
    """

    def __init__(
        self,
        point: str,
        source: str,
        name: str | None = None,
        priority: int = 50,
        plain: str | None = None,
    ) -> None:
        self._point = point
        self._source = source
        self._name = name
        self._priority = priority
        self._plain = plain

    def enter(self, settings: dict[str, Any], sink: Sink) -> None:
        """Attach the tool's hook, with *settings* as its arguments, to *sink*."""
        # An application may have put another function in the place of ours.
        if self._plain and settings.keys() <= {"priority"} and self._is_ours():
            priority = settings.get("priority")
            hook = Hook(
                _function(self._plain), priority=self._priority if priority is None else priority
            )
            sink.add(self._point, hook)
        else:
            super().enter(settings, sink)

    def _is_ours(self) -> bool:
        return self.callable is _function(self._source)


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


class LateErrorTool(Late, ErrorTool):
    """An `ErrorTool` that is given where its function is, not the function.

    Args:
        source: module and name of the function, with dots.
        name: the name in the configuration. Default: the attribute of the toolbox.
    """

    def __init__(self, source: str, name: str | None = None) -> None:
        self._point = ""
        self._source = source
        self._name = name
        self._priority = 50
