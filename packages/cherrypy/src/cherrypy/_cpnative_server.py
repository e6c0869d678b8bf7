"""Serving the tree without WSGI: `cherrypy.server.instance = CPHTTPServer`.

Each request goes from the HTTP server straight to the application; the WSGI pipeline is left out.
Whatever is mounted by `graft` needs WSGI and is not found.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cheroot.server import Gateway

import cherrypy
from cherrypy import _cperror
from cherrypy.lib import httputil
from cherrypy_httpserver.cheroots import CherootServer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["CPHTTPServer", "NativeGateway"]


class NativeGateway(Gateway):
    """Has the default tree answer a request.

    Attributes:
        recursive: whether an internal redirect may lead to a path that was visited before.
    """

    recursive = False

    def respond(self) -> None:
        """Find the application, have it answer, and send that."""
        request = self.req
        path = request.path.decode("latin-1")
        try:
            mount = cherrypy.tree.script_name(path)
            app = cherrypy.tree.apps.get(mount) if mount is not None else None
            if app is None or not hasattr(app, "get_serving"):
                self.send_response("404 Not Found", [("Content-Length", "0")], [b""])
                return
            self._serve(app, path)
        except (KeyboardInterrupt, SystemExit):
            raise
        except Exception:  # noqa: BLE001  (the last place that can answer)
            text = _cperror.format_exc()
            cherrypy.log(text, "NATIVE_ADAPTER", severity=logging.FATAL)
            if not request.sent_headers:
                self.send_response(*_cperror.bare_error())

    def _serve(self, app: Any, path: str) -> None:
        request, connection = self.req, self.req.conn
        bound = request.server.bind_addr
        address = bound if isinstance(bound, tuple) else ("", 0)
        local = httputil.Host(address[0], address[1], "")
        remote = httputil.Host(connection.remote_addr or "", connection.remote_port or 0, "")
        method, query = request.method.decode("latin-1"), request.qs.decode("latin-1")
        fields = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.inheaders.items()
        ]
        body: Any = request.rfile
        visited: list[str] = []
        while True:
            serving, response = app.get_serving(
                local, remote, request.scheme.decode("latin-1"), request.response_protocol
            )
            try:
                serving.multithread, serving.multiprocess = True, False
                serving.app = app
                serving.prev = visited[-1] if visited else None
                protocol = request.request_protocol.decode("latin-1")
                serving.run(method, path, query, protocol, fields, body)
                return self.send_response(
                    response.output_status, response.header_list, response.body
                )
            except cherrypy.InternalRedirect as redirect:
                visited.append(f"{path}?{query}" if query else path)
                path, query = redirect.path, redirect.query_string
                if not self.recursive and (f"{path}?{query}" if query else path) in visited:
                    message = f"InternalRedirector visited the same URL twice: {path}"
                    raise RuntimeError(message) from redirect
                method, body = "GET", None
            finally:
                app.release_serving()

    def send_response(
        self,
        status: str | bytes,
        headers: Iterable[tuple[Any, Any]],
        body: Iterable[bytes],
    ) -> None:
        """Send a whole response.

        Args:
            status: code and reason.
            headers: the fields.
            body: the pieces of the body.
        """
        request = self.req
        request.status = _bytes(status)
        request.outheaders = [(_bytes(name), _bytes(value)) for name, value in headers]
        for chunk in body:
            if chunk:
                request.write(chunk)
        request.ensure_headers_sent()


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


class CPHTTPServer(CherootServer):
    """The HTTP server with a `NativeGateway`.

    Args:
        server_adapter: the settings.
    """

    def __init__(self, server_adapter: Any = None) -> None:
        super().__init__(cherrypy.server if server_adapter is None else server_adapter, _unused)
        self.gateway = NativeGateway


def _unused(environ: Any, start_response: Any) -> Any:
    """Stand for the WSGI application that is never called."""
    raise NotImplementedError
