"""The request and the response that the current thread (or task) is serving.

One `ContextVar` holds the current request, and the request knows its response. Nothing
else in this package is global. `request`, `response` and `serving` are thin proxies on
it: they hold nothing themselves and may be imported anywhere.
"""

from __future__ import annotations

from contextvars import ContextVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_core.request import Request
    from cherrypy_core.response import Response

__all__ = ["Serving", "ServingProxy", "ThreadData", "current", "request", "response", "serving"]

_current: ContextVar[Request | None] = ContextVar("cherrypy_request", default=None)

# PERF: bound once, called several times per request.
get_request = _current.get
set_request = _current.set


def _outside() -> Request:
    """Return the request that stands in where none is being served (one per context)."""
    from cherrypy_core.request import Request  # noqa: PLC0415  (request.py imports this module)
    from cherrypy_core.response import Response  # noqa: PLC0415
    from cherrypy_core.urls import Host  # noqa: PLC0415

    stand_in = Request(Host("127.0.0.1", 80), Host("127.0.0.1", 1111))
    stand_in.response_served = Response()
    _current.set(stand_in)
    return stand_in


def current() -> tuple[Request, Response]:
    """Return the current request and its response.

    Outside of a request these are objects with the documented default values, the same
    ones for as long as the thread serves nothing.
    """
    now = get_request() or _outside()
    return now, now.response_served


class Serving:
    """What the current thread serves: `request`, `response` and whatever a tool adds.

    Assigning `request` makes that request (and its response) current in this thread: a
    background thread may continue to work for a request that another thread began.
    Other attributes (`serving.session`) live exactly as long as the request.
    """

    def __getattr__(self, name: str) -> Any:
        # Only names that are not properties of this class arrive here.
        try:
            return (get_request() or _outside()).serving_attributes[name]
        except KeyError:
            raise AttributeError(f"nothing being served has the attribute {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "request":
            if value is not None and value.response_served is None:
                value.response_served = self.response
            _current.set(value)
        elif name == "response":
            (get_request() or _outside()).response_served = value
        else:
            (get_request() or _outside()).serving_attributes[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del (get_request() or _outside()).serving_attributes[name]
        except KeyError:
            raise AttributeError(f"nothing being served has the attribute {name!r}") from None

    @property
    def request(self) -> Request:
        """The current request."""
        return get_request() or _outside()

    @property
    def response(self) -> Response:
        """The response to the current request."""
        response: Response = (get_request() or _outside()).response_served
        return response

    def load(self, request: Request, response: Response) -> None:
        """Make *request* and *response* current."""
        request.response_served = response
        _current.set(request)

    def clear(self) -> None:
        """Forget what is being served."""
        _current.set(None)


serving = Serving()


class ServingProxy:
    """Stands for one attribute of `serving`: every use goes to the current object."""

    __slots__ = ("_attribute",)

    def __init__(self, attribute: str) -> None:
        object.__setattr__(self, "_attribute", attribute)

    def __getattr__(self, name: str) -> Any:
        return getattr(getattr(serving, self._attribute), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(getattr(serving, self._attribute), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(getattr(serving, self._attribute), name)

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        attributes: dict[str, Any] = vars(getattr(serving, self._attribute))
        return attributes

    def __dir__(self) -> list[str]:
        return dir(getattr(serving, self._attribute))

    def __repr__(self) -> str:
        return repr(getattr(serving, self._attribute))

    def __getitem__(self, key: Any) -> Any:
        return getattr(serving, self._attribute)[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        getattr(serving, self._attribute)[key] = value

    def __delitem__(self, key: Any) -> None:
        del getattr(serving, self._attribute)[key]

    def __contains__(self, key: Any) -> bool:
        return key in getattr(serving, self._attribute)

    def __iter__(self) -> Any:
        return iter(getattr(serving, self._attribute))

    def __len__(self) -> int:
        return len(getattr(serving, self._attribute))

    def __bool__(self) -> bool:
        return bool(getattr(serving, self._attribute))


class _RequestProxy(ServingProxy):
    """The current request; `ServingProxy` with a shorter way for reading attributes."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(get_request() or _outside(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(get_request() or _outside(), name, value)


class _ResponseProxy(ServingProxy):
    """The current response; `ServingProxy` with a shorter way for reading attributes."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        return getattr((get_request() or _outside()).response_served, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr((get_request() or _outside()).response_served, name, value)


request: Any = _RequestProxy("request")
response: Any = _ResponseProxy("response")


class ThreadData:
    """Attributes of the current thread (`cherrypy.thread_data`): kept between requests."""

    def __new__(cls) -> Any:
        """Return a `threading.local` that can also be emptied."""
        import threading  # noqa: PLC0415  (most programs that import this never use it)

        class _ThreadData(threading.local):
            def clear(self) -> None:
                """Forget every attribute of this thread."""
                vars(self).clear()

        return _ThreadData()
