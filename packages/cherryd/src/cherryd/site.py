"""What a framework implements to be run by cherryd, and how it is found."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from cherryd.errors import CommandError

if TYPE_CHECKING:
    from cherrypy_httpserver import Server
    from cherrypy_wspbus import Bus

__all__ = ["GROUP", "OnBus", "SignalPlugin", "Site", "find_site"]

GROUP = "cherryd.site"
"""The group of entry points in which a distribution offers its `Site`."""


class SignalPlugin(Protocol):
    """A plugin that treats the signals of the operating system."""

    def subscribe(self) -> object:
        """Install the handlers; called in the main thread, before the bus starts."""


class OnBus(Protocol):
    """What starts and stops with a bus: all that a site that is configured already needs."""

    @property
    def bus(self) -> Bus:
        """What everything starts and stops with; its `start` must start the server."""


@runtime_checkable
class Site(OnBus, Protocol):
    """What can be configured, started and stopped as a whole.

    cherryd calls the methods in the order in which they stand here; each may raise any
    `Exception`, whose text is shown to the user in one line.

    More methods are optional:

    `load(module_name)` imports a module of the option `-i`; by default
    `importlib.import_module`.

    `serve_with(kind)` has the site served by FastCGI, SCGI or CGI instead of HTTP; `kind` is
    "fastcgi", "scgi" or "cgi". By default `server.instance` is set accordingly.

    `routes()` returns what the option `--routes` prints: for each page handler its path, its
    arguments and its name, as text.

    `complaints()` returns texts, each a reason why the site as it is configured cannot be
    started; `reasons_for_one_process()` the same for several workers.

    An attribute `log.error_file` is the path of a file that the parent of workers tells what
    it does.

    Attributes may be plain ones, they need not be properties.
    """

    @property
    def server(self) -> Server:
        """The server, whose `bind_addr` the option `--bind` sets."""

    @property
    def signal_handler(self) -> SignalPlugin:
        """The plugin that ends the process on SIGTERM."""

    def apply_environment(self, name: str) -> object:
        """Apply the configuration environment `name`, such as "production"."""

    def load_config(self, filename: str) -> object:
        """Apply a configuration file to the site and to the application mounted so far.

        Called for each file twice: before the modules are imported, for them to see the
        configuration, and again after that, so that the file prevails over their settings and
        reaches what they have mounted. With several applications a section such as `[/]` does
        not say whose it is: CherryPy 18.10 leaves them alone then.
        """

    def graft(self, application: Any) -> object:
        """Have what `MODULE:APPLICATION` names answer the requests to "/".

        That is a WSGI application, or whatever else the site can serve: a class or an object
        with page handlers.
        """


def find_site() -> Site | None:
    """Return the site that an installed distribution offers, None if none does.

    Raises:
        CommandError: if several do, or theirs cannot be used.
    """
    found = list(entry_points(group=GROUP))
    if not found:
        return None
    if len({entry.value for entry in found}) > 1:
        names = ", ".join(sorted(f"{entry.name} = {entry.value}" for entry in found))
        raise CommandError(f"several installed packages offer a site, keep one of them: {names}")
    entry = found[0]
    try:
        site = entry.load()
    except Exception as error:  # the import of a framework may raise anything
        raise CommandError(
            f"cannot load the site {entry.value!r}: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(site, Site):
        raise CommandError(f"{entry.value!r} is no site: see cherryd.Site for what it must have")
    return site
