"""CherryPy: write Python objects, serve them over HTTP.

Importing this package creates the default site; its parts have the familiar names:

    import cherrypy

    class Root:
        @cherrypy.expose
        def index(self):
            return "Hello world!"

    cherrypy.quickstart(Root())

Attributes:
    site: the default `Site`, which all that follows belongs to.
    engine: the process bus, with its plugins as attributes.
    tree: the applications, by path.
    config: the global configuration.
    server, servers: the default HTTP server, and the further ones by name.
    log: the error log; called, it writes a message.
    checker: looks for mistakes in the configuration when the engine starts.
    tools: the default toolbox.
    request, response, serving: what the current thread serves.
    session: the session of the current request, if the sessions tool is on for it.
    thread_data: attributes of the current thread, kept between requests.
"""

from __future__ import annotations

from cherrypy.__about__ import __version__
from cherrypy._default import DefaultSite
from cherrypy._lazy import lazy_modules
from cherrypy_core.errors import (
    CherryPyException,
    HTTPError,
    HTTPRedirect,
    InternalRedirect,
    NotFound,
    TimeoutError,  # noqa: A004  (the historical name)
)
from cherrypy_core.expose import expose
from cherrypy_core.serving import ServingProxy, ThreadData, request, response, serving
from cherrypy_dispatch.popargs import popargs
from cherrypy_tools.tool import Tool

site = DefaultSite()

engine = site.bus
tree = site.tree
config = site.config
server = site.server
servers = site.servers
log = site.log
tools = site.tools
quickstart = site.quickstart
url = site.url
_buslog = site.bus_message

session = ServingProxy("session")
thread_data = ThreadData()

from cherrypy._cptree import Application  # noqa: E402  (a part of the default site)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy import _cpdispatch as dispatch
    from cherrypy import _cpwsgi as wsgi
    from cherrypy import lib, process, wsgiserver

    checker = site.checker

__all__ = [
    "Application",
    "CherryPyException",
    "HTTPError",
    "HTTPRedirect",
    "InternalRedirect",
    "NotFound",
    "TimeoutError",
    "Tool",
    "__version__",
    "checker",
    "config",
    "dispatch",
    "engine",
    "expose",
    "lib",
    "log",
    "popargs",
    "process",
    "quickstart",
    "request",
    "response",
    "server",
    "servers",
    "serving",
    "session",
    "site",
    "thread_data",
    "tools",
    "tree",
    "url",
    "wsgi",
    "wsgiserver",
]

_MODULES = (
    "_cpchecker",
    "_cpcompat",
    "_cpconfig",
    "_cpdispatch",
    "_cperror",
    "_cplogging",
    "_cpreqbody",
    "_cprequest",
    "_cpserver",
    "_cptools",
    "_cptree",
    "_cpwsgi",
    "_cpwsgi_server",
    "_helper",
    "daemon",
    "lib",
    "process",
    "tutorial",
    "wsgiserver",
)

_load = lazy_modules(
    __name__,
    {
        **{name: f"{__name__}.{name}" for name in _MODULES},
        "dispatch": f"{__name__}._cpdispatch",
        "wsgi": f"{__name__}._cpwsgi",
    },
)


def __getattr__(name: str) -> Any:
    if name == "checker":
        # Made when somebody asks for it: in production nobody does.
        return site.checker
    return _load(name)
