"""An application: a tree of objects, mounted somewhere, with a configuration of its own."""

from __future__ import annotations

from cherrypy_core.config import Config, NamespaceSet, merge, point_to, source_of
from cherrypy_core.eventloop import EventLoop
from cherrypy_core.logs import LogManager, application_log
from cherrypy_core.observed import ObservedDict
from cherrypy_core.plan import Plans
from cherrypy_core.request import Request
from cherrypy_core.response import Response
from cherrypy_core.serving import get_request, set_request
from cherrypy_core.wsgi import CPWSGIApp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    class Channels(Protocol):
        """What a bus is to an application: somewhere to publish what happens.

        Attributes:
            listeners: channel to its listeners; one without any is not published to.
        """

        listeners: Any

        def publish(self, channel: str, *args: Any, **kwargs: Any) -> Any:
            """Call the listeners of *channel*."""


__all__ = ["Application"]


class Application:
    """A WSGI application that serves a tree of objects.

    Args:
        root: the object at the top of the tree; None for one that has only tools.
        script_name: the path where it is mounted: "" or "/path/without/slash/at/the/end".
            None: wherever the WSGI environ says.
        config: path to settings: a dict of dicts, a file name or an open file.
        site_config: the global configuration.
        channels: the bus; told of `acquire_thread`, `before_request`, `after_request`.
        toolboxes: config namespace to the toolbox whose tools it switches on.
        dispatch: finds the page handler unless the configuration says otherwise.
        software: name and version for the Server header.

    Attributes:
        config: path to settings, all that have been merged.
        namespaces: config namespaces of the application: `log`, `wsgi`, and your own.
        log: the application's `LogManager`.
        event_loop: runs its asynchronous page handlers.
        under_way: the requests that are being served, in all threads.
        wsgiapp: the application behind its WSGI middleware.
        relative_urls: what `url()` makes: False, True or "server".
    """

    root: Any = None
    plans: Plans
    relative_urls: bool | str = False
    request_class: type[Request] = Request
    response_class: type[Response] = Response
    script_name_doc = "The path where the application is mounted; None: as the environ says."

    def __init__(
        self,
        root: Any,
        script_name: str | None = "",
        config: Any = None,
        *,
        site_config: Config | None = None,
        channels: Channels | None = None,
        toolboxes: Mapping[str, Any] | None = None,
        dispatch: Callable[[str], Any] | None = None,
        software: str | None = None,
    ) -> None:
        self.root = root
        self.script_name = script_name
        self.channels = channels
        # PERF: looked at three times per request, to see whether anybody listens.
        self.listeners = {} if channels is None else channels.listeners
        self.in_order = getattr(channels, "in_order", {})
        self.publish = _nowhere if channels is None else channels.publish
        self.dispatch = dispatch
        self.software = software
        self.keep_under_way(set())
        self.log = application_log(self)
        self.event_loop = EventLoop()
        self.wsgiapp: Callable[..., Any] = CPWSGIApp(self)
        self.toolboxes = ObservedDict(toolboxes or {})
        self.plans = Plans(
            Config() if site_config is None else site_config,
            [self.toolboxes],
            self._request_namespaces,
        )
        self.namespaces = NamespaceSet(
            log=lambda k, v: setattr(self.log, k, v), wsgi=self._wsgi_namespace
        )
        self._section_groups: dict[str, list[tuple[str, str]]] | None = None
        self._root_section: list[tuple[str, dict[str, Any]]] = []
        self.config: dict[str, dict[str, Any]] = ObservedDict()
        if config:
            self.merge(config)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "config":
            # Sections that are added or removed must be noticed.
            value = ObservedDict(value)
            value.watchers.add(self._sections_changed)
            self._section_groups = None
        object.__setattr__(self, name, value)
        # What a plan is made of beyond the configuration itself.
        if name in {"request_class", "toolboxes"} and hasattr(self, "plans"):
            self.plans.drop()

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{type(self).__module__}.{name}({self.root!r}, {self._script_name!r})"

    def keep_under_way(self, requests: set[Request]) -> None:
        """Keep the requests that are being served in *requests*, which applications may share."""
        self.under_way = requests
        # PERF: both together 0.1 µs per request.
        self.began = requests.add
        self.ended = requests.discard

    def _wsgi_namespace(self, k: str, v: Any) -> None:
        if isinstance(self.wsgiapp, CPWSGIApp):
            self.wsgiapp.namespace_handler(k, v)

    def _request_namespaces(self) -> dict[str, Any]:
        """Return what config namespaces requests have; see that changes are noticed."""
        namespaces = self.request_class.namespaces
        for source in (namespaces, self.toolboxes, *self.toolboxes.values()):
            if hasattr(source, "watchers"):
                self.plans.watch(source)
        return {**namespaces, **self.toolboxes}

    @property
    def script_name(self) -> str:
        """The path where the application is mounted, without a slash at the end."""
        script_name = self._script_name
        if script_name is not None:
            return script_name
        request = get_request()
        environ = None if request is None else request.wsgi_environ
        return "" if environ is None else _script_name(environ)

    @script_name.setter
    def script_name(self, value: str | None) -> None:
        self._script_name = value.rstrip("/") if value else value

    def merge(self, config: Any) -> None:
        """Add to the configuration: a dict of dicts, a file name or an open file."""
        merge(self.config, config)
        try:
            self.namespaces(self.config.get("/", {}))
        except Exception as error:
            where = source_of(config, "/")
            if where:
                point_to(error, where)
            raise

    def sections(self, path: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the sections of the configuration that hold for *path*, "/" first.

        Args:
            path: the path of a request.

        Returns:
            Pairs of a section's path and its settings.
        """
        groups = self._section_groups
        if groups is None:
            groups = self._section_groups = self._grouped_sections()
        if "//" in path or path[:1] != "/":
            path = "/" + "/".join(filter(None, path.split("/")))
        # PERF: most paths have no section but "/": one look tells.
        end = path.find("/", 1)
        group = groups.get(path[1:end] if end > 0 else path[1:])
        if group is None:
            return self._root_section
        below = path if path[-1:] == "/" else path + "/"
        config = self.config
        return self._root_section + [
            (name, config[name]) for name, prefix in group if below.startswith(prefix)
        ]

    def sections_of_page(self, path: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the `sections` for *path* as a page: one of an object is its `index`, too."""
        groups = self._section_groups
        if groups is not None:
            # PERF: most paths have no section but "/", and the first name tells.
            end = path.find("/", 1)
            first = path[1:end] if end > 0 else path[1:] or "index"
            if first and first not in groups and path[:1] == "/":
                return self._root_section
        return self.sections(path + ("index" if path[-1:] == "/" else "/index"))

    def _grouped_sections(self) -> dict[str, list[tuple[str, str]]]:
        """Return the sections' paths, each with what is below it, by their first part."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for name in sorted((name for name in self.config if name[:1] == "/"), key=len):
            if name != "/":
                groups.setdefault(name.split("/")[1], []).append((name, name + "/"))
        self._root_section = [("/", self.config["/"])] if "/" in self.config else []
        return groups

    def _sections_changed(self) -> None:
        self._section_groups = None

    def find_config(self, path: str, key: str, default: Any = None) -> Any:
        """Return the setting *key* for *path* or the nearest path above it."""
        for _, section in reversed(self.sections(path)):
            if key in section:
                return section[key]
        return default

    def get_serving(
        self, local: Any, remote: Any, scheme: str, sproto: str
    ) -> tuple[Request, Response]:
        """Make a request and a response, and make them current.

        Args:
            local: the `Host` connected to, or a WSGI environ.
            remote: the `Host` of the client, or a WSGI environ.
            scheme: "http" or "https".
            sproto: the highest protocol version of the server, such as "HTTP/1.1".
        """
        listeners = self.listeners
        acquire = self.in_order.get("acquire_thread", ())
        if len(acquire) == 1:
            # PERF: nearly always; publishing would take 0.2 µs more.
            acquire[0]()
        elif listeners.get("acquire_thread"):
            self.publish("acquire_thread")
        request = self.request_class(local, remote, scheme, sproto)
        request.app = self
        request.response_served = response = self.response_class()
        if self.software is not None:
            response.software = self.software
        set_request(request)
        self.began(request)
        if self._script_name:
            request.script_name = self._script_name
        elif self._script_name is None and isinstance(local, dict):
            request.script_name = _script_name(local)
        if listeners.get("before_request"):
            self.publish("before_request")
        return request, response

    def active_log(self) -> LogManager:
        """Return the log that requests of this application write to."""
        return self.log

    def release_serving(self) -> None:
        """End the current request: nothing is current afterwards."""
        request = get_request()
        if request is not None:
            self.end(request)
        set_request(None)

    def end(self, request: Request) -> None:
        """End *request*: tell who listens, run its last hooks, forget it."""
        try:
            try:
                if self.listeners.get("after_request"):
                    self.publish("after_request")
            finally:
                request.close()
        except Exception:  # noqa: BLE001  (it is too late to tell the client anything)
            log = self.active_log()
            log("The end of a request failed.", "HTTP", severity=40, traceback=True)
        finally:
            self.ended(request)
            set_request(None)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a WSGI call."""
        wsgiapp = self.wsgiapp
        # PERF: what `wsgiapp(...)` does, without Python's 0.15 µs of detour.
        return type(wsgiapp).__call__(wsgiapp, environ, start_response)


def _script_name(environ: dict[str, Any]) -> str:
    """Return the path where a server says that the application is, as text."""
    script_name: str = environ.get("SCRIPT_NAME", "").rstrip("/")
    if script_name.isascii():
        return script_name
    try:
        return script_name.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return script_name


def _nowhere(channel: str, *args: Any, **kwargs: Any) -> list[Any]:  # noqa: ARG001
    """Publish where there is no bus."""
    return []
