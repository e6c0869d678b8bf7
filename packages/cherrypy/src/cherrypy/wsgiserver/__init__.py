"""The HTTP server under the names of CherryPy 8, on cheroot, which it has become."""

from __future__ import annotations

from cheroot import server as _server
from cheroot.errors import (
    FatalSSLAlert,
    MaxSizeExceeded,
    NoSSLError,
    plat_specific_errors,
    socket_error_eintr,
    socket_errors_nonblocking,
    socket_errors_to_ignore,
)
from cheroot.makefile import BufferedWriter as CP_BufferedWriter
from cheroot.makefile import MakeFile as CP_makefile
from cheroot.server import (
    ChunkedRFile,
    Gateway,
    HeaderReader,
    HTTPConnection,
    HTTPRequest,
    HTTPServer,
    KnownLengthRFile,
    SizeCheckWrapper,
    get_ssl_adapter_class,
)
from cheroot.ssl import Adapter as SSLAdapter
from cheroot.workers.threadpool import ThreadPool, TrueyZero, WorkerThread, trueyzero
from cheroot.wsgi import Gateway as WSGIGateway
from cheroot.wsgi import Gateway_10 as WSGIGateway_10
from cheroot.wsgi import Gateway_u0 as WSGIGateway_u0
from cheroot.wsgi import PathInfoDispatcher as WSGIPathInfoDispatcher
from cheroot.wsgi import wsgi_gateways

from cherrypy_core.native import bton, ntob
from cherrypy_httpserver.standalone import CherryPyWSGIServer, prevent_socket_inheritance

__all__ = [
    "ASTERISK",
    "COLON",
    "CRLF",
    "EMPTY",
    "FORWARD_SLASH",
    "LF",
    "NUMBER_SIGN",
    "QUESTION_MARK",
    "SEMICOLON",
    "SPACE",
    "TAB",
    "CP_BufferedWriter",
    "CP_makefile",
    "CP_makefile_PY3",
    "CherryPyWSGIServer",
    "ChunkedRFile",
    "FatalSSLAlert",
    "Gateway",
    "HTTPConnection",
    "HTTPRequest",
    "HTTPServer",
    "KnownLengthRFile",
    "MaxSizeExceeded",
    "NoSSLError",
    "SSLAdapter",
    "SizeCheckWrapper",
    "ThreadPool",
    "TrueyZero",
    "WSGIGateway",
    "WSGIGateway_10",
    "WSGIGateway_u0",
    "WSGIPathInfoDispatcher",
    "WorkerThread",
    "bton",
    "comma_separated_headers",
    "get_ssl_adapter_class",
    "ntob",
    "plat_specific_errors",
    "prevent_socket_inheritance",
    "read_headers",
    "socket_error_eintr",
    "socket_errors_nonblocking",
    "socket_errors_to_ignore",
    "ssl_adapters",
    "trueyzero",
    "wsgi_gateways",
]

CP_makefile_PY3 = CP_makefile
read_headers = HeaderReader()

# The very objects: what is changed in them changes the server.
comma_separated_headers: list[bytes] = vars(_server)["comma_separated_headers"]
ssl_adapters: dict[str, str] = vars(_server)["ssl_adapters"]

ASTERISK = b"*"
COLON = b":"
CRLF = b"\r\n"
EMPTY = b""
FORWARD_SLASH = b"/"
LF = b"\n"
NUMBER_SIGN = b"#"
QUESTION_MARK = b"?"
SEMICOLON = b";"
SPACE = b" "
TAB = b"\t"
