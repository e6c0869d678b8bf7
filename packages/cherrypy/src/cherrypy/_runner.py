"""The default site as cherryd wants it (see `cherryd.Site`)."""

from __future__ import annotations

from types import FunctionType, MethodType

import cherrypy
from cherrypy_core.application import Application

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_core.logs import LogManager
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

    @property
    def log(self) -> LogManager:
        """The log of everything that is not an application's."""
        return cherrypy.log

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
        """Have something answer the requests to "/".

        Args:
            application: a WSGI application, an `Application`, or the root of a tree of page
                handlers: an object or its class.
        """
        if isinstance(application, Application):
            cherrypy.tree.mount(application, application.script_name)
        elif _has_pages(application):
            cherrypy.tree.mount(application() if isinstance(application, type) else application)
        elif callable(application):
            cherrypy.tree.graft(application, "")
        else:
            kind = type(application).__name__
            raise TypeError(f"this {kind} is no WSGI application and has no page handlers")

    def serve_with(self, kind: str) -> None:
        """Have the site served by FastCGI, SCGI or CGI.

        A web server runs the program and watches its files; what a CGI program writes to
        standard output is the response.
        """
        cherrypy.engine.autoreload.unsubscribe()
        if kind == "cgi":
            cherrypy.log.screen = False
        cherrypy.server.instance = f"cherrypy_httpserver.xcgi.{kind}_server"

    def routes(self) -> list[tuple[str, str, str]]:
        """Return path, arguments and name of every page handler."""
        return cherrypy.site.routes()

    def reasons_for_one_process(self) -> list[str]:
        """Return why the site cannot be served by several workers."""
        return cherrypy.site.reasons_for_one_process()


def _has_pages(thing: Any) -> bool:
    """Tell whether an object or a class is a root: whether anything below it is exposed."""
    if getattr(thing, "exposed", False) is True:
        return True
    if isinstance(thing, (FunctionType, MethodType)):
        return False
    for name in dir(thing):
        member = None if name.startswith("__") else getattr(thing, name, None)
        if getattr(member, "exposed", False) is True:
            return True
    return not callable(thing) and any(
        _has_pages(member)
        for member in getattr(thing, "__dict__", {}).values()
        if hasattr(member, "__dict__")
    )


site = DaemonSite()
