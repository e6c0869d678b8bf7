"""Names for what differed between Python 2 and 3; what still means something."""

from __future__ import annotations

from cherrypy_core.native import assert_native, bton, ntob, ntou, text_or_bytes, tonative

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "assert_native",
    "basestring",
    "bton",
    "bytestr",
    "copyitems",
    "copykeys",
    "nativestr",
    "ntob",
    "ntou",
    "py3k",
    "text_or_bytes",
    "tonative",
    "unicodestr",
]

basestring = text_or_bytes
bytestr = bytes
nativestr = unicodestr = str

#: Whether this is Python 3.
py3k = True

#: Where Python 3 has it: modules and functions that were elsewhere in Python 2.
_ELSEWHERE = {
    "BadStatusLine": "http.client.BadStatusLine",
    "BaseHTTPRequestHandler": "http.server.BaseHTTPRequestHandler",
    "BytesIO": "io.BytesIO",
    "CookieError": "http.cookies.CookieError",
    "HTTPConnection": "http.client.HTTPConnection",
    "HTTPSConnection": "http.client.HTTPSConnection",
    "HTTPServer": "http.server.HTTPServer",
    "IncompleteRead": "http.client.IncompleteRead",
    "SimpleCookie": "http.cookies.SimpleCookie",
    "StringIO": "io.StringIO",
    "Timer": "threading.Timer",
    "base64_decode": "base64.b64decode",
    "base64_encode": "base64.b64encode",
    "builtins": "builtins",
    "escape_html": "html.escape",
    "http": "http",
    "iteritems": "builtins.dict.items",
    "iterkeys": "builtins.dict.keys",
    "itervalues": "builtins.dict.values",
    "json": "json",
    "json_decode": "json.loads",
    "md5": "hashlib.md5",
    "next": "builtins.next",
    "parse_http_list": "urllib.request.parse_http_list",
    "pickle": "pickle",
    "quote": "urllib.parse.quote",
    "quote_plus": "urllib.parse.quote_plus",
    "range": "builtins.range",
    "reversed": "builtins.reversed",
    "set": "builtins.set",
    "sha": "hashlib.sha1",
    "sorted": "builtins.sorted",
    "unquote": "urllib.parse.unquote",
    "unquote_plus": "urllib.parse.unquote_plus",
    "unquote_qs": "urllib.parse.unquote_plus",
    "unquote_to_bytes": "urllib.parse.unquote_to_bytes",
    "urlencode": "urllib.parse.urlencode",
    "urljoin": "urllib.parse.urljoin",
    "urlopen": "urllib.request.urlopen",
    "xrange": "builtins.range",
}


def copykeys(d: dict[Any, Any]) -> list[Any]:
    """Return the keys of *d* in a list, which stays as it is when *d* changes."""
    return list(d)


def copyitems(d: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """Return the items of *d* in a list, which stays as it is when *d* changes."""
    return list(d.items())


def __getattr__(name: str) -> Any:
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cherrypy_core.unrepr import attributes, modules  # noqa: PLC0415  (old code only)

    path = _ELSEWHERE[name]
    return attributes(path) if "." in path else modules(path)
