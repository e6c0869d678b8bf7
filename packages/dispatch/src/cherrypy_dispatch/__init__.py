"""From a URL path to a Python callable: the object tree dispatcher and its relatives."""

from cherrypy_dispatch.__about__ import __version__

__all__ = ["__version__"]
