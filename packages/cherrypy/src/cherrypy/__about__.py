"""The version of CherryPy, read by the build backend."""

__version__ = "26.1.0"
