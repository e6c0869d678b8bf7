"""The WSGI server as one of cheroot's."""

from __future__ import annotations

from cherrypy_httpserver.cheroots import CherootRequest as CPWSGIHTTPRequest
from cherrypy_httpserver.cheroots import CherootServer as CPWSGIServer

__all__ = ["CPWSGIHTTPRequest", "CPWSGIServer"]
