"""An in-process client and live servers for testing web applications."""

from cherrypy_testing.__about__ import __version__

__all__ = ["__version__"]
