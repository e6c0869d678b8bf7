"""The applications of a site, and the tree that they are mounted in."""

from __future__ import annotations

import os

from cherrypy_core.application import Application
from cherrypy_core.configfile import as_dict
from cherrypy_core.logs import LogManager, application_log
from cherrypy_core.request import Request
from cherrypy_core.tree import Tree
from cherrypy_site.logs import GlobalLogManager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_site.site import Site
    from cherrypy_wspbus.plugins import Autoreloader

__all__ = ["SiteApplication", "SiteTree", "watch_config_file"]


def watch_config_file(autoreload: Autoreloader, config: Any) -> None:
    """Have the process restarted when *config*, if that is the name of a file, changes.

    Not as long as the file cannot be read as configuration.
    """
    if isinstance(config, (str, os.PathLike)):
        path = os.path.abspath(config)  # noqa: PTH100  (pathlib: 10 ms)
        autoreload.files.add(path)
        autoreload.checks[path] = as_dict


class SiteApplication(Application):
    """An application with the configuration, bus, tools and log of a site.

    Args:
        site: the site.
        root: the object at the top of the tree of page handlers.
        script_name: the path where it is mounted; None: wherever the WSGI environ says.
        config: path to settings: a dict of dicts, a file name or an open file.
    """

    def __init__(
        self, site: Site, root: Any, script_name: str | None = "", config: Any = None
    ) -> None:
        self.site = site
        super().__init__(
            root,
            script_name,
            site_config=site.config,
            channels=site.bus,
            toolboxes={"tools": site.tools},
            software=site.software,
        )
        self.event_loop = site.event_loop
        self.keep_under_way(site.bus.under_way)
        if type(self).request_class is Request:
            self.request_class = site.request_class
        # A child of the site's log; before the configuration, which sets it up.
        self.log = application_log(self, site.log.logger_root)
        self.log.parent = site.log
        if config:
            self.merge(config)

    def active_log(self) -> LogManager:
        """Return the log that requests of this application write to.

        That is its own, unless the log of the site is one that does not know applications:
        somebody has put it in the place of ours, to see everything.
        """
        log = self.site.current_log()
        return self.log if isinstance(log, GlobalLogManager) else log

    def merge(self, config: Any) -> None:
        """Add to the configuration: a dict of dicts, a file name or an open file.

        A file given by its name is watched by the site's autoreloader.
        """
        super().merge(config)
        watch_config_file(self.site.bus.autoreload, config)


class SiteTree(Tree):
    """The applications and other WSGI callables of a site, each mounted at a path.

    Args:
        site: the site.
    """

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site

    def make_application(self, root: Any, script_name: str) -> Application:
        """Return a new application of the site."""
        return self.site.make_application(root, script_name)
