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

    from cherrypy_dispatch.spec import getargspec, test_callable_spec

__all__ = [
    "Dispatcher",
    "LateParamPageHandler",
    "MethodDispatcher",
    "PageHandler",
    "__version__",
    "getargspec",
    "popargs",
    "punctuation_to_underscores",
    "test_callable_spec",
    "validate_translator",
]


def __getattr__(name: str) -> Any:
    # Slow to import (inspect), and needed for errors only.
    if name in {"getargspec", "test_callable_spec"}:
        from cherrypy_dispatch import spec  # noqa: PLC0415

        return getattr(spec, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
