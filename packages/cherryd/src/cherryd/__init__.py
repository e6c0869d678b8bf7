"""The command line runner for sites and WSGI applications."""

from cherryd.__about__ import __version__

__all__ = ["__version__"]
