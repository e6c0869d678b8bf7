"""The full CherryPy framework: every part, under the historical module names."""

from cherrypy.__about__ import __version__

__all__ = ["__version__"]
