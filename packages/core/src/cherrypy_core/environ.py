"""The header fields of a WSGI environ (PEP 3333), read where they lie."""

from __future__ import annotations

from cherrypy_core.headers import HeaderMap, environ_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["HEADER_NAMES", "EnvironHeaders"]

#: Keys of an environ that are header fields without saying so.
HEADER_NAMES = {
    "HTTP_CGI_AUTHORIZATION": "Authorization",
    "CONTENT_LENGTH": "Content-Length",
    "CONTENT_TYPE": "Content-Type",
    "REMOTE_HOST": "Remote-Host",
    "REMOTE_ADDR": "Remote-Addr",
}

_KEYS = {
    name: "HTTP_" + name.upper().replace("-", "_")
    for name in (
        "Accept",
        "Accept-Charset",
        "Accept-Encoding",
        "Authorization",
        "Cookie",
        "Host",
        "If-Match",
        "If-Modified-Since",
        "If-None-Match",
        "If-Range",
        "If-Unmodified-Since",
        "Origin",
        "Range",
        "Referer",
        "Transfer-Encoding",
        "User-Agent",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
    )
} | {"Content-Length": "CONTENT_LENGTH", "Content-Type": "CONTENT_TYPE"}


class EnvironHeaders:
    """The header fields of *environ*, as pairs, one by one or as a map."""

    __slots__ = ("environ",)

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ

    def get(self, name: str) -> str | None:
        """Return the field of that (canonical) name, None if it is missing or empty."""
        key = _KEYS.get(name) or "HTTP_" + name.upper().replace("-", "_")
        return self.environ.get(key) or None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for key, value in self.environ.items():
            if key[:5] == "HTTP_" and key != "HTTP_CGI_AUTHORIZATION":
                yield environ_name(key), value
        for key, name in HEADER_NAMES.items():
            value = self.environ.get(key)
            if value:
                yield name, value

    def header_map(self) -> HeaderMap:
        """Return a map of all fields; encoded words (RFC 2047) are decoded."""
        headers = HeaderMap.from_canonical(dict(self))
        for name, value in headers.items():
            if "=?" in value:
                from cherrypy_core.headers import decode_TEXT_maybe  # noqa: PLC0415  (seldom)

                dict.__setitem__(headers, name, decode_TEXT_maybe(value))
        return headers
