"""XML-RPC: the functions of the tool xmlrpc and of XML-RPC controllers."""

from __future__ import annotations

from cherrypy_tools.xmlrpcutil import (
    get_xmlrpclib,
    on_error,
    patched_path,
    process_body,
    respond,
)

__all__ = ["get_xmlrpclib", "on_error", "patched_path", "process_body", "respond"]
