"""Toolboxes: tools under a config namespace."""

from __future__ import annotations

from cherrypy_core.observed import Watchers
from cherrypy_core.serving import current
from cherrypy_tools.tool import Tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from cherrypy_core.plan import Draft

    F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["Toolbox"]


class Toolbox:
    """Tools as attributes, switched on by `NAMESPACE.TOOL.on` in the configuration.

    Args:
        namespace: the config namespace. An application knows it once the toolbox is in
            its `toolboxes`.
    """

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        #: Who is told when a tool is added, replaced or changed.
        self.watchers = Watchers()

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Tool):
            if value._name is None:  # noqa: SLF001  (tools and their boxes know each other)
                value._name = name  # noqa: SLF001
            value.namespace = self.namespace
            value.watchers.add(self.changed)
        object.__setattr__(self, name, value)
        if "watchers" in self.__dict__:
            self.changed()

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self.changed()

    def changed(self) -> None:
        """Tell who watches that a tool was added, replaced or changed."""
        self.watchers.notify()

    def register(self, point: str, **kwargs: Any) -> Callable[[F], F]:
        """Return a decorator that makes a function a tool of this box.

        Args:
            point: the hook point.
            **kwargs: `name` and `priority`, as for `Tool`.
        """

        def add(function: F) -> F:
            name = kwargs.get("name", function.__name__)
            setattr(self, name, Tool(point, function, **kwargs))
            return function

        return add

    def _tool(self, name: str) -> Any:
        try:
            return getattr(self, name)
        except AttributeError:
            known = sorted(key for key, value in vars(self).items() if isinstance(value, Tool))
            raise AttributeError(
                f"the configuration switches on {self.namespace}.{name}, but there is no such "
                f"tool; there are: {', '.join(known)}"
            ) from None

    def compile(self, entries: dict[str, Any], draft: Draft) -> None:
        """Enter the tools that *entries* switch on into a plan."""
        settings: dict[str, dict[str, Any]] = {}
        for key, value in entries.items():
            name, dot, argument = key.partition(".")
            if dot:
                settings.setdefault(name, {})[argument] = value
        draft.toolmaps[self.namespace] = settings
        # Tools of equal priority run in the order of their declaration. From the first
        # one on that attaches its hooks per request, all of them have to.
        live = False
        for name, arguments in settings.items():
            if not arguments.get("on", False):
                continue
            tool = self._tool(name)
            live = live or not isinstance(tool, Tool) or tool.acts_per_request()
            if live:
                draft.setups.append(tool._setup)  # noqa: SLF001
            else:
                arguments = {key: value for key, value in arguments.items() if key != "on"}  # noqa: PLW2901
                tool.enter(arguments, draft)

    # As a config namespace handler for the current request alone.

    def __enter__(self) -> Callable[[str, Any], None]:
        """Return what takes the entries of the namespace for the current request."""
        settings: dict[str, dict[str, Any]] = {}
        current()[0].toolmaps[self.namespace] = settings

        def populate(k: str, v: Any) -> None:
            name, _, argument = k.partition(".")
            settings.setdefault(name, {})[argument] = v

        return populate

    def __exit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        """Set up the tools that are on."""
        if exc_type is None:
            for name, settings in current()[0].toolmaps.get(self.namespace, {}).items():
                if settings.get("on", False):
                    self._tool(name)._setup()  # noqa: SLF001
