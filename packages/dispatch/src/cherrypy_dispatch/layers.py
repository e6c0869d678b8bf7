"""The configuration along a path: what the objects and the sections on the way say.

From the root on, each object adds its `_cp_config`, then the application's section for
the path that leads there; whatever comes later overrides. (Seed: the manual's chapter 6.2.)
"""

from __future__ import annotations

from types import MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from cherrypy_core.application import Application
    from cherrypy_core.plan import Plan

    Section = tuple[str, dict[str, Any]]
    Layer = tuple[dict[str, Any], int, str]

__all__ = ["plan_along"]

#: Objects on a way. Real ones have a dozen; where an object leads to itself, clients may
#: lead through tens of thousands, for which no plans are kept.
_MANY_NODES = 64


def plan_along(
    app: Application,
    sections: Sequence[Section],
    names: list[str],
    nodes: list[Any],
    used: list[int] | None,
    chosen: int = -1,
    default: Any = None,
) -> Plan:
    """Return what the configuration along the way means.

    Args:
        app: the application.
        sections: its sections for the path, the shortest path first.
        names: the parts of the path.
        nodes: the objects met on the way.
        used: for each of them, how many names lead to it; None: each leads to one more.
        chosen: the position of the object whose *default* method is the handler.
        default: that method; its configuration comes directly after its object's.
    """
    plan = app.plans.root or app.plans.start()
    if not sections and chosen < 0 and len(nodes) <= _MANY_NODES:
        return _plan_of_objects(app, plan, names, nodes, used)
    layers = _layers(sections, nodes, used, chosen, default)
    if len(nodes) > _MANY_NODES:
        return _unkept_plan(app, plan, names, layers)
    step = app.plans.step
    for layer, taken, path in layers:
        plan = step(plan, layer, path or _path(names, taken, layer))
    return plan


def _plan_of_objects(
    app: Application, plan: Plan, names: list[str], nodes: list[Any], used: list[int] | None
) -> Plan:
    """Return what *plan* and the objects mean where no sections have to be mixed in."""
    # PERF: a third less than with `_layers`, for the most frequent kind of application.
    position = -1
    for node in nodes:
        position += 1
        layer = getattr(node.__func__ if type(node) is MethodType else node, "_cp_config", None)
        if layer:
            taken = used[position] if used else position
            plan = app.plans.step(plan, layer, _path(names, taken, layer))
    return plan


def _layers(
    sections: Sequence[Section],
    nodes: list[Any],
    used: list[int] | None,
    chosen: int,
    default: Any,
) -> Iterator[Layer]:
    """Yield the config dicts in their order, each with how many names lead to it.

    For a section, its path comes with it.
    """
    waiting = len(sections)
    position = -1
    for node in nodes:
        position += 1
        taken = used[position] if used else position
        # PERF: a bound method is slow (350 ns) to say that it lacks an attribute.
        layer = getattr(node.__func__ if type(node) is MethodType else node, "_cp_config", None)
        if layer:
            yield layer, taken, ""
        while waiting:
            path, layer = sections[-waiting]
            if path != "/" and path.count("/") > taken:
                break
            waiting -= 1
            if layer:
                yield layer, taken, path
        if position == chosen:
            layer = getattr(
                default.__func__ if type(default) is MethodType else default, "_cp_config", None
            )
            if layer:
                yield layer, taken, ""
    # Sections count for their path even where there is no object.
    for path, layer in sections[len(sections) - waiting :]:
        if layer:
            yield layer, path.count("/"), path


def _path(names: list[str], taken: int, layer: dict[str, Any]) -> str:
    """Return the path that *taken* names make, where *layer* needs it."""
    return "/" + "/".join(names[:taken]) if "tools.staticdir.dir" in layer else "/"


def _unkept_plan(app: Application, start: Plan, names: list[str], layers: Iterator[Layer]) -> Plan:
    """Return the plan of *layers*, in linear time and without keeping it."""
    config = dict(start.config)
    static: tuple[int, str] | None = None
    for layer, taken, path in layers:
        config.update(layer)
        if "tools.staticdir.dir" in layer:
            static = taken, path
    if static is not None:
        taken, path = static
        config["tools.staticdir.section"] = path or "/" + "/".join(names[:taken])
    return app.plans.compile(config)
