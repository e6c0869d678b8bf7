"""Configuration keys of earlier versions, and what has become of them."""

from __future__ import annotations

__all__ = ["OBSOLETE", "advice"]

#: Old key to new one; None for what is not needed any more. Those of the filters (CherryPy
#: 2) stand for all keys that begin so.
OBSOLETE: dict[str, str | None] = {
    "autoreload.on": "engine.autoreload.on",
    "log_access_file": "log.access_file",
    "log_config_options": None,
    "log_file": "log.error_file",
    "log_file_not_found": None,
    "log_request_headers": "tools.log_headers.on",
    "log_to_screen": "log.screen",
    "profiler.on": "cherrypy.tree.mount(profiler.make_app(cherrypy.Application(Root())))",
    "server.default_content_type": "tools.response_headers.headers",
    "server.environment": "environment",
    "server.log_access_file": "log.access_file",
    "server.log_file": "log.error_file",
    "server.log_to_screen": "log.screen",
    "server.log_tracebacks": "tools.log_tracebacks.on",
    "server.log_request_headers": "tools.log_headers.on",
    "server.show_tracebacks": "request.show_tracebacks",
    "server.throw_errors": "request.throw_errors",
    "show_tracebacks": "request.show_tracebacks",
    "throw_errors": "request.throw_errors",
    "base_url_filter": "tools.proxy",
    "cache_filter": "tools.caching",
    "decoding_filter": "tools.decode",
    "encoding_filter": "tools.encode",
    "gzip_filter": "tools.gzip",
    "response_headers_filter": "tools.response_headers",
    "session_authenticate_filter": "tools.session_auth",
    "session_filter": "tools.sessions",
    "static_filter": "tools.staticdir",
    "virtual_host_filter": "request.dispatch",
    "xmlrpc_filter": "tools.xmlrpc",
}


def advice(key: str, known: dict[str, str | None]) -> str | None:
    """Return what to say about an old *key*; None if it is none of the *known* ones."""
    prefix = key.partition(".")[0]
    for name in (key, prefix if prefix.endswith("_filter") else key):
        if name in known:
            new = known[name]
            use = f"Use {new!r} instead." if new else "It is not needed any more."
            return f"{key!r} is obsolete. {use}"
    return None
