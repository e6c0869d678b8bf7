"""The header fields of a WSGI environ (PEP 3333), read where they lie."""

from __future__ import annotations

from cherrypy_core.headers import HeaderMap, decode_TEXT, decode_TEXT_maybe, environ_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = [
    "HEADER_NAMES",
    "downgrade_wsgi_ux_to_1x",
    "header_field",
    "header_fields",
    "header_map",
]

#: Keys of an environ that are header fields without saying so.
HEADER_NAMES = {
    "HTTP_CGI_AUTHORIZATION": "Authorization",
    "CONTENT_LENGTH": "Content-Length",
    "CONTENT_TYPE": "Content-Type",
    "REMOTE_HOST": "Remote-Host",
    "REMOTE_ADDR": "Remote-Addr",
}

#: The environ's keys of header fields that every request, or every tool, looks for.
KEYS = {
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


def header_field(environ: dict[str, Any], name: str) -> str | None:
    """Return the field of that (canonical) name, None if it is missing or empty."""
    key = KEYS.get(name) or "HTTP_" + name.upper().replace("-", "_")
    return environ.get(key) or None


def header_fields(environ: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield all header fields as (name, value) pairs, names in canonical form."""
    for key, value in environ.items():
        if key[:5] == "HTTP_" and key != "HTTP_CGI_AUTHORIZATION":
            name = environ_name(key)
            if name:
                yield name, value
    # Last, because they override: no client can send a Remote-Addr.
    for key, name in HEADER_NAMES.items():
        value = environ.get(key)
        if value:
            yield name, value


def header_map(environ: dict[str, Any]) -> HeaderMap:
    """Return a map of all header fields; encoded words (RFC 2047) are decoded."""
    fields = {}
    # PERF: 3 us for a browser's fields; through header_fields() it would be 8 us.
    for key, value in environ.items():
        if key[:5] == "HTTP_" and key != "HTTP_CGI_AUTHORIZATION":
            name = environ_name(key)
            if name:
                fields[name] = decode_TEXT(value) if "=?" in value else value
    for key, name in HEADER_NAMES.items():
        value = environ.get(key)
        if value:
            fields[name] = decode_TEXT_maybe(value)
    return HeaderMap.from_canonical(fields)


def downgrade_wsgi_ux_to_1x(environ: dict[str, Any]) -> dict[bytes, Any]:
    """Return an environ of WSGI "u.0" (all text) in bytes, as WSGI 1 had it in Python 2.

    Args:
        environ: the environ; `wsgi.url_encoding` says how its URL parts have been decoded.
    """
    url_encoding = environ["wsgi.url_encoding"]
    in_url = {"PATH_INFO", "SCRIPT_NAME", "QUERY_STRING"}
    return {
        key.encode("latin-1"): value.encode(url_encoding if key in in_url else "latin-1")
        if isinstance(value, str)
        else value
        for key, value in environ.items()
    }


class HeaderFields:
    """The header fields of an environ, for who needs but a few of them.

    PERF: a map of a browser's fields takes 5 us.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ = environ

    def get(self, name: str) -> str | None:
        """Return the field of that (canonical) name as `to_map` has it, or None."""
        value = header_field(self._environ, name)
        return decode_TEXT_maybe(value) if value else None

    def to_map(self) -> HeaderMap:
        """Return a map of all fields."""
        return header_map(self._environ)
