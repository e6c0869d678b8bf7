"""Having /livez and /readyz answered, on the main port or on one of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cherrypy_httpserver import Server
from cherrypy_wspbus.health import Health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cherryd.binds import Bind
    from cherryd.site import Site

__all__ = ["HealthFirst", "serve_health"]

_PATHS = frozenset({"/livez", "/readyz"})

_THREADS = 2
"""Threads of a server that does nothing else: one may be held by a slow client."""

_AFTER_ALL_OTHERS = 95
"""Priority on `stop`: the probes are answered until everything else has ended."""


class HealthFirst:
    """A WSGI application that answers /livez and /readyz and leaves the rest to another one.

    Args:
        application: the other one.
        health: what answers.
    """

    def __init__(self, application: Callable[..., Any], health: Health) -> None:
        self.application = application
        self.health = health

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer a WSGI call."""
        if environ.get("PATH_INFO") in _PATHS and not environ.get("SCRIPT_NAME"):
            return self.health(environ, start_response)
        answer: Iterable[bytes] = self.application(environ, start_response)
        return answer


def serve_health(site: Site, bind: Bind | None) -> Health:
    """Have the health of a site's bus told.

    Args:
        site: the site.
        bind: where; None for the address of the site's server.

    Returns:
        What answers.
    """
    health = Health(site.bus)
    if bind is None:
        site.server.app = HealthFirst(site.server.app, health)
        return health
    server = Server(site.bus, health)
    server.bind_addr = bind.address
    server.thread_pool = _THREADS
    site.bus.subscribe("start", server.start)
    site.bus.subscribe("stop", server.stop, _AFTER_ALL_OTHERS)
    return health
