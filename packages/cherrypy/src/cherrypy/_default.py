"""The default site: the one whose parts have the familiar names in `cherrypy`."""

from __future__ import annotations

import sys

from cherrypy.__about__ import __version__
from cherrypy_core.config import environments
from cherrypy_site import Site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cherrypy._cpchecker import Checker
    from cherrypy._cprequest import Request
    from cherrypy._cpserver import Server
    from cherrypy._cptree import Application, Tree
    from cherrypy_core.logs import LogManager

__all__ = ["DefaultSite"]

_facade = vars(sys.modules[__package__])


class DefaultSite(Site):
    """A site made of the facade's own classes, in charge of the process it runs in."""

    software = f"CherryPy/{__version__}"

    def __init__(self) -> None:
        super().__init__(name="cherrypy")
        # Applications add to the environments under their historical name.
        self.config.environments = environments
        self.bus.may_exit_process = True
        self.log.screen = True

    def current_log(self) -> LogManager:
        """Return `cherrypy.log`, whatever an application has made of that."""
        log: LogManager = _facade.get("log", self.log)
        return log

    def make_checker(self) -> Checker:
        """Return what looks for mistakes in the configuration."""
        from cherrypy._cpchecker import Checker  # noqa: PLC0415  (it needs us)

        return Checker()

    def make_sessions(self) -> str:
        """Return the name of the class that keeps sessions in memory."""
        return "cherrypy_sessions.RamSession"

    def make_tree(self) -> Tree:
        """Return the tree, empty."""
        from cherrypy._cptree import Application, Tree  # noqa: PLC0415  (they need us)

        Application.toolboxes["tools"] = self.tools
        return Tree()

    def make_server(self) -> Server:
        """Return a new server of the site, not subscribed yet."""
        from cherrypy._cpserver import Server  # noqa: PLC0415  (it needs us)

        return Server(self.bus, self.tree)

    def make_request_class(self) -> type[Request]:
        """Return the facade's class of requests."""
        from cherrypy._cprequest import Request  # noqa: PLC0415  (as above)

        return Request

    def make_application(self, root: object, script_name: str) -> Application:
        """Return a new application of the site, not mounted yet."""
        from cherrypy._cptree import Application  # noqa: PLC0415  (as above)

        return Application(root, script_name)
