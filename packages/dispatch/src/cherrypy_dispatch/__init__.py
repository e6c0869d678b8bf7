"""From a URL path to a Python callable: the object tree dispatcher and its relatives."""

from cherrypy_dispatch.__about__ import __version__
from cherrypy_dispatch.handlers import LateParamPageHandler, PageHandler
from cherrypy_dispatch.methods import MethodDispatcher
from cherrypy_dispatch.popargs import popargs
from cherrypy_dispatch.spec import getargspec, test_callable_spec
from cherrypy_dispatch.tree import Dispatcher, punctuation_to_underscores, validate_translator

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
