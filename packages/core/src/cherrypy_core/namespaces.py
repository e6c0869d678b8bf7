"""The config namespaces that every request has: hooks, request, response, error_page.

Each can be called with a key and a value, which takes effect on the current request at
once; a plan calls `compile` instead, ahead of the requests.
"""

from __future__ import annotations

from contextlib import suppress

from cherrypy_core.hooks import Hook
from cherrypy_core.serving import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_core.plan import Draft, Plan
    from cherrypy_core.request import Request

__all__ = [
    "configure",
    "configure_errors",
    "error_page_namespace",
    "hooks_namespace",
    "request_namespace",
    "response_namespace",
]


class _HooksNamespace:
    """`hooks.before_handler = callback` attaches a hook to that point.

    A name may follow the point, so that a path can have several:
    `hooks.before_handler.count = callback`.
    """

    def __call__(self, k: str, v: Any) -> None:
        current()[0].hooks[k.partition(".")[0]].append(self._hook(v))

    def compile(self, entries: dict[str, Any], draft: Draft) -> None:
        """Enter the hooks into *draft*."""
        for key, value in entries.items():
            draft.add(key.partition(".")[0], self._hook(value))

    @staticmethod
    def _hook(value: Any) -> Hook:
        if isinstance(value, str):
            from cherrypy_core.unrepr import attributes  # noqa: PLC0415  (a dotted name: seldom)

            value = attributes(value)
        return value if isinstance(value, Hook) else Hook(value)


class _RequestNamespace:
    """`request.NAME = value` sets an attribute of the request.

    `request.body.NAME` sets one of its body.
    """

    def __call__(self, k: str, v: Any) -> None:
        request = current()[0]
        if k.startswith("body."):
            setattr(request.body, k[5:], v)
        else:
            setattr(request, k, v)

    def compile(self, entries: dict[str, Any], draft: Draft) -> None:
        """Enter the attributes into *draft*."""
        for key, value in entries.items():
            if key.startswith("body."):
                draft.body_attributes.append((key[5:], value))
            elif key != "dispatch":  # it has done its work when a plan is followed
                draft.request_attributes.append((key, value))


class _ResponseNamespace:
    """`response.NAME = value` sets an attribute, `response.headers.NAME` a header field."""

    def __call__(self, k: str, v: Any) -> None:
        response = current()[1]
        if k.startswith("headers."):
            response.headers[k[8:]] = v
        else:
            setattr(response, k, v)

    def compile(self, entries: dict[str, Any], draft: Draft) -> None:
        """Enter the attributes and header fields into *draft*."""
        for key, value in entries.items():
            if key.startswith("headers."):
                draft.response_headers.append((key[8:], value))
            else:
                draft.response_attributes.append((key, value))


class _ErrorPageNamespace:
    """`error_page.404 = page`: a template's path or a callable, for a status or "default"."""

    def __call__(self, k: str, v: Any) -> None:
        request = current()[0]
        request.error_page = {**request.error_page, self._status(k): v}

    def compile(self, entries: dict[str, Any], draft: Draft) -> None:
        """Enter the pages into *draft*."""
        draft.error_page = {self._status(key): value for key, value in entries.items()}

    @staticmethod
    def _status(key: str) -> int | str:
        return int(key) if key.isdecimal() else key


hooks_namespace = _HooksNamespace()
request_namespace = _RequestNamespace()
response_namespace = _ResponseNamespace()
error_page_namespace = _ErrorPageNamespace()


def configure(request: Request, plan: Plan) -> None:
    """Give *request* and its response what *plan* says beyond hooks."""
    response = request.response_served
    for name, value in plan.request_attributes:
        setattr(request, name, value)
    if plan.body_attributes:
        request.body_attributes = plan.body_attributes
    for name, value in plan.response_attributes:
        setattr(response, name, value)
    for name, value in plan.response_headers:
        response.headers[name] = value
    if plan.error_page:
        # The request may add pages of its own.
        request.error_page = plan.error_page.copy()
    for handler, entries in plan.namespaces:
        _feed(handler, entries)
    for setup in plan.setups:
        setup()


def configure_errors(request: Request) -> None:
    """Give *request* what its path's sections say about errors, when dispatching has failed.

    The objects on the path are unknown then, and no tool has begun its work. But who may
    see a traceback, and what an error page looks like, is not for the failure to decide.
    """
    app, plan = request.app, request.plan
    if app is None or plan is None:
        return
    # A section that cannot be read may be the failure itself: as far as it goes.
    with suppress(Exception):
        for path, section in request.sections:
            plan = app.plans.step(plan, section, path)
    for name, value in plan.request_attributes:
        setattr(request, name, value)
    if plan.error_page:
        request.error_page = plan.error_page.copy()


def _feed(handler: Any, entries: dict[str, Any]) -> None:
    """Call a namespace handler (or what a context manager of one returns) with entries."""
    if hasattr(type(handler), "__exit__"):
        with handler as enter:
            for key, value in entries.items():
                enter(key, value)
    else:
        for key, value in entries.items():
            handler(key, value)
