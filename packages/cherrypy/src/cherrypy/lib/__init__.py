"""The library of tools and of what they are made of."""

from __future__ import annotations

from cherrypy._lazy import lazy_modules
from cherrypy_core.iterators import (
    file_generator,
    file_generator_limited,
    is_closable_iterator,
    is_iterator,
    set_vary_header,
)

__all__ = [
    "file_generator",
    "file_generator_limited",
    "is_closable_iterator",
    "is_iterator",
    "set_vary_header",
]

_MODULES = (
    "caching",
    "cptools",
    "encoding",
    "headers",
    "http",
    "httputil",
    "jsontools",
    "locking",
    "reprconf",
    "sessions",
    "static",
    "xmlrpcutil",
)

__getattr__ = lazy_modules(__name__, {name: f"{__name__}.{name}" for name in _MODULES})
