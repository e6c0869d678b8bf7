"""Marking page handlers: `expose`."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar, overload

    F = TypeVar("F")

    @overload
    def expose(func: str | list[str] | tuple[str, ...]) -> Callable[[F], F]: ...
    @overload
    def expose(
        func: None = None, alias: str | list[str] | tuple[str, ...] | None = None
    ) -> Callable[[F], F]: ...
    @overload
    def expose(func: F, alias: str | list[str] | tuple[str, ...] | None = None) -> F: ...
    def expose(func: Any = None, alias: Any = None) -> Any:
        """See below."""


__all__ = ["expose"]

_ALIAS = (str, list, tuple)

# PERF: `overload` cannot be had at run time without importing typing, 10 ms.
if not TYPE_CHECKING:

    def expose(func: Any = None, alias: Any = None) -> Any:
        """Make a function, method or class a page handler.

        May be used as `@expose`, `@expose()`, `@expose("alias")`, `@expose(["a", "b"])` or
        `@expose(alias=...)`. Each alias becomes another name for it where it is defined; a
        dot in one stands for itself (`robots.txt` is found as `robots_txt`).

        Args:
            func: what to expose, or its aliases.
            alias: another name, or a list of names.
        """
        # The namespace in which it is being defined: a class body or a module.
        namespace = sys._getframe(1).f_locals  # noqa: SLF001

        def mark(target: Any) -> Any:
            target.exposed = True
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
