"""The request: what the client asked for, and the stages that turn it into a response."""

from __future__ import annotations

from cherrypy_core import namespaces as _namespaces
from cherrypy_core.config import NamespaceSet
from cherrypy_core.errors import (
    CherryPyException,
    HTTPError,
    HTTPRedirect,
    InternalRedirect,
    NotFound,
)
from cherrypy_core.hooks import HookMap, hookpoints, run_hooks
from cherrypy_core.lazy import lazy
from cherrypy_core.message import BODY_DUE, QUERY_DUE, Message
from cherrypy_core.response import Response
from cherrypy_core.serving import set_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from cherrypy_core.application import Application
    from cherrypy_core.plan import Plan
    from cherrypy_core.urls import Host

__all__ = ["Request"]


class Request(Message):
    """An HTTP request on its way through an application.

    What the client sent is described by the base class. Class attributes are defaults,
    which configuration overrides per path (`request.show_tracebacks = False`).

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
    namespaces = NamespaceSet(
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

    # What the request is being served with.

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
            app.log.error(msg, context, **kwargs)
        else:
            from cherrypy_core.logs import LogManager  # noqa: PLC0415  (no application: rare)

            LogManager().error(msg, context, **kwargs)

    # The stages.

    def run(
        self,
        method: str,
        path: str,
        query_string: str,
        req_protocol: str,
        headers: Iterable[tuple[str, str]] | dict[str, Any],
        rfile: Any,
    ) -> Response:
        """Serve the request.

        Args:
            method: such as "GET".
            path: the path, percent-decoded, from the application's root on.
            query_string: what followed the question mark, undecoded.
            req_protocol: the client's protocol, such as "HTTP/1.1".
            headers: the header fields, or a WSGI environ that has them.
            rfile: the body, a binary file; read only if somebody wants it.

        Returns:
            The response, finalized; its body is an iterable of bytes.
        """
        response: Response | None = self.response_served
        if response is None:
            response = self.response_served = Response()
        self.stage = "run"
        self.method = method
        # A mounted application may be asked for without the slash after its name.
        self.path_info = path = path or ("" if self.script_name else "/")
        self.query_string = query_string
        self._req_protocol = req_protocol
        self._header_source = headers
        self.rfile = rfile
        try:
            self.respond(path)
        except self.throws:
            raise
        except BaseException:
            if self.throw_errors:
                raise
            self.handle_error()
        if method == "HEAD":
            response.drop_body()
        if self.app is not None:
            self.app.log.access()
        return response

    def respond(self, path_info: str) -> None:
        """Go through the stages up to a finalized response."""
        response = self.response_served
        plan = None
        try:
            try:
                plan = self._to_handler(path_info)
                handler = self.handler
                if handler is not None:
                    self.stage = "handler"
                    if isinstance(handler, CherryPyException):
                        # A dispatcher's verdict: nothing of the application is called.
                        handler = self.instead_of(handler)
                        if isinstance(handler, CherryPyException):
                            self._end_early(handler, response)
                            return
                    body = handler()
                    if type(body) is bytes and body:
                        response.chunks = [body]
                    else:
                        response.body = body
                self.stage = "before_finalize"
                if plan.before_finalize or self._own_hooks is not None:
                    self._run_hooks("before_finalize")
                response.finalize()
            except (HTTPError, HTTPRedirect) as ending:
                self._end_early(ending, response)
        finally:
            self.stage = "on_end_resource"
            if self._own_hooks is not None or plan is None or plan.on_end_resource:
                self._run_hooks("on_end_resource")

    # PERF: in parts it would be easier to read, for 50 ns each.
    def _to_handler(self, path_info: str) -> Plan:  # noqa: C901, PLR0912
        """Go through the stages before the page handler is called."""
        app = self.app
        if app is None:
            raise NotFound
        self.stage = "process_headers"
        if self._req_protocol == "HTTP/1.1":
            # PERF: where the header fields are is known nearly always.
            source = self._header_source
            if type(source) is not dict or "HTTP_HOST" not in source:
                self.process_headers()
        self.stage = "get_resource"
        plan = self.plan = app.plans.root or app.plans.start()
        self.get_resource(path_info)
        if self.plan is not plan or self._config is not None:
            plan = self._settle_plan(plan)
        if plan.configures:
            _namespaces.configure(self, plan)
        self.stage = "on_start_resource"
        if plan.on_start_resource or self._own_hooks is not None:
            self._run_hooks("on_start_resource")
        self.stage = "process_query_string"
        if self.query_string:
            self._parsing |= QUERY_DUE
        self.stage = "before_request_body"
        if plan.before_request_body or self._own_hooks is not None:
            self._run_hooks("before_request_body")
        if self.method in self.methods_with_bodies:
            self._expect_body()
        else:
            self.process_request_body = False
        self.stage = "before_handler"
        if self._own_hooks is not None:
            self._own_hooks.run("before_handler")
        elif plan.before_handler:
            run_hooks(plan.before_handler)
        return plan

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

    def _expect_body(self) -> None:
        """Have the body read; at once if somebody has prepared that, else on first use."""
        if not self.process_request_body:
            return
        self._parsing |= BODY_DUE
        if self._body is not None and not isinstance(self.handler, CherryPyException):
            # A hook may have set a processor of its own, whose effect nobody asks for by
            # looking at the parameters.
            self._parse()

    def _run_hooks(self, point: str) -> None:
        own = self._own_hooks
        if own is not None:
            own.run(point)
        elif self.plan is not None:
            run_hooks(getattr(self.plan, point))

    def _end_early(self, ending: Any, response: Response) -> None:
        """Make an error or a redirect the response."""
        if isinstance(ending, InternalRedirect):
            # A new one: a request whose handler knows the request's own traceback would be
            # a cycle.
            raise InternalRedirect(ending.path, ending.query_string)
        response.close_body()
        ending.set_response()
        self.stage = "before_finalize (HTTPError)"
        self._run_hooks("before_finalize")
        response.finalize()

    def process_headers(self) -> None:
        """Check the header fields that no HTTP/1.1 request may lack.

        Raises:
            HTTPError: 400, if there is no Host (RFC 9112 section 3.2).
        """
        if self._req_protocol == "HTTP/1.1" and self.header("Host") is None:
            raise HTTPError(400, "HTTP/1.1 requires a 'Host' request header.")

    def get_resource(self, path: str) -> None:
        """Let the dispatcher for *path* find the page handler and the configuration."""
        app = self.app
        if app is None:
            raise NotFound
        dispatch = app.dispatch if self.dispatch is None else self.dispatch
        if app.config:
            # The page of an object has two names; a section may be for either.
            self.sections = app.sections_of_page(path)
            for _, section in self.sections:
                if "request.dispatch" in section:
                    dispatch = section["request.dispatch"]
        if dispatch is None:
            raise NotFound
        try:
            # PERF: what `dispatch(path)` does; that would be 0.1 µs slower for an instance.
            type(dispatch).__call__(dispatch, path)
        except Exception:
            _namespaces.configure_errors(self)
            raise

    def instead_of(self, verdict: CherryPyException) -> Any:
        """Return the page handler to call where a dispatcher has none, or the *verdict*."""
        return verdict

    def handle_error(self) -> None:
        """Make the response to an exception that nobody expected."""
        response = self.response_served
        if type(response.chunks) is not list:
            try:
                response.drop_body()
            except Exception:  # noqa: BLE001  (it must not hide the first error)
                response.chunks = []
                self.log("The body could not be closed.", severity=40, traceback=True)
        if self.plan is None:
            # The configuration itself is at fault: no tool is there yet to log it, and no
            # plan that says who may see the traceback.
            self.log("", "HTTP", severity=40, traceback=True)
            if self.app is not None:
                shown = self.app.plans.site_config.get("request.show_tracebacks", True)
                self.show_tracebacks = self.show_tracebacks and bool(shown)
        try:
            self._run_hooks("before_error_response")
            if self.error_response is not None:
                if response.headers_touched:
                    # That of the body which is about to be replaced.
                    response.headers.pop("Content-Length", None)
                self.error_response()
            self._run_hooks("after_error_response")
            try:
                response.finalize()
            except ValueError:
                # Most likely the first error too: the application has set a header field
                # that cannot be sent.
                response.forget_headers()
                response.finalize()
        except HTTPRedirect as redirect:
            redirect.set_response()
            response.finalize()

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

    def close(self) -> None:
        """Run the hooks that wait for the end of the request. May be called again."""
        if self.closed:
            return
        self.closed = True
        if self._own_hooks is not None or (self.plan is not None and self.plan.on_end_request):
            self.stage = "on_end_request"
            self._run_hooks("on_end_request")
        self.stage = "close"

    def make_current(self) -> None:
        """Serve this request from the current thread on."""
        set_request(self)
