"""The composition root: everything that a running site consists of."""

from __future__ import annotations

from itertools import count
from logging import INFO

from cherrypy_core.configfile import as_dict
from cherrypy_core.eventloop import EventLoop
from cherrypy_core.lazy import lazy
from cherrypy_core.linking import url as make_url
from cherrypy_core.request import Request
from cherrypy_dispatch.tree import Dispatcher
from cherrypy_httpserver.server import Server
from cherrypy_site.__about__ import __version__
from cherrypy_site.applications import SiteApplication, SiteTree, watch_config_file
from cherrypy_site.config import SiteConfig
from cherrypy_site.engine import Engine
from cherrypy_site.logs import GlobalLogManager, close_log
from cherrypy_site.sessions import CleanUp, OwnSessions
from cherrypy_tools.defaults import default_toolbox

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from typing_extensions import Self

    from cherrypy_core.application import Application
    from cherrypy_core.logs import LogManager
    from cherrypy_core.tree import Tree
    from cherrypy_site.checker import Checker
    from cherrypy_tools.toolbox import Toolbox

__all__ = ["Site"]

_numbers = count(1)


class Site:
    """One bus, tree, configuration, server, log and toolbox, wired together.

    A process may have any number of sites; they share nothing. A site never ends the
    process that it is part of. It is a WSGI application itself.

    Used as a context manager it is closed at the end of the block; entering the block
    does not start it.

    Args:
        config: global configuration: a dict, a file name or an open file.
        name: the first part of the names of the site's loggers (`NAME.error`,
            `NAME.access`). Default: a new name for each site.

    Attributes:
        bus: the bus, with `autoreload`, `thread_manager`, `signal_handler` and `signals`.
        tree: the applications, by path.
        config: the global configuration.
        log: the site's `GlobalLogManager`. It has no handlers unless configured:
            `log.screen`, `log.error_file`, `log.access_file`. A `LogManager` of your own
            may be put in its place; everything is written to that then.
        event_loop: runs the asynchronous page handlers of its applications.
        server: the default HTTP server, subscribed to the bus.
        servers: the further ones, by the name that the configuration gives them.
        tools: the toolbox of all its applications.
        request_class: what requests of its applications are made of.
        software: name and version for the Server header.
    """

    software: str = f"cherrypy-site/{__version__}"

    def __init__(self, config: Any = None, *, name: str | None = None) -> None:
        self.bus = Engine()
        self._own_log = GlobalLogManager(None, name or f"cherrypy.site{next(_numbers)}")
        self.log: LogManager = self._own_log
        self.bus.subscribe("log", self.bus_message)
        self.bus.subscribe("graceful", self.log.reopen_files)
        self.bus.subscribe("graceful", self._reopen_application_logs)
        self.bus.subscribe("start", self.check)
        self.event_loop = EventLoop()
        # When no page handler runs any more, and what they use is still there.
        self.bus.subscribe("stop", self.event_loop.stop, priority=30)
        self.tools: Toolbox = self.make_tools()
        self.config = SiteConfig(self)
        self.tree: Tree = self.make_tree()
        self.server: Server = self.make_server()
        self.server.subscribe()
        self.servers: dict[str, Server] = {}
        self.request_class = self.make_request_class()
        if config:
            self.config.update(config)

    @lazy
    def checker(self) -> Checker:
        """The `Checker` of the configuration; made when somebody first asks for it.

        It is subscribed to the bus then, and whoever does not want it can unsubscribe it.
        """
        checker = self.make_checker()
        if self.check in self.bus.listeners["start"]:
            self.bus.unsubscribe("start", self.check)
            self.bus.subscribe("start", checker)
        return checker

    # The parts, for a subclass to replace.

    def make_checker(self) -> Checker:
        """Return what looks for mistakes in the configuration."""
        from cherrypy_site.checker import Checker  # noqa: PLC0415  (not in production)

        return Checker(self)

    def make_tools(self) -> Toolbox:
        """Return the toolbox."""
        sessions = self.make_sessions()
        return default_toolbox(
            session_class=sessions,
            storage_types={"ram": sessions},
            session_defaults={"scheduler": CleanUp(self.bus)},
        )

    def make_sessions(self) -> Any:
        """Return what makes sessions where the configuration does not say: a class, say."""
        return OwnSessions()

    def make_tree(self) -> Tree:
        """Return the tree, empty."""
        return SiteTree(self)

    def make_server(self) -> Server:
        """Return a new server of the site, not subscribed yet."""
        return Server(self.bus, self.tree)

    def make_request_class(self) -> type[Request]:
        """Return a class of requests whose dispatcher and namespaces are the site's own.

        An application whose class has a class of requests itself keeps that.
        """
        namespace = {"dispatch": Dispatcher(), "namespaces": Request.namespaces.copy()}
        return type("Request", (Request,), {"__module__": __name__, **namespace})

    def make_application(self, root: Any, script_name: str) -> Application:
        """Return a new application of the site, not mounted yet."""
        return SiteApplication(self, root, script_name)

    # What it does.

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a WSGI call through what is mounted at its path."""
        return self.tree(environ, start_response)

    def check(self) -> None:
        """Look for probable mistakes in the configuration (the bus does, when it starts)."""
        self.checker()

    def current_log(self) -> LogManager:
        """Return the log that is in force."""
        return self.log

    def bus_message(self, msg: str, level: int = INFO) -> None:
        """Write what is published to the channel `log` of the bus."""
        log = self.current_log()
        # What the bus says while a request is served is none of its application's business.
        write = log.error if isinstance(log, GlobalLogManager) else log
        write(msg, "ENGINE", severity=level)

    def start(self) -> None:
        """Start everything that is on the bus; return when the servers accept connections.

        Raises:
            ChannelFailures: something did not start; the rest has been stopped again.
        """
        self.bus.start()

    def stop(self) -> None:
        """Stop everything; `start` may follow.

        Raises:
            ChannelFailures: something did not stop.
        """
        self.bus.stop()

    def exit(self) -> None:
        """Stop everything and let whoever waits in `block` go on. May be called again.

        Raises:
            ChannelFailures: something did not stop.
        """
        self.bus.exit()

    def block(self, interval: float = 0.1) -> None:
        """Wait until the site exits (see `Bus.block`).

        Args:
            interval: seconds between two publications to the channel `main`.
        """
        self.bus.block(interval)

    def close(self) -> None:
        """Exit, and close the log files. The site is of no use afterwards."""
        try:
            self.exit()
        finally:
            for log in {self.log, self._own_log, *self._application_logs()}:
                close_log(log)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def quickstart(self, root: Any = None, script_name: str = "", config: Any = None) -> None:
        """Mount *root*, start the site and wait until it exits. For the main thread.

        Args:
            root: the object at the top of a tree of page handlers; None if the
                configuration says it all.
            script_name: the path to mount it at.
            config: a dict, a file name or an open file. Its section `global` is global
                configuration, the other sections are the application's.

        Raises:
            ChannelFailures: something did not start.
        """
        sections = as_dict(config) if config else None
        if sections:
            self.config.update(sections)
        self.tree.mount(root, script_name, sections)
        watch_config_file(self.bus.autoreload, config)
        self.run()

    def run(self, workers: int | None = None, **settings: Any) -> None:
        """Start the site and wait until it exits. For the main thread.

        Args:
            workers: to serve by so many processes that are forked from this one and share
                its sockets (Unix only). SIGHUP starts the program anew and replaces them
                without losing a request; SIGTTIN and SIGTTOU make one more and one less.
            **settings: for the workers, see `cherryd.WorkerSettings`: `timeout`,
                `max_requests`, `max_age`, `max_memory`, `jitter`, `lame_duck`; and
                `pidfile`, `control` (the socket of `cherryd ctl`).

        Raises:
            ChannelFailures: something did not start in this process.
            SiteError: the workers cannot be started.
        """
        from cherrypy_site.workers import run  # noqa: PLC0415  (not every site's need)

        run(self, workers, **settings)

    def routes(self) -> list[tuple[str, str, str]]:
        """Return path, arguments and name of every page handler."""
        from cherrypy_site.routes import routes  # noqa: PLC0415  (for people who look at it)

        return routes(self)

    def reasons_for_one_process(self) -> list[str]:
        """Return why the site as it is configured cannot be served by several workers."""
        from cherrypy_site.workers import reasons_for_one_process  # noqa: PLC0415  (as in run)

        return reasons_for_one_process(self)

    def url(
        self,
        path: str = "",
        qs: str | Sequence[tuple[str, Any]] | Mapping[str, Any] = "",
        script_name: str | None = None,
        base: str | None = None,
        relative: bool | str | None = None,
    ) -> str:
        """Return an absolute URL for *path*.

        Args:
            path: with a slash in front it is relative to the application's root, without
                one to the current page.
            qs: the query string, or pairs to make one of.
            script_name: the path of the application's root. Default: the current one's.
            base: scheme and host. Default: the current request's, or the server's where
                no request is being served.
            relative: `True` for a URL relative to the current page (`../x`), `"server"`
                for one without scheme and host. Default: as the application's
                `relative_urls`.
        """
        return make_url(path, qs, script_name, base, relative, site_base=self._base)

    def _base(self) -> str:
        return self.server.base()

    def _application_logs(self) -> list[Any]:
        logs = (getattr(app, "log", None) for app in self.tree.apps.values())
        return [log for log in logs if hasattr(log, "reopen_files")]

    def _reopen_application_logs(self) -> None:
        for log in self._application_logs():
            log.reopen_files()
