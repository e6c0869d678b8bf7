"""The command line runner for sites and WSGI applications.

`start` does what the command `cherryd` does, `Site` is what a framework implements to be run
by it.
"""

from cherryd.__about__ import __version__
from cherryd.errors import CommandError
from cherryd.orders import WorkerSettings
from cherryd.runner import start
from cherryd.site import GROUP, Site, find_site

__all__ = ["GROUP", "CommandError", "Site", "WorkerSettings", "__version__", "find_site", "start"]
