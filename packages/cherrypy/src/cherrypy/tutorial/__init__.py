"""Small applications to learn from, each runnable by `python -m`."""

from __future__ import annotations

from cherrypy._lazy import lazy_modules

__all__: list[str] = []

__getattr__ = lazy_modules(__name__, {"guide": f"{__name__}.guide"})
