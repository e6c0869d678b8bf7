"""Applications, and the tree they are mounted in: those of the default site."""

from __future__ import annotations

import cherrypy
from cherrypy._cprequest import Request
from cherrypy_core.observed import ObservedDict
from cherrypy_core.tree import Tree as CoreTree
from cherrypy_site.applications import SiteApplication

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy import tools

__all__ = ["Application", "Tree", "tools"]


class Application(SiteApplication):
    """A WSGI application that serves a tree of objects, as a part of the default site.

    Args:
        root: the object at the top of the tree of page handlers; None for an application
            that has only tools.
        script_name: the path where it is mounted: "" or "/path/without/slash/at/the/end".
            None: wherever the WSGI environ says.
        config: path to settings: a dict of dicts, a file name or an open file.

    Attributes:
        toolboxes: config namespace to the toolbox whose tools it switches on. All
            applications have the same (as CherryPy 18.10), also those that exist already.
    """

    request_class = Request
    toolboxes = ObservedDict()

    def __init__(self, root: Any, script_name: str | None = "", config: Any = None) -> None:
        shared = self.toolboxes
        super().__init__(cherrypy.site, root, script_name, config)
        self.toolboxes = shared


class Tree(CoreTree):
    """A WSGI application that hands each call to what is mounted at (or above) its path.

    What it mounts becomes a part of the default site.

    Attributes:
        apps: script name to application (or any other WSGI callable).
    """

    def make_application(self, root: Any, script_name: str) -> Application:
        """Return a new application of the default site."""
        return Application(root, script_name)


def __getattr__(name: str) -> Any:
    # Not there yet when the default site, which has it, is being made of this module.
    if name == "tools":
        return cherrypy.tools
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
