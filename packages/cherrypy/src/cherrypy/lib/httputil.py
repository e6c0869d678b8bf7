"""The vocabulary of HTTP: header fields, ranges, statuses, URLs."""

from __future__ import annotations

from cherrypy_core.httputil import (
    AcceptElement,
    CaseInsensitiveDict,
    HeaderElement,
    HeaderMap,
    Host,
    HTTPDate,
    SanitizedHost,
    decode_TEXT,
    decode_TEXT_maybe,
    get_ranges,
    header_elements,
    header_translate_deletechars,
    header_translate_table,
    parse_query_string,
    protocol_from_http,
    response_codes,
    urljoin,
    urljoin_bytes,
    valid_status,
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
    "parse_query_string",
    "protocol_from_http",
    "response_codes",
    "urljoin",
    "urljoin_bytes",
    "valid_status",
]
