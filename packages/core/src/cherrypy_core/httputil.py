"""Everything that `cherrypy.lib.httputil` has, from the modules it now lives in."""

from __future__ import annotations

from cherrypy_core.dates import HTTPDate
from cherrypy_core.elements import AcceptElement, HeaderElement, header_elements, parse_header
from cherrypy_core.headers import (
    CaseInsensitiveDict,
    HeaderMap,
    decode_TEXT,
    decode_TEXT_maybe,
    header_translate_deletechars,
    header_translate_table,
)
from cherrypy_core.ranges import get_ranges
from cherrypy_core.status import response_codes, valid_status
from cherrypy_core.urls import (
    Host,
    SanitizedHost,
    parse_query_string,
    protocol_from_http,
    urljoin,
    urljoin_bytes,
)

__all__ = [
    "AcceptElement",
    "CaseInsensitiveDict",
    "HTTPDate",
    "HeaderElement",
    "HeaderMap",
    "Host",
    "SanitizedHost",
    "decode_TEXT",
    "decode_TEXT_maybe",
    "get_ranges",
    "header_elements",
    "header_translate_deletechars",
    "header_translate_table",
    "parse_header",
    "parse_query_string",
    "protocol_from_http",
    "response_codes",
    "urljoin",
    "urljoin_bytes",
    "valid_status",
]
