"""The request: what the client asked for, and the stages that turn it into a response."""

from __future__ import annotations

from cherrypy_core import namespaces as _namespaces
from cherrypy_core.asynchronous import settled
from cherrypy_core.context import Context
from cherrypy_core.errors import (
    CherryPyException,
    HTTPError,
    HTTPRedirect,
    InternalRedirect,
    NotFound,
    TimeoutError,  # noqa: A004  (the historical name)
)
from cherrypy_core.hooks import run_hooks
from cherrypy_core.message import BODY_DUE, QUERY_DUE
from cherrypy_core.response import Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from cherrypy_core.plan import Plan

__all__ = ["Request"]


class Request(Context):
    """An HTTP request on its way through an application.

    What it has of the client is described by `Head` and `Message`, what it is served with by
    `Context`. Class attributes are defaults, which configuration overrides per path
    (`request.show_tracebacks = False`).
    """

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
            self._answer_error()
        if method == "HEAD":
            response.drop_body()
        if self.app is not None:
            self.app.active_log().access()
        return response

    # PERF: as `_to_handler`.
    def respond(self, path_info: str) -> None:  # noqa: PLR0912
        """Go through the stages up to a finalized response."""
        response = self.response_served
        plan = None
        try:
            try:
                plan = self._to_handler(path_info)
                handler = self.handler
                if response.timed_out:
                    raise TimeoutError
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
                        response.body = settled(body)
                self.stage = "before_finalize"
                if response.timed_out:
                    raise TimeoutError
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

    def _expect_body(self) -> None:
        """Have the body read; at once if somebody has prepared that, else on first use."""
        if not self.process_request_body:
            return
        self._parsing |= BODY_DUE
        body = self._body
        if (
            body is not None
            and body.has_own_processor()
            and not isinstance(self.handler, CherryPyException)
        ):
            # What a hook has set, whose effect nobody asks for by looking at the parameters.
            self._parse()

    def _end_early(self, ending: Any, response: Response) -> None:
        """Make an error or a redirect the response."""
        if isinstance(ending, InternalRedirect):
            # A new one: a request whose handler knows the request's own traceback would be
            # a cycle.
            raise InternalRedirect(ending.path, ending.query_string)
        response.drop_body()
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

    def _answer_error(self) -> None:
        """Make the response to an exception, a plain one if even that fails."""
        try:
            self.handle_error()
        except self.throws:
            raise
        except BaseException:  # noqa: BLE001  (this is the place where it ends)
            from cherrypy_core.error_pages import bare_error, format_exc  # noqa: PLC0415  (as rare)

            self.log("", "HTTP", severity=40, traceback=True)
            self.response_served.set_bare(
                *bare_error(format_exc() if self.show_tracebacks else None)
            )

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

    def close(self) -> None:
        """Run the hooks that wait for the end of the request. May be called again."""
        if self.closed:
            return
        self.closed = True
        if self._own_hooks is not None or (self.plan is not None and self.plan.on_end_request):
            self.stage = "on_end_request"
            self._run_hooks("on_end_request")
        self.stage = "close"
