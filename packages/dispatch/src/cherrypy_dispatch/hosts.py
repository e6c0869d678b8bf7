"""Several sites in one tree of objects, told apart by the host that the client asked for."""

from __future__ import annotations

from cherrypy_core.serving import current
from cherrypy_core.urls import urljoin
from cherrypy_dispatch.tree import Dispatcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["VirtualHost"]

_next = Dispatcher()

#: What a client leaves out of the Host field, by scheme (RFC 9110 section 4.2).
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class VirtualHost:
    """A dispatcher that puts a prefix, chosen by the host, before the path.

    Only the dispatcher sees the prefix: `request.path_info`, `url()` and redirects stay as
    the client knows them. Sections of the configuration count for the path with prefix.

    Args:
        next_dispatcher: what is called with the longer path.
        use_x_forwarded_host: believe X-Forwarded-Host. Only behind a front that sets it.
        **domains: host name to prefix. A name has the port with it (`name:8080`) where
            that is not the default one of the scheme; upper and lower case are the same.

    Example:
        >>> VirtualHost(**{"company.example": "/company", "home.example:8080": "/home"})
        VirtualHost('company.example', 'home.example:8080')
    """

    def __init__(
        self,
        next_dispatcher: Callable[[str], Any] = _next,
        use_x_forwarded_host: bool = True,
        **domains: str,
    ) -> None:
        self.next_dispatcher = next_dispatcher
        self.use_x_forwarded_host = use_x_forwarded_host
        self.domains = domains

    def __repr__(self) -> str:
        return f"VirtualHost({', '.join(map(repr, self.domains))})"

    def __call__(self, path_info: str) -> Any:
        """Let the next dispatcher find the handler for the path below the host's prefix."""
        request = current()[0]
        host = None
        if self.use_x_forwarded_host:
            # Each proxy adds a name at the end: the first one is what the client asked for.
            host = (request.header("X-Forwarded-Host") or "").partition(",")[0].strip()
        prefix = self.prefix(host or request.header("Host") or "", request.scheme)
        if prefix:
            path_info = urljoin("/", prefix, path_info)
        return self.next_dispatcher(path_info)

    def prefix(self, host: str, scheme: str = "http") -> str:
        """Return the prefix for *host* ("" if there is none for it).

        Args:
            host: as in the Host field: a name, and a port unless it is the default one.
            scheme: "http" or "https".
        """
        domains = self.domains
        prefix = domains.get(host)
        if prefix is None:
            # Somebody may have added a domain since the last request: nothing is kept.
            known = {name.lower(): prefix for name, prefix in domains.items()}
            host = host.lower()
            port = _DEFAULT_PORTS.get(scheme, "")
            prefix = known.get(host, known.get(host.removesuffix(port), ""))
        return prefix
