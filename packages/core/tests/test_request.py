# ruff: noqa: PLW0108  (what a page sees is to be looked up when it is called)
import logging

import pytest

from cherrypy_core.config import NamespaceSet
from cherrypy_core.errors import HTTPError, HTTPRedirect, InternalRedirect, NotFound
from cherrypy_core.hooks import Hook, hookpoints
from cherrypy_core.request import Request
from cherrypy_core.response import Response
from cherrypy_core.serving import request, response, set_request
from cherrypy_core.urls import Host

REQUEST_ATTRIBUTES = """
app base body closed config cookie dispatch error_page error_response handler header_list
headers hooks is_index local login method methods_with_bodies multiprocess multithread
namespaces params path_info prev process_request_body protocol query_string
query_string_encoding remote request_line rfile scheme script_name server_protocol
show_mismatched_params show_tracebacks stage throw_errors throws toolmaps unique_id
wsgi_environ
"""
RESPONSE_ATTRIBUTES = "body cookie header_list headers status stream time timed_out timeout"

NORMAL = [point for point in hookpoints if "error" not in point]


@pytest.fixture
def seen():
    return []


@pytest.fixture
def all_points(seen):
    """Give a configuration that notes each hook point as the request comes to it."""
    return {f"hooks.{point}": (lambda point=point: seen.append(point)) for point in hookpoints}


def page(result=b"page", raises=None):
    """Return a page handler that returns or raises what it is told to."""

    def index(**params):
        if raises is not None:
            raise raises
        return result() if callable(result) else result

    return index


class TestHookPoints:
    def test_a_request_meets_them_in_order(self, make_app, call, all_points, seen):
        app = make_app(index=lambda: seen.append("handler") or b"", config={"/": all_points})
        assert call(app).code == 200
        assert seen == [*NORMAL[:3], "handler", *NORMAL[3:]]

    @pytest.mark.parametrize("end", [HTTPError(403), HTTPRedirect("/x")])
    def test_an_error_or_redirect_leaves_out_nothing_after_the_handler(
        self, make_app, call, all_points, seen, end
    ):
        call(make_app(index=page(raises=end), config={"/": all_points}))
        assert seen == NORMAL

    def test_an_unexpected_error_goes_by_the_error_points(self, make_app, call, all_points, seen):
        app = make_app(index=page(raises=RuntimeError("unexpected")), config={"/": all_points})
        assert call(app).code == 500
        assert seen == [
            "on_start_resource",
            "before_request_body",
            "before_handler",
            "on_end_resource",
            "before_error_response",
            "after_error_response",
            "on_end_request",
        ]

    def test_a_page_that_does_not_exist_meets_them_too(self, make_app, call, all_points, seen):
        assert call(make_app(config={"/": all_points}), "/nothing").code == 404
        assert seen == NORMAL

    @pytest.mark.parametrize("point", NORMAL[:4])
    def test_a_hook_can_answer_in_the_place_of_the_page(self, make_app, call, point):
        def refuse():
            raise HTTPError(401)

        app = make_app(index=page(), config={"/": {f"hooks.{point}": Hook(refuse)}})
        if point != "before_finalize":
            assert call(app).code == 401
        else:
            # It runs again for the error, and fails again.
            assert call(app).code == 500

    @pytest.mark.parametrize("point", hookpoints)
    def test_a_hook_that_fails_gives_a_500_unless_it_is_too_late(
        self, make_app, call, point, caplog
    ):
        def fail():
            raise RuntimeError("a hook failed")

        index = page(raises=RuntimeError("page")) if "error" in point else page()
        app = make_app(index=index, config={"/": {f"hooks.{point}": fail}})
        reply = call(app)
        assert reply.code == (200 if point == "on_end_request" else 500)
        if point in {"on_end_request", "before_error_response", "after_error_response"}:
            assert "a hook failed" in caplog.text

    def test_a_failing_error_hook_does_not_hide_the_first_error(self, make_app, call, caplog):
        def fail():
            raise RuntimeError("second")

        config = {"hooks.before_error_response": fail}
        call(make_app(index=page(raises=RuntimeError("first")), config={"/": config}))
        assert "RuntimeError: first" in caplog.text
        assert "RuntimeError: second" in caplog.text

    def test_a_failsafe_hook_runs_even_after_a_failure(self, make_app, call, seen):
        def fail():
            raise RuntimeError

        config = {
            "hooks.before_handler.first": Hook(fail, priority=1),
            "hooks.before_handler.second": Hook(lambda: seen.append("no"), priority=2),
            "hooks.before_handler.third": Hook(
                lambda: seen.append("yes"), failsafe=True, priority=3
            ),
        }
        assert call(make_app(index=page(), config={"/": config})).code == 500
        assert seen == ["yes"]

    def test_hooks_can_be_attached_to_the_running_request(self, make_app, call, seen):
        def start():
            request.hooks.attach("before_handler", seen.append, object="late")

        def start_right():
            request.hooks.attach("before_handler", lambda: seen.append("before_handler"))
            request.hooks.attach("before_finalize", lambda: seen.append("before_finalize"))
            request.hooks.attach("on_end_request", lambda: seen.append("on_end_request"))

        app = make_app(index=page(), config={"/": {"hooks.on_start_resource": start_right}})
        assert call(app).code == 200
        assert call(app).code == 200
        assert seen == ["before_handler", "before_finalize", "on_end_request"] * 2
        app.config["/"]["hooks.on_start_resource"] = start
        assert call(app).code == 500

    def test_hooks_can_be_removed_from_the_running_request_only(self, make_app, call, seen):
        def start():
            if request.query_string == "remove":
                request.hooks["before_handler"].clear()

        config = {
            "hooks.on_start_resource": start,
            "hooks.before_handler": lambda: seen.append("hook"),
        }
        app = make_app(index=page(), config={"/": config})
        call(app, "/?remove")
        assert seen == []
        call(app)
        assert seen == ["hook"]

    def test_a_handler_can_attach_hooks_for_what_follows(self, make_app, call, seen):
        def index():
            request.hooks.attach("on_end_resource", lambda: seen.append("end"))
            request.hooks["before_finalize"] = [Hook(lambda: seen.append("finalize"))]
            return b""

        call(make_app(index=index))
        assert seen == ["finalize", "end"]

    def test_another_map_of_hooks_can_be_assigned(self, make_app, call, seen):
        def index():
            hooks = request.hooks.copy()
            hooks.attach("on_end_resource", lambda: seen.append("end"))
            request.hooks = hooks
            return b""

        call(make_app(index=index))
        assert seen == ["end"]

    def test_the_stage_says_what_is_being_done(self, make_app, call, seen):
        config = {f"hooks.{point}": (lambda: seen.append(request.stage)) for point in NORMAL}
        call(make_app(index=lambda: seen.append(request.stage) or b"", config={"/": config}))
        assert seen == [
            "on_start_resource",
            "before_request_body",
            "before_handler",
            "handler",
            "before_finalize",
            "on_end_resource",
            "on_end_request",
        ]


def stream_of(*chunks):
    def index(**params):
        response.stream = True

        def body():
            for chunk in chunks:
                if isinstance(chunk, Exception):
                    raise chunk
                yield chunk

        return body()

    return index


class TestEndOfRequest:
    """`on_end_request` runs exactly once, whatever has happened."""

    OUTCOMES = {  # noqa: RUF012  (never changed)
        "page": page(),
        "empty": page(None),
        "error": page(raises=HTTPError(404)),
        "redirect": page(raises=HTTPRedirect("/")),
        "unexpected": page(raises=RuntimeError()),
        "stream": stream_of(b"a", b"b"),
        "empty stream": stream_of(),
        "stream that fails at once": stream_of(RuntimeError()),
        "text": page("text"),
        "no body at all": page(5),
        "generator": page(lambda: (chunk for chunk in (b"a", b"b"))),
        "generator that fails": page(lambda: (1 / 0 for _ in "a")),
    }

    @pytest.fixture
    def app(self, make_app, seen):
        def make(index):
            return make_app(
                index=index, config={"/": {"hooks.on_end_request": lambda: seen.append("end")}}
            )

        return make

    @pytest.mark.parametrize("outcome", OUTCOMES)
    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
    def test_for_every_outcome(self, app, call, seen, outcome, method):
        call(app(self.OUTCOMES[outcome]), method=method, body=b"a=1")
        assert seen == ["end"]

    def test_after_a_stream_that_fails_on_the_way(self, app, call, seen):
        with pytest.raises(RuntimeError):
            call(app(stream_of(b"a", RuntimeError())))
        assert seen == ["end"]

    def test_after_a_stream_that_the_client_has_left(self, app, environ, new_reply, seen):
        body = app(stream_of(b"a", b"b"))(environ(), new_reply().start_response)
        assert next(iter(body)) == b"a"
        assert seen == []
        body.close()
        body.close()
        assert seen == ["end"]

    def test_after_a_body_that_nobody_reads(self, app, environ, new_reply, seen):
        app(stream_of(b"a"))(environ(), new_reply().start_response).close()
        assert seen == ["end"]

    @pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
    def test_when_the_process_is_told_to_end(self, app, call, seen, end):
        with pytest.raises(end):
            call(app(page(raises=end())))
        assert seen == ["end"]

    def test_when_errors_are_let_through(self, app, call, seen, caplog):
        made = app(page(raises=RuntimeError("let through")))
        made.config["/"]["request.throw_errors"] = True
        assert call(made).code == 500
        assert seen == ["end"]
        assert "let through" in caplog.text

    def test_when_the_server_does_not_want_the_headers(self, app, environ, seen):
        starts = []

        def start_response(status, headers, exc_info=None):
            starts.append(status)
            if exc_info is None:
                raise OSError("gone")

        app(page())(environ(), start_response)
        assert starts == ["200 OK", "500 Internal Server Error"]
        assert seen == ["end"]

    def test_once_for_each_of_two_requests_with_an_internal_redirect(self, app, call, seen):
        made = app(page())
        made.root.away = page(raises=InternalRedirect("/"))
        assert call(made, "/away").body == b"page"
        assert seen == ["end", "end"]

    def test_with_a_hook_that_the_request_has_attached(self, make_app, call, seen):
        def index():
            request.hooks.attach("on_end_request", lambda: seen.append("end"))
            return b""

        call(make_app(index=index))
        assert seen == ["end"]

    def test_all_hooks_run_to_the_end_and_failures_are_logged(self, make_app, call, seen, caplog):
        def fail():
            raise RuntimeError("at the end")

        config = {
            "hooks.on_end_request.a": Hook(fail, priority=1),
            "hooks.on_end_request.b": Hook(lambda: seen.append("end"), failsafe=True),
        }
        assert call(make_app(index=page(), config={"/": config})).body == b"page"
        assert seen == ["end"]
        assert "at the end" in caplog.text

    def test_nothing_is_current_afterwards(self, app, call):
        call(app(page()))
        assert request.stage is None


class TestErrors:
    def test_an_unexpected_error_gives_a_500_with_its_traceback(self, make_app, call):
        reply = call(make_app(index=page(raises=RuntimeError("<secret>"))))
        assert reply.code == 500
        assert "RuntimeError: &lt;secret&gt;" in reply.text
        assert "<secret>" not in reply.text

    def test_tracebacks_can_be_hidden(self, make_app, call):
        config = {"/": {"request.show_tracebacks": False}}
        reply = call(make_app(index=page(raises=RuntimeError("secret")), config=config))
        assert reply.code == 500
        assert "secret" not in reply.text
        assert "Traceback" not in reply.text

    def test_the_response_to_errors_can_be_made_otherwise(self, make_app, call):
        def respond():
            response.status = 503
            response.body = b"busy"

        config = {"/": {"request.error_response": respond}}
        reply = call(make_app(index=page(raises=RuntimeError()), config=config))
        assert (reply.code, reply.body) == (503, b"busy")

    def test_the_length_of_the_page_is_not_that_of_the_error(self, make_app, call):
        def respond():
            response.status = 503
            response.body = b"busy"

        def fail():
            raise RuntimeError

        def index():
            response.headers["X-Own"] = "1"
            return b"a long page"

        config = {"request.error_response": respond, "hooks.on_end_resource": fail}
        reply = call(make_app(index=index, config={"/": config}))
        assert (reply.body, reply.field("Content-Length")) == (b"busy", "4")

    def test_there_may_be_no_response_to_errors(self, make_app, call):
        config = {"/": {"request.error_response": None}}
        assert call(make_app(index=page(raises=RuntimeError()), config=config)).body == b""

    def test_the_response_to_errors_may_be_a_redirect(self, make_app, call):
        def away():
            raise HTTPRedirect("/sorry")

        config = {"/": {"request.error_response": away}}
        reply = call(make_app(index=page(raises=RuntimeError()), config=config))
        assert reply.code == 303
        assert reply.field("Location") == "http://example.com/sorry"

    def test_a_response_to_errors_that_fails_gives_a_bare_500(self, make_app, call, caplog):
        def fail():
            raise RuntimeError("second")

        config = {"/": {"request.error_response": fail, "request.show_tracebacks": False}}
        reply = call(make_app(index=page(raises=RuntimeError("first")), config=config))
        assert reply.code == 500
        assert reply.body == b"Unrecoverable error in the server."
        assert "RuntimeError: first" in caplog.text
        assert '"GET / HTTP/1.1" 500 ' in caplog.text

    def test_there_is_no_body_in_a_bare_500_for_the_head(self, make_app, call):
        def fail():
            raise RuntimeError("second")

        config = {"/": {"request.error_response": fail}}
        reply = call(
            make_app(index=page(raises=RuntimeError("first")), config=config), method="HEAD"
        )
        assert (reply.code, reply.body) == (500, b"")

    def test_a_body_that_cannot_be_closed_does_not_hide_the_error(self, make_app, call, caplog):
        class Body:
            def __iter__(self):
                return self

            def __next__(self):
                raise RuntimeError("first")

            def close(self):
                raise RuntimeError("cannot be closed")

        def fail():
            raise RuntimeError("second")

        config = {"/": {"hooks.before_finalize": fail}}
        reply = call(make_app(index=page(Body()), config=config))
        assert reply.code == 500
        assert "RuntimeError: second" in reply.text
        assert "cannot be closed" in caplog.text

    def test_exceptions_in_throws_are_never_answered(self, make_app, call, caplog):
        config = {"/": {"request.throws": (KeyError,)}}
        reply = call(make_app(index=page(raises=KeyError("thrown")), config=config))
        assert reply.body.startswith(b"Unrecoverable error in the server.")
        assert "thrown" in caplog.text

    def test_http_1_1_needs_a_host(self, make_app, call):
        app = make_app(index=page())
        assert call(app, HTTP_HOST=None).code == 400
        assert call(app, HTTP_HOST=None, SERVER_PROTOCOL="HTTP/1.0").code == 200
        assert call(app, HTTP_HOST="").code == 200


class TestVerdicts:
    """Exceptions that stand in the place of a page handler."""

    @pytest.fixture
    def reply(self, make_app, call):
        def reply(verdict):
            app = make_app(index=page(), other=page(b"other"))
            plain = app.dispatch

            def dispatch(path):
                plain(path)
                if path == "/":
                    request.handler = verdict

            app.dispatch = dispatch
            return call(app)

        return reply

    def test_an_error(self, reply):
        assert reply(HTTPError(418, "tea")).code == 418
        assert "Traceback" not in reply(NotFound()).text

    def test_a_redirect(self, reply):
        assert reply(HTTPRedirect("/other")).code == 303

    def test_an_internal_redirect(self, reply):
        assert reply(InternalRedirect("/other")).body == b"other"

    def test_no_handler_leaves_the_body_to_others(self, reply):
        assert reply(None).body == b""


class TestConfig:
    def test_it_is_a_copy_of_what_holds_for_the_path(self, make_app, call, seen):
        def index():
            seen.append(dict(request.config))
            request.config["own.key"] = "changed"
            return b""

        app = make_app(index=index, config={"/": {"own.key": 1}}, site_config={"own.other": 2})
        call(app)
        call(app)
        assert seen[0] == seen[1]
        assert (seen[0]["own.key"], seen[0]["own.other"]) == (1, 2)

    def test_a_dispatcher_may_merge_the_configuration_itself(self, make_app, call):
        app = make_app(index=page())

        def dispatch(path):
            request.config = {"response.headers.X-Own": "merged", "request.note": "1"}
            request.handler = lambda: request.note.encode()

        app.dispatch = dispatch
        reply = call(app)
        assert (reply.body, reply.field("X-Own")) == (b"1", "merged")

    def test_a_dispatcher_may_change_what_another_one_has_merged(self, make_app, call):
        app = make_app(index=page(), config={"/": {"response.headers.X-Own": "section"}})
        plain = app.dispatch

        def dispatch(path):
            plain(path)
            if request.query_string:
                request.config["response.headers.X-Own"] = "changed"
            else:
                _ = request.config

        app.dispatch = dispatch
        assert call(app, "/?x").field("X-Own") == "changed"
        assert call(app).field("X-Own") == "section"

    def test_looking_too_early_does_not_lose_what_comes_later(self, make_app, call):
        app = make_app(index=page(), config={"/": {"response.headers.X-Own": "section"}})
        plain = app.dispatch

        def dispatch(path):
            request.config["response.headers.X-Own"] = "too early"
            plain(path)

        app.dispatch = dispatch
        assert call(app).field("X-Own") == "section"

    def test_error_pages_of_one_request_are_not_those_of_the_next(self, make_app, call):
        def index(**params):
            if params:
                request.error_page[404] = lambda **values: "own"
            raise NotFound

        app = make_app(index=index)
        assert call(app, "/?own=1").body == b"own"
        assert call(app).body != b"own"
        app.config["/"] = {"error_page.403": lambda **values: "403"}
        assert call(app, "/?own=1").body == b"own"
        assert call(app).body != b"own"

    def test_a_dispatcher_can_be_configured_for_a_path(self, make_app, call):
        def dispatch(path):
            request.handler = lambda: path.encode()

        app = make_app(index=page(), config={"/special": {"request.dispatch": dispatch}})
        assert call(app, "/special/x").body == b"/special/x"
        assert call(app).body == b"page"

    def test_without_a_dispatcher_nothing_is_found(self, make_app, call):
        app = make_app(index=page())
        app.dispatch = None
        assert call(app).code == 404


class TestAttributes:
    """Every documented attribute is there before anything has happened."""

    @pytest.mark.parametrize("name", REQUEST_ATTRIBUTES.split())
    def test_of_a_request(self, name):
        made = Request(Host("127.0.0.1", 80), Host("127.0.0.1", 1111))
        getattr(made, name)
        setattr(made, name, "assigned")
        assert getattr(made, name) == "assigned"

    @pytest.mark.parametrize("name", RESPONSE_ATTRIBUTES.split())
    def test_of_a_response(self, name):
        made = Response()
        getattr(made, name)
        setattr(made, name, [b"assigned"])
        assert getattr(made, name) == [b"assigned"]


class TestAlone:
    """A request that no application has made."""

    def test_it_finds_nothing(self):
        made = Request(Host("127.0.0.1", 80), Host("127.0.0.1", 1111))
        set_request(made)
        headers = [("Host", "example.com")]
        answer = made.run("GET", "/x", "", "HTTP/1.1", headers, None)
        assert answer.status == "404 Not Found"
        assert request.path_info == "/x"
        made.close()
        assert made.closed

    def test_it_logs_to_the_log_of_the_site(self, caplog):
        made = Request(Host("127.0.0.1", 80), Host("127.0.0.1", 1111))
        with caplog.at_level(logging.INFO):
            made.log("said")
        assert caplog.messages == ["HTTP said"]

    def test_namespaces_are_known_by_name(self):
        assert isinstance(Request.namespaces, NamespaceSet)
        assert set(Request.namespaces) >= {"hooks", "request", "response", "error_page"}

    def test_each_request_has_namespaces_of_its_own(self, make_app, call):
        def index():
            request.namespaces["late"] = print
            return " ".join(sorted(request.namespaces)).encode()

        app = make_app(index=index)
        app.toolboxes["mytools"] = print
        names = {"error_page", "hooks", "late", "mytools", "request", "response"}
        assert set(call(app).text.split()) >= names
        assert "late" not in Request.namespaces
        assert "hooks" in request.namespaces


class TestFailingDispatchers:
    def test_the_error_looks_as_the_configuration_says(self, make_app, call):
        def fail(path):
            raise HTTPError(404) if path == "/x" else ValueError("a secret")

        app = make_app(
            index=page(),
            config={
                "/": {"request.show_tracebacks": False, "request.dispatch": fail},
                "/x": {"error_page.404": lambda **kwargs: "none of my pages"},
            },
        )
        assert call(app, "/x").text == "none of my pages"
        answer = call(app, "/")
        assert answer.code == 500
        assert "secret" not in answer.text

    def test_a_section_that_is_at_fault_does_not_hide_the_error(self, make_app, call):
        def fail(path):
            raise HTTPError(404, "nowhere")

        config = {
            "/": {"request.show_tracebacks": False, "request.dispatch": fail},
            "/x": {"hooks.nonsense": None},
        }
        answer = call(make_app(index=page(), config=config), "/x")
        assert answer.code == 404
        assert "nowhere" in answer.text
        assert "Traceback" not in answer.text


class TestAResponseThatTakesTooLong:
    @pytest.mark.parametrize("point", ["on_start_resource", "before_handler"])
    def test_is_given_up_before_the_page(self, make_app, call, seen, point):
        def slow():
            response.timed_out = True

        app = make_app(index=lambda: seen.append("page"), config={"/": {f"hooks.{point}": slow}})
        reply = call(app)
        assert (reply.code, seen) == (500, [])
        assert "TimeoutError" in reply.text

    def test_is_given_up_after_the_page(self, make_app, call):
        def page():
            response.time -= 301
            response.check_timeout()
            return b"too late"

        reply = call(make_app(index=page))
        assert reply.code == 500
        assert "TimeoutError" in reply.text

    def test_closes_a_body_that_nobody_will_see(self, make_app, call):
        class Body:
            closed = False

            def __iter__(self):
                return self

            def __next__(self):
                raise StopIteration

            def close(self):
                self.closed = True

        def page():
            response.timed_out = True
            return body

        body = Body()
        assert call(make_app(index=page)).code == 500
        assert body.closed

    def test_has_as_long_as_it_is_configured_to_have(self, make_app, call):
        def page():
            response.time -= 301
            response.check_timeout()
            return str(response.timeout).encode()

        app = make_app(index=page, config={"/": {"response.timeout": 6000}})
        assert call(app).body == b"6000"
