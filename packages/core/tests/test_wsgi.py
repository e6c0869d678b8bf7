import contextvars
import logging
import threading
from io import BytesIO
from wsgiref.validate import validator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core.application import Application
from cherrypy_core.errors import HTTPError, HTTPRedirect, InternalRedirect
from cherrypy_core.serving import request, response, serving
from cherrypy_core.tree import Tree
from cherrypy_core.wsgi import AppResponse, CPWSGIApp


def streamed(*chunks):
    response.stream = True

    def body():
        yield from chunks

    return body()


class Kinds:
    """Pages for all kinds of responses."""

    def index(self):
        return b"page"

    def empty(self):
        return None

    def parts(self):
        return [b"a", b"b"]

    def file(self):
        return BytesIO(b"file")

    def stream(self):
        return streamed(b"a", b"", b"b")

    def empty_stream(self):
        return streamed()

    def failing_stream(self):
        return (1 / 0 for _ in streamed(b"x"))

    def status(self, code):
        response.status = int(code)
        return b"body"

    def error(self):
        raise HTTPError(403, "ä")

    def unexpected(self):
        raise RuntimeError("ä\u20ac")

    def away(self):
        raise HTTPRedirect("/ä")

    def inside(self):
        raise InternalRedirect("/stream")

    def loop(self):
        raise InternalRedirect("/loop")

    def cookies(self):
        response.cookie["a"] = "ä"
        response.headers["X-Own"] = "ä\u20ac"
        return b""

    def text(self):
        return "text"

    def form(self, **params):
        return repr(params).encode()

    def impossible(self):
        response.headers["X-Own"] = "a\nb"

    def attached(self):
        request.hooks.attach("on_end_request", lambda: None)
        return b"attached"


PATHS = [f"/{name}" for name in vars(Kinds) if not name.startswith("_") and name != "status"]
PATHS += [f"/status?code={code}" for code in (201, 204, 205, 206, 299, 304, 404, 500, 599)]
PATHS += ["/", "/nothing", "", "/\xc3\xa4", "/\xff", "//", "/?a=%FF", "/form?a=\xc3\xa4"]


@pytest.fixture
def kinds(make_app):
    return make_app(Kinds())


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PATCH"])
@pytest.mark.parametrize("path", PATHS)
def test_every_kind_of_response_is_correct_wsgi(kinds, call, path, method):
    tree = Tree()
    tree.mount(kinds)
    body = b"a=1&b=%C3%A4" if method in {"POST", "PATCH"} else b""
    for app in (kinds, tree):
        reply = call(validator(app), path, method=method, body=body)
        assert reply.starts in {1, 2}
        if method == "HEAD" and reply.field("Content-Type") != "text/plain":
            assert reply.body == b""


def test_an_environment_may_lack_what_is_optional(kinds, call):
    optional = {"QUERY_STRING": None, "REMOTE_ADDR": None, "REMOTE_PORT": None}
    assert call(kinds, "/form", CONTENT_LENGTH="", CONTENT_TYPE="", **optional).text == "{}"
    assert call(kinds, SCRIPT_NAME=None).body == b"page"
    assert call(kinds, PATH_INFO=None).body == b"page"


@pytest.mark.parametrize("protocol", ["HTTP/0.9", "HTTP/1.0", "HTTP/2", "HTTP/9.9", "FOO", ""])
@pytest.mark.parametrize("path", ["/", "/away", "/error", "/unexpected", "/cookies"])
def test_no_protocol_is_too_absurd(kinds, call, path, protocol):
    usual = call(kinds, path).code
    assert call(kinds, path, SERVER_PROTOCOL=protocol).code in {usual, 302}


@pytest.mark.parametrize("method", ["", "get", "FOO", "\xff"])
def test_any_method_is_a_method(make_app, call, method):
    app = make_app(index=lambda: repr(request.method).encode("latin-1", "backslashreplace"))
    assert call(app, method=method).body == repr(method).encode("latin-1")


class TestPaths:
    @pytest.fixture
    def paths(self, make_app):
        class Root:
            def __getattr__(self, name):
                if name.startswith("_"):
                    raise AttributeError(name)
                return self

            def __call__(self, **params):
                return repr((request.path_info, params)).encode()

        return make_app(Root())

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("/x", "/x"),
            ("/\xc3\xa4", "/ä"),
            ("/\xe2\x82\xac", "/€"),
            ("/\xe4", "/ä"),
            ("/\xff\xfe", "/ÿþ"),
            ("/%2F", "/%2F"),
            ("/a b", "/a b"),
            ("//x///y/", "/x/y/"),
            ("/\x00", "/\x00"),
        ],
    )
    def test_paths_are_text(self, paths, call, path, text):
        assert call(paths, path).text == repr((text, {}))

    def test_query_strings_may_be_sent_undecoded(self, paths, call):
        assert call(paths, "/x?a=\xc3\xa4&b=%C3%A4").text == repr(("/x", {"a": "ä", "b": "ä"}))

    def test_the_charset_of_paths_is_configurable(self, paths, call):
        paths.merge({"/": {"request.uri_encoding": "latin-1"}})
        assert call(paths, "/\xe4").text == repr(("/ä", {}))
        assert call(paths, "/\xc3\xa4").text == repr(("/Ã¤", {}))
        paths.merge({"/": {"request.uri_encoding": "no such charset"}})
        assert call(paths, "/\xe4").text == repr(("/ä", {}))

    def test_internal_redirects_keep_that_charset(self, paths, call):
        paths.merge({"/": {"request.uri_encoding": "latin-1"}})
        plain = paths.dispatch

        def dispatch(path):
            plain(path)
            if path == "/from":
                request.handler = InternalRedirect("/ä?a=ä")

        paths.dispatch = dispatch
        assert call(paths, "/from").text == repr(("/ä", {"a": "ä"}))

    @given(st.text(alphabet=st.characters(max_codepoint=255)), st.binary(max_size=30))
    def test_no_path_or_query_is_an_unexpected_error(self, path, query):
        app = Application(None)
        app.dispatch = lambda path: setattr(
            request, "handler", lambda: repr((request.params, request.base)).encode()
        )
        starts = []
        environ = {
            "REQUEST_METHOD": "GET",
            "SERVER_PROTOCOL": "HTTP/1.0",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "PATH_INFO": path,
            "QUERY_STRING": query.decode("latin-1"),
        }
        app(environ, lambda status, headers, exc_info=None: starts.append(status[:3]))
        assert starts in (["200"], ["404"])


FIELDS = ("HOST", "COOKIE", "CONTENT_TYPE", "REMOTE_ADDR", "X_OWN", "TRANSFER_ENCODING")
LATIN_1 = st.text(alphabet=st.characters(max_codepoint=255), max_size=30)


@given(
    st.dictionaries(st.sampled_from(FIELDS), LATIN_1),
    st.sampled_from(["GET", "POST", "HEAD"]),
    st.binary(max_size=30),
    LATIN_1,
)
def test_no_field_is_an_unexpected_error_or_splits_the_response(fields, method, body, protocol):
    def page():
        shown = [request.params, request.cookie, request.headers, request.base, request.protocol]
        shown += [request.remote.ip, request.request_line, request.body_params]
        response.headers["X-Own"] = repr(request.headers.get("X-Own"))
        response.cookie["own"] = str(request.headers.get("X-Own"))
        if "X-Own" in request.headers:
            raise HTTPRedirect(request.headers["X-Own"])
        return repr(shown).encode()

    app = Application(None)
    app.dispatch = lambda path: setattr(request, "handler", page)
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/",
        "SERVER_PROTOCOL": protocol,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
    }
    for name, value in fields.items():
        plain = name.startswith(("CONTENT", "REMOTE"))
        environ[name if plain else f"HTTP_{name}"] = value
    starts = []

    def start_response(status, headers, exc_info=None):
        starts.append(int(status[:3]))
        for name, value in headers:
            assert name.replace("-", "").isalpha()
            assert not set(value) & set("\r\n\0")

    b"".join(app(environ, start_response))
    assert len(starts) == 1
    assert starts[0] < 500


class TestStreams:
    def test_an_error_on_the_way_cuts_the_response(self, make_app, environ, new_reply, caplog):
        def index():
            response.stream = True

            def body():
                yield b"begun"
                raise RuntimeError("on the way")

            return body()

        reply = new_reply()
        body = make_app(index=index)(environ(), reply.start_response)
        chunks = iter(body)
        assert next(chunks) == b"begun"
        with pytest.raises(RuntimeError):
            next(chunks)
        body.close()
        assert (reply.starts, reply.code) == (1, 200)
        assert "RuntimeError: on the way" in caplog.text

    def test_an_error_at_once_can_still_be_answered(self, kinds, call, caplog):
        reply = call(kinds, "/failing_stream")
        assert (reply.code, reply.failed) == (500, True)
        assert reply.body.startswith(b"Unrecoverable error in the server.\nTraceback")
        assert "ZeroDivisionError" in caplog.text

    def test_two_streams_in_one_thread_each_see_their_own_request(
        self, make_app, environ, new_reply
    ):
        def index(name):
            response.stream = True
            response.headers["X-Name"] = name

            def body():
                for _ in range(3):
                    seen = (request.params["name"], response.headers["X-Name"])
                    yield repr(seen).encode()
                ends.append(request.params["name"])

            return body()

        ends = []
        app = make_app(
            index=index,
            config={"/": {"hooks.on_end_request": lambda: ends.append(request.params["name"])}},
        )
        bodies = [app(environ(f"/?name={name}"), new_reply().start_response) for name in "ab"]
        parts = [[], []]
        for _ in range(3):
            for body, part in zip(bodies, parts, strict=True):
                part.append(next(body))
        assert parts == [[b"('a', 'a')"] * 3, [b"('b', 'b')"] * 3]
        for body in bodies:
            assert list(body) == []
        bodies[0].close()
        bodies[1].close()
        assert ends == ["a", "b", "a", "b"]

    def test_a_stream_may_go_on_in_another_thread(self, make_app, environ, new_reply):
        app = make_app(index=lambda name: self.naming_stream())
        body = app(environ("/?name=mine"), new_reply().start_response)
        seen = []

        def iterate():
            seen.extend(body)
            body.close()

        thread = threading.Thread(target=iterate)
        thread.start()
        thread.join(10)
        assert seen == [b"mine"]

    @staticmethod
    def naming_stream():
        response.stream = True

        def body():
            yield request.params["name"].encode()

        return body()

    def test_a_stream_may_go_on_in_another_context(self, make_app, environ, new_reply):
        app = make_app(index=lambda name: self.naming_stream())
        body = contextvars.copy_context().run(
            app, environ("/?name=mine"), new_reply().start_response
        )
        assert contextvars.copy_context().run(list, body) == [b"mine"]
        body.close()


class TestPipeline:
    class Upper:
        """Middleware that changes the body."""

        def __init__(self, nextapp, suffix=b""):
            self.nextapp, self.suffix = nextapp, suffix

        def __call__(self, environ, start_response):
            body = self.nextapp(environ, start_response)
            try:
                return [b"".join(body).upper() + self.suffix]
            finally:
                if hasattr(body, "close"):
                    body.close()

    def test_middleware_is_configured_by_name(self, make_app, call):
        config = {"/": {"wsgi.pipeline": [("upper", self.Upper)], "wsgi.upper.suffix": b"!"}}
        app = make_app(index=lambda: b"page", config=config)
        assert call(app).body == b"PAGE!"

    def test_middleware_can_be_added_later(self, make_app, call):
        app = make_app(index=lambda: b"page")
        assert call(app).body == b"page"
        app.merge({"/": {"wsgi.pipeline": [("upper", self.Upper)]}})
        assert call(app).body == b"PAGE"
        app.merge({"/": {"wsgi.upper.suffix": b"!"}})
        assert call(app).body == b"PAGE!"
        assert [name for name, _ in app.wsgiapp.pipeline].count("upper") == 1

    def test_applications_have_pipelines_of_their_own(self, make_app, call):
        config = {"/": {"wsgi.pipeline": [("upper", self.Upper)]}}
        make_app(index=lambda: b"page", config=config)
        assert call(make_app(index=lambda: b"page")).body == b"page"
        assert [name for name, _ in CPWSGIApp.pipeline] == [
            "ExceptionTrapper",
            "InternalRedirector",
        ]
        assert CPWSGIApp.config == {}

    def test_it_can_be_given_to_a_wsgi_application(self, make_app, call):
        app = make_app(index=lambda: b"page")
        app.wsgiapp = CPWSGIApp(app, [("upper", self.Upper)])
        assert call(app).body == b"PAGE"

    def test_middleware_is_inside_of_the_trapper_and_the_redirector(self, make_app, call, caplog):
        class Fails:
            def __init__(self, nextapp):
                self.nextapp = nextapp

            def __call__(self, environ, start_response):
                if environ["PATH_INFO"] == "/inside":
                    raise InternalRedirect("/")
                if environ["PATH_INFO"] == "/fails":
                    raise RuntimeError("in the middle")
                return self.nextapp(environ, start_response)

        app = make_app(index=lambda: b"page", config={"/": {"wsgi.pipeline": [("f", Fails)]}})
        assert call(app, "/inside").body == b"page"
        assert call(app, "/fails").code == 500
        assert "in the middle" in caplog.text

    def test_another_class_can_serve_the_requests(self, make_app, call):
        class Own(AppResponse):
            def translate_headers(self, environ):
                yield from super().translate_headers(environ)
                yield "X-Added", "1"

        def index():
            return (request.headers["X-Added"] + request.headers["Host"]).encode()

        app = make_app(index=index, config={"/": {"wsgi.response_class": Own}})
        assert call(app).text == "1example.com"

    @pytest.mark.parametrize("path", PATHS)
    def test_such_a_class_answers_the_same(self, make_app, call, path):
        class Own(AppResponse):
            pass

        one, two = make_app(Kinds()), make_app(Kinds())
        two.merge({"/": {"wsgi.response_class": Own}})
        first, second = call(one, path), call(validator(two), path)
        assert (first.status, first.failed) == (second.status, second.failed)
        if first.code < 400:
            assert first.body == second.body

    def test_its_errors_are_logged_by_the_application(self, make_app, call, caplog):
        class Own(AppResponse):
            pass

        def index():
            raise RuntimeError("thrown")

        config = {"/": {"wsgi.response_class": Own, "request.throw_errors": True}}
        app = make_app(index=index, config=config)
        assert call(app).code == 500
        records = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert [record.name for record in records] == [app.log.error_log.name]

    def test_paths_can_be_recoded_by_it(self, make_app, environ, new_reply):
        app = make_app(index=lambda: b"")
        made = AppResponse(environ(), new_reply().start_response, app)
        assert made.recode_path_qs("/\xc3\xa4", "\xe4") == ("/ä", "ä")
        assert list(made) == []
        made.close()
        made.close()


class TestAServerThatForgetsToClose:
    """PEP 3333 demands it; what hangs on the end of a request must not hang for ever."""

    @pytest.fixture
    def streamed(self, make_app, environ, new_reply):
        def answer(seen):
            def page():
                try:
                    yield b"a"
                    yield b"b"
                finally:
                    seen.append("closed")

            config = {
                "/": {"response.stream": True, "hooks.on_end_request": lambda: seen.append("end")}
            }
            return make_app(index=page, config=config)(environ(), new_reply().start_response)

        return answer

    def test_has_the_request_ended_when_the_body_goes(self, streamed):
        seen = []
        body = streamed(seen)
        assert next(body) == b"a"
        del body
        assert seen == ["closed", "end"]

    def test_does_not_disturb_what_is_being_served(self, streamed):
        seen = []
        body = streamed(seen)
        serving.clear()
        mine = serving.request
        del body
        assert seen == ["end"]
        assert serving.request is mine


class TestAServerThatRefusesTheHeaders:
    @pytest.mark.parametrize("stream", [True, False])
    @pytest.mark.parametrize("response_class", [AppResponse, type("Own", (AppResponse,), {})])
    def test_has_the_body_closed(self, make_app, environ, stream, response_class):
        class Body:
            closed = 0

            def __iter__(self):
                return self

            def __next__(self):
                raise StopIteration

            def close(self):
                self.closed += 1

        def start_response(status, headers, exc_info=None):
            raise OSError("gone")

        body = Body()
        app = make_app(index=lambda: body, config={"/": {"response.stream": stream}})
        app.wsgiapp.response_class = response_class
        with pytest.raises(OSError, match="gone"):
            app(environ(), start_response)
        assert body.closed == 1
