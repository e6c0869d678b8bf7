"""Session objects with locking and expiry, and the stores that keep them."""

from cherrypy_sessions.__about__ import __version__

__all__ = ["__version__"]
