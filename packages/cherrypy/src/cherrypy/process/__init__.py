"""The process bus, its plugins, and servers on it."""

from __future__ import annotations

from cherrypy import engine as bus
from cherrypy._lazy import lazy_modules

__all__ = ["bus"]

_MODULES = ("plugins", "servers", "win32", "wspbus")

__getattr__ = lazy_modules(__name__, {name: f"{__name__}.{name}" for name in _MODULES})
