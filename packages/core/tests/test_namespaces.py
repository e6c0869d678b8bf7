import pytest

from cherrypy_core.config import NamespaceSet
from cherrypy_core.hooks import Hook
from cherrypy_core.namespaces import (
    error_page_namespace,
    hooks_namespace,
    request_namespace,
    response_namespace,
)
from cherrypy_core.request import Request
from cherrypy_core.serving import request, response


def named_by_text():
    response.headers["X-Hook"] = "named"


@pytest.fixture
def served(make_app, call):
    """Give a function that serves a page with a configuration; returns what *look* sees."""

    def served(config, look=lambda: None):
        seen = []

        def index(**params):
            seen.append(look())
            return b""

        reply = call(make_app(index=index, config={"/": config}))
        return seen[0] if seen else None, reply

    return served


class TestHooks:
    def test_callables_hooks_and_names_are_taken(self, served):
        hook = Hook(lambda: response.headers.pop("Server"), priority=1)
        config = {
            "hooks.before_handler": named_by_text,
            "hooks.before_handler.second": hook,
            "hooks.before_finalize": "time.time",
        }
        hooks, reply = served(config, lambda: request.hooks["before_handler"])
        assert reply.code == 200
        assert hooks[0] is hook
        assert reply.field("X-Hook") == "named"
        assert reply.field("Server") is None

    def test_a_point_that_does_not_exist_is_an_error(self, served):
        _, reply = served({"hooks.before_lunch": named_by_text})
        assert reply.code == 500
        assert "there is no hook point &#x27;before_lunch&#x27;" in reply.text

    def test_they_can_be_called_at_run_time(self):
        hooks_namespace("before_handler.name", named_by_text)
        assert request.hooks["before_handler"][0].callback is named_by_text


class TestRequest:
    def test_attributes_are_set(self, served):
        look = lambda: (request.note, request.body.maxbytes)  # noqa: E731
        config = {"request.note": "x", "request.body.maxbytes": 5}
        assert served(config, look)[0] == ("x", 5)

    def test_the_dispatcher_is_no_attribute_of_the_request(self, served):
        assert served({"request.dispatch": None})[1].code == 404

    def test_they_can_be_set_at_run_time(self):
        request_namespace("note", 1)
        request_namespace("body.note", 2)
        assert (request.note, request.body.note) == (1, 2)


class TestResponse:
    def test_attributes_and_headers_are_set(self, served):
        config = {"response.headers.x-own": "1", "response.timeout": 7}
        timeout, reply = served(config, lambda: response.timeout)
        assert (timeout, reply.field("X-Own")) == (7, "1")

    def test_they_can_be_set_at_run_time(self):
        response_namespace("headers.X-Own", "1")
        response_namespace("timeout", 7)
        assert (response.headers["x-own"], response.timeout) == ("1", 7)


def test_error_pages_can_be_set_at_run_time():
    error_page_namespace("404", "page.html")
    error_page_namespace("default", "other.html")
    assert request.error_page == {404: "page.html", "default": "other.html"}


class TestOwnNamespaces:
    @pytest.fixture
    def app(self, make_app):
        def make(handler, config):
            class Own(Request):
                namespaces = NamespaceSet(Request.namespaces, own=handler)

            app = make_app(index=lambda: b"", config={"/": config})
            app.request_class = Own
            return app

        return make

    def test_a_callable_gets_the_entries_of_each_request(self, app, call):
        seen = []
        made = app(lambda key, value: seen.append((key, value)), {"own.a": 1, "own.b.c": 2})
        call(made)
        call(made)
        assert seen == [("a", 1), ("b.c", 2)] * 2

    @pytest.mark.parametrize("config", [{}, {"own.a": 1}])
    def test_a_context_manager_is_entered_and_left_even_without_entries(self, app, call, config):
        seen = []

        class Manager:
            def __enter__(self):
                seen.append("enter")
                return lambda key, value: seen.append(key)

            def __exit__(self, *exc_info):
                seen.append("exit")

        made = app(Manager(), config)
        call(made)
        call(made)
        assert seen == ["enter", *["a" for _ in config], "exit"] * 2

    @pytest.mark.parametrize(("swallows", "code"), [(True, 200), (False, 500)])
    def test_a_context_manager_sees_the_exception_and_may_swallow_it(
        self, app, call, swallows, code
    ):
        seen = []

        class Manager:
            def __enter__(self):
                return self.handle

            def handle(self, key, value):
                seen.append(key)
                raise ZeroDivisionError(key)

            def __exit__(self, kind, error, traceback):
                seen.append((kind, str(error)))
                return swallows

        reply = call(app(Manager(), {"own.a": 1, "own.b": 2}))
        assert seen == ["a", (ZeroDivisionError, "a")]
        assert reply.code == code

    def test_an_error_of_one_is_an_error_of_the_request(self, app, call):
        def handler(key, value):
            raise ValueError(f"no {key} here")

        reply = call(app(handler, {"own.a": 1}))
        assert reply.code == 500
        assert "no a here" in reply.text
