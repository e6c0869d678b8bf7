"""Tools and toolboxes."""

from __future__ import annotations

from cherrypy import tools as default_toolbox
from cherrypy_tools.deprecated import DeprecatedTool
from cherrypy_tools.sessiontool import SessionTool
from cherrypy_tools.tool import ErrorTool, HandlerTool, HandlerWrapperTool, Tool
from cherrypy_tools.toolbox import Toolbox
from cherrypy_tools.xmlrpcutil import XMLRPCController

__all__ = [
    "DeprecatedTool",
    "ErrorTool",
    "HandlerTool",
    "HandlerWrapperTool",
    "SessionTool",
    "Tool",
    "Toolbox",
    "XMLRPCController",
    "default_toolbox",
]
