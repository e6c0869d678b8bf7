"""Dispatchers: from a path to a page handler."""

from __future__ import annotations

from cherrypy_dispatch.handlers import LateParamPageHandler, PageHandler
from cherrypy_dispatch.methods import MethodDispatcher
from cherrypy_dispatch.spec import getargspec, test_callable_spec
from cherrypy_dispatch.tree import Dispatcher, punctuation_to_underscores, validate_translator

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
