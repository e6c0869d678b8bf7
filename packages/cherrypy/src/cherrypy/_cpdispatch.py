"""Dispatchers: from a path to a page handler."""

from __future__ import annotations

from cherrypy_dispatch.handlers import LateParamPageHandler, PageHandler
from cherrypy_dispatch.methods import MethodDispatcher
from cherrypy_dispatch.tree import Dispatcher, punctuation_to_underscores, validate_translator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_dispatch.hosts import VirtualHost
    from cherrypy_dispatch.routes import RoutesDispatcher
    from cherrypy_dispatch.rpc import XMLRPCDispatcher
    from cherrypy_dispatch.spec import getargspec, test_callable_spec

__all__ = [
    "Dispatcher",
    "LateParamPageHandler",
    "MethodDispatcher",
    "PageHandler",
    "RoutesDispatcher",
    "VirtualHost",
    "XMLRPCDispatcher",
    "getargspec",
    "punctuation_to_underscores",
    "test_callable_spec",
    "validate_translator",
]


#: What not every application needs (inspect is slow to import).
_LATE = frozenset(
    ("RoutesDispatcher", "VirtualHost", "XMLRPCDispatcher", "getargspec", "test_callable_spec")
)


def __getattr__(name: str) -> Any:
    if name in _LATE:
        import cherrypy_dispatch  # noqa: PLC0415

        return getattr(cherrypy_dispatch, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
