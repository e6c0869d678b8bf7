"""Helpers for applications."""

from __future__ import annotations

from cherrypy import expose, popargs, url
from cherrypy_core.linking import normalize_path

__all__ = ["expose", "normalize_path", "popargs", "url"]
