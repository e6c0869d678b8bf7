import pytest

from cherrypy_core.errors import HTTPError
from cherrypy_core.expose import expose
from cherrypy_core.serving import request, response
from cherrypy_tools.tool import ErrorTool, HandlerTool, HandlerWrapperTool, Tool
from cherrypy_tools.toolbox import Toolbox


class Root:
    @expose
    def index(self):
        return "index"

    @expose
    def fail(self):
        raise RuntimeError("failed")


def test_a_registered_function_is_a_tool(serve, tools):
    calls = []

    @tools.register("before_handler")
    def note(**settings):
        calls.append(settings)

    client = serve(Root(), {"/": {"tools.note.on": True, "tools.note.a": 1}}, toolbox=tools)
    client.get("/")
    assert calls == [{"a": 1}]
    assert tools.note.callable is note


def test_tools_run_in_the_order_of_their_priorities_then_of_their_declaration(serve, tools):
    calls = []
    for name, priority in (("b", 50), ("a", 50), ("late", 90), ("soon", 10)):
        tools.register("before_handler", name=name, priority=priority)(
            lambda name=name: calls.append(name)
        )
    config = {f"tools.{name}.on": True for name in ("late", "b", "a", "soon")}
    serve(Root(), {"/": config}, toolbox=tools).get("/")
    assert calls == ["soon", "b", "a", "late"]


def test_the_configuration_overrides_a_priority(serve, tools):
    calls = []
    for name in ("one", "two"):
        tools.register("before_handler", name=name)(lambda name=name: calls.append(name))
    config = {"tools.one.on": True, "tools.two.on": True, "tools.two.priority": 1}
    serve(Root(), {"/": config}, toolbox=tools).get("/")
    assert calls == ["two", "one"]


def test_a_decorator_switches_a_tool_on_for_one_handler(serve, tools):
    class Two:
        @expose
        @tools.response_headers(headers=[("X-A", "1")])
        def one(self):
            return "one"

        @expose
        def two(self):
            return "two"

    client = serve(Two(), toolbox=tools)
    assert client.get("/one")["X-A"] == "1"
    assert client.get("/two")["X-A"] is None


def test_a_decorated_class_does_not_change_its_base(tools):
    class Base:
        _cp_config = {"a": 1}  # noqa: RUF012

    @tools.gzip(compress_level=1)
    class Derived(Base):
        pass

    assert Base._cp_config == {"a": 1}
    assert Derived._cp_config == {"a": 1, "tools.gzip.on": True, "tools.gzip.compress_level": 1}


def test_a_decorator_takes_keywords_only(tools):
    with pytest.raises(TypeError, match="the 'gzip' tool does not take positional arguments"):
        tools.gzip(5)


def test_a_tool_cannot_be_switched_on_as_such(tools):
    with pytest.raises(AttributeError, match=r"tools\.gzip\.on = True"):
        tools.gzip.on = True
    with pytest.raises(AttributeError, match=r"tools\.gzip\.on = True"):
        _ = tools.gzip.on


def test_a_tool_that_is_not_there_is_named(serve, tools, caplog):
    with caplog.at_level("ERROR"):
        assert serve(Root(), {"/": {"tools.nonsense.on": True}}).get("/").status == 500
    assert "tools.nonsense" in caplog.text


def test_a_tool_can_be_added_and_replaced_while_requests_are_served(serve, tools):
    calls = []
    client = serve(Root(), {"/": {"tools.own.on": True}}, toolbox=tools)
    assert client.get("/").status == 500
    tools.own = Tool("before_handler", lambda: calls.append(1))
    client.get("/")
    tools.own.callable = lambda: calls.append(2)
    client.get("/")
    del tools.own
    assert client.get("/").status == 500
    assert calls == [1, 2]


def test_a_tool_may_attach_hooks_of_its_own_for_each_request(serve, tools):
    calls = []

    class Timing(Tool):
        def __init__(self):
            super().__init__("before_handler", lambda: calls.append("begin"), priority=95)

        def _setup(self):
            super()._setup()
            request.hooks.attach("before_finalize", lambda: calls.append("end"), priority=5)

    tools.timing = Timing()
    client = serve(Root(), {"/": {"tools.timing.on": True}}, toolbox=tools)
    assert client.get("/").text == client.get("/").text == "index"
    assert calls == ["begin", "end"] * 2


def test_a_handler_tool_may_answer_itself(serve, tools):
    def answer(text=""):
        if text:
            response.body = text.encode()
        return bool(text)

    tools.answer = HandlerTool(answer)
    client = serve(Root(), {"/": {"tools.answer.on": True}}, toolbox=tools)
    assert client.get("/").text == "index"
    client.app.merge({"/": {"tools.answer.text": "tool"}})
    assert client.get("/").text == "tool"


def test_a_wrapper_tool_gets_what_the_handler_returns(serve, tools):
    def shout(handler, mark="!"):
        return handler().upper() + mark

    tools.shout = HandlerWrapperTool(shout, priority=31)
    config = {"/": {"tools.shout.on": True, "tools.shout.mark": "?"}}
    assert serve(Root(), config, toolbox=tools).get("/").text == "INDEX?"


def test_an_error_tool_answers_what_nobody_expected(serve, tools):
    def page(text):
        response.status = 503
        response.body = text.encode()

    tools.sorry = ErrorTool(page)
    config = {"/": {"tools.sorry.on": True, "tools.sorry.text": "sorry"}}
    answer = serve(Root(), config, toolbox=tools).get("/fail")
    assert (answer.status, answer.text) == (503, "sorry")


def test_a_toolbox_of_ones_own_has_a_namespace_of_its_own(serve):
    auth = Toolbox("auth")

    @auth.register("before_request_body")
    def check(default=False):
        if not default:
            raise HTTPError(401)

    client = serve(Root(), {"/": {"auth.check.on": True}})
    assert client.get("/").status == 200
    client.app.toolboxes["auth"] = auth
    assert client.get("/").status == 401
    client.app.merge({"/": {"auth.check.default": True}})
    assert client.get("/").status == 200


def test_a_toolbox_can_take_its_settings_as_a_context_manager(serve, tools):
    calls = []
    tools.note = Tool("before_handler", lambda **settings: calls.append(settings))

    class Live:
        @expose
        def index(self):
            with tools as take:
                take("note.on", True)
                take("note.a", 1)
                take("gzip.on", False)
            request.hooks.run("before_handler")
            return "live"

    assert serve(Live(), toolbox=tools).get("/").text == "live"
    assert {"a": 1} in calls
