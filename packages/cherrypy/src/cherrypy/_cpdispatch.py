"""Dispatchers: from a path to a page handler."""

from __future__ import annotations

from cherrypy_dispatch.handlers import LateParamPageHandler, PageHandler
from cherrypy_dispatch.methods import MethodDispatcher
from cherrypy_dispatch.tree import Dispatcher, punctuation_to_underscores, validate_translator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_dispatch.spec import getargspec, test_callable_spec

__all__ = [
    "Dispatcher",
    "LateParamPageHandler",
    "MethodDispatcher",
    "PageHandler",
    "getargspec",
    "punctuation_to_underscores",
    "test_callable_spec",
    "validate_translator",
]


def __getattr__(name: str) -> Any:
    # Slow to import (inspect), and needed for errors only.
    if name in {"getargspec", "test_callable_spec"}:
        import cherrypy_dispatch  # noqa: PLC0415

        return getattr(cherrypy_dispatch, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
