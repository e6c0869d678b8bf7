"""Patterns of URLs instead of a tree of objects, with the package Routes.

Needs the extra: `pip install cherrypy-dispatch[routes]`.
"""

from __future__ import annotations

from importlib import import_module

from cherrypy_core.errors import HTTPRedirect, NotFound
from cherrypy_core.serving import current
from cherrypy_dispatch.handlers import LateParamPageHandler
from cherrypy_dispatch.layers import plan_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn

    from cherrypy_core.request import Request

__all__ = ["RoutesDispatcher"]


class RoutesDispatcher:
    """A dispatcher that matches the path with the patterns it has been given.

    A pattern leads to a controller, and by `action` to a method of it; the method need not
    be exposed. What the placeholders of the pattern stand for becomes parameters. HEAD is
    served where a route wants GET. `routes.url_for` and `routes.redirect_to` work in page
    handlers.

    Args:
        full_result: leave `controller` and `action` among the parameters.
        **mapper_options: for `routes.Mapper`.

    Attributes:
        mapper: the `routes.Mapper`, for what `connect` cannot do.
        controllers: name to controller.

    Raises:
        ImportError: the package Routes is not installed.

    Example:
        dispatcher = RoutesDispatcher()
        dispatcher.connect("city", "/city/{name}", City(), action="show")
    """

    def __init__(self, full_result: bool = False, **mapper_options: Any) -> None:
        try:
            routes: Any = import_module("routes")
        except ImportError as error:
            raise ImportError(
                "RoutesDispatcher needs the package Routes: pip install cherrypy-dispatch[routes]",
                name="routes",
            ) from error
        self.full_result = full_result
        self.controllers: dict[str, Any] = {}
        self.mapper: Any = routes.Mapper(**mapper_options)
        self._config = routes.request_config
        self._compiled = (0, 0)

    def connect(self, name: str, route: str, controller: Any, **kwargs: Any) -> None:
        """Add a pattern.

        Args:
            name: for making URLs, and as the name of the controller.
            route: the pattern, such as `/city/{name}`.
            controller: an object, or a class that is called for each request.
            **kwargs: what the pattern does not say (`action`), and what Routes takes
                (`conditions`, `requirements`).
        """
        self.controllers[name] = controller
        self.mapper.connect(name, route, controller=name, **kwargs)

    def redirect(self, url: str) -> NoReturn:
        """Send the client to *url* (called by `routes.redirect_to`).

        Raises:
            HTTPRedirect: always.
        """
        raise HTTPRedirect(url)

    def __call__(self, path_info: str) -> None:
        """Set handler and configuration of the current request."""
        func = self.find_handler(path_info)
        request = current()[0]
        request.handler = NotFound() if func is None else LateParamPageHandler(func)

    def find_handler(self, path_info: str) -> Any:
        """Return the page handler for *path_info*, None if no pattern leads to one.

        Sets the configuration and adds to the parameters of the current request.
        """
        request = current()[0]
        matched, by_route = self._match(request, path_info)
        request.is_index = None
        request.config = None
        if matched and not self.full_result:
            params = {k: v for k, v in matched.items() if k not in {"controller", "action"}}
        else:
            params = matched
        request.params.update(params)
        controller = self.controllers.get(matched.get("controller", ""))
        if isinstance(controller, type):
            controller = controller()
        action = matched.get("action")
        handler = controller
        if controller is not None and action:
            handler = _action(controller, action, chosen_by_route=by_route.get("action") == action)
        if request.app is not None:
            layers = _layers(request.app, path_info, controller, handler)
            request.plan = plan_of(request.app, layers)
        return handler

    def _mapper(self) -> Any:
        """Return the mapper, ready for all routes and controllers that there are by now."""
        mapper = self.mapper
        known = len(mapper.matchlist), len(self.controllers)
        if known != self._compiled:
            # Patterns with {controller} accept the names of the controllers, nothing else.
            mapper.create_regs(list(self.controllers))
            self._compiled = known
        return mapper

    def _match(self, request: Request, path_info: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what matches *path_info*, and what of it the route itself says."""
        environ = dict(request.wsgi_environ or {})
        # An overridden path (a virtual host's, say) is what Routes shall see too.
        environ.update(PATH_INFO=path_info, REQUEST_METHOD=request.method)
        environ.setdefault("HTTP_HOST", request.base.partition("://")[2])
        environ.setdefault("SERVER_NAME", "localhost")
        environ.setdefault("SERVER_PORT", "80")
        environ.setdefault("wsgi.url_scheme", request.scheme)
        mapper = self._mapper()
        found = mapper.routematch(path_info, environ)
        if not found and request.method == "HEAD":
            environ["REQUEST_METHOD"] = "GET"
            found = mapper.routematch(path_info, environ)
        matched, route = found or ({}, None)
        # Routes keeps this per thread, for url_for and redirect_to.
        config = self._config()
        config.mapper = mapper
        config.environ = environ
        config.host, config.protocol = environ["HTTP_HOST"], request.scheme
        config.redirect = self.redirect
        config.mapper_dict = dict(matched)
        return dict(matched), {} if route is None else route.defaults


def _action(controller: Any, action: str, *, chosen_by_route: bool) -> Any:
    """Return the method *action* of *controller*, None if it has none.

    What the client names must neither be private nor anything but a method.
    """
    if not chosen_by_route and action.startswith("_"):
        return None
    handler = getattr(controller, action, None)
    return handler if callable(handler) else None


def _layers(
    app: Any, path_info: str, controller: Any, handler: Any
) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the config layers in the order of CherryPy 18.10.

    The root object, the sections above the path, the controller, its method, and last the
    section for the very path.
    """
    yield getattr(app.root, "_cp_config", None) or {}, "/"
    whole = "/" + path_info.strip("/")
    sections = app.sections(whole)
    for path, section in sections:
        if path != whole or path == "/":
            yield section, path
    # Without an action the controller is the handler itself.
    for found in [controller] if handler is controller else [controller, handler]:
        yield getattr(found, "_cp_config", None) or {}, "/"
    for path, section in sections:
        if path == whole and path != "/":
            yield section, path
