"""The site without a framework: a bus, a server, a WSGI application."""

from __future__ import annotations

from typing import Any

from cherryd.errors import MISUSED, CommandError
from cherrypy_httpserver import Server
from cherrypy_httpserver.running import Console, say
from cherrypy_wspbus import Bus
from cherrypy_wspbus.plugins import SignalHandler

__all__ = ["PlainSite"]


class PlainSite:
    """A site for one WSGI application, without configuration files."""

    def __init__(self) -> None:
        self.bus = Bus()
        self.server = Server(self.bus)
        self.signal_handler = SignalHandler(self.bus)
        self._console = Console(self.bus)
        self.server.subscribe()

    def apply_environment(self, name: str) -> None:
        """Refuse: there is no configuration."""
        raise CommandError(
            f"the environment {name!r} (-e) needs a framework: pip install CherryPy", MISUSED
        )

    def load_config(self, filename: str) -> None:
        """Refuse: there is no configuration."""
        raise CommandError(
            f"the config file {filename!r} (-c) needs a framework: pip install CherryPy", MISUSED
        )

    def graft(self, application: Any) -> None:
        """Serve `application`.

        Raises:
            CommandError: it is no WSGI application.
        """
        if not callable(application) or _has_pages(application):
            kind = type(application).__name__
            raise CommandError(
                f"this {kind} is no WSGI application; to serve its page handlers: "
                "pip install CherryPy"
            )
        self.server.app = application

    def announce(self) -> None:
        """Tell where it serves, and tell about errors from now on; for a bus that has started."""
        self._console.started = True
        say(f"Serving on {self.server.description}")


def _has_pages(thing: Any) -> bool:
    """Tell whether an object has methods that are exposed to the web."""
    if not isinstance(thing, type):
        thing = type(thing)
    return any(
        getattr(member, "exposed", False) is True
        for owner in thing.__mro__
        for member in vars(owner).values()
    )
