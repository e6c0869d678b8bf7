"""A real server on a port of this machine, for as long as a test needs it."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

from cherrypy_site import Site

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["LiveServer"]

#: Seconds that a task of a plugin may go on after the site was told to exit.
_JOIN_TIMEOUT = 5


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
            monitors = self._monitors()
            try:
                self.site.exit()
            finally:
                self._restore()
            # They have been told to end; nobody has waited for them yet.
            for thread in monitors:
                thread.join(_JOIN_TIMEOUT)
        if self._own:
            self.site.close()

    def _monitors(self) -> list[Thread]:
        """Return the threads of the plugins that do something now and then."""
        stopping = self.site.bus.listeners["stop"]
        plugins = [getattr(listener, "__self__", None) for listener in stopping]
        threads = [getattr(plugin, "thread", None) for plugin in plugins]
        return [thread for thread in threads if isinstance(thread, Thread)]

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
