"""The cookies of a client, kept between its requests (RFC 6265, by `http.cookiejar`)."""

from __future__ import annotations

from email.message import Message
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Cookies", "parse_set_cookie"]


class _Received:
    """Header fields, as `http.cookiejar` wants them: those of a response."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        self._message = Message()
        for name, value in headers:
            self._message[name] = value

    def info(self) -> Message:
        return self._message


class Cookies:
    """The cookies that a client keeps: name to value, whatever host they belong to.

    Attributes:
        jar: the `http.cookiejar.CookieJar`, for all that is not said here.
    """

    def __init__(self) -> None:
        # The lenient domain rule takes "localhost" for a host as good as any other.
        self.jar = CookieJar(DefaultCookiePolicy(rfc2965=False))

    def extract(self, url: str, headers: list[tuple[str, str]]) -> None:
        """Keep (or drop) the cookies that a response from *url* sets."""
        received: Any = _Received(headers)
        self.jar.extract_cookies(received, Request(url))  # noqa: S310  (nothing is opened)

    def header(self, url: str) -> str | None:
        """Return the Cookie header field for a request to *url*; None if there is none."""
        request = Request(url)  # noqa: S310  (nothing is opened)
        self.jar.add_cookie_header(request)
        return request.get_header("Cookie")

    def set(
        self, name: str, value: str, *, url: str = "http://localhost/", path: str = "/"
    ) -> None:
        """Keep a cookie for the host of *url*, as if the server had set it.

        Args:
            name: its name.
            value: its value, as it is sent.
            url: a URL of the host.
            path: the path that it is sent to, and all below.
        """
        self.extract(url, [("Set-Cookie", f"{name}={value}; Path={path}")])

    def update(self, cookies: Mapping[str, str], url: str = "http://localhost/") -> None:
        """Keep several cookies for the host of *url*."""
        for name, value in cookies.items():
            self.set(name, value, url=url)

    def _find(self, name: str) -> Cookie | None:
        return next((cookie for cookie in self.jar if cookie.name == name), None)

    def __getitem__(self, name: str) -> str:
        cookie = self._find(name)
        if cookie is None:
            raise KeyError(name)
        return cookie.value or ""

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the value of a cookie, *default* if there is none."""
        cookie = self._find(name)
        return default if cookie is None else cookie.value

    def __contains__(self, name: object) -> bool:
        return any(cookie.name == name for cookie in self.jar)

    def __iter__(self) -> Iterator[str]:
        return (cookie.name for cookie in self.jar)

    def __len__(self) -> int:
        return len(self.jar)

    def __delitem__(self, name: str) -> None:
        cookie = self._find(name)
        if cookie is None:
            raise KeyError(name)
        self.jar.clear(cookie.domain, cookie.path, cookie.name)

    def clear(self) -> None:
        """Forget all cookies: the client is a stranger again."""
        self.jar.clear()


def parse_set_cookie(value: str) -> tuple[str, str]:
    """Return name and value that a Set-Cookie header field sets, without its attributes."""
    name, _, text = value.partition(";")[0].partition("=")
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return name.strip(), text


def host_of(url: str) -> str:
    """Return scheme and host of *url*, without a path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"
