"""A process bus: named channels, prioritised listeners, start and stop, plugins."""

from cherrypy_wspbus.__about__ import __version__

__all__ = ["__version__"]
