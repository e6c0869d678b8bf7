"""HTTP requests, responses, hooks, configuration and applications, without a server.

The names that most applications need are here; the modules have the rest.
"""

from cherrypy_core.__about__ import __version__
from cherrypy_core.application import Application
from cherrypy_core.config import Config, NamespaceSet
from cherrypy_core.errors import (
    CherryPyException,
    HTTPError,
    HTTPRedirect,
    InternalRedirect,
    NotFound,
    TimeoutError,  # noqa: A004  (the historical name)
)

# NOTE: `expose`, `request`, `response` and `serving` are names of modules too. These are
# imported by now, so that the names stay what they are made here.
from cherrypy_core.expose import expose
from cherrypy_core.headers import HeaderMap
from cherrypy_core.hooks import Hook, HookMap
from cherrypy_core.linking import url
from cherrypy_core.logs import LogManager
from cherrypy_core.request import Request
from cherrypy_core.response import Response
from cherrypy_core.serving import request, response, serving
from cherrypy_core.tree import Tree
from cherrypy_core.urls import Host

__all__ = [
    "Application",
    "CherryPyException",
    "Config",
    "HTTPError",
    "HTTPRedirect",
    "HeaderMap",
    "Hook",
    "HookMap",
    "Host",
    "InternalRedirect",
    "LogManager",
    "NamespaceSet",
    "NotFound",
    "Request",
    "Response",
    "TimeoutError",
    "Tree",
    "__version__",
    "expose",
    "request",
    "response",
    "serving",
    "url",
]
