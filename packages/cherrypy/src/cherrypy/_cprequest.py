"""Requests, responses and hooks."""

from __future__ import annotations

from cherrypy_core.hooks import Hook, HookMap, hookpoints
from cherrypy_core.message import LazyUUID4
from cherrypy_core.namespaces import (
    error_page_namespace,
    hooks_namespace,
    request_namespace,
    response_namespace,
)
from cherrypy_core.request import Request as CoreRequest
from cherrypy_core.response import Response, ResponseBody
from cherrypy_dispatch.tree import Dispatcher

__all__ = [
    "Hook",
    "HookMap",
    "LazyUUID4",
    "Request",
    "Response",
    "ResponseBody",
    "error_page_namespace",
    "hooks_namespace",
    "hookpoints",
    "request_namespace",
    "response_namespace",
]

_FAVICON = "/favicon.ico"


class Request(CoreRequest):
    """An HTTP request on its way through an application of the default site.

    Page handlers are found in the tree of objects unless `dispatch` says otherwise. At the
    root of the site there is an icon for browsers, where the application has none.
    """

    dispatch = Dispatcher()
    namespaces = CoreRequest.namespaces.copy()

    def get_resource(self, path: str) -> None:
        """Let the dispatcher for *path* find the page handler and the configuration."""
        super().get_resource(path)
        # PERF: one comparison for all other paths.
        if path == _FAVICON:
            from cherrypy._favicon import offer_favicon  # noqa: PLC0415  (once per visitor)

            offer_favicon(self)
