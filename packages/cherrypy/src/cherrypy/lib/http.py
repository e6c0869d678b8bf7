"""The name of `cherrypy.lib.httputil` until CherryPy 3.1."""

from __future__ import annotations

from cherrypy.lib import httputil
from cherrypy.lib.httputil import *  # noqa: F403  (the same names, whichever there are)

__all__ = list(httputil.__all__)
