"""An in-process client and live servers for testing web applications.

The names are imported when they are first used: pytest loads this package for its plugin,
in projects too that have nothing to do with it.
"""

from cherrypy_testing.__about__ import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_testing.client import Client
    from cherrypy_testing.live import LiveServer
    from cherrypy_testing.response import Headers, Response

__all__ = ["Client", "Headers", "LiveServer", "Response", "__version__"]

_HOMES = {
    "Client": "client",
    "Headers": "response",
    "LiveServer": "live",
    "Response": "response",
}


def __getattr__(name: str) -> "Any":
    """Import a name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
