"""Per-request tools: encoding, compression, JSON, static files, sessions and more."""

from cherrypy_tools.__about__ import __version__

__all__ = ["__version__"]
