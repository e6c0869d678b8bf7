"""The default dispatcher: a path names attributes of objects.

`/blog/2026/hello` is looked up as `root.blog`, and as far beyond as there are attributes.
The page handler is the last object found on the way that is exposed, or whose method
`default` is; what is left of the path becomes positional arguments. Where the path ends
at an object, its method `index` is tried first.

Every object met on the way may carry configuration (`_cp_config`), and so may every
path (a section of the application's configuration); deeper ones override those above,
and a section overrides the object's own. (Seed: the manual's chapters 3, 5 and 6.2.)
"""

from __future__ import annotations

import string
from types import FunctionType, MethodType

from cherrypy_core.errors import CherryPyException, NotFound
from cherrypy_core.serving import current, get_request
from cherrypy_dispatch.handlers import LateParamPageHandler
from cherrypy_dispatch.layers import plan_along

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


__all__ = ["Dispatcher", "punctuation_to_underscores", "validate_translator"]

#: `/robots.txt` is the attribute `robots_txt`.
punctuation_to_underscores = str.maketrans(string.punctuation, "_" * len(string.punctuation))


def validate_translator(t: Any) -> None:
    """Refuse what cannot be the second argument of `Dispatcher`.

    Raises:
        ValueError: it is no dict for `str.translate`.
    """
    if not isinstance(t, dict):
        raise ValueError(  # noqa: TRY004  (the historical type)
            f"the translate argument must be a dict for str.translate, not {type(t).__name__}"
        )


class Dispatcher:
    """Finds the page handler for a path in the tree of objects below the root.

    Args:
        dispatch_method_name: the method that objects may have to take parts of the path
            themselves (default `_cp_dispatch`).
        translate: what becomes of characters that no attribute name has (for
            `str.translate`; default: punctuation becomes underscores).
    """

    dispatch_method_name = "_cp_dispatch"

    def __init__(
        self,
        dispatch_method_name: str | None = None,
        translate: Mapping[int, Any] = punctuation_to_underscores,
    ) -> None:
        validate_translator(translate)
        self.translate = translate
        if dispatch_method_name:
            self.dispatch_method_name = dispatch_method_name

    def __call__(self, path_info: str) -> None:
        """Set handler and configuration of the current request."""
        func, vpath = self.find_handler(path_info)
        request = get_request() or current()[0]
        if func is None:
            request.handler = NotFound()
        elif vpath:
            # What a server has left quoted was a slash inside of one part.
            request.handler = LateParamPageHandler(
                func, *[atom.replace("%2F", "/") for atom in vpath]
            )
        else:
            request.handler = LateParamPageHandler(func)

    def find_handler(self, path: str) -> tuple[Any, list[str]]:
        """Return the page handler for *path* and what is left of the path.

        Sets the configuration and `is_index` of the current request.

        Returns:
            The handler (None if there is none) and a list of the path's last parts.

        Raises:
            CherryPyException: a `_cp_dispatch` has made the path longer.
        """
        request = get_request() or current()[0]
        app = request.app
        if app is None:
            return None, []
        if request._config is not None:  # noqa: SLF001
            # Another dispatcher has looked at the configuration or set it: that is over.
            request.config = None
        names = path.strip("/").split("/") if path != "/" else []
        if "" in names:
            names = [name for name in names if name]
        nodes, used, configured = self._descend(app.root, names)
        # The hidden last name stands for the page of an object itself.
        names.append("index")
        # The request has looked already, if it is about its own path.
        sections = (
            request.sections if path is request.path_info else app.sections("/" + "/".join(names))
        )
        # Try the objects, the deepest first.
        position = len(nodes)
        while position:
            position -= 1
            node = nodes[position]
            taken = used[position] if used else position
            kind = type(node)
            if kind is not MethodType and kind is not FunctionType:
                default = getattr(node, "default", None)
                if default is not None and getattr(default, "exposed", False):
                    request.is_index = path.endswith("/")
                    request.plan = plan_along(app, sections, names, nodes, used, position, default)
                    return default, names[taken:-1]
            if getattr(node, "exposed", False):
                request.is_index = taken == len(names)
                if configured:
                    request.plan = plan_along(app, sections, names, nodes, used)
                elif sections:
                    request.plan = plan_along(app, sections, names, [], None)
                else:
                    request.plan = app.plans.root or app.plans.start()
                return node, names[taken:-1]
        request.plan = plan_along(app, sections, names, nodes, used)
        return None, []

    def _descend(self, node: Any, names: list[str]) -> tuple[list[Any], list[int] | None, bool]:
        """Follow *names* from *node* on, as far as there is something.

        Returns:
            The objects met; for each how many names lead to it (None: as many as objects
            came before it); and whether any of them has a configuration.
        """
        nodes = [node]
        configured = getattr(node, "_cp_config", None) is not None
        translate = self.translate
        # PERF: one look at all names tells whether any has something to translate, unless
        # the table is somebody's own: it may change letters, too.
        joined = "".join(names)
        plain = translate is punctuation_to_underscores and (not names or joined.isidentifier())
        steps = names if plain else [name.translate(translate) for name in names]
        special = not plain or "__" in joined
        for name in steps:
            # Special names belong to Python: no URL reaches __class__ or __dict__.
            child = None if special and name[:2] == "__" else getattr(node, name, None)
            if child is None:
                if getattr(node, self.dispatch_method_name, None) is not None:
                    return self._descend_asking(nodes, names)
                return nodes, None, configured
            nodes.append(child)
            # PERF: a bound method is slow (350 ns) to say that it lacks an attribute; what
            # it has, its function has.
            node = child.__func__ if type(child) is MethodType else child
            if getattr(node, "_cp_config", None) is not None:
                configured = True
        if type(node) is not FunctionType:
            child = getattr(node, "index" if plain else "index".translate(translate), None)
            if child is not None:
                nodes.append(child)
                if type(child) is MethodType:
                    child = child.__func__
                if getattr(child, "_cp_config", None) is not None:
                    configured = True
        return nodes, None, configured

    def _descend_asking(
        self, nodes: list[Any], names: list[str]
    ) -> tuple[list[Any], list[int], bool]:
        """Go on from the last of *nodes*, which wants to choose the way itself."""
        used = list(range(len(nodes)))
        total = len(names) + 1
        rest = [*names[used[-1] :], "index"]
        translate = self.translate
        default_table = translate is punctuation_to_underscores
        while rest:
            name = rest[0]
            if not (default_table and name.isidentifier()):
                name = name.translate(translate)
            node = nodes[-1]
            child = None if name[:2] == "__" else getattr(node, name, None)
            if child is not None:
                del rest[0]
            elif len(rest) > 1:
                child = _ask(node, self.dispatch_method_name, rest)
            if child is None:
                break
            nodes.append(child)
            used.append(total - len(rest))
        return nodes, used, True


def _ask(node: Any, method: str, rest: list[str]) -> Any:
    """Let *node* itself choose how to go on; it takes names off *rest*.

    Returns:
        The object to go on from; None if there is no such method, or it knows none.

    Raises:
        CherryPyException: the method has added names.
    """
    choose = getattr(node, method, None)
    if choose is None or not callable(choose) or getattr(choose, "exposed", False):
        return None
    before = len(rest)
    index = rest.pop()
    child = choose(vpath=rest)
    rest.append(index)
    if len(rest) > before:
        raise CherryPyException(
            "A vpath segment was added. Custom dispatchers may only remove elements. While "
            f"trying to process {rest[0]!r} in {node!r}"
        )
    if len(rest) == before:
        # It has used the first name without taking it off.
        del rest[0]
    return child
