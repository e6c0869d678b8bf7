from io import BytesIO, StringIO
from types import SimpleNamespace

import pytest
from hypothesis import settings

from cherrypy_core.application import Application
from cherrypy_core.config import Config
from cherrypy_core.errors import NotFound
from cherrypy_core.serving import current, serving

# A busy machine is no fault of the code: time is the subject of test_linear_time.py alone.
settings.register_profile("cherrypy-core", deadline=None)
settings.load_profile("cherrypy-core")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Let what was printed and logged be passed on in UTF-8, by parallel test runs.

    Some tests log lone surrogates, to see that it does no harm.
    """
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report


class Page:
    """What the dispatcher finds. (A closure that knows the request would be a cycle.)"""

    def __init__(self, function):
        self.function = function

    def __call__(self):
        return self.function(**current()[0].params)


class TinyDispatcher:
    """Finds pages by attribute, and nothing more: the core knows no dispatcher.

    Layers of configuration: `_cp_config` of each object, and the section of its path.
    """

    def __call__(self, path):
        request = current()[0]
        app = request.app
        plan = app.plans.root or app.plans.start()
        node, here = app.root, ""
        plan = self.below(app, plan, node, "/")
        for name in [name for name in path.split("/") if name] or ["index"]:
            here += "/" + name
            node = getattr(node, name, None)
            plan = self.below(app, plan, node, here)
        request.plan = plan
        if node is None:
            request.handler = NotFound()
        else:
            request.handler = Page(node)

    @staticmethod
    def below(app, plan, node, path):
        layer = getattr(node, "_cp_config", None)
        if layer:
            plan = app.plans.step(plan, layer, path)
        section = app.config.get(path)
        if section:
            plan = app.plans.step(plan, section, path)
        return plan


class Reply:
    """What a WSGI application has answered."""

    def __init__(self):
        self.status = self.headers = self.body = None
        self.starts = 0
        self.failed = False

    def start_response(self, status, headers, exc_info=None):
        self.status, self.headers = status, headers
        # Not exc_info itself: keeping it makes a cycle, as PEP 3333 warns servers.
        self.failed = exc_info is not None
        self.starts += 1
        return lambda data: None

    @property
    def code(self):
        return int(self.status[:3])

    @property
    def text(self):
        return self.body.decode()

    def fields(self, name):
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def field(self, name):
        values = self.fields(name)
        assert len(values) < 2, values
        return values[0] if values else None


def make_environ(path="/", method="GET", body=b"", headers=(), **changes):
    """Return a WSGI environ; a change to None removes a key."""
    path, _, query = path.partition("?")
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
        "REMOTE_PORT": "50000",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
    for name, value in dict(headers).items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    environ.update(changes)
    return {key: value for key, value in environ.items() if value is not None}


def wsgi_call(app, *args, **kwargs):
    """Call a WSGI application as a server does, read the body to its end and close it."""
    reply = Reply()
    body = app(make_environ(*args, **kwargs), reply.start_response)
    try:
        reply.body = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    return reply


@pytest.fixture(autouse=True)
def nothing_is_served():
    """Let no test see what another one has left in this thread."""
    serving.clear()
    yield
    serving.clear()


@pytest.fixture
def environ():
    """Give the function that makes a WSGI environ."""
    return make_environ


@pytest.fixture
def call():
    """Give the function that calls a WSGI application and returns a `Reply`."""
    return wsgi_call


@pytest.fixture
def new_reply():
    """Give the class of what collects an answer, for tests that iterate themselves."""
    return Reply


@pytest.fixture
def dispatcher():
    """Give the class of the dispatcher."""
    return TinyDispatcher


@pytest.fixture
def make_app():
    """Give a function that makes an application of pages: `make_app(page=function)`.

    An object given as `root` is used as it is; `site_config` may be a dict.
    """

    def make(root=None, config=None, site_config=None, script_name="", **pages):
        options = {"dispatch": TinyDispatcher()}
        for name in ("channels", "toolboxes", "software"):
            if name in pages:
                options[name] = pages.pop(name)
        if not isinstance(site_config, Config):
            site_config = Config(site_config)
        if root is None:
            root = SimpleNamespace(**pages)
        return Application(root, script_name, config, site_config=site_config, **options)

    return make
