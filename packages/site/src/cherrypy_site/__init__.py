"""One bus, tree, configuration, server and log, wired together."""

from cherrypy_site.__about__ import __version__

__all__ = ["__version__"]
