"""The function of the tool expires."""

from __future__ import annotations

from cherrypy_tools.expiry import expires

__all__ = ["expires"]
