"""Values of config files: Python expressions, built from their syntax tree.

`unrepr` builds literals, imports what names refer to, calls, calculates and compares;
there are no statements, functions or loops. It is no sandbox: a config file can call
anything, it is as trusted as code.
"""

from __future__ import annotations

import builtins
import operator
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any

__all__ = ["UnreprError", "attributes", "modules", "unrepr"]


#: Characters of a text that an error message quotes.
_MAX_SHOWN = 200


class UnreprError(ValueError):
    """A text is not a value that `unrepr` can build. The message has the text and why."""


def modules(modulePath: str) -> ModuleType:  # noqa: N803  (the public name)
    """Return a module, after importing it if need be: `modules("os.path")`.

    Raises:
        ImportError: there is no such module.
    """
    import importlib  # noqa: PLC0415  (config files and first uses only)

    # Not from sys.modules: there a module stands while another thread is still importing it.
    return importlib.import_module(modulePath)


def attributes(full_attribute_name: str) -> Any:
    """Return what a dotted name refers to: `attributes("os.path.join")`.

    Raises:
        ImportError: there is no such module.
        AttributeError: the module has no such attribute.
        ValueError: the name has no dot, or an empty part.
    """
    first, *rest = full_attribute_name.split(".")
    if not rest or not first or not all(rest):
        raise UnreprError(f"{full_attribute_name!r} is not a dotted name such as 'os.path'.")
    found: Any = modules(first)
    path = first
    for name in rest:
        found = _member(found, path, name)
        path += "." + name
    return found


def _member(owner: Any, path: str, name: str) -> Any:
    """Return the attribute *name* of *owner*; a submodule of it is imported if need be."""
    try:
        return getattr(owner, name)
    except AttributeError:
        submodule = f"{path}.{name}"
        if sys.modules.get(path) is not owner or not hasattr(owner, "__path__"):
            raise
        try:
            return modules(submodule)
        except ModuleNotFoundError as error:
            # A module that exists, but itself needs one that does not, is reported as such.
            if error.name != submodule:
                raise
            raise AttributeError(f"module {path!r} has no attribute {name!r}") from None


def unrepr(s: Any) -> Any:
    """Return the Python object that a text such as `[60 * 60, os.sep]` describes.

    None and "" are returned as they are.

    Raises:
        ValueError: `UnreprError`; the text is not an expression, has something that is
            not supported or cannot be found, or what it calls has failed (the cause is
            attached).
    """
    if not s:
        return s
    if not isinstance(s, str):
        raise UnreprError(f"A config value must be text to be read as Python, not {s!r}.")
    try:
        return _Builder().build(_parse(s))
    except UnreprError as error:
        raise UnreprError(f"{_shown(s)} is not a valid value: {error}") from error.__cause__
    except Exception as error:  # what is called may raise anything
        said = f"{type(error).__name__}: {error}"
        raise UnreprError(f"{_shown(s)} has failed: {said}") from error


def _shown(text: str) -> str:
    """Return *text* for a message that people read."""
    return repr(text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "...")


def _parse(text: str) -> ast.AST:
    import ast  # noqa: PLC0415  (slow to import)

    text = text.strip()
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        if isinstance(error, SyntaxError) and "\n" in text:
            # A value of several lines needs no brackets.
            try:
                return ast.parse(f"({text}\n)", mode="eval").body
            except (SyntaxError, RecursionError, MemoryError):
                pass
        if not isinstance(error, SyntaxError):
            raise UnreprError("it is nested too deeply.") from error
        raise UnreprError(
            f"it is not a Python expression ({error}). Is it a text without quotes?"
        ) from error


class _Builder:
    """Builds values from syntax trees; one method for each kind of node."""

    _BINARY: dict[str, Callable[[Any, Any], Any]] = {  # noqa: RUF012  (a constant)
        "Add": operator.add, "Sub": operator.sub, "Mult": operator.mul, "Pow": operator.pow,
        "Div": operator.truediv, "FloorDiv": operator.floordiv, "Mod": operator.mod,
        "BitOr": operator.or_, "BitAnd": operator.and_, "BitXor": operator.xor,
        "LShift": operator.lshift, "RShift": operator.rshift, "MatMult": operator.matmul,
    }  # fmt: skip
    _UNARY: dict[str, Callable[[Any], Any]] = {  # noqa: RUF012  (a constant)
        "USub": operator.neg, "UAdd": operator.pos, "Invert": operator.invert,
        "Not": operator.not_,
    }  # fmt: skip
    _COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {  # noqa: RUF012  (a constant)
        "Eq": operator.eq, "NotEq": operator.ne, "Lt": operator.lt, "LtE": operator.le,
        "Gt": operator.gt, "GtE": operator.ge, "Is": operator.is_, "IsNot": operator.is_not,
        "In": lambda a, b: a in b, "NotIn": lambda a, b: a not in b,
    }  # fmt: skip

    def build(self, node: Any) -> Any:
        kind = type(node).__name__
        method = getattr(self, "build_" + kind.lower(), None)
        if method is None:
            raise UnreprError(f"{kind} is not supported in config values.")
        return method(node)

    def build_constant(self, node: ast.Constant) -> Any:
        return node.value

    def build_name(self, node: ast.Name) -> Any:
        name = node.id
        if hasattr(builtins, name):
            return getattr(builtins, name)
        try:
            return modules(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            raise UnreprError(
                f"the name {name!r} could not be resolved: it is no builtin and no module. "
                "Is it a text without quotes?"
            ) from None

    def build_attribute(self, node: ast.Attribute) -> Any:
        owner = self.build(node.value)
        return _member(owner, getattr(owner, "__name__", ""), node.attr)

    def build_call(self, node: ast.Call) -> Any:
        function = self.build(node.func)
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.build(keyword.value)
            given = dict(value) if keyword.arg is None else {keyword.arg: value}
            twice = keywords.keys() & given
            if twice:
                raise UnreprError(f"the argument {min(twice)!r} is given twice.")
            keywords.update(given)
        return function(*self._items(node.args), **keywords)

    def build_subscript(self, node: ast.Subscript) -> Any:
        return self.build(node.value)[self.build(node.slice)]

    def build_slice(self, node: ast.Slice) -> slice:
        bounds = (node.lower, node.upper, node.step)
        return slice(*[bound and self.build(bound) for bound in bounds])

    def build_unaryop(self, node: ast.UnaryOp) -> Any:
        return self._UNARY[type(node.op).__name__](self.build(node.operand))

    def build_binop(self, node: ast.BinOp) -> Any:
        apply = self._BINARY[type(node.op).__name__]
        return apply(self.build(node.left), self.build(node.right))

    def build_boolop(self, node: ast.BoolOp) -> Any:
        stop = type(node.op).__name__ == "Or"
        value = None
        for operand in node.values:
            value = self.build(operand)
            if bool(value) is stop:
                break
        return value

    def build_compare(self, node: ast.Compare) -> Any:
        left = self.build(node.left)
        result = True
        for comparison, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.build(comparator)
            result = self._COMPARISONS[type(comparison).__name__](left, right)
            if not result:
                break
            left = right
        return result

    def build_ifexp(self, node: ast.IfExp) -> Any:
        return self.build(node.body if self.build(node.test) else node.orelse)

    def build_tuple(self, node: ast.Tuple) -> tuple[Any, ...]:
        return tuple(self._items(node.elts))

    def build_list(self, node: ast.List) -> list[Any]:
        return self._items(node.elts)

    def build_set(self, node: ast.Set) -> set[Any]:
        return set(self._items(node.elts))

    def build_dict(self, node: ast.Dict) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                result.update(self.build(value))
            else:
                result[self.build(key)] = self.build(value)
        return result

    def _items(self, nodes: Iterable[ast.expr]) -> list[Any]:
        items: list[Any] = []
        for node in nodes:
            if type(node).__name__ == "Starred":
                items.extend(self.build(node.value))  # type: ignore[attr-defined]
            else:
                items.append(self.build(node))
        return items
