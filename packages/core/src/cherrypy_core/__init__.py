"""HTTP requests, responses, hooks, configuration and applications, without a server."""

from cherrypy_core.__about__ import __version__

__all__ = ["__version__"]
