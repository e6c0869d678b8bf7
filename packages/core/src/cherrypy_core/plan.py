"""What follows from configuration alone, computed once instead of per request.

A request's configuration is made of layers: the global one, then, for each object and
path on the way to the page handler, its `_cp_config` and its section of the
application's configuration. `Plans` keeps a `Plan` for every combination of layers that
has been met, as a tree: each step adds one layer.

No edit may be missed, because configuration also switches authentication on:

* the global configuration, the toolboxes and the namespaces are `ObservedDict`s: any
  change of theirs drops the whole tree;
* every other layer is an application's own dict. A step remembers a copy of it and is
  taken only while the dict still equals that copy (values are compared by identity
  first, so this costs a few dozen nanoseconds).

A step also keeps its dict alive, so that an `id()` cannot come to mean another one.
"""

from __future__ import annotations

from functools import partial
from threading import Lock

from cherrypy_core.hooks import Hook, HookMap, hookpoints

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Protocol

    from cherrypy_core.observed import ObservedDict

    class Compilable(Protocol):
        """A config namespace whose effect can be computed ahead of the requests."""

        def compile(self, entries: dict[str, Any], draft: Draft) -> None:
            """Enter what *entries* (keys without the namespace) mean into *draft*."""


__all__ = ["Draft", "Plan", "Plans"]

#: Steps kept per plan. Layers made per request (a new root each time) would otherwise
#: accumulate; a realistic application has a few hundred nodes.
MAX_STEPS = 1000

#: Plans kept altogether (some kilobytes each). Objects that lead to one another in circles
#: could otherwise be walked through in ever new ways.
MAX_PLANS = 5000


class Plan:
    """Everything that one combination of config layers means for a request. Immutable.

    Attributes:
        config: all layers merged.
        hooks: for each hook point the hooks, sorted by priority.
        on_start_resource, before_request_body, ...: for each hook point the callables to
            run, arguments bound.
        request_attributes, body_attributes, response_attributes: (name, value) pairs.
        response_headers: (name, value) pairs.
        error_page: status code or "default" to page.
        toolmaps: for each toolbox, tool name to its settings.
        setups: to be called per request before its first hook.
        namespaces: (handler, entries) of namespaces that act per request.
        configures: whether any of the above but the hooks has something in it.
    """

    after_error_response: tuple[Callable[[], Any], ...]
    before_error_response: tuple[Callable[[], Any], ...]
    before_finalize: tuple[Callable[[], Any], ...]
    before_handler: tuple[Callable[[], Any], ...]
    before_request_body: tuple[Callable[[], Any], ...]
    on_end_request: tuple[Callable[[], Any], ...]
    on_end_resource: tuple[Callable[[], Any], ...]
    on_start_resource: tuple[Callable[[], Any], ...]

    __slots__ = (
        "after_error_response",
        "before_error_response",
        "before_finalize",
        "before_handler",
        "before_request_body",
        "body_attributes",
        "config",
        "configures",
        "error_page",
        "hooks",
        "namespaces",
        "on_end_request",
        "on_end_resource",
        "on_start_resource",
        "request_attributes",
        "response_attributes",
        "response_headers",
        "setups",
        "steps",
        "toolmaps",
    )

    def __init__(self, draft: Draft) -> None:
        self.config = draft.config
        self.hooks = {point: tuple(sorted(hooks)) for point, hooks in draft.hooks.items()}
        for point, hooks in self.hooks.items():
            setattr(self, point, tuple(_runner(hook) for hook in hooks))
        self.request_attributes = tuple(draft.request_attributes)
        self.body_attributes = tuple(draft.body_attributes)
        self.response_attributes = tuple(draft.response_attributes)
        self.response_headers = tuple(draft.response_headers)
        self.error_page = draft.error_page
        self.toolmaps = draft.toolmaps
        self.setups = tuple(draft.setups)
        self.namespaces = tuple(draft.namespaces)
        self.configures = bool(
            self.request_attributes
            or self.body_attributes
            or self.response_attributes
            or self.response_headers
            or self.error_page
            or self.setups
            or self.namespaces
        )
        self.steps: dict[Any, tuple[Any, dict[str, Any], Plan]] = {}

    def hook_map(self) -> HookMap:
        """Return the hooks as a map that a request may change."""
        hooks = HookMap()
        for point, planned in self.hooks.items():
            hooks[point] = list(planned)
        return hooks


def _runner(hook: Hook) -> Callable[[], Any]:
    """Return what calls *hook* soonest: the callback itself if nothing has to be added."""
    if hook.failsafe:
        return hook
    return partial(hook.callback, **hook.kwargs) if hook.kwargs else hook.callback


class Draft:
    """A plan being drawn up: what config namespaces enter their entries into.

    Attributes:
        config: all layers merged.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.hooks: dict[str, list[Hook]] = {point: [] for point in hookpoints}
        self.request_attributes: list[tuple[str, Any]] = []
        self.body_attributes: list[tuple[str, Any]] = []
        self.response_attributes: list[tuple[str, Any]] = []
        self.response_headers: list[tuple[str, Any]] = []
        self.error_page: dict[int | str, Any] = {}
        self.toolmaps: dict[str, dict[str, dict[str, Any]]] = {}
        self.setups: list[Callable[[], Any]] = []
        self.namespaces: list[tuple[Any, dict[str, Any]]] = []

    def attach(
        self,
        point: str,
        callback: Callable[..., Any],
        failsafe: bool | None = None,
        priority: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Add a hook to *point* (see `Hook`).

        Raises:
            ValueError: there is no such point.
        """
        self.add(point, Hook(callback, failsafe, priority, **kwargs))

    def add(self, point: str, hook: Hook) -> None:
        """Add *hook* to *point*.

        Raises:
            ValueError: there is no such point.
        """
        try:
            self.hooks[point].append(hook)
        except KeyError:
            raise ValueError(
                f"there is no hook point {point!r}; the hook points are {', '.join(hookpoints)}"
            ) from None

    def set_attribute(self, name: str, value: Any) -> None:
        """Set an attribute of the request."""
        self.request_attributes.append((name, value))

    def apply(self, namespaces: Mapping[str, Any]) -> None:
        """Hand the entries of `config` to the *namespaces* they belong to."""
        split: dict[str, dict[str, Any]] = {}
        # A key that is no text cannot have a namespace.
        config: dict[Any, Any] = self.config
        for key, value in config.items():
            if not isinstance(key, str):
                continue
            namespace, dot, name = key.partition(".")
            if dot and namespace in namespaces:
                split.setdefault(namespace, {})[name] = value
        for namespace, handler in namespaces.items():
            compiles = getattr(handler, "compile", None)
            if compiles is not None:
                compiles(split.get(namespace, {}), self)
            # Context managers are entered for every request (as CherryPy 18.10).
            elif namespace in split or hasattr(type(handler), "__exit__"):
                self.namespaces.append((handler, split.get(namespace, {})))


class Plans:
    """The plans of one application.

    Args:
        site_config: the global configuration, the first layer of every plan.
        sources: everything else whose change makes plans invalid (namespaces, toolboxes).
        namespaces: returns the config namespaces that requests of the application have.
    """

    def __init__(
        self,
        site_config: ObservedDict,
        sources: Iterable[Any],
        namespaces: Callable[[], Mapping[str, Any]],
    ) -> None:
        self.site_config = site_config
        self._namespaces = namespaces
        self._lock = Lock()
        self._generation = 0
        self._kept = 0
        self.root: Plan | None = None
        self._watched: list[Any] = []
        self.watch(site_config)
        for source in sources:
            self.watch(source)

    def watch(self, source: Any) -> None:
        """Drop all plans whenever *source* changes (it has `watchers`)."""
        if not any(known is source for known in self._watched):
            self._watched.append(source)
            source.watchers.add(self.drop)

    def drop(self) -> None:
        """Forget every plan: what they were made of has changed."""
        with self._lock:
            self._generation += 1
            self.root = None
            self._kept = 0

    def start(self) -> Plan:
        """Return the plan of the global configuration alone (see also `root`)."""
        plan = self.root
        while plan is None:
            generation = self._generation
            plan = self.compile(dict(self.site_config))
            with self._lock:
                # A change while the plan was being drawn up: it may have missed it.
                if generation == self._generation:
                    self.root = plan
                else:
                    plan = None
        return plan

    def compile(self, config: dict[str, Any]) -> Plan:
        """Return the plan of a merged *config*, without keeping it."""
        draft = Draft(config)
        draft.apply(self._namespaces())
        return Plan(draft)

    def step(self, plan: Plan, layer: dict[str, Any], path: str) -> Plan:
        """Return the plan of *plan*'s layers and one more.

        Args:
            plan: where to start.
            layer: the config dict to add; its entries override those of *plan*.
            path: the path for which it is added: what `tools.staticdir.section` becomes
                if the layer has a static directory.
        """
        key: Any = (id(layer), path) if "tools.staticdir.dir" in layer else id(layer)
        known = plan.steps.get(key)
        if known is not None:
            try:
                if layer == known[1]:
                    return known[2]
            except Exception:  # noqa: BLE001, S110  (a value's own comparison: count it as changed)
                pass
        # A copy first: the plan and what it is compared with must be of one moment.
        copy = dict(layer)
        config = {**plan.config, **copy}
        key = id(layer)
        if "tools.staticdir.dir" in copy:
            config["tools.staticdir.section"] = path
            key = (key, path)
        new = self.compile(config)
        if len(plan.steps) >= MAX_STEPS:
            plan.steps.clear()
        plan.steps[key] = (layer, copy, new)
        self._kept += 1
        if self._kept > MAX_PLANS:
            self.drop()
        return new
