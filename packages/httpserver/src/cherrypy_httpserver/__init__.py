"""An HTTP server for any WSGI application, driven by settings and a process bus."""

from cherrypy_httpserver.__about__ import __version__

__all__ = ["__version__"]
