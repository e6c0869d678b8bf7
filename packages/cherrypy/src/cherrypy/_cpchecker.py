"""The look at the configuration, when the engine starts, for what is probably a mistake."""

from __future__ import annotations

import cherrypy
from cherrypy_site.checker import Checker as SiteChecker

__all__ = ["Checker"]


class Checker(SiteChecker):
    """Looks for probable mistakes in the configuration of the default site."""

    reports_empty_config = True

    def __init__(self) -> None:
        super().__init__(cherrypy.site)
