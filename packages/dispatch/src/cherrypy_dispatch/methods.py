"""The dispatcher for resources: the path names an object, the HTTP method its method.

What has to be exposed is the object; its methods `GET`, `POST` and so on need not be.
(Seed: the manual's tutorial 7.)
"""

from __future__ import annotations

from cherrypy_core.errors import HTTPError, NotFound
from cherrypy_core.serving import current
from cherrypy_dispatch.handlers import LateParamPageHandler
from cherrypy_dispatch.tree import Dispatcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_core.request import Request

__all__ = ["MethodDispatcher"]


class MethodDispatcher(Dispatcher):
    """Finds an exposed object as `Dispatcher` does, and in it the method of the request.

    Every response of such an object has an Allow header that lists its methods: the
    callable attributes in capitals that do not begin with an underscore, and HEAD where
    there is GET (RFC 9110 section 10.2.1).

    * HEAD is served by `GET` where there is no `HEAD`;
    * OPTIONS is answered with the Allow header alone where there is no `OPTIONS`;
    * any other method that the object lacks gives 405;
    * no object, or none that is exposed, gives 404.

    Example:
        >>> class Note:
        ...     exposed = True
        ...
        ...     def GET(self):
        ...         return "read"
        ...
        ...     def PUT(self, text):
        ...         return "written"
    """

    def __call__(self, path_info: str) -> None:
        """Set handler and configuration of the current request."""
        resource, vpath = self.find_handler(path_info)
        request, response = current()
        if resource is None:
            request.handler = NotFound()
            return
        name = request.method.upper()
        func = _method(resource, name)
        if func is None and name == "HEAD":
            func = _method(resource, "GET")
        response.headers["Allow"] = ", ".join(_allowed(resource))
        if func is not None:
            _configure(request, func, path_info)
            request.handler = LateParamPageHandler(
                func, *[atom.replace("%2F", "/") for atom in vpath]
            )
        elif name == "OPTIONS":
            # The Allow header says it all. With a handler, json_out would encode its nothing.
            request.handler = None
        else:
            request.handler = HTTPError(405)


def _method(resource: Any, name: str) -> Any:
    """Return the method of *resource* for the HTTP method *name*, None if it has none."""
    # The name comes from the network. It must not reach an attribute that no HTTP method
    # is meant to reach: what is private or special, or a constant.
    if not name.isupper() or name[0] == "_":
        return None
    method = getattr(resource, name, None)
    return method if callable(method) else None


def _allowed(resource: Any) -> list[str]:
    """Return the names of the HTTP methods that *resource* understands, sorted."""
    names = [name for name in dir(resource) if _method(resource, name) is not None]
    if "GET" in names and "HEAD" not in names:
        names.append("HEAD")
        names.sort()
    return names


def _configure(request: Request, method: Any, path: str) -> None:
    """Let the method's own configuration override what its object and the path have."""
    layer = getattr(method, "_cp_config", None)
    if not layer:
        return
    app, plan, config = request.app, request.plan, request._config  # noqa: SLF001
    if config is not None:
        # An overridden `find_handler` has looked at the configuration or set it.
        request.config = {**config, **layer}
    elif app is not None and plan is not None:
        request.plan = app.plans.step(plan, layer, path)
