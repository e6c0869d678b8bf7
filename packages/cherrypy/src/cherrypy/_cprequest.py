"""Requests, responses and hooks."""

from __future__ import annotations

from cherrypy_core.errors import NotFound
from cherrypy_core.head import LazyUUID4
from cherrypy_core.hooks import Hook, HookMap, hookpoints
from cherrypy_core.namespaces import (
    error_page_namespace,
    hooks_namespace,
    request_namespace,
    response_namespace,
)
from cherrypy_core.request import Request as CoreRequest
from cherrypy_core.response import Response, ResponseBody
from cherrypy_dispatch.tree import Dispatcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_core.errors import CherryPyException

__all__ = [
    "Hook",
    "HookMap",
    "LazyUUID4",
    "Request",
    "Response",
    "ResponseBody",
    "error_page_namespace",
    "hookpoints",
    "hooks_namespace",
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

    def instead_of(self, verdict: CherryPyException) -> Any:
        """Return the site's icon where a browser asks for it and the application has none."""
        if self.path_info == _FAVICON and isinstance(verdict, NotFound):
            from cherrypy._favicon import offer_favicon  # noqa: PLC0415  (once per visitor)

            return offer_favicon(self, verdict)
        return verdict
