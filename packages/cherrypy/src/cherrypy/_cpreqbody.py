"""Request bodies and what is done with them, by media type."""

from __future__ import annotations

from cherrypy_core.entity import Entity, Part, RequestBody
from cherrypy_core.forms import (
    process_multipart,
    process_multipart_form_data,
    process_urlencoded,
    unquote_plus,
)
from cherrypy_core.readers import SizedReader

__all__ = [
    "Entity",
    "Part",
    "RequestBody",
    "SizedReader",
    "comma_separated_headers",
    "process_multipart",
    "process_multipart_form_data",
    "process_urlencoded",
    "unquote_plus",
]

#: Header fields of which several make one list, as CherryPy 8 has written their names.
comma_separated_headers = [
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Accept-Ranges",
    "Allow",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Language",
    "Expect",
    "If-Match",
    "If-None-Match",
    "Pragma",
    "Proxy-Authenticate",
    "Te",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Vary",
    "Via",
    "Warning",
    "Www-Authenticate",
]
