# ruff: noqa: PLW0108  (what a page sees is to be looked up when it is called)
import logging

import pytest

from cherrypy_core.errors import InternalRedirect
from cherrypy_core.pipeline import (
    MAX_REDIRECTS,
    ExceptionTrapper,
    InternalRedirector,
    VirtualHost,
)
from cherrypy_core.serving import request


def named(name):
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [name.encode()]

    return app


class TestVirtualHost:
    @pytest.fixture
    def app(self):
        domains = {"a.example": named("a"), "b.example:8080": named("b")}
        return VirtualHost(named("default"), domains)

    @pytest.mark.parametrize(
        ("host", "name"),
        [("a.example", "a"), ("b.example:8080", "b"), ("b.example", "default"), (None, "default")],
    )
    def test_the_host_decides(self, app, call, host, name):
        assert call(app, HTTP_HOST=host).text == name

    def test_a_front_may_tell_the_host_if_it_is_believed(self, app, call):
        headers = {"X-Forwarded-Host": "a.example"}
        assert call(app, headers=headers).text == "a"
        app.use_x_forwarded_host = False
        assert call(app, headers=headers).text == "default"

    def test_the_case_of_a_host_does_not_matter(self, app, call):
        assert call(app, HTTP_HOST="A.Example").text == "a"
        app.domains["C.example"] = named("c")
        assert call(app, HTTP_HOST="C.example").text == "c"

    def test_the_first_of_several_fronts_knows_the_host(self, app, call):
        assert call(app, headers={"X-Forwarded-Host": "a.example, inner:80"}).text == "a"
        assert call(app, headers={"X-Forwarded-Host": ""}, HTTP_HOST="a.example").text == "a"

    def test_there_may_be_no_domains(self, call):
        assert call(VirtualHost(named("default"))).text == "default"


class TestInternalRedirector:
    @pytest.fixture
    def app(self, make_app):
        def away(to="", **params):
            raise InternalRedirect(to)

        def other(**params):
            return request.query_string.encode()

        def endless(n):
            raise InternalRedirect(f"/endless?n={int(n) + 1}")

        def to(path):
            return lambda **params: away(path)

        pages = {"loop": to("/loop"), "ping": to("/pong"), "pong": to("/ping")}
        return make_app(away=away, other=other, endless=endless, **pages)

    @pytest.mark.parametrize("path", ["/loop", "/ping", "/pong?x=1", "/away?to=/loop"])
    def test_a_loop_is_an_error_that_is_logged(self, app, call, caplog, path):
        reply = call(app, path)
        assert reply.code == 500
        assert "InternalRedirector visited the same URL twice: '/" in caplog.text

    def test_a_loop_of_paths_beyond_ascii_is_found(self, make_app, call, caplog):
        app = make_app(index=lambda: b"")
        app.dispatch = lambda path: setattr(request, "handler", InternalRedirect("/ä?ö"))
        assert call(app, "/x").code == 500
        assert "visited the same URL twice" in caplog.text

    def test_a_loop_with_other_parameters_each_time_ends(self, app, call, caplog):
        assert call(app, "/endless?n=1").code == 500
        assert f"gave up after {MAX_REDIRECTS} redirects" in caplog.text

    def test_a_chain_is_followed_to_its_end(self, app, call):
        assert call(app, "/away?to=/away?to=/other?end").text == "end"

    def test_the_head_of_the_other_page_is_a_head(self, app, call):
        reply = call(app, "/away?to=/other?end", method="HEAD")
        assert (reply.body, reply.field("Content-Length")) == (b"", "3")

    def test_a_path_may_be_visited_again_if_that_is_allowed(self, call):
        visits = []

        def nextapp(environ, start_response):
            visits.append(environ["PATH_INFO"])
            if len(visits) < 4:
                raise InternalRedirect("/x")
            return named("end")(environ, start_response)

        assert call(InternalRedirector(nextapp, recursive=True), "/x").text == "end"
        assert visits == ["/x"] * 4
        visits.clear()
        with pytest.raises(RuntimeError, match="twice"):
            call(InternalRedirector(nextapp), "/x")

    def test_the_environment_of_the_server_is_left_alone(self, app, environ, new_reply):
        made = environ("/away?to=/other?x", method="POST", body=b"a=1")
        before = dict(made)
        app(made, new_reply().start_response)
        assert made == before

    def test_the_configuration_is_that_of_the_other_path(self, app, call):
        app.merge(
            {
                "/away": {"response.headers.X-From": "away", "hooks.before_finalize": len},
                "/other": {"response.headers.X-At": "other"},
            }
        )
        reply = call(app, "/away?to=/other?end")
        assert (reply.text, reply.field("X-From"), reply.field("X-At")) == ("end", None, "other")

    def test_it_works_under_a_mount(self, make_app, call):
        def away():
            raise InternalRedirect("/other")

        app = make_app(
            away=away,
            other=lambda: (request.script_name + request.path_info).encode(),
            script_name="/app",
        )
        assert call(app, "/away", SCRIPT_NAME="/app").text == "/app/other"
        assert call(app, "/app/away").text == "/app/other"


class TestExceptionTrapper:
    def test_an_error_of_a_foreign_application_is_logged_and_hidden(self, call, caplog):
        def fails(environ, start_response):
            raise RuntimeError("secret")

        reply = call(ExceptionTrapper(fails))
        assert reply.status == "500 Internal Server Error"
        assert reply.body == b"Unrecoverable error in the server."
        assert reply.failed
        assert "RuntimeError: secret" in caplog.text

    def test_an_error_of_its_body_is_answered_if_it_comes_first(self, call, caplog):
        def fails(environ, start_response):
            start_response("200 OK", [])
            return (1 / 0 for _ in "x")

        assert call(ExceptionTrapper(fails)).code == 500
        assert "ZeroDivisionError" in caplog.text

    def test_some_exceptions_are_let_through(self, call):
        def fails(environ, start_response):
            raise KeyError

        with pytest.raises(KeyError):
            call(ExceptionTrapper(fails, throws=(KeyError,)))

        def leaves(environ, start_response):
            start_response("200 OK", [])
            return (exec("raise SystemExit") for _ in "x")

        with pytest.raises(SystemExit):
            call(ExceptionTrapper(leaves))

    def test_the_body_is_closed(self, environ, new_reply):
        class Body:
            closed = False

            def __iter__(self):
                return iter([b"x"])

            def close(self):
                self.closed = True

        made = Body()
        sent = ExceptionTrapper(lambda environ, start_response: made)(
            environ(), new_reply().start_response
        )
        assert list(sent) == [b"x"]
        sent.close()
        assert made.closed

    def test_what_no_charset_has_can_be_shown(self, make_app, call, caplog):
        def index():
            raise RuntimeError("\udcff")

        app = make_app(index=index, config={"/": {"request.throw_errors": True}})
        with caplog.at_level(logging.CRITICAL):
            reply = call(app)
        assert reply.code == 500
        assert b"\\udcff" in reply.body
