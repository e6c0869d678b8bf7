"""Applications as WSGI callables, and WSGI middleware."""

from __future__ import annotations

from cherrypy_core.environ import downgrade_wsgi_ux_to_1x
from cherrypy_core.pipeline import ExceptionTrapper, InternalRedirector, VirtualHost
from cherrypy_core.wsgi import AppResponse, CPWSGIApp

__all__ = [
    "AppResponse",
    "CPWSGIApp",
    "ExceptionTrapper",
    "InternalRedirector",
    "VirtualHost",
    "downgrade_wsgi_ux_to_1x",
]
