"""Parameters as the types that a page handler's annotations name."""

from __future__ import annotations

import weakref
from contextlib import suppress

from cherrypy_core.errors import CherryPyException, HTTPError
from cherrypy_core.serving import get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Converters = dict[str, Callable[[Any], Any]]

__all__ = ["convert_params"]

_TRUE = frozenset(("1", "true", "yes", "on"))
_FALSE = frozenset(("0", "false", "no", "off", ""))

# A function's annotations do not change; looking at them takes some 10 us.
_known: weakref.WeakKeyDictionary[Any, Converters] = weakref.WeakKeyDictionary()


class _Unfit(ValueError):
    """A text that the type cannot be made from."""


def convert_params(
    exception: type[BaseException] | tuple[type[BaseException], ...] = ValueError,
    error: int = 400,
) -> None:
    """Convert the request's parameters to the types of the handler's annotations.

    `def index(self, page: int, tags: list[str])` gets an int and a list. Annotated can be
    anything that is called with a text (and returns the value or raises *exception*);
    `bool` takes true/false, yes/no, on/off and 1/0; `X | None` is X; `list[X]` takes one
    value or several. Parameters in the path are not converted.

    Args:
        exception: what a type raises if it does not like the text.
        error: the status to answer with then.

    Raises:
        HTTPError: with *error*, if a parameter cannot be converted.
    """
    request = get_request()
    handler = None if request is None else request.handler
    if request is None or handler is None or isinstance(handler, CherryPyException):
        return
    converters = _converters(_function(handler))
    if not converters:
        return
    unfit: tuple[type[BaseException], ...] = (_Unfit,)
    unfit += exception if isinstance(exception, tuple) else (exception,)
    params = request.params
    for name, convert in converters.items():
        if name in params:
            try:
                params[name] = convert(params[name])
            except unfit as failure:
                raise HTTPError(error, str(failure)) from failure


def _function(handler: Any) -> Any:
    """Return the function behind *handler* and what other tools have put around it."""
    for attribute in ("oldhandler", "callable", "__func__"):
        handler = getattr(handler, attribute, handler)
    return handler


def _converters(function: Any) -> Converters:
    try:
        return _known[function]
    except (KeyError, TypeError):  # TypeError: it is not hashable, or not weakly referable
        pass
    converters = {
        name: converter
        for name, hint in _hints(function).items()
        if name != "return" and (converter := _converter(hint)) is not None
    }
    with suppress(TypeError):
        _known[function] = converters
    return converters


def _hints(function: Any) -> dict[str, Any]:
    """Return the annotations of *function*, those written as text evaluated."""
    target = function if hasattr(function, "__annotations__") else type(function).__call__
    hints = dict(getattr(target, "__annotations__", None) or {})
    if any(isinstance(hint, str) for hint in hints.values()):
        import typing  # noqa: PLC0415  (slow to import, not every application's need)

        try:
            hints = typing.get_type_hints(target)
        except (NameError, TypeError, AttributeError, SyntaxError):
            # A name that is only there for type checkers: what can be told is told.
            hints = {name: _evaluate(hint, target) for name, hint in hints.items()}
    return hints


def _evaluate(hint: Any, function: Any) -> Any:
    if not isinstance(hint, str):
        return hint
    import builtins  # noqa: PLC0415

    # NOTE: looked up, never evaluated: a name and no more.
    names = getattr(function, "__globals__", {})
    return names.get(hint, getattr(builtins, hint, None))


def _converter(hint: Any) -> Callable[[Any], Any] | None:
    """Return what converts a text to *hint*; None if the text is right as it is."""
    if hint is bool:
        return _bool
    arguments = getattr(hint, "__args__", None)
    if arguments is None:
        # Any, object and text want nothing; what is not a type is not for us either.
        plain = hint in (str, object) or getattr(hint, "__module__", "") == "typing"
        return None if plain or not callable(hint) else _single(hint)
    origin = getattr(hint, "__origin__", None)
    if origin in (list, tuple, set, frozenset):
        return _several(origin, _converter(arguments[0]) or _as_is)
    choices = [choice for choice in arguments if choice is not type(None)]
    # A union of several types does not say which one is meant.
    return _converter(choices[0]) if len(choices) == 1 else None


def _single(kind: Any) -> Callable[[Any], Any]:
    # What has it (date, time, datetime) is not made from a text in any other way.
    make = getattr(kind, "fromisoformat", kind)
    is_class = isinstance(kind, type)
    takes_several = not is_class or issubclass(kind, (list, tuple, set, frozenset))

    def convert(value: Any) -> Any:
        if is_class and isinstance(value, kind):
            return value
        if isinstance(value, list) and not takes_several:
            raise _Unfit("a parameter that is to be given once was given several times")
        try:
            return make(value)
        except ArithmeticError as error:  # Decimal's way to say that it is no number
            raise _Unfit(f"{value!r} is not a number") from error

    return convert


def _several(kind: Any, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: kind(
        convert(one) for one in (value if isinstance(value, list) else [value])
    )


def _as_is(value: Any) -> Any:
    return value


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise _Unfit(f"{value!r} is neither true nor false")
