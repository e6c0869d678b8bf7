"""The version of cherrypy-tools, read by the build backend."""

__version__ = "0.1.0"
