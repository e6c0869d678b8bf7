"""Whether a callable takes the arguments that a request has for it."""

from __future__ import annotations

from cherrypy_core.errors import HTTPError
from cherrypy_core.serving import get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

__all__ = ["getargspec", "test_callable_spec"]


def getargspec(callable: Callable[..., Any]) -> tuple[list[str], str | None, str | None, Any]:  # noqa: A002
    """Return names, `*name`, `**name` and defaults of a callable's parameters."""
    import inspect  # noqa: PLC0415  (slow to import, and only errors need it)

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
    import inspect  # noqa: PLC0415  (slow to import, and only errors need it)

    positional_kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named_kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    try:
        parameters = inspect.signature(callable).parameters.values()
    except (TypeError, ValueError):
        return  # a builtin that does not say what it takes
    positional = [p for p in parameters if p.kind in positional_kinds]
    given = dict(zip([p.name for p in positional], callable_args, strict=False))
    takes_rest = any(p.kind is inspect.Parameter.VARpositional_kinds for p in parameters)
    takes_any_name = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
    names = {p.name for p in parameters if p.kind in named_kinds}
    missing = [
        p.name
        for p in parameters
        if p.kind in {*positional_kinds, inspect.Parameter.KEYWORD_ONLY}
        and p.default is inspect.Parameter.empty
        and p.name not in given
        and (p.name not in callable_kwargs or p.kind is inspect.Parameter.POSITIONAL_ONLY)
    ]
    if missing:
        raise HTTPError(404, _message("Missing parameters", missing))
    if len(callable_args) > len(positional) and not takes_rest:
        raise HTTPError(404, _message("The path has too many parts", ()))
    from_body = _body_names()
    twice = [name for name in callable_kwargs if name in given and name in names]
    _refuse("Multiple values for parameters", twice, from_body)
    if not takes_any_name:
        extra = [name for name in callable_kwargs if name not in names]
        _refuse("Unexpected parameters", extra, from_body)


def _refuse(what: str, names: list[str], from_body: set[str]) -> None:
    """Raise the error for parameters that should not be there."""
    if not names:
        return
    in_query = [name for name in names if name not in from_body]
    if in_query:
        raise HTTPError(404, _message(f"{what} of the query string", in_query))
    raise HTTPError(400, _message(f"{what} of the body", names))


def _body_names() -> set[str]:
    request = get_request()
    if request is None or request.method not in request.methods_with_bodies:
        return set()
    return set(request.body.params or ())


def _message(what: str, names: Sequence[str]) -> str | None:
    request = get_request()
    if request is not None and not request.show_mismatched_params:
        return None
    return f"{what}: {', '.join(names)}" if names else what
