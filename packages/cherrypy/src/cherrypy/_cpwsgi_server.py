"""The WSGI server, on cheroot."""

from __future__ import annotations

from cherrypy_httpserver.wsgi import WSGIRequest as CPWSGIHTTPRequest
from cherrypy_httpserver.wsgi import WSGIServer as CPWSGIServer

__all__ = ["CPWSGIHTTPRequest", "CPWSGIServer"]
