"""A client that calls an application through WSGI, in this process."""

import io
import sys
from types import SimpleNamespace

import pytest

from cherrypy_core.application import Application
from cherrypy_core.config import Config
from cherrypy_dispatch import Dispatcher
from cherrypy_tools.defaults import default_toolbox

DEFAULTS = {
    "tools.encode.on": True,
    "tools.trailing_slash.on": True,
    "tools.log_headers.on": True,
    "tools.log_tracebacks.on": True,
    "request.show_tracebacks": False,
}


class Answer:
    """What a request was answered with.

    Attributes:
        status: the code.
        fields: the header fields, (name, value) pairs; names as they were sent.
        body: the bytes.
    """

    def __init__(self, status, fields, body):
        self.status = int(status.split()[0])
        self.fields = fields
        self.body = body

    def __getitem__(self, name):
        values = [value for field, value in self.fields if field.lower() == name.lower()]
        assert len(values) < 2, values
        return values[0] if values else None

    @property
    def text(self):
        return self.body.decode()

    @property
    def cookies(self):
        return [value for name, value in self.fields if name == "Set-Cookie"]


def environ_for(url="/", method="GET", body=None, headers=None, **extra):
    path, _, query = url.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "50000",
        "HTTP_HOST": "example.com",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body or b""),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body is not None:
        environ["CONTENT_LENGTH"] = str(len(body))
    for name, value in (headers or {}).items():
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else "HTTP_" + key] = value
    environ.update(extra)
    return {key: value for key, value in environ.items() if value is not None}


class Client:
    """Asks an application."""

    def __init__(self, app):
        self.app = app

    def start(self, url="/", method="GET", body=None, headers=None, **extra):
        """Begin a request; the body has not been read yet."""
        started = []
        environ = environ_for(url, method, body, headers, **extra)
        chunks = self.app(environ, lambda *args: started.append(args))
        return SimpleNamespace(
            chunks=chunks,
            status=started[-1][0],
            fields=started[-1][1],
            close=getattr(chunks, "close", lambda: None),
        )

    def get(self, url="/", method="GET", body=None, headers=None, **extra):
        """Make a request, and read the answer to its end."""
        begun = self.start(url, method, body, headers, **extra)
        try:
            data = b"".join(begun.chunks)
        finally:
            begun.close()
        return Answer(begun.status, begun.fields, data)

    def post(self, url, body=b"", content_type=None, headers=None, **extra):
        """POST a body."""
        fields = dict(headers or {})
        if content_type is not None:
            fields["Content-Type"] = content_type
        return self.get(url, "POST", body, fields, **extra)


@pytest.fixture
def environ():
    """The function that makes a WSGI environ."""
    return environ_for


@pytest.fixture
def serve():
    """A function that makes an application of a root (and its config), and its client."""

    def make(root=None, config=None, site=None, toolbox=None, script_name=""):
        app = Application(
            root,
            script_name,
            config,
            site_config=Config({**DEFAULTS, **(site or {})}),
            toolboxes={"tools": toolbox or default_toolbox()},
            dispatch=Dispatcher(),
        )
        return Client(app)

    return make


@pytest.fixture
def tools():
    """A new toolbox with all tools."""
    return default_toolbox()
