"""Tools of one's own: wrappers, handlers, toolboxes as decorators, overridden methods."""

import json

import pytest

import cherrypy
from cherrypy import _cptools
from cherrypy_testing import Client


def as_json(next_handler, *args, **kwargs):
    cherrypy.response.headers["Content-Type"] = "application/json"
    return json.dumps(next_handler(*args, **kwargs)).encode()


class Authenticated(cherrypy.Tool):
    """A tool that reads its settings itself, and switches itself off for some paths."""

    def __init__(self):
        super().__init__("before_handler", self.check, priority=30)
        self.seen = []

    def _setup(self):
        conf = self._merged_args()
        if cherrypy.request.path_info.startswith("/public"):
            return
        cherrypy.request.hooks.attach(self._point, self.callable, priority=self._priority, **conf)

    def check(self, users=(), **options):
        self.seen.append(options)
        name = cherrypy.request.headers.get("X-User")
        if name not in users:
            raise cherrypy.HTTPError(401, "who are you?")
        cherrypy.request.login = name


def teapot(kind="green"):
    """Answer instead of the handler, if there is tea."""
    if cherrypy.request.params.get("tea") == kind:
        cherrypy.response.body = b"tea"
        return True
    return False


def cors_preflight(origin="*"):
    cherrypy.response.headers["Access-Control-Allow-Origin"] = origin
    if cherrypy.request.method == "OPTIONS":
        cherrypy.response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        return True
    return False


@pytest.fixture
def box():
    box = _cptools.Toolbox("mine")
    box.json = _cptools.HandlerWrapperTool(as_json, priority=31)
    box.auth = Authenticated()
    box.tea = _cptools.HandlerTool(teapot)
    box.cors = _cptools.HandlerTool(cors_preflight)
    return box


@pytest.fixture
def client(box, monkeypatch):
    @box.json()
    class Root:
        @cherrypy.expose
        def index(self):
            return {"hello": "world"}

        @cherrypy.expose
        @box.auth(users=["mia"], colour="red")
        def private(self):
            return {"login": cherrypy.request.login}

        @cherrypy.expose
        @box.auth(users=[])
        def public(self):
            return []

        @cherrypy.expose
        @box.tea(kind="black")
        @box.cors(origin="https://example.com")
        def pot(self, tea=""):
            return tea

    app = cherrypy.Application(Root(), "")
    monkeypatch.setitem(app.toolboxes, "mine", box)  # those of all applications
    return Client(app, raise_errors=False)


def test_a_wrapper_makes_json_of_what_handlers_return(client):
    answer = client.get("/")
    assert (answer.headers["Content-Type"], answer.json()) == (
        "application/json",
        {"hello": "world"},
    )


def test_a_tool_may_set_itself_up(client, box):
    assert client.get("/private").status_code == 401
    assert client.get("/private", headers={"X-User": "mia"}).json() == {"login": "mia"}
    assert box.auth.seen[-1] == {"colour": "red"}
    assert client.get("/public").json() == []


def test_a_tool_may_answer_itself(client):
    assert client.get("/pot?tea=black").text == "tea"
    assert client.get("/pot?tea=green").json() == "green"
    answer = client.options("/pot")
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST"
    assert answer.headers["Access-Control-Allow-Origin"] == "https://example.com"


def test_the_function_of_a_tool_may_be_replaced(client, box):
    box.tea.callable = lambda kind: False
    assert client.get("/pot?tea=black").json() == "black"


def test_a_tool_may_merge_its_arguments_in_its_own_way(monkeypatch):
    class Merging(cherrypy.Tool):
        def _merged_args(self, d=None):
            return {**super()._merged_args(d), "added": True}

    seen = []
    box = _cptools.Toolbox("own")
    box.merging = Merging("before_handler", lambda **kwargs: seen.append(kwargs))

    class Root:
        @cherrypy.expose
        @box.merging(given=1)
        def index(self):
            return ""

    app = cherrypy.Application(Root(), "")
    monkeypatch.setitem(app.toolboxes, "own", box)
    assert Client(app).get("/").status_code == 200
    assert seen == [{"given": 1, "added": True}]


def test_tools_can_be_put_into_the_default_toolbox(mount):
    cherrypy.tools.greeting = cherrypy.Tool(
        "before_finalize", lambda: cherrypy.response.headers.update({"X-Greeting": "hello"})
    )
    try:

        class Root:
            @cherrypy.expose
            @cherrypy.tools.greeting()
            def index(self):
                return ""

        assert mount(Root()).get("/").headers["X-Greeting"] == "hello"
    finally:
        del cherrypy.tools.greeting
