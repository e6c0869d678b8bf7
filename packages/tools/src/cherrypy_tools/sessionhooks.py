"""The session of a request: made from its cookie, locked, saved, released.

`init` makes the session (`serving.session`) from the id in the request's cookie; it is
locked before the page handler runs, saved (if it was touched) and released before the
response is sent. A cookie is sent, and data stored, only when there is something to keep:
a visitor whose session is never written to leaves no trace.

What keeps the data is given as a class: this module knows no backend.
"""

from __future__ import annotations

from functools import lru_cache

from cherrypy_core.cookies import cookie_value
from cherrypy_core.errors import HTTPError
from cherrypy_core.iterators import file_generator, set_vary_header
from cherrypy_core.serving import current, get_request
from cherrypy_tools.sessioncookie import CookieSettings, set_response_cookie

TYPE_CHECKING = False
if TYPE_CHECKING:
    from http.cookies import SimpleCookie
    from typing import Any

    from cherrypy_core.request import Request
    from cherrypy_core.response import Response

__all__ = ["close", "expire", "init", "lock", "save", "session_class", "set_response_cookie"]


class _Binding:
    """A request's session and its cookie. It puts the latter into `response.cookie`.

    It does not hold the request, which holds it: that would be a cycle.
    """

    __slots__ = ("cookie", "expired", "pending", "persistent", "session", "shown")

    def __init__(self, session: Any, cookie: CookieSettings) -> None:
        self.session = session
        self.cookie = cookie
        #: The application has called `expire`.
        self.expired = False
        #: The session is to be saved when the body has been sent.
        self.pending = False
        #: The cookie has been put into `response.cookie`, where applications may change it.
        self.shown = False

    def show(self, jar: SimpleCookie) -> None:
        """Put the cookie into *jar*, which somebody has begun to look at."""
        request = current()[0]
        self.cookie.put(jar, self.session.id, request, request.response_served)
        if self.expired:
            CookieSettings.expire(jar[self.cookie.name])
        self.shown = True

    def send(self, response: Response) -> None:
        """See that the cookie is sent, with the id that the session has now."""
        if self.shown:
            morsel = response.cookie.get(self.cookie.name)
            if morsel is not None and morsel.value != self.session.id:
                morsel.set(self.cookie.name, self.session.id, self.session.id)
        else:
            line = self.cookie.line(self.session.id, current()[0], response, self.expired)
            response.set_cookies = [*(response.set_cookies or ()), line]
            # Whoever looks at the cookies from now on finds those of the application.
            response.fill_cookie = None

    def withdraw(self, response: Response) -> None:
        """See that the cookie is not sent: there is nothing it would stand for."""
        if self.shown:
            response.cookie.pop(self.cookie.name, None)
        response.fill_cookie = None


def _binding(request: Request | None) -> _Binding | None:
    binding: _Binding | None = getattr(request, "_session_binding", None)
    return binding


def init(  # noqa: PLR0913, PLR0917  (the historical signature)
    storage_type: str | None = None,
    path: str | None = None,
    path_header: str | None = None,
    name: str = "session_id",
    timeout: float = 60,
    domain: str | None = None,
    secure: bool | None = None,
    clean_freq: float | None = 5,
    persistent: bool = True,
    httponly: bool = True,
    debug: bool = False,
    samesite: str | None = "Lax",
    storage_class: Any = None,
    **kwargs: Any,
) -> None:
    """Make the session of the current request; nothing is read or stored yet.

    Args:
        storage_type: what *storage_class* is where that is not given (see `SessionTool`).
        path: the path of the URLs that the cookie is sent for. Default: what
            *path_header* says, or all.
        path_header: a header field of the request that has that path.
        name: the name of the cookie.
        timeout: minutes after its last use at which the session expires.
        domain: the domain that the cookie is sent to, subdomains included.
        secure: send the cookie over HTTPS only. Default: if the request came over HTTPS.
        clean_freq: minutes between two clean-ups of expired sessions.
        persistent: the cookie lasts as long as the session; otherwise until the browser
            is closed.
        httponly: keep the cookie from scripts.
        debug: let the session log what happens to it.
        samesite: "Lax", "Strict" or "None": whether the cookie comes along with requests
            from other sites. None: leave that to the browser.
        storage_class: what keeps the data: a class, or its name with dots. Default: as the
            application's sessions tool has it.
        **kwargs: attributes for the session, such as *lock_timeout* or *storage_path*.

    Raises:
        ValueError: there is no *storage_class*.
    """
    request: Any = get_request()
    if request is None or _binding(request) is not None:
        return
    if storage_class is None:
        storage_class, kwargs = _as_the_tool(request, storage_type, kwargs)
    cls = session_class(storage_class)
    setup = getattr(cls, "setup", None)
    if setup is not None:
        _set_up(cls, setup, kwargs)
    if debug:
        kwargs["debug"] = debug
    session = cls(_sent_id(request, name), timeout=timeout, clean_freq=clean_freq, **kwargs)
    lifetime = timeout if persistent else None
    _bind(
        request,
        session,
        _cookie_settings(path, path_header, name, lifetime, domain, secure, httponly, samesite),
    )


def _bind(request: Any, session: Any, cookie: CookieSettings) -> None:
    """Make *session* that of *request*, and let it have its cookie."""
    binding = _Binding(session, cookie)
    request._session_binding = binding  # noqa: SLF001  (ours)
    request.serving_attributes["session"] = session
    response = request.response_served
    if response.cookie_touched:
        binding.show(response.cookie)
    else:
        response.fill_cookie = binding.show


# PERF: a class would be instantiated for each request with the same arguments.
_cookie_settings = lru_cache(maxsize=100)(CookieSettings)


def _sent_id(request: Request, name: str) -> str | None:
    """Return the session id that the client has sent."""
    if request.cookie_touched:
        morsel = request.cookie.get(name)
        return None if morsel is None else morsel.value
    field = request.header("Cookie")
    return None if field is None else cookie_value(field, name)


def _as_the_tool(
    request: Request, storage_type: str | None, settings: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Return what the application's sessions tool begins with: a class, and settings."""
    toolboxes = {} if request.app is None else request.app.toolboxes
    tool: Any = getattr(toolboxes.get("tools"), "sessions", None)
    if not hasattr(tool, "class_of"):
        return None, settings
    return tool.class_of(storage_type), {**tool.defaults, **settings}


def session_class(storage_class: Any) -> Any:
    """Return a class of sessions, given as such or by its name with dots.

    Raises:
        ValueError: it is None.
    """
    if storage_class is None:
        raise ValueError(
            "the sessions tool does not know where to keep sessions: set "
            "tools.sessions.storage_class to a class, such as RamSession"
        )
    if isinstance(storage_class, str):
        from cherrypy_core.unrepr import attributes  # noqa: PLC0415  (a dotted name: seldom)

        return attributes(storage_class)
    return storage_class


# Backends that have been told their settings: once per class (as CherryPy 18.10).
_have_been_set_up: set[Any] = set()


def _set_up(cls: Any, setup: Any, settings: dict[str, Any]) -> None:
    if cls not in _have_been_set_up:
        setup(**settings)
        _have_been_set_up.add(cls)


def lock() -> None:
    """Lock the session of the current request; wait while another request has it.

    Raises:
        HTTPError: 503, if it takes longer than `lock_timeout`.
    """
    binding = _binding(get_request())
    if binding is None:
        return
    try:
        binding.session.acquire_lock()
    except Exception as error:
        # By its name: the class belongs to whatever package the backend is from.
        if any(cls.__name__ == "LockTimeout" for cls in type(error).__mro__):
            raise HTTPError(
                503, "Another request of the same session is still being served."
            ) from error
        raise


def save() -> None:
    """Save the session of the current request, if it was touched, and release its lock.

    Also sees to the cookie. A body that is streamed may use the session: then it is saved
    when the body has been sent.
    """
    request: Any = get_request()
    binding = _binding(request)
    if binding is None:
        return
    response = request.response_served
    if not getattr(request, "_sessionsaved", False):
        _save(binding, request, response)
    elif binding.pending:
        # An error has replaced the body that was to use the session.
        binding.pending = False
        binding.session.save()
    # Again for the response that an error or a redirect has made of this one.
    if binding.session.loaded or binding.pending:
        _keep_private(response)


def _save(binding: _Binding, request: Any, response: Response) -> None:
    session = binding.session
    chunks = response.chunks
    later = False
    # What a file contains has been settled, and without a handler nobody's code is in it.
    if (
        type(chunks) is not list
        and request.handler is not None
        and not isinstance(chunks, file_generator)
    ):
        later = bool(response.stream) or (
            response.headers_touched and response.headers.get("Content-Length") is not None
        )
        if not later:
            # This runs the page handler; if it raises an HTTPError, save() is called again.
            response.collapse_body()
    request._sessionsaved = True  # noqa: SLF001  (the name that applications know)
    if later:
        binding.pending = True
        # Whether anything will be stored is not known yet, and this is the last chance.
        binding.send(response)
        return
    session.save()
    if binding.expired or (session.loaded and getattr(session, "stored", True)):
        binding.send(response)
    else:
        binding.withdraw(response)


def _keep_private(response: Response) -> None:
    """Keep caches from giving one visitor's page to another."""
    headers = response.headers
    # PERF: these names are canonical, so that dict's own methods will do.
    if dict.setdefault(headers, "Vary", "Cookie") != "Cookie":
        set_vary_header(response, "Cookie")
    dict.setdefault(headers, "Cache-Control", "private")


def close() -> None:
    """End the use of the session by the current request: its lock is released.

    What a streamed body has put into it is saved.
    """
    request = get_request()
    binding = _binding(request)
    if binding is None:
        return
    session = binding.session
    try:
        if binding.pending:
            binding.pending = False
            session.save()
    finally:
        if session.locked:
            session.release_lock()


def _is_due() -> bool:
    """Tell whether there is anything to do for `close`."""
    binding = _binding(get_request())
    return binding is not None and (binding.pending or bool(binding.session.locked))


# PERF: usually there is not, and 2.5 us are saved.
close.is_due = _is_due  # type: ignore[attr-defined]
# What follows failed hooks at the same point must not be skipped: a lock would stay.
save.failsafe = True  # type: ignore[attr-defined]
close.failsafe = True  # type: ignore[attr-defined]
save.priority = 90  # type: ignore[attr-defined]
close.priority = 90  # type: ignore[attr-defined]


def expire() -> None:
    """Make the client forget the session's cookie.

    What is stored under its id stays until it expires; `session.delete()` removes it.
    """
    request = get_request()
    binding = _binding(request)
    if request is None or binding is None:
        return
    binding.expired = True
    response = request.response_served
    if binding.shown:
        morsel = response.cookie.get(binding.cookie.name)
        if morsel is not None:
            CookieSettings.expire(morsel)
