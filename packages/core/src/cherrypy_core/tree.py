"""Applications and other WSGI callables, each mounted at a path."""

from __future__ import annotations

from cherrypy_core.application import Application
from cherrypy_core.serving import get_request
from cherrypy_core.urls import urljoin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Tree"]


class Tree:
    """A WSGI application that hands each call to what is mounted at (or above) its path.

    Attributes:
        apps: script name to application (or any other WSGI callable).
    """

    def __init__(self) -> None:
        self.apps: dict[str, Any] = {}

    def make_application(self, root: Any, script_name: str) -> Application:
        """Return a new application for *root* (overridden to wire it into a site)."""
        return Application(root, script_name)

    def mount(self, root: Any, script_name: str = "", config: Any = None) -> Application:
        """Mount *root* at *script_name* and return its application.

        Args:
            root: the object at the top of a tree of page handlers, or an `Application`.
            script_name: "" or a path that begins with a slash.
            config: path to settings: a dict of dicts, a file name or an open file.

        Raises:
            TypeError: script_name is None: only an application may be told by its server
                where it is.
        """
        if script_name is None:
            raise TypeError(
                "'script_name' may not be None: the application must know where it is mounted. "
                "For one that reads the WSGI environ use tree.graft(Application(root, None))."
            )
        script_name = script_name.rstrip("/")
        if isinstance(root, Application):
            app = root
            if script_name and script_name != app.script_name:
                raise ValueError(
                    f"cannot mount at {script_name!r} an application that has been made for "
                    f"{app.script_name!r}"
                )
            script_name = app.script_name
        else:
            app = self.make_application(root, script_name)
        if config:
            app.merge(config)
        self.apps[script_name] = app
        return app

    def graft(self, wsgi_callable: Callable[..., Any], script_name: str = "") -> None:
        """Mount any WSGI callable at *script_name*."""
        self.apps[script_name.rstrip("/")] = wsgi_callable

    def script_name(self, path: str | None = None) -> str | None:
        """Return the script name of what serves *path*, None if nothing does.

        Args:
            path: a path. Default: that of the current request.
        """
        if path is None:
            request = get_request()
            if request is None:
                return None
            path = urljoin(request.script_name, request.path_info)
        apps = self.apps
        while path not in apps:
            if not path:
                return None
            path = path[: path.rfind("/")] if "/" in path else ""
        return path

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a WSGI call through what is mounted at its path."""
        apps = self.apps
        script_name: str = environ.get("SCRIPT_NAME", "")
        # PERF: one application at the root is by far the most frequent arrangement.
        if not script_name and len(apps) == 1 and "" in apps:
            app = apps[""]
            # PERF: what `app(...)` does, without Python's 0.15 µs of detour.
            return type(app).__call__(app, environ, start_response)
        path = urljoin(script_name, environ.get("PATH_INFO", ""))
        # The paths of mounts are text, an environ's are bytes in the guise of text.
        text = path if path.isascii() else _decoded(path)
        mounted = self.script_name(text)
        if mounted is None:
            start_response(
                "404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")]
            )
            return []
        app = apps[mounted]
        if mounted:
            raw = mounted if text is path else mounted.encode("utf-8").decode("latin-1")
            environ = environ.copy()
            environ["SCRIPT_NAME"] = raw
            environ["PATH_INFO"] = path[len(raw) :]
        return app(environ, start_response)


def _decoded(path: str) -> str:
    try:
        return path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return path
