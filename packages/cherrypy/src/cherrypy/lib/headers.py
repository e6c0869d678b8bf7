"""Header fields with parameters."""

from __future__ import annotations

from cherrypy_core.elements import parse_header

__all__ = ["parse_header"]
