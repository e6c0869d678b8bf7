"""Per-request tools: encoding, compression, JSON, static files, sessions and more."""

from cherrypy_tools.__about__ import __version__
from cherrypy_tools.defaults import default_toolbox
from cherrypy_tools.sessiontool import SessionTool
from cherrypy_tools.tool import ErrorTool, HandlerTool, HandlerWrapperTool, Tool
from cherrypy_tools.toolbox import Toolbox

__all__ = [
    "ErrorTool",
    "HandlerTool",
    "HandlerWrapperTool",
    "SessionTool",
    "Tool",
    "Toolbox",
    "__version__",
    "default_toolbox",
]
