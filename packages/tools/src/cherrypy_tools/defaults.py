"""The tools that every site begins with."""

from __future__ import annotations

from cherrypy_tools.deprecated import DeprecatedTool
from cherrypy_tools.late import LateErrorTool, LateHandlerTool, LateTool
from cherrypy_tools.sessiontool import SessionTool
from cherrypy_tools.toolbox import Toolbox

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["default_toolbox"]

#: Name, hook point, function (in this package) and priority.
_TOOLS = (
    ("accept", "on_start_resource", "access.accept", 50),
    ("allow", "on_start_resource", "access.allow", 50),
    ("decode", "before_request_body", "encoding.decode", 50),
    ("etags", "before_finalize", "conditional.validate_etags", 75),
    ("expires", "before_finalize", "expiry.expires", 50),
    ("gzip", "before_finalize", "compression.gzip", 80),
    ("ignore_headers", "before_request_body", "fields.ignore_headers", 50),
    ("json_in", "before_request_body", "jsontools.json_in", 30),
    ("json_out", "before_handler", "jsontools.json_out", 30),
    ("log_headers", "before_error_response", "reporting.log_request_headers", 50),
    ("log_tracebacks", "before_error_response", "reporting.log_traceback", 50),
    ("params", "before_handler", "params.convert_params", 15),
    ("request_id", "on_start_resource", "requestid.request_id", 0),
    ("response_headers", "on_start_resource", "fields.response_headers", 50),
    ("trailing_slash", "before_handler", "slashes.trailing_slash", 60),
    ("websocket", "before_handler", "websocket.websocket", 75),
)

#: Name and function of the tools that may make the response themselves.
_HANDLERS = (("staticdir", "static.staticdir"), ("staticfile", "static.staticfile"))

#: Name and advice of the tools that CherryPy 8 was the last one to have.
_GONE = (
    ("nsgmls", "it does nothing any more: check pages in your tests instead."),
    ("tidy", "it does nothing any more: check pages in your tests instead."),
)


def default_toolbox(
    session_class: Any = None,
    storage_types: Mapping[str, Any] | None = None,
    session_defaults: Mapping[str, Any] | None = None,
) -> Toolbox:
    """Return a new toolbox for the namespace `tools`, with all tools of this package.

    The modules of the tools are imported when a tool is first used.

    Args:
        session_class: what keeps sessions where the configuration does not say.
        storage_types: see `SessionTool`.
        session_defaults: see `SessionTool`.
    """
    tools = Toolbox("tools")
    for name, point, source, priority in _TOOLS:
        setattr(tools, name, LateTool(point, "cherrypy_tools." + source, name, priority))
    tools.encode = LateTool(
        "before_handler",
        "cherrypy_tools.encoding.ResponseEncoder",
        priority=70,
        plain="cherrypy_tools.encoding.encode_pages",
    )
    for name, source in _HANDLERS:
        setattr(tools, name, LateHandlerTool("cherrypy_tools." + source, name))
    tools.xmlrpc = LateErrorTool("cherrypy_tools.xmlrpcutil.on_error")
    for name, advice in _GONE:
        setattr(tools, name, DeprecatedTool("before_finalize", advice))
    tools.sessions = SessionTool(session_class, storage_types, session_defaults)
    return tools
