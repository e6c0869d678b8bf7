"""Applications, called through WSGI in this process, and pages that tell how they were called."""

import io
import json

import pytest

from cherrypy_core.application import Application
from cherrypy_core.config import Config
from cherrypy_core.expose import expose
from cherrypy_core.request import Request
from cherrypy_core.serving import serving
from cherrypy_dispatch import Dispatcher


class Answer:
    """What a request was answered with.

    Attributes:
        status: the code.
        headers: the header fields; names as they were sent.
        text: the body.
        request: the request that was served.
    """

    def __init__(self, status, headers, body, request):
        self.status = int(status.split()[0])
        self.headers = dict(headers)
        self.text = body.decode()
        self.request = request

    @property
    def config(self):
        """The configuration of the request, without what every request has."""
        return {k: v for k, v in self.request.config.items() if not k.startswith("request.")}

    @property
    def called(self):
        """What a `show` handler was called with: its tag, then the arguments."""
        assert self.status == 200, self.text
        tag, args, kwargs = json.loads(self.text)
        return (tag, *args, kwargs) if kwargs else (tag, *args)


class Site:
    """An application with a client.

    Attributes:
        app: the `Application`.
    """

    def __init__(self, root, config=None, dispatch=None, **settings):
        site_config = Config({"request.show_tracebacks": False, **settings})
        self.app = Application(
            root, "", config, site_config=site_config, dispatch=dispatch or Dispatcher()
        )
        self.served = served = []

        class Served(Request):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                served.append(self)

        self.app.request_class = Served

    def __call__(self, url, method="GET", body=None, headers=None, environ=None):
        """Request *url*; a *body* is a form."""
        further = environ or {}
        path, _, query = url.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "example.com",
            "REMOTE_ADDR": "192.0.2.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO((body or "").encode()),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in (headers or {}).items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        environ.update(further)
        if body is None and method in {"POST", "PUT", "PATCH"}:
            body = ""
        if body is not None:
            environ["CONTENT_LENGTH"] = str(len(body))
            environ["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
        start, data = self.answer(environ)
        return Answer(start[-1][0], start[-1][1], data, self.served[-1])

    def answer(self, environ):
        """Call the application; return what it has started, and the body."""
        start = []
        chunks = self.app(environ, lambda *args: start.append(args))
        try:
            data = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        return start, data


@pytest.fixture(autouse=True)
def nothing_is_served():
    """Let no test see what another one has left in this thread."""
    serving.clear()
    yield
    serving.clear()


@pytest.fixture
def site():
    """Give the class of applications with a client: `site(root, config, dispatch)`."""
    return Site


@pytest.fixture
def show():
    """Give a function that makes page handlers, each of which tells how it was called."""

    def make(tag):
        @expose
        def handler(self, *args, **kwargs):
            return json.dumps([tag, args, kwargs]).encode()

        return handler

    return make
