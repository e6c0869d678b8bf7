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

from cherrypy_core.errors import CherryPyException, NotFound
from cherrypy_core.serving import current

from cherrypy_dispatch.handlers import LateParamPageHandler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cherrypy_core.plan import Plan, Plans

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
        request = current()[0]
        func, vpath = self.find_handler(path_info)
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
        request = current()[0]
        app = request.app
        if app is None:
            return None, []
        walk = _Walk(self, app, path)
        handler, left, request.is_index = walk.find(path)
        request.use(walk.plan)
        return handler, left


class _Walk:
    """One walk down the tree: the objects met and the configuration gathered.

    Attributes:
        names: the parts of the path, and `index`, which is tried at its end.
        nodes: the objects met, each with the number of names left behind it, the plan so
            far, and how many layers that plan has.
        layers: the config dicts met, each with the path it belongs to.
        plan: what all layers together mean.
    """

    __slots__ = ("_plans", "_sections", "layers", "names", "nodes", "plan")

    def __init__(self, dispatcher: Dispatcher, app: Any, path: str) -> None:
        self.names = names = [name for name in path.split("/") if name]
        names.append("index")
        self._plans: Plans = app.plans
        self._sections: dict[str, dict[str, Any]] = app.config
        self.plan: Plan = app.plans.root or app.plans.start()
        self.layers: list[tuple[dict[str, Any], str]] = []
        root = app.root
        layer = getattr(root, "_cp_config", None)
        if layer:
            self._add(layer, "/")
        if self._sections:
            layer = self._sections.get("/")
            if layer:
                self._add(layer, "/")
        self.nodes: list[tuple[Any, int, Plan, int]] = [
            (root, len(names), self.plan, len(self.layers))
        ]
        self._descend(dispatcher, root)

    def _add(self, layer: dict[str, Any], path: str) -> None:
        self.layers.append((layer, path))
        self.plan = self._plans.step(self.plan, layer, path)

    def _descend(self, dispatcher: Dispatcher, node: Any) -> None:
        """Follow the names from *node* on, as far as there is something."""
        rest = self.names[:]
        done = 0
        total = len(rest)
        while rest:
            name = rest[0]
            if not name.isidentifier():
                name = name.translate(dispatcher.translate)
            # Special names belong to Python: no URL reaches __class__ or __dict__.
            child = getattr(node, name, None) if name[:2] != "__" else None
            if child is not None:
                del rest[0]
            elif len(rest) > 1:
                child = _ask(node, dispatcher.dispatch_method_name, rest)
                if child is None:
                    break
            else:
                break
            node = child
            left = len(rest)
            layer = getattr(node, "_cp_config", None)
            if layer:
                self._add(layer, "/" + "/".join(self.names[: total - left]))
            if self._sections:
                self._add_sections(done, total - left)
            done = total - left
            self.nodes.append((node, left, self.plan, len(self.layers)))
        if rest and self._sections:
            # Sections count for their path even where there is no object.
            self._add_sections(done, total)

    def _add_sections(self, start: int, stop: int) -> None:
        """Add the sections for the paths that end with the names from *start* to *stop*."""
        path = "/".join(("", *self.names[:start]))
        for name in self.names[start:stop]:
            path += "/" + name
            layer = self._sections.get(path)
            if layer:
                self._add(layer, path)

    def find(self, path: str) -> tuple[Any, list[str], bool | None]:
        """Return the handler, what is left of the path, and whether it is an index."""
        names = self.names
        total = len(names)
        for position in range(len(self.nodes) - 1, -1, -1):
            node, left, plan, depth = self.nodes[position]
            default = getattr(node, "default", None)
            if default is not None and getattr(default, "exposed", False):
                layer = getattr(default, "_cp_config", None)
                if layer:
                    self._insert(plan, depth, layer, total - left)
                return default, names[total - left : -1], path.endswith("/")
            if getattr(node, "exposed", False):
                return node, names[total - left : -1], left == 0
        return None, [], None

    def _insert(self, plan: Plan, depth: int, layer: dict[str, Any], used: int) -> None:
        """Put the *layer* of a `default` method behind its object, before what is deeper."""
        plan = self._plans.step(plan, layer, "/" + "/".join(self.names[:used]))
        for deeper, path in self.layers[depth:]:
            plan = self._plans.step(plan, deeper, path)
        self.plan = plan


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
