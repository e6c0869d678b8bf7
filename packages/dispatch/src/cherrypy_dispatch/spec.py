"""Whether a callable takes the arguments that a request has for it."""

from __future__ import annotations

import inspect
from types import FunctionType, MethodType

from cherrypy_core.errors import HTTPError
from cherrypy_core.serving import get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

__all__ = ["explain", "getargspec", "test_callable_spec"]

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def getargspec(callable: Callable[..., Any]) -> tuple[list[str], str | None, str | None, Any]:  # noqa: A002
    """Return names, `*name`, `**name` and defaults of a callable's parameters."""
    spec = inspect.getfullargspec(callable)
    return spec.args, spec.varargs, spec.varkw, spec.defaults


def test_callable_spec(
    callable: Callable[..., Any],  # noqa: A002  (the historical name)
    callable_args: Sequence[Any],
    callable_kwargs: Mapping[str, Any],
) -> None:
    """Raise the error that a call with these arguments deserves; return if they fit.

    * too few or too many from the path: 404, it is another resource;
    * what the query string should not have: 404;
    * what the body should not have: 400, the resource is right but the message is not.

    Raises:
        HTTPError: 404 or 400. The message names the parameters if
            `request.show_mismatched_params` is set.
    """
    try:
        parameters = list(inspect.signature(callable).parameters.values())
    except (TypeError, ValueError):
        return  # a builtin that does not say what it takes
    _check(parameters, _hidden_names(callable), callable_args, callable_kwargs)


def explain(
    callable: Callable[..., Any],  # noqa: A002
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    error: TypeError,
) -> None:
    """Raise an HTTPError if calling *callable* gave *error* because of the arguments.

    A TypeError from inside of it is left alone, also where a decorator makes it impossible
    to tell from the signature what the function behind it was called with.

    Args:
        callable: what was called.
        args: the positional arguments.
        kwargs: the keyword arguments.
        error: the exception, caught in the function that made the call.

    Raises:
        HTTPError: 404 or 400 (see `test_callable_spec`).
    """
    frames = -1
    trace = error.__traceback__
    while trace is not None:
        frames += 1
        trace = trace.tb_next
    function = _function(callable)
    if frames <= 0:
        # The call itself has failed: what a decorator says to stand for does not matter.
        try:
            signature = inspect.signature(callable, follow_wrapped=False)
        except (TypeError, ValueError):
            test_callable_spec(callable, args, kwargs)
        else:
            parameters = list(signature.parameters.values())
            _check(parameters, _hidden_names(callable), args, kwargs)
    elif frames <= _wrappers(function) and str(error).startswith(
        # How Python begins every message about the arguments of a function.
        f"{inspect.unwrap(function).__qualname__}()"
    ):
        test_callable_spec(callable, args, kwargs)


def _function(callable: Any) -> Any:  # noqa: A002
    """Return the function or method in which the arguments of a call arrive."""
    if isinstance(callable, (FunctionType, MethodType)):
        return callable
    if isinstance(callable, type):
        return callable.__init__  # type: ignore[misc]  # it is only looked at
    return type(callable).__call__


def _wrappers(function: Any) -> int:
    """Return how many decorators (made with `functools.wraps`) are around *function*."""
    count = 0
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
        count += 1
    return count


def _hidden_names(callable: Any) -> set[str]:  # noqa: A002
    """Return the name of the parameter that Python fills itself: mostly `self`."""
    if isinstance(callable, FunctionType):
        return set()
    code = getattr(inspect.unwrap(_function(callable)), "__code__", None)
    if code is None or code.co_posonlyargcount or not code.co_argcount:
        return set()
    return {code.co_varnames[0]}


def _check(
    parameters: list[inspect.Parameter],
    hidden: set[str],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> None:
    """Compare arguments with *parameters*; names in *hidden* must not be given."""
    positional = [p.name for p in parameters if p.kind in _POSITIONAL]
    given = set(positional[: len(args)])
    missing = [name for name in _required(parameters, kwargs) if name not in given]
    if "self" in missing:
        return  # a method of a class that nobody has made an object of: not the client's fault
    if missing:
        raise HTTPError(404, _message("Missing parameters", missing))
    kinds = {p.kind for p in parameters}
    if len(args) > len(positional) and inspect.Parameter.VAR_POSITIONAL not in kinds:
        raise HTTPError(404)
    names = {p.name for p in parameters if p.kind in _NAMED}
    twice = [name for name in kwargs if name in given and name in names]
    _refuse("Multiple values for parameters", twice)
    takes_any = inspect.Parameter.VAR_KEYWORD in kinds
    _refuse(
        "Unexpected {} parameters",
        [name for name in kwargs if name in hidden or not (takes_any or name in names)],
    )


def _required(parameters: Iterable[inspect.Parameter], kwargs: Mapping[str, Any]) -> Iterable[str]:
    """Yield the names that have to be in the path, because *kwargs* does not give them."""
    for parameter in parameters:
        if (
            parameter.default is parameter.empty
            and parameter.kind not in _VARIABLE
            and (parameter.name not in kwargs or parameter.kind not in _NAMED)
        ):
            yield parameter.name


def _refuse(what: str, names: list[str]) -> None:
    """Raise the error for parameters that should not be there, if there are any."""
    if not names:
        return
    from_body = _body_names()
    in_query = [name for name in names if name not in from_body]
    if in_query:
        raise HTTPError(404, _message(what.format("query string"), in_query))
    raise HTTPError(400, _message(what.format("body"), names))


def _body_names() -> set[str]:
    request = get_request()
    if request is None or request.method not in request.methods_with_bodies:
        return set()
    return set(request.body.params or ())


def _message(what: str, names: Iterable[str]) -> str | None:
    request = get_request()
    if request is not None and not request.show_mismatched_params:
        return None
    return f"{what}: {', '.join(names)}"
