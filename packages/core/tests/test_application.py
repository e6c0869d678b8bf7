# ruff: noqa: PLW0108  (what a page sees is to be looked up when it is called)
import io
import logging

import pytest

from cherrypy_core.application import Application
from cherrypy_core.errors import HTTPError
from cherrypy_core.request import Request
from cherrypy_core.response import Response
from cherrypy_core.serving import request, response, serving
from cherrypy_core.urls import Host


class Bus:
    """Notes what is published."""

    def __init__(self, *channels):
        self.published = []
        self.listeners = {channel: [1] for channel in channels}

    def publish(self, channel, *args, **kwargs):
        self.published.append((channel, request.app))


class TestScriptName:
    @pytest.mark.parametrize(
        ("given", "kept"), [("", ""), ("/", ""), ("/app", "/app"), ("/app/", "/app")]
    )
    def test_it_has_no_slash_at_the_end(self, given, kept):
        assert Application(None, given).script_name == kept

    def test_without_one_the_server_says_where_the_application_is(self, make_app, call):
        def page():
            return repr((request.script_name, request.path_info, request.app.script_name)).encode()

        app = make_app(index=page, page=page, script_name=None)
        assert app.script_name == ""
        reply = call(app, "/page", SCRIPT_NAME="/front")
        assert reply.text == repr(("/front", "/page", "/front"))
        assert call(app, "/page").text == repr(("", "/page", ""))
        reply = call(app, "/page", SCRIPT_NAME="/fr\xc3\xb6nt/")
        assert reply.text == repr(("/frönt", "/page", "/frönt"))
        assert call(app, "/page", SCRIPT_NAME="/\xff").code == 200

    @pytest.mark.parametrize(
        ("script_name", "path"),
        [("/app", "/page"), ("", "/app/page"), ("/app/", "/page"), ("", "//app//page")],
    )
    def test_it_is_found_wherever_the_server_puts_it(self, make_app, call, script_name, path):
        app = make_app(
            page=lambda: (request.script_name + " " + request.path_info).encode(),
            script_name="/app",
        )
        assert call(app, path, SCRIPT_NAME=script_name).text == "/app /page"

    def test_a_name_that_only_begins_like_it_is_a_path(self, make_app, call):
        app = make_app(apple=lambda: request.path_info.encode(), script_name="/app")
        assert call(app, "/apple", SCRIPT_NAME="").text == "/apple"

    def test_a_mounted_root_may_lack_its_slash(self, make_app, call):
        app = make_app(index=lambda: repr(request.path_info).encode(), script_name="/app")
        assert call(app, "", SCRIPT_NAME="/app").text == "''"
        assert call(app, "/", SCRIPT_NAME="/app").text == "'/'"
        assert call(make_app(index=lambda: request.path_info.encode()), "").text == "/"

    def test_it_is_shown(self):
        assert repr(Application("root", "/app")) == (
            "cherrypy_core.application.Application('root', '/app')"
        )


class TestConfig:
    @pytest.fixture
    def app(self):
        sections = {
            "/": {"a": "root", "b": "root"},
            "/x": {"a": "x"},
            "/x/y": {"a": "y"},
            "other": {"a": "no path"},
        }
        return Application(None, config=sections)

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("/", "root"),
            ("", "root"),
            ("/z", "root"),
            ("/x", "x"),
            ("/x/", "x"),
            ("/x/z", "x"),
            ("/xx", "root"),
            ("/x/y", "y"),
            ("/x/y/z/", "y"),
            ("/x/yy", "x"),
            ("//x//y", "y"),
            ("nonsense", "root"),
        ],
    )
    def test_the_nearest_section_counts(self, app, path, value):
        assert app.find_config(path, "a") == value
        assert app.find_config(path, "b") == "root"
        assert app.find_config(path, "c") is None
        assert app.find_config(path, "c", "default") == "default"

    @pytest.mark.parametrize(
        ("path", "names"),
        [
            ("/", ["/", "/index"]),
            ("/page", ["/"]),
            ("/admin", ["/", "/admin", "/admin/index"]),
            ("/admin/", ["/", "/admin", "/admin/index"]),
            ("/admin/users/7", ["/", "/admin", "/admin/users"]),
            ("/administrator", ["/"]),
            ("admin", ["/", "/admin", "/admin/index"]),
        ],
    )
    def test_a_page_has_the_sections_above_it_and_those_of_an_index(self, path, names):
        sections = ("/", "/index", "/admin", "/admin/index", "/admin/users", "other")
        app = Application(None, config={name: {"a": name} for name in sections})
        # Twice: the second time they are grouped already.
        for _ in range(2):
            assert [name for name, _ in app.sections_of_page(path)] == names

    def test_sections_can_be_changed_in_place(self, app):
        assert app.find_config("/new/x", "a") == "root"
        app.config["/new"] = {"a": "new"}
        assert app.find_config("/new/x", "a") == "new"
        del app.config["/new"]
        assert app.find_config("/new/x", "a") == "root"
        app.config["/x"]["a"] = "changed"
        assert app.find_config("/x", "a") == "changed"
        app.config = {"/x": {"a": "replaced"}}
        assert app.find_config("/x", "a") == "replaced"
        assert app.find_config("/x/y", "b") is None

    def test_it_may_come_from_a_file(self, tmp_path):
        text = "[/]\nown.key = 1 + 1\n[/x]\nown.key = 'x'\n"
        path = tmp_path / "app.conf"
        path.write_text(text)
        for source in (str(path), path, io.StringIO(text)):
            app = Application(None, config=source)
            assert app.config == {"/": {"own.key": 2}, "/x": {"own.key": "x"}}

    def test_merging_keeps_what_is_there(self, app):
        app.merge({"/x": {"b": "x"}, "/w": {"a": "w"}})
        assert app.config["/x"] == {"a": "x", "b": "x"}
        assert app.find_config("/w", "a") == "w"

    def test_what_is_outside_of_sections_is_refused(self, app):
        with pytest.raises(ValueError, match="section headers"):
            app.merge({"a": 1})

    def test_namespaces_of_the_application_get_its_entries(self):
        seen = []
        app = Application(None)
        app.namespaces["own"] = lambda key, value: seen.append((key, value))
        app.merge({"/": {"own.key": 1}, "/x": {"own.key": 2}})
        assert seen == [("key", 1)]

    def test_the_log_can_be_configured(self, tmp_path):
        app = Application(None, config={"/": {"log.error_file": str(tmp_path / "error.log")}})
        app.log("said")
        app.log.error_file = ""
        assert "said" in (tmp_path / "error.log").read_text()


class TestServing:
    def test_a_request_is_made_and_ended_by_hand(self):
        app = Application(None, "/app")
        host = Host("127.0.0.1", 80)
        made, answer = app.get_serving(host, host, "https", "HTTP/1.1")
        assert serving.request is made
        assert serving.response is answer
        assert (request.scheme, request.app, request.script_name) == ("https", app, "/app")
        app.release_serving()
        assert made.closed
        assert serving.request is not made
        app.release_serving()

    def test_classes_of_requests_and_responses_can_be_replaced(self, make_app, call):
        class OwnRequest(Request):
            greeting = "hello"

        class OwnResponse(Response):
            content_type = "text/plain"

        app = make_app(index=lambda: request.greeting.encode())
        app.request_class, app.response_class = OwnRequest, OwnResponse
        reply = call(app)
        assert (reply.text, reply.field("Content-Type")) == ("hello", "text/plain")

    def test_the_server_header_names_the_software(self, make_app, call):
        app = make_app(index=lambda: b"", software="Own/1.2")
        assert call(app).field("Server") == "Own/1.2"
        assert "Powered by CherryPy 1.2" in call(app, "/nothing").text

    def test_a_bus_is_told_of_the_request(self, make_app, call):
        bus = Bus("acquire_thread", "before_request", "after_request")
        app = make_app(index=lambda: b"", channels=bus)
        assert call(app).code == 200
        assert [channel for channel, _ in bus.published] == [
            "acquire_thread",
            "before_request",
            "after_request",
        ]
        assert [made for _, made in bus.published] == [None, app, app]

    def test_a_bus_on_which_nobody_listens_is_left_alone(self, make_app, call):
        bus = Bus()
        assert call(make_app(index=lambda: b"", channels=bus)).code == 200
        assert bus.published == []

    def test_a_bus_that_fails_keeps_no_hook_from_running(self, make_app, call, caplog):
        class Broken(Bus):
            def publish(self, channel, *args, **kwargs):
                raise RuntimeError("bus")

        seen = []
        config = {"/": {"hooks.on_end_request": lambda: seen.append("end")}}
        app = make_app(index=lambda: b"", channels=Broken("after_request"), config=config)
        assert call(app).code == 200
        assert seen == ["end"]
        assert "RuntimeError: bus" in caplog.text

    def test_a_bus_that_fails_in_the_beginning_gives_a_500(self, make_app, call, caplog):
        class Broken(Bus):
            def publish(self, channel, *args, **kwargs):
                raise RuntimeError("bus")

        app = make_app(index=lambda: b"", channels=Broken("before_request"))
        assert call(app).code == 500
        assert "RuntimeError: bus" in caplog.text

    def test_pages_do_not_need_a_root(self, make_app, call):
        app = make_app(index=lambda: b"")
        app.root = None
        assert call(app).code == 404

    def test_a_page_sees_its_application(self, make_app, call):
        app = make_app(index=lambda: repr(request.app is app).encode())
        assert call(app).text == "True"

    def test_each_application_has_its_own_log(self, make_app, call, caplog):
        def index():
            request.log("from the page")
            raise HTTPError(403)

        one, two = make_app(index=index), make_app(index=index)
        with caplog.at_level(logging.INFO):
            call(one)
        names = {record.name for record in caplog.records}
        assert names == {one.log.error_log.name, one.log.access_log.name}
        assert names.isdisjoint({two.log.error_log.name, two.log.access_log.name})

    def test_headers_of_the_response_are_at_hand(self, make_app, call):
        app = make_app(index=lambda: response.headers["Server"].encode())
        assert call(app).text.startswith("cherrypy-core/")
