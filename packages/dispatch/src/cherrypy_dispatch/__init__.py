"""From a URL path to a Python callable: the object tree dispatcher and its relatives."""

from __future__ import annotations

from cherrypy_dispatch.__about__ import __version__
from cherrypy_dispatch.handlers import LateParamPageHandler, PageHandler
from cherrypy_dispatch.methods import MethodDispatcher
from cherrypy_dispatch.popargs import popargs
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
    "__version__",
    "getargspec",
    "popargs",
    "punctuation_to_underscores",
    "test_callable_spec",
    "validate_translator",
]


#: What not every application needs, by the module that has it (inspect is slow to import).
_LATE = {
    "RoutesDispatcher": "routes",
    "VirtualHost": "hosts",
    "XMLRPCDispatcher": "rpc",
    "getargspec": "spec",
    "test_callable_spec": "spec",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
