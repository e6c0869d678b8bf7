"""The version of cherrypy-testing, read by the build backend."""

__version__ = "0.1.0"
