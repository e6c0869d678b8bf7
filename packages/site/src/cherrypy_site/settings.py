"""What settings there are beyond those of tools, and of what type they are."""

from __future__ import annotations

from cherrypy_core.logs import LogManager
from cherrypy_core.response import Response
from cherrypy_httpserver.server import SETTINGS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_site.site import Site

__all__ = ["LOG", "REQUEST", "RESPONSE", "known_types"]

#: Attributes that `log.NAME` sets.
LOG = ("access_file", "access_log_format", "error_file", "json", "screen", "wsgi")

#: Attributes that `request.NAME` is meant to set; it may set any.
REQUEST = (
    "dispatch",
    "error_response",
    "methods_with_bodies",
    "process_request_body",
    "query_string_encoding",
    "show_mismatched_params",
    "show_tracebacks",
    "throw_errors",
    "throws",
    "uri_encoding",
)

#: The same for `response.NAME`.
RESPONSE = ("status", "stream", "timeout")

#: Types that say what a value should be. A default of None says nothing.
_TELLING = (bool, int, float, str, tuple, dict, list)


def known_types(site: Site) -> dict[str, type]:
    """Return key to expected type, as far as the defaults tell.

    Args:
        site: whose engine, server and requests it is about.
    """
    own_log = LogManager("cherrypy-site-settings")
    sources: list[tuple[str, tuple[str, ...] | frozenset[str], Any]] = [
        ("log", LOG, own_log),
        ("request", REQUEST, site.request_class),
        ("response", RESPONSE, Response),
        # A server of its own: the configuration has been at work on the site's.
        ("server", SETTINGS, site.make_server()),
    ]
    return {
        f"{namespace}.{name}": type(default)
        for namespace, names, owner in sources
        for name in names
        for default in [getattr(owner, name, None)]
        if isinstance(default, _TELLING)
    }
