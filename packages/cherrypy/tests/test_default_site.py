from __future__ import annotations

import logging

import pytest

import cherrypy
from cherrypy._cpserver import Server
from cherrypy._cptools import Toolbox
from cherrypy._cptree import Tree


class Root:
    @cherrypy.expose
    def index(self, name="world"):
        return f"hello {name}"

    @cherrypy.expose
    def where(self):
        return cherrypy.url("/x") + " " + cherrypy.request.path_info

    @cherrypy.expose
    def fails(self):
        raise cherrypy.HTTPError(418, "short and stout")

    @cherrypy.expose
    def goes(self):
        raise cherrypy.HTTPRedirect("/index")

    @cherrypy.expose
    def counts(self):
        cherrypy.session["n"] = cherrypy.session.get("n", 0) + 1
        return str(cherrypy.session["n"])


def test_the_parts_belong_together():
    site = cherrypy.site
    assert cherrypy.engine is site.bus
    assert cherrypy.server.bus is cherrypy.engine
    assert cherrypy.server.app is cherrypy.tree
    assert type(cherrypy.server) is Server
    assert type(cherrypy.tree) is Tree
    assert cherrypy.tools is site.tools


def test_the_documented_plugins_are_there():
    engine = cherrypy.engine
    assert {"autoreload", "thread_manager", "timeout_monitor", "signal_handler", "signals"} <= set(
        vars(engine)
    )
    starting = [getattr(listener, "__self__", None) for listener in engine.listeners["start"]]
    assert engine.autoreload in starting
    assert cherrypy.server in starting
    assert cherrypy._buslog in engine.listeners["log"]
    assert cherrypy.log.reopen_files in engine.listeners["graceful"]
    assert engine.may_exit_process


def test_the_defaults_of_the_configuration_are_the_documented_ones():
    assert cherrypy.config.defaults == {
        "tools.encode.on": True,
        "tools.log_headers.on": True,
        "tools.log_tracebacks.on": True,
        "tools.trailing_slash.on": True,
    }


def test_the_loggers_have_the_documented_names():
    assert cherrypy.log.error_log is logging.getLogger("cherrypy.error")
    assert cherrypy.log.access_log is logging.getLogger("cherrypy.access")
    app = cherrypy.Application(Root())
    assert app.log.error_log.name == f"cherrypy.error.{id(app)}"
    assert app.log.access_log.name == f"cherrypy.access.{id(app)}"


def test_a_mounted_application_answers(call):
    app = cherrypy.tree.mount(Root(), "/app")
    assert type(app) is cherrypy.Application
    answer = call(cherrypy.tree, "/app/?name=you")
    assert answer.text == "hello you"
    assert answer.headers["Server"] == f"CherryPy/{cherrypy.__version__}"
    assert repr(app).startswith("cherrypy._cptree.Application(")


def test_an_application_works_without_being_mounted(call):
    app = cherrypy.Application(Root(), "/app", {"/": {"response.headers.X-Mine": "1"}})
    assert app.script_name == "/app"
    answer = call(app, "/")
    assert answer.text == "hello world"
    assert answer.headers["X-Mine"] == "1"
    assert cherrypy.tree.apps == {}


def test_a_tree_of_ones_own_uses_the_default_site(call):
    tree = Tree()
    cherrypy.config.update({"response.headers.X-Site": "default"})
    app = tree.mount(Root())
    assert call(tree, "/").headers["X-Site"] == "default"
    assert app.toolboxes["tools"] is cherrypy.tools
    assert cherrypy.tree.apps == {}


def test_all_applications_have_the_same_toolboxes(call, monkeypatch):
    said = []
    box = Toolbox("mine")
    box.say = cherrypy.Tool("before_handler", lambda word: said.append(word))  # noqa: PLW0108
    config = {"/": {"mine.say.on": True, "mine.say.word": "hello"}}
    before = cherrypy.Application(Root(), "", config)
    assert call(before).text == "hello world"
    assert said == []
    monkeypatch.setitem(cherrypy._cptree.Application.toolboxes, "mine", box)
    assert call(before).text == "hello world"
    assert call(cherrypy.Application(Root(), "", config)).text == "hello world"
    assert said == ["hello", "hello"]


def test_a_class_of_applications_can_have_its_own_toolboxes(call):
    class Bare(cherrypy.Application):
        toolboxes = {}  # noqa: RUF012

    assert Bare(Root()).toolboxes == {}
    assert cherrypy.Application(Root()).toolboxes == {"tools": cherrypy.tools}


def test_the_checker_is_what_listens_to_the_start():
    assert cherrypy.checker in cherrypy.engine.listeners["start"]
    assert cherrypy.site.check not in cherrypy.engine.listeners["start"]


def test_a_server_of_ones_own_uses_the_default_site():
    server = Server()
    assert server.bus is cherrypy.engine
    assert server.app is cherrypy.tree
    assert server.socket_port == 8080


def test_a_request_without_configuration_has_a_dispatcher():
    request = cherrypy._cprequest.Request(
        cherrypy.lib.httputil.Host("127.0.0.1", 80), cherrypy.lib.httputil.Host("127.0.0.1", 1111)
    )
    assert isinstance(request.dispatch, cherrypy.dispatch.Dispatcher)
    assert cherrypy.Application.request_class is cherrypy._cprequest.Request


def test_a_class_of_applications_may_have_requests_of_its_own(call):
    class Request(cherrypy._cprequest.Request):
        show_tracebacks = False

    class Application(cherrypy.Application):
        request_class = Request

    app = Application(Root())
    assert app.request_class is Request
    assert call(app).text == "hello world"


def test_urls_are_made_within_a_request_and_outside(call):
    cherrypy.tree.mount(Root(), "/app")
    assert call(cherrypy.tree, "/app/where").text == "http://localhost/app/x /where"
    assert cherrypy.url("/x") == "http://127.0.0.1:8080/x"


def test_errors_and_redirects_become_responses(call):
    cherrypy.tree.mount(Root())
    assert call(cherrypy.tree, "/fails").status.startswith("418 ")
    answer = call(cherrypy.tree, "/goes")
    assert answer.status == "303 See Other"
    assert answer.headers["Location"] == "http://localhost/index"
    assert call(cherrypy.tree, "/nosuch/page").status == "404 Not Found"


def test_the_session_is_a_proxy(call, monkeypatch):
    ram = cherrypy.lib.sessions.RamSession
    # What other tests of this process have, or want to have, of it.
    monkeypatch.setattr(ram, "cache", {})
    monkeypatch.setattr(ram, "clean_thread", None)
    app = cherrypy.tree.mount(Root(), "", {"/": {"tools.sessions.on": True}})
    first = call(app, "/counts")
    cookie = first.headers["Set-Cookie"].partition(";")[0]
    assert call(app, "/counts", HTTP_COOKIE=cookie).text == "2"
    assert ram.cache
    ram.clean_thread.unsubscribe()
    with pytest.raises(AttributeError):
        cherrypy.session["n"]


def test_the_configuration_decorates_handlers(call):
    class Decorated:
        @cherrypy.expose
        @cherrypy.config(**{"response.headers.X-Mine": "1"})
        @cherrypy.tools.response_headers(headers=[("X-Tool", "2")])
        def index(self):
            return "x"

    answer = call(cherrypy.tree.mount(Decorated()), "/")
    assert answer.headers["X-Mine"] == "1"
    assert answer.headers["X-Tool"] == "2"


def test_environments_can_be_added_under_the_historical_name():
    environments = cherrypy._cpconfig.environments
    environments["Greek"] = {"tools.encode.encoding": "ISO-8859-7"}
    try:
        cherrypy.config.update({"environment": "Greek"})
    finally:
        del environments["Greek"]
    assert cherrypy.config["tools.encode.encoding"] == "ISO-8859-7"


def test_messages_go_to_the_log_of_the_current_application(call):
    class Talks:
        @cherrypy.expose
        def index(self):
            cherrypy.log("from the page", "MINE")
            return "x"

    app = cherrypy.tree.mount(Talks())
    records = []

    class Keep(logging.Handler):
        def emit(self, record):
            records.append((record.name, record.getMessage()))

    handler = Keep()
    cherrypy.log.error_log.addHandler(handler)
    try:
        call(app)
        cherrypy.log("outside")
    finally:
        cherrypy.log.error_log.removeHandler(handler)
    assert records == [
        (app.log.error_log.name, "MINE from the page"),
        ("cherrypy.error", "outside"),
    ]


def test_data_of_a_thread_is_kept_between_requests(call):
    class Remembers:
        @cherrypy.expose
        def index(self):
            data = cherrypy.thread_data
            data.n = getattr(data, "n", 0) + 1
            return str(data.n)

    app = cherrypy.tree.mount(Remembers())
    try:
        assert [call(app).text, call(app).text] == ["1", "2"]
    finally:
        cherrypy.thread_data.clear()


@pytest.mark.slow
def test_quickstart_serves_until_sigterm(serve):
    process = serve(
        "-W",
        "error",
        "-c",
        "import cherrypy\n"
        "class Root:\n"
        "    @cherrypy.expose\n"
        "    def index(self): return 'hello'\n"
        "cherrypy.quickstart(Root(), '', {'global': {'server.socket_port': 0}})\n",
    )
    assert process.get("/") == (200, "hello")
    assert process.end() == 0
    assert "ENGINE Listening for SIGTERM." in process.output
    assert "ENGINE Started monitor thread 'Autoreloader'." in process.output
    assert "ENGINE Bus EXITED" in process.output


@pytest.mark.slow
def test_a_failing_start_ends_the_process_with_a_code(tmp_path):
    import socket
    import subprocess
    import sys

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = {"global": {"server.socket_port": port}}
        code = f"import cherrypy; cherrypy.quickstart(None, '', {config})"
        done = subprocess.run(
            [sys.executable, "-c", code],
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert done.returncode == 70
    assert f"port {port} is in use" in done.stderr


def test_a_log_of_ones_own_can_be_assigned(python):
    # As WMCore and others do it.
    printed = python(
        "import cherrypy\n"
        "from cherrypy._cplogging import LogManager\n"
        "class Log(LogManager):\n"
        "    def access(self):\n"
        "        print('access', cherrypy.request.path_info)\n"
        "    def error(self, msg='', context='', severity=20, traceback=False):\n"
        "        print('error', context, msg)\n"
        "class Root:\n"
        "    @cherrypy.expose\n"
        "    def index(self):\n"
        "        cherrypy.log('own')\n"
        "        return 'x'\n"
        "cherrypy.log = Log()\n"
        "cherrypy.tree.mount(Root())\n"
        "from wsgiref.util import setup_testing_defaults\n"
        "environ = {}\n"
        "setup_testing_defaults(environ)\n"
        "cherrypy.tree(environ, lambda *args: None)\n"
        "cherrypy.engine.log('bus')\n"
    )
    assert printed.splitlines() == ["error  own", "access /", "error ENGINE bus"]
