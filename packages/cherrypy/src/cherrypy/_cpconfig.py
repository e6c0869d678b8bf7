"""Configuration of the site and of applications."""

from __future__ import annotations

from cherrypy_core.config import Config, environments, merge

__all__ = ["Config", "environments", "merge"]
