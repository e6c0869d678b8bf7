"""Helpers for applications."""

from __future__ import annotations

from cherrypy import expose, popargs, url
from cherrypy_core.lazy import classproperty
from cherrypy_core.linking import normalize_path

__all__ = ["classproperty", "expose", "normalize_path", "popargs", "url"]
