"""Tools: functions that configuration or a decorator switches on for a part of a site."""

from __future__ import annotations

from functools import partial

from cherrypy_core.errors import NotFound
from cherrypy_core.expose import expose
from cherrypy_core.hooks import Hook
from cherrypy_core.observed import Watchers
from cherrypy_core.serving import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    class Sink(Protocol):
        """Where a tool enters what it does: a plan being drawn up, or a live request."""

        def add(self, point: str, hook: Hook) -> None:
            """Attach *hook* to a hook point."""

        def set_attribute(self, name: str, value: Any) -> None:
            """Set an attribute of the request."""


__all__ = ["ErrorTool", "HandlerTool", "HandlerWrapperTool", "Tool"]


class _LiveRequest:
    """The current request, as something that a tool can enter itself into."""

    def add(self, point: str, hook: Hook) -> None:
        current()[0].hooks[point].append(hook)

    def set_attribute(self, name: str, value: Any) -> None:
        setattr(current()[0], name, value)


class Tool:
    """A function to be called at a hook point, with arguments from the configuration.

    Args:
        point: the hook point, such as "before_handler".
        callable: the function.
        name: the name in the configuration. Default: the attribute of the toolbox.
        priority: 0 to 100, lower runs earlier; `tools.NAME.priority` overrides it.

    A subclass may override `_setup`: it is then called for each request for which the
    tool is on, and may attach hooks as it likes.
    """

    namespace = "tools"

    def __init__(
        self,
        point: str,
        callable: Callable[..., Any],  # noqa: A002  (the historical name)
        name: str | None = None,
        priority: int = 50,
    ) -> None:
        self._point = point
        self.callable = callable
        self._name = name
        self._priority = priority
        self.__doc__ = callable.__doc__

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        # Plans have been made of what the tool was: they are dropped.
        watchers = self.__dict__.get("_watchers")
        if watchers is not None:
            watchers.notify()

    @property
    def watchers(self) -> Watchers:
        """Who is told when an attribute of the tool changes."""
        watchers: Watchers | None = self.__dict__.get("_watchers")
        if watchers is None:
            watchers = self.__dict__["_watchers"] = Watchers()
        return watchers

    @property
    def on(self) -> bool:
        """Not readable: whether a tool is on depends on the request's configuration."""
        raise AttributeError(self._on_is_config())

    @on.setter
    def on(self, value: bool) -> None:  # noqa: ARG002  (a setter takes one)
        raise AttributeError(self._on_is_config())

    def _on_is_config(self) -> str:
        return (
            "tools are switched on and off by configuration: "
            f"{self.namespace}.{self._name or 'NAME'}.on = True"
        )

    def _merged_args(self, d: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the tool's settings for the current request, and those of *d*, but `on`."""
        settings = dict(current()[0].toolmaps.get(self.namespace, {}).get(self._name or "", {}))
        settings.update(d or {})
        settings.pop("on", None)
        return settings

    def __call__(self, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        """Return a decorator that switches the tool on for a page handler or a class.

        Args:
            *args: none are taken.
            **kwargs: the tool's arguments.

        Raises:
            TypeError: positional arguments.
        """
        if args:
            raise TypeError(
                f"the {self._name!r} tool does not take positional arguments, only keywords"
            )

        def switch_on(handler: Any) -> Any:
            # A class may have inherited the dict: it must not change its base's.
            config = dict(getattr(handler, "_cp_config", {}))
            prefix = f"{self.namespace}.{self._name}."
            config[prefix + "on"] = True
            for name, value in kwargs.items():
                config[prefix + name] = value
            handler._cp_config = config  # noqa: SLF001  (the documented attribute)
            return handler

        return switch_on

    def _setup(self) -> None:
        """Switch the tool on for the current request."""
        self.enter(self._merged_args(), _LiveRequest())

    def enter(self, settings: dict[str, Any], sink: Sink) -> None:
        """Attach the tool's hook, with *settings* as its arguments, to *sink*."""
        priority = settings.pop("priority", None)
        if priority is None:
            priority = getattr(self.callable, "priority", self._priority)
        sink.add(self._point, Hook(self._hook(), priority=priority, **settings))

    def _hook(self) -> Callable[..., Any]:
        """Return what is called at the hook point."""
        return self.callable

    def acts_per_request(self) -> bool:
        """Tell whether a subclass has taken the setup into its own hands."""
        cls = type(self)
        return cls._setup is not Tool._setup or cls._merged_args is not Tool._merged_args


class HandlerTool(Tool):
    """A tool that may make the response itself: if it returns true, no handler is called.

    Args:
        callable: returns whether it has made the response.
        name: the name in the configuration. Default: the attribute of the toolbox.
    """

    def __init__(self, callable: Callable[..., Any], name: str | None = None) -> None:  # noqa: A002
        super().__init__("before_handler", callable, name)

    def handler(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Return a page handler that does what the tool does.

        Args:
            *args: positional arguments for the tool's function.
            **kwargs: keyword arguments for it.

        Example:
            >>> class Root:
            ...     nav = tools.staticdir.handler(section="/nav", dir="nav", root="/srv")
        """

        @expose
        def handle(*_: Any, **__: Any) -> Any:
            if not self.callable(*args, **self._merged_args(kwargs)):
                raise NotFound
            return current()[1].body

        return handle

    def _hook(self) -> Callable[..., Any]:
        return self._wrapper

    def _wrapper(self, **kwargs: Any) -> None:
        if self.callable(**kwargs):
            current()[0].handler = None


class HandlerWrapperTool(Tool):
    """A tool that wraps the page handler.

    Args:
        newhandler: called instead of the handler, with the handler as its first argument.
        point: the hook point at which the wrapping happens.
        name: the name in the configuration. Default: the attribute of the toolbox.
        priority: 0 to 100, lower runs earlier, and so ends up further inside.
    """

    def __init__(
        self,
        newhandler: Callable[..., Any],
        point: str = "before_handler",
        name: str | None = None,
        priority: int = 50,
    ) -> None:
        self.newhandler = newhandler
        self._point = point
        self._name = name
        self._priority = priority

    def callable(self, *args: Any, **kwargs: Any) -> None:
        """Wrap the handler of the current request."""
        request = current()[0]
        request.handler = partial(self.newhandler, request.handler, *args, **kwargs)


class ErrorTool(Tool):
    """A tool that makes the response to unexpected exceptions.

    Args:
        callable: makes the response.
        name: the name in the configuration. Default: the attribute of the toolbox.
    """

    def __init__(self, callable: Callable[..., Any], name: str | None = None) -> None:  # noqa: A002
        super().__init__("", callable, name)

    def enter(self, settings: dict[str, Any], sink: Sink) -> None:
        """Let the tool answer unexpected exceptions."""
        settings.pop("priority", None)
        sink.set_attribute("error_response", partial(self.callable, **settings))
