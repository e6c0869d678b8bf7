"""The default site as cherryd wants it (see `cherryd.Site`)."""

from __future__ import annotations

import cherrypy
from cherrypy_core.application import Application

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_httpserver.server import Server
    from cherrypy_site.engine import Engine, Signals

__all__ = ["DaemonSite", "site"]


class DaemonSite:
    """What cherryd asks of a site, done with the default one."""

    @property
    def bus(self) -> Engine:
        """What everything starts and stops with."""
        return cherrypy.engine

    @property
    def server(self) -> Server:
        """The default server."""
        return cherrypy.server

    @property
    def signal_handler(self) -> Signals:
        """What subscribes all that has to do with signals."""
        return cherrypy.engine.signals

    def apply_environment(self, name: str) -> None:
        """Apply a configuration environment.

        Raises:
            KeyError: it is unknown.
        """
        cherrypy.config.update({"environment": name})

    def load_config(self, filename: str) -> None:
        """Apply a config file to the site and, if there is just one, to its application.

        With several applications a section such as `[/]` would not say whose it is; each
        of them has a file of its own then (as CherryPy 18.10).

        Raises:
            OSError: the file cannot be read.
            ValueError: it has an error.
        """
        cherrypy.config.update(filename)
        apps = list(cherrypy.tree.apps.values())
        if len(apps) == 1 and isinstance(apps[0], Application):
            apps[0].merge(filename)

    def graft(self, application: Any) -> None:
        """Have a WSGI application answer the requests to "/"."""
        if isinstance(application, Application):
            cherrypy.tree.mount(application, application.script_name)
        else:
            cherrypy.tree.graft(application, "")


site = DaemonSite()
