"""A real server on a port of this machine, for as long as a test needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cherrypy_site import Site

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["LiveServer"]


class LiveServer:
    """Serves a site, or any WSGI application, on a free port.

    The site's own settings for where to listen, and its autoreloader, are set aside while
    the server runs. A site that runs already is left as it is, and goes on.

    Args:
        app: a `Site`, or any WSGI application.
        host: the address to listen on.

    Attributes:
        site: the site that is served: *app*, or one made for it.
        url: scheme, host and port: "http://127.0.0.1:43210". Set by `start`.

    Raises (by `start`):
        ChannelFailures: the site does not start.
    """

    def __init__(self, app: Any, host: str = "127.0.0.1") -> None:
        self._own = not isinstance(app, Site)
        self.site = _site_of(app) if self._own else app
        self._host = host
        self._address: Any = None
        self._started = False
        self._reloads = False
        self.url = ""

    def start(self) -> None:
        """Start serving; return when connections are accepted."""
        site = self.site
        if site.bus.state is not site.bus.states.STARTED:
            self._set_aside()
            try:
                site.start()
            except BaseException:
                self._restore()
                raise
        self.url = site.server.base()

    def _set_aside(self) -> None:
        """Make the site one that listens where we want and watches no files."""
        bus, server = self.site.bus, self.site.server
        self._address = server.bind_addr
        self._reloads = bus.autoreload.start in bus.listeners["start"]
        self._started = True
        server.bind_addr = (self._host, 0)
        server.subscribe()
        bus.autoreload.unsubscribe()

    def stop(self) -> None:
        """Stop serving, and wait until all is gone. May be called again."""
        if self._started:
            try:
                self.site.exit()
            finally:
                self._restore()
        if self._own:
            self.site.close()

    def _restore(self) -> None:
        self._started = False
        self.site.server.bind_addr = self._address
        if self._reloads:
            self.site.bus.autoreload.subscribe()

    @property
    def port(self) -> int:
        """The port."""
        return int(self.url.rpartition(":")[2])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _site_of(app: Any) -> Site:
    """Return a new site that serves nothing but *app*."""
    site = Site({"environment": "test_suite"})
    site.tree.graft(app, getattr(app, "script_name", None) or "")
    return site
