import os
import subprocess
import sys

import pytest

from cherrypy_tools.defaults import default_toolbox
from cherrypy_tools.deprecated import DeprecatedTool
from cherrypy_tools.tool import HandlerTool, Tool
from cherrypy_tools.toolbox import Toolbox

# Name, hook point, priority and function: the table of CherryPy 18.10, and our own.
TABLE = [
    ("accept", "on_start_resource", 50, "access.accept"),
    ("allow", "on_start_resource", 50, "access.allow"),
    ("decode", "before_request_body", 50, "encoding.decode"),
    ("encode", "before_handler", 70, "encoding.ResponseEncoder"),
    ("etags", "before_finalize", 75, "conditional.validate_etags"),
    ("expires", "before_finalize", 50, "expiry.expires"),
    ("gzip", "before_finalize", 80, "compression.gzip"),
    ("ignore_headers", "before_request_body", 50, "fields.ignore_headers"),
    ("json_in", "before_request_body", 30, "jsontools.json_in"),
    ("json_out", "before_handler", 30, "jsontools.json_out"),
    ("log_headers", "before_error_response", 50, "reporting.log_request_headers"),
    ("log_tracebacks", "before_error_response", 50, "reporting.log_traceback"),
    ("params", "before_handler", 15, "params.convert_params"),
    ("request_id", "on_start_resource", 0, "requestid.request_id"),
    ("response_headers", "on_start_resource", 50, "fields.response_headers"),
    ("sessions", "before_request_body", 50, "sessionhooks.init"),
    ("staticdir", "before_handler", 50, "static.staticdir"),
    ("staticfile", "before_handler", 50, "static.staticfile"),
    ("trailing_slash", "before_handler", 60, "slashes.trailing_slash"),
    ("websocket", "before_handler", 75, "websocket.websocket"),
    ("xmlrpc", "", 50, "xmlrpcutil.on_error"),
]


@pytest.mark.parametrize(("name", "point", "priority", "function"), TABLE)
def test_a_default_tool_is_at_its_hook_point_with_its_priority(name, point, priority, function):
    tool = getattr(default_toolbox(), name)
    assert isinstance(tool, Tool)
    assert (tool._name, tool.namespace, tool._point, tool._priority) == (
        name,
        "tools",
        point,
        priority,
    )
    module, _, attribute = function.rpartition(".")
    __import__(f"cherrypy_tools.{module}")
    assert tool.callable is getattr(sys.modules[f"cherrypy_tools.{module}"], attribute)


def test_the_box_has_exactly_the_tools_of_the_table():
    box = default_toolbox()
    tools = {key: tool for key, tool in vars(box).items() if isinstance(tool, Tool)}
    gone = sorted(key for key, tool in tools.items() if isinstance(tool, DeprecatedTool))
    assert sorted(tools.keys() - set(gone)) == sorted(row[0] for row in TABLE)
    assert gone == ["nsgmls", "tidy"]


def test_the_static_tools_can_be_page_handlers():
    box = default_toolbox()
    assert isinstance(box.staticdir, HandlerTool)
    assert box.staticdir.handler(section="/", dir="/nowhere").exposed


def test_each_call_makes_a_box_of_its_own():
    first, second = default_toolbox(), default_toolbox()
    del first.gzip
    assert isinstance(first, Toolbox)
    assert second.gzip is not first.encode


def test_a_late_tool_has_its_function_documented_and_no_other_attributes():
    tool = default_toolbox().gzip
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = tool.nonsense
    assert tool.callable.__doc__ == tool.__dict__["__doc__"]


def test_a_function_can_be_put_in_the_place_of_a_late_one(serve, tools):
    seen = []
    tools.trailing_slash.callable = lambda **settings: seen.append(settings)
    serve(None, toolbox=tools).get("/")
    assert seen == [{}]


def test_making_the_box_imports_none_of_the_functions():
    code = (
        "import sys\n"
        "from cherrypy_tools.defaults import default_toolbox\n"
        "default_toolbox()\n"
        "late = {'access', 'conditional', 'compression', 'jsontools', 'static', 'params',\n"
        "        'sessionhooks', 'sessioncookie', 'expiry', 'encoding', 'mediatypes'}\n"
        "slow = {'json', 'zlib', 'gzip', 'mimetypes', 'hashlib', 'datetime', 'typing',\n"
        "        'urllib.parse', 'http.cookies', 'inspect', 'dataclasses'}\n"
        "found = sorted({m for m in late if 'cherrypy_tools.' + m in sys.modules}\n"
        "               | (slow & set(sys.modules)))\n"
        "print(' '.join(found))\n"
    )
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        check=True,
    )
    assert done.stdout.strip() == ""
