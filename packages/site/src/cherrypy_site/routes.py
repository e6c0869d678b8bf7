"""What a site serves: its page handlers with their paths and arguments, for people."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cherrypy_site.site import Site

    Row = tuple[str, str, str]

__all__ = ["configured_nodes", "routes"]

_DEEPEST = 20
"""Levels of objects that are followed; an object may lead to itself."""


def routes(site: Site) -> list[Row]:
    """Return path, arguments and name of every page handler of a site.

    A handler that takes what is left of a path ends in `/...`; what an object chooses
    itself by `_cp_dispatch` is shown as `/{...}`. Methods of a resource (`MethodDispatcher`)
    stand before their arguments.

    Raises:
        Exception: whatever a property of a root raises.
    """
    found: list[Row] = []
    for script_name, app in sorted(site.tree.apps.items()):
        root = getattr(app, "root", None)
        if not hasattr(app, "config") or root is None:
            found.append((f"{script_name}/...", "", f"WSGI: {_name(app)}"))
            continue
        rows = [row for path, node in _nodes(root, script_name) for row in _rows(path, node)]
        found += rows or [(f"{script_name}/...", "", f"dispatched in its own way: {_name(root)}")]
    return found


def configured_nodes(root: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield path and configuration (`_cp_config`) of every object below a root that has one."""
    for path, node in _nodes(root, ""):
        config = getattr(node, "_cp_config", None)
        if isinstance(config, dict):
            yield path or "/", config


def _nodes(root: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield path and object for a root and all that it leads to, depth first."""
    stack: list[tuple[str, Any, tuple[Any, ...]]] = [(path, root, (root,))]
    while stack:
        path, node, above = stack.pop()
        yield path, node
        if len(above) > _DEEPEST or _is_routine(node):
            continue
        below: list[tuple[str, Any, tuple[Any, ...]]] = []
        for name in sorted(_names(node), key=lambda name: (name != "index", name)):
            child = getattr(node, name, None)
            if _leads_on(child) and all(child is not each for each in above):
                below.append((f"{path}/{name}", child, (*above, child)))
        stack += reversed(below)


def _names(node: Any) -> set[str]:
    names = {name for owner in type(node).__mro__[:-1] for name in vars(owner)}
    if isinstance(node, type):
        names = {name for owner in node.__mro__[:-1] for name in vars(owner)}
    names |= set(getattr(node, "__dict__", {}))
    return {name for name in names if not name.startswith("__")}


def _leads_on(child: Any) -> bool:
    """Tell whether an attribute is a page handler or may have some."""
    if getattr(child, "exposed", False) is True:
        return True
    kind = type(child)
    if child is None or _is_routine(child) or kind.__module__ == "builtins":
        return False
    # An object of a class of the program: it has page handlers, or objects that have.
    return any(
        getattr(getattr(child, name, None), "exposed", False) is True or _is_node(child, name)
        for name in _names(child)
    )


def _is_node(owner: Any, name: str) -> bool:
    child = getattr(owner, name, None)
    return (
        child is not None
        and child is not owner
        and type(child).__module__ != "builtins"
        and not _is_routine(child)
        and any(getattr(getattr(child, n, None), "exposed", False) is True for n in _names(child))
    )


def _is_routine(node: Any) -> bool:
    import types  # noqa: PLC0415  (only people wait for this module)

    return isinstance(
        node, (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type)
    )


def _rows(path: str, node: Any) -> Iterator[Row]:
    exposed = getattr(node, "exposed", False) is True
    if exposed and _is_routine(node):
        yield _handler_row(path, node)
    elif exposed:
        methods = [n for n in dir(node) if n.isupper() and callable(getattr(node, n))]
        for name in methods:
            yield f"{path or '/'}", f"{name} {_arguments(getattr(node, name))}", _name(node)
        if not methods and callable(node):
            yield f"{path or '/'}", _arguments(node), _name(node)
    choose = getattr(node, "_cp_dispatch", None)
    if choose is not None and not _is_routine(node):
        yield f"{path}/{{...}}", "", f"chosen by {_name(node)}._cp_dispatch"


def _handler_row(path: str, node: Any) -> Row:
    above, _, name = path.rpartition("/")
    if name == "index":
        shown = f"{above}/"
    elif name == "default":
        shown = f"{above}/..."
    else:
        shown = path
    return shown, _arguments(node), _name(node)


def _arguments(handler: Any) -> str:
    import inspect  # noqa: PLC0415  (slow to import)

    try:
        signature = inspect.signature(handler)
    except (TypeError, ValueError):
        return "(...)"
    parameters = [
        each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()
    ]
    return str(signature.replace(parameters=parameters, return_annotation=signature.empty))


def _name(thing: Any) -> str:
    owner = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{owner.__module__}.{owner.__qualname__}"
