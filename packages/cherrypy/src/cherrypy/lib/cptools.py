"""The functions of the smaller tools."""

from __future__ import annotations

from cherrypy_tools.access import accept, allow
from cherrypy_tools.conditional import validate_etags, validate_since
from cherrypy_tools.fields import ignore_headers, response_headers
from cherrypy_tools.params import convert_params
from cherrypy_tools.reporting import log_request_headers, log_traceback
from cherrypy_tools.slashes import trailing_slash

__all__ = [
    "accept",
    "allow",
    "convert_params",
    "ignore_headers",
    "log_request_headers",
    "log_traceback",
    "response_headers",
    "trailing_slash",
    "validate_etags",
    "validate_since",
]
