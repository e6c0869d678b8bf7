"""The cookie that carries a session's id (RFC 6265)."""

from __future__ import annotations

from cherrypy_core.dates import http_date
from cherrypy_core.serving import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from http.cookies import SimpleCookie
    from typing import Any

    from cherrypy_core.request import Request
    from cherrypy_core.response import Response

__all__ = ["CookieSettings", "set_response_cookie"]


class CookieSettings:
    """What the session's cookie looks like.

    Args:
        path: the path of the URLs it is sent for. Default: what *path_header* says, or all.
        path_header: a header field of the request that has the path; only if a proxy sets
            it, for a client could.
        name: the cookie's name.
        timeout: minutes after which the browser forgets it; None or 0: when it is closed.
        domain: the domain it is sent to, subdomains included. Default: the host alone.
        secure: send it over HTTPS only. None: if it was set over HTTPS.
        httponly: keep it from scripts.
        samesite: "Lax", "Strict" or "None": whether it comes along from other sites. None
            or "": leave that to the browser.
    """

    __slots__ = (
        "domain", "httponly", "name", "path", "path_header", "samesite", "secure", "timeout",
    )  # fmt: skip

    def __init__(
        self,
        path: str | None = None,
        path_header: str | None = None,
        name: str = "session_id",
        timeout: float | None = 60,
        domain: str | None = None,
        secure: bool | None = None,
        httponly: bool = True,
        samesite: str | None = "Lax",
    ) -> None:
        self.path = path
        self.path_header = path_header
        self.name = name
        self.timeout = timeout
        self.domain = domain
        self.secure = secure
        self.httponly = httponly
        self.samesite = samesite

    def path_for(self, request: Request) -> str:
        """Return the path of the URLs that the cookie is for."""
        path = self.path
        if path is None and self.path_header:
            path = request.header(self.path_header.title())
        if not path or not path.isprintable() or ";" in path:
            return "/"
        return path

    def is_secure(self, request: Request) -> bool:
        """Tell whether the cookie is for HTTPS only."""
        secure = self.secure
        return request.scheme == "https" if secure is None else bool(secure)

    def line(self, value: str, request: Request, response: Response, expired: bool = False) -> str:
        """Return the value of a Set-Cookie header field.

        Args:
            value: the session's id.
            request: the request.
            response: the response.
            expired: make the browser forget the cookie.
        """
        # PERF: 1 us; http.cookies would take 15.
        text = f"{self.name}={value}; Path={self.path_for(request)}"
        if expired:
            text += "; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"
        elif self.timeout:
            seconds = int(self.timeout * 60)
            text += f"; Expires={http_date(response.time + seconds)}; Max-Age={seconds}"
        if self.domain is not None:
            text += f"; Domain={self.domain}"
        if self.httponly:
            text += "; HttpOnly"
        if self.samesite:
            text += f"; SameSite={self.samesite}"
        if self.is_secure(request):
            text += "; Secure"
        return text

    def put(self, jar: SimpleCookie, value: str, request: Request, response: Response) -> None:
        """Put the cookie among those that an application sets: into `response.cookie`."""
        jar[self.name] = value
        morsel: Any = jar[self.name]
        morsel["path"] = self.path_for(request)
        if self.timeout:
            seconds = int(self.timeout * 60)
            morsel["expires"] = http_date(response.time + seconds)
            morsel["max-age"] = seconds
        if self.domain is not None:
            morsel["domain"] = self.domain
        if self.httponly:
            morsel["httponly"] = True
        if self.samesite:
            morsel["samesite"] = self.samesite
        if self.is_secure(request):
            morsel["secure"] = True

    @staticmethod
    def expire(morsel: Any) -> None:
        """Make the cookie in `response.cookie` one that the browser forgets."""
        morsel["expires"] = "Thu, 01 Jan 1970 00:00:00 GMT"
        morsel["max-age"] = "0"


def set_response_cookie(
    path: str | None = None,
    path_header: str | None = None,
    name: str = "session_id",
    timeout: float | None = 60,
    domain: str | None = None,
    secure: bool | None = None,
    httponly: bool = True,
    samesite: str | None = "Lax",
) -> None:
    """Set the cookie of the current session, whether or not there is something to keep.

    The sessions tool does that when it is needed. See `CookieSettings` for the arguments;
    *timeout* is in minutes.
    """
    from cherrypy_core.serving import serving  # noqa: PLC0415

    request, response = current()
    settings = CookieSettings(path, path_header, name, timeout, domain, secure, httponly, samesite)
    settings.put(response.cookie, serving.session.id, request, response)
