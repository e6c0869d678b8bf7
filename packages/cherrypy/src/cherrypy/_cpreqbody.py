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
    "process_multipart",
    "process_multipart_form_data",
    "process_urlencoded",
    "unquote_plus",
]
