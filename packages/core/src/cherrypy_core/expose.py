"""Marking page handlers: `expose`."""

from __future__ import annotations

import sys

from cherrypy_core.errors import HTTPError
from cherrypy_core.serving import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar, overload

    F = TypeVar("F")

    Names = str | list[str] | tuple[str, ...]

    @overload
    def expose(func: Names, *, methods: str | Iterable[str] | None = None) -> Callable[[F], F]: ...
    @overload
    def expose(
        func: None = None,
        alias: Names | None = None,
        *,
        methods: str | Iterable[str] | None = None,
    ) -> Callable[[F], F]: ...
    @overload
    def expose(
        func: F, alias: Names | None = None, *, methods: str | Iterable[str] | None = None
    ) -> F: ...
    def expose(func: Any = None, alias: Any = None, *, methods: Any = None) -> Any:
        """See below."""


__all__ = ["expose"]

_ALIAS = (str, list, tuple)

# PERF: as configuration it costs nothing where no methods are given, and every dispatcher
# that knows `_cp_config` heeds it.
_METHODS_KEY = "hooks.on_start_resource.only_methods"


class _OnlyMethods:
    """A hook that refuses all methods but the given ones.

    Args:
        methods: one HTTP method, or several, in any case.

    Raises:
        ValueError: there is none.
    """

    #: Before whatever else wants to look at the request: there is no resource to protect.
    priority = 10

    def __init__(self, methods: str | Iterable[str]) -> None:
        names = [methods] if isinstance(methods, str) else list(methods)
        self.methods = list(dict.fromkeys(name.strip().upper() for name in names))
        if not all(self.methods) or not self.methods:
            raise ValueError(f"the methods of an exposed page must be named, not {methods!r}")
        if "GET" in self.methods and "HEAD" not in self.methods:
            self.methods.append("HEAD")

    def __call__(self) -> None:
        """Answer the current request, if its method is none of these."""
        request, response = current()
        response.headers["Allow"] = ", ".join(sorted(self.methods))
        if request.method in self.methods:
            return
        if request.method != "OPTIONS":
            raise HTTPError(405)
        # The header says it all.
        request.handler = None


# PERF: `overload` cannot be had at run time without importing typing, 10 ms.
if not TYPE_CHECKING:

    def expose(func: Any = None, alias: Any = None, *, methods: Any = None) -> Any:
        """Make a function, method or class a page handler.

        May be used as `@expose`, `@expose()`, `@expose("alias")`, `@expose(["a", "b"])` or
        `@expose(alias=...)`. Each alias becomes another name for it where it is defined; a
        dot in one stands for itself (`robots.txt` is found as `robots_txt`).

        Args:
            func: what to expose, or its aliases.
            alias: another name, or a list of names.
            methods: the HTTP methods that are served, one or several; any other gives 405.
                GET brings HEAD. OPTIONS is answered with the header Allow. Default: all.

        Raises:
            ValueError: *methods* is empty.
        """
        only = None if methods is None else _OnlyMethods(methods)
        # The namespace in which it is being defined: a class body or a module.
        namespace = sys._getframe(1).f_locals  # noqa: SLF001

        def mark(target: Any) -> Any:
            target.exposed = True
            if only is not None:
                # A class may have inherited the dict: it must not change its base's.
                config = {**getattr(target, "_cp_config", {}), _METHODS_KEY: only}
                target._cp_config = config  # noqa: SLF001  (the documented attribute)
            names = [alias] if isinstance(alias, str) else alias or ()
            for name in names:
                namespace[name.replace(".", "_")] = target
            return target

        if func is None:
            return mark
        if isinstance(func, _ALIAS):
            alias = func
            return mark
        return mark(func)
