"""Sites: one bus, tree, configuration, server and log, wired together."""

from cherrypy_site.__about__ import __version__
from cherrypy_site.errors import SiteError, UnknownSettingError
from cherrypy_site.site import Site

__all__ = ["Site", "SiteError", "UnknownSettingError", "__version__"]
