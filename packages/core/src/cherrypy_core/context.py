"""What a request is being served with: its application, its configuration, its hooks."""

from __future__ import annotations

from cherrypy_core import namespaces as _namespaces
from cherrypy_core.config import NamespaceSet
from cherrypy_core.errors import HTTPError, InternalRedirect
from cherrypy_core.hooks import HookMap, hookpoints, run_hooks
from cherrypy_core.lazy import lazy
from cherrypy_core.message import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from cherrypy_core.application import Application
    from cherrypy_core.plan import Plan
    from cherrypy_core.request import Request
    from cherrypy_core.urls import Host

__all__ = ["Context"]


class _RequestNamespaces(NamespaceSet):
    """The config namespaces of a class of requests.

    Each request has a copy of its own, together with the toolboxes of its application.
    """

    def __get__(self, request: Context | None, owner: type | None = None) -> NamespaceSet:
        if request is None:
            return self
        own = NamespaceSet(self)
        if request.app is not None:
            own.update(request.app.toolboxes)
        request.namespaces = own
        return own


class Context(Message):
    """A message with all that it is being served with. `Request` adds the stages.

    Attributes:
        app: the application that serves the request.
        dispatch: called with the path, finds the page handler and the configuration.
        handler: what is called to make the body; None if a tool has made it already.
        config: the configuration for this request (a copy: changing it is local).
        hooks: a `HookMap`, for attaching more hooks to this request.
        toolmaps: for each toolbox, tool name to settings.
        error_response: called to make the response to an unexpected exception.
        throw_errors: let unexpected exceptions through to the WSGI server.
        show_tracebacks: show tracebacks in error pages.
        show_mismatched_params: tell in a 404 or 400 which parameters did not fit.
        throws: exceptions that are never turned into a response.
        sections: the sections of the application's configuration that hold for the path.
        namespaces: the config namespaces; those of the class are for all requests.
        stage: the name of what is being done, for diagnosis.
        is_index: whether the handler is the index of its object; None if not known.
        plan: what the configuration means for this request; set by the dispatcher.
        closed: whether the request is over.
        login: the name of the authenticated user, if any.
    """

    app: Application | None = None
    dispatch: Callable[[str], Any] | None = None
    error_response: Callable[[], Any] = HTTPError(500).set_response
    throw_errors = False
    throws: tuple[type[BaseException], ...] = (KeyboardInterrupt, SystemExit, InternalRedirect)
    show_tracebacks = True
    show_mismatched_params = True
    is_index: bool | None = None
    handler: Any = None
    stage: str | None = None
    closed = False
    plan: Plan | None = None
    sections: Sequence[tuple[str, dict[str, Any]]] = ()
    #: The response to this request (`serving.response`).
    response_served: Any = None
    namespaces = _RequestNamespaces(
        {
            "hooks": _namespaces.hooks_namespace,
            "request": _namespaces.request_namespace,
            "response": _namespaces.response_namespace,
            "error_page": _namespaces.error_page_namespace,
        }
    )

    _error_page: dict[Any, Any] | None = None
    _config: dict[str, Any] | None = None
    _serving_attributes: dict[str, Any] | None = None
    #: The plan that `_config` is a copy of; None if somebody has assigned it.
    _config_source: Plan | None = None

    def __init__(
        self,
        local_host: Host | dict[str, Any],
        remote_host: Host | dict[str, Any],
        scheme: str = "http",
        server_protocol: str = "HTTP/1.1",
    ) -> None:
        """Begin a request.

        Args:
            local_host: the address that was connected to, or a WSGI environ that tells.
            remote_host: the address of the client, or a WSGI environ that tells.
            scheme: "http" or "https".
            server_protocol: the highest protocol version that the server speaks.
        """
        self._local_host = local_host
        self._remote_host = remote_host
        self.scheme = scheme
        self.server_protocol = server_protocol
        self._own_hooks: HookMap | None = None
        self._parsing = 0

    @lazy
    def prev(self) -> Request | None:
        """The request that an `InternalRedirect` ended, in favour of this one."""
        environ = self.wsgi_environ
        return None if environ is None else environ.get("cherrypy.previous_request")

    @property
    def error_page(self) -> dict[Any, Any]:
        """Status code or "default" to page: this request's own dict, it may be changed."""
        pages = self._error_page
        if pages is None:
            pages = self._error_page = {}
        return pages

    @error_page.setter
    def error_page(self, pages: dict[Any, Any]) -> None:
        self._error_page = pages

    @property
    def serving_attributes(self) -> dict[str, Any]:
        """Whatever has been assigned to `serving` for this request (`serving.session`)."""
        attributes = self._serving_attributes
        if attributes is None:
            attributes = self._serving_attributes = {}
        return attributes

    @property
    def hooks(self) -> HookMap:
        """The hooks of this request; a copy of the plan's from the first look on."""
        hooks = self._own_hooks
        if hooks is None:
            plan = self.plan
            hooks = self._own_hooks = HookMap(hookpoints) if plan is None else plan.hook_map()
        return hooks

    @hooks.setter
    def hooks(self, hooks: HookMap) -> None:
        self._own_hooks = hooks

    @property
    def config(self) -> dict[str, Any] | None:
        """The merged configuration of this request, None before the dispatcher ran."""
        config = self._config
        if config is None and self.plan is not None:
            config = self._config = dict(self.plan.config)
            self._config_source = self.plan
        return config

    @config.setter
    def config(self, config: dict[str, Any] | None) -> None:
        self._config = config
        self._config_source = None

    @lazy
    def toolmaps(self) -> dict[str, dict[str, dict[str, Any]]]:
        """The settings of the tools that are on, by toolbox and tool."""
        if self.plan is None:
            return {}
        return {
            toolbox: {name: dict(settings) for name, settings in tools.items()}
            for toolbox, tools in self.plan.toolmaps.items()
        }

    def log(self, msg: str, context: str = "HTTP", **kwargs: Any) -> None:
        """Write to the error log of the application (of the process, without one)."""
        app = self.app
        if app is not None:
            app.active_log()(msg, context, **kwargs)
        else:
            from cherrypy_core.logs import LogManager  # noqa: PLC0415  (no application: rare)

            LogManager().error(msg, context, **kwargs)

    def _settle_plan(self, plan: Plan) -> Plan:
        """Return the plan to follow when a dispatcher has chosen the configuration."""
        plan = self.plan or plan
        config, source = self._config, self._config_source
        if config is None or self.app is None:
            return plan
        if source is not None and source is not plan:
            # Somebody has looked at the configuration when it was not complete yet.
            self._config = None
        elif source is None or config != source.config:
            # A dispatcher that knows nothing of plans has merged the layers itself, or has
            # changed what another one has merged.
            plan = self.plan = self.app.plans.compile(config)
        return plan

    def _run_hooks(self, point: str) -> None:
        own = self._own_hooks
        if own is not None:
            own.run(point)
        elif self.plan is not None:
            run_hooks(getattr(self.plan, point))

    def awaits_end(self) -> bool:
        """Tell whether a hook waits for the end of this request."""
        own = self._own_hooks
        plan = self.plan
        if own is not None:
            hooks: Iterable[Any] = own["on_end_request"]
        elif plan is None or not plan.on_end_request:
            return False
        else:
            hooks = plan.on_end_request
        for hook in hooks:
            is_due = getattr(hook, "is_due", None)
            if is_due is None or is_due():
                return True
        return False
