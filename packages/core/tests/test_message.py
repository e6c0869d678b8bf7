# ruff: noqa: PLW0108  (what a page sees is to be looked up when it is called)
import logging
from io import BytesIO

import pytest

from cherrypy_core.entity import RequestBody
from cherrypy_core.errors import HTTPError, NotFound
from cherrypy_core.head import LazyUUID4
from cherrypy_core.request import Request
from cherrypy_core.serving import request
from cherrypy_core.urls import Host


@pytest.fixture
def seen(make_app, call):
    """Give a function that serves a request and returns what *look* sees of it."""

    def seen(look, *args, site_config=None, **kwargs):
        result = []

        def page(**params):
            result.append(look())
            return b""

        reply = call(make_app(index=page, page=page, site_config=site_config), *args, **kwargs)
        assert reply.code == 200, reply.text
        return result[0]

    return seen


def attributes(*names):
    return lambda: tuple(getattr(request, name) for name in names)


def test_the_request_line_is_put_together(seen):
    look = attributes("method", "path_info", "query_string", "request_line")
    assert seen(look, "/page?a=1", method="OPTIONS") == (
        "OPTIONS",
        "/page",
        "a=1",
        "OPTIONS /page?a=1 HTTP/1.1",
    )


@pytest.mark.parametrize(
    ("client", "server", "protocol"),
    [
        ("HTTP/1.1", None, (1, 1)),
        ("HTTP/1.0", None, (1, 0)),
        ("HTTP/1.1", "HTTP/1.0", (1, 0)),
        ("HTTP/0.9", None, (0, 9)),
        ("HTTP/9.9", None, (1, 1)),
        ("HTTP/2", None, (1, 1)),
        ("FOO", None, (1, 0)),
        ("", None, (1, 0)),
        ("HTTP/1.1", "nonsense", (1, 0)),
    ],
)
def test_the_protocol_is_what_both_speak(seen, client, server, protocol):
    changes = {"SERVER_PROTOCOL": client, "ACTUAL_SERVER_PROTOCOL": server}
    assert seen(lambda: request.protocol, **changes) == protocol


def test_addresses_come_from_the_environment(seen):
    remote, local = seen(attributes("remote", "local"))
    assert (remote.ip, remote.port, remote.name) == ("192.0.2.1", 50000, "")
    assert (local.port, local.name) == (80, "localhost")
    remote = seen(lambda: request.remote, REMOTE_HOST="client.example")
    assert remote.name == "client.example"


@pytest.mark.parametrize("port", ["", "abc", None])
def test_addresses_may_be_unknown(seen, port):
    changes = {"REMOTE_ADDR": None, "REMOTE_PORT": port, "SERVER_PORT": port}
    remote, local = seen(attributes("remote", "local"), **changes)
    assert (remote.ip, remote.port, local.port) == ("", -1, -1)


@pytest.mark.parametrize(
    ("changes", "base"),
    [
        ({}, "http://example.com"),
        ({"HTTP_HOST": "example.com:8080"}, "http://example.com:8080"),
        ({"HTTP_HOST": ""}, "http://localhost"),
        ({"HTTP_HOST": "", "SERVER_PORT": "8080"}, "http://localhost:8080"),
        ({"HTTP_HOST": "", "SERVER_PORT": ""}, "http://localhost"),
        ({"HTTP_HOST": None, "SERVER_PROTOCOL": "HTTP/1.0"}, "http://localhost"),
        (
            {"HTTP_HOST": "", "wsgi.url_scheme": "https", "SERVER_PORT": "443"},
            "https://localhost",
        ),
        ({"HTTP_HOST": "evil\r\nX: y"}, "http://evilX: y"),
    ],
)
def test_the_base_is_what_the_client_addressed(seen, changes, base):
    assert seen(lambda: request.base, **changes) == base


def test_who_has_logged_in_is_known_from_the_front(seen):
    assert seen(lambda: request.login) is None
    assert seen(lambda: request.login, REMOTE_USER="mia") == "mia"
    assert seen(lambda: request.login, REMOTE_USER="mia", LOGON_USER="eve") == "eve"


def test_the_environment_is_at_hand(seen):
    assert seen(lambda: request.wsgi_environ["wsgi.version"]) == (1, 0)
    assert seen(attributes("multithread", "multiprocess")) == (True, False)
    assert seen(lambda: request.multiprocess, **{"wsgi.multiprocess": True}) is True


def test_header_fields_can_be_read_in_any_way(seen):
    fields = {"X-Thing": " spaced ", "Cookie": "a=1"}
    assert seen(lambda: request.headers["x-thing"], headers=fields) == " spaced "
    assert seen(lambda: request.header("X-Thing"), headers=fields) == " spaced "
    assert seen(lambda: dict(request.header_list)["X-Thing"], headers=fields) == " spaced "
    assert seen(lambda: request.cookie["a"].value, headers=fields) == "1"
    assert seen(lambda: request.header("X-Other")) is None


def test_headers_that_have_been_changed_count(seen):
    def look():
        request.headers["X-Thing"] = "changed"
        return request.header("X-Thing")

    assert seen(look, headers={"X-Thing": "original"}) == "changed"


def test_a_request_can_be_made_of_a_list_of_fields():
    made = Request(Host("127.0.0.1", 80), Host("127.0.0.1", 1111))
    made._header_source = [("Host", " example.com "), ("Cookie", "a=1")]
    assert made.headers == {"Host": "example.com", "Cookie": "a=1"}
    assert made.header_list == [("Host", " example.com "), ("Cookie", "a=1")]
    assert made.header("Host") == "example.com"


@pytest.mark.parametrize(
    "cookie", ["", ";", "=", "a b; ok=1", "\x00=\x01; ok=1", "$Version=1; ok=1", "ok=1;" * 5000]
)
def test_odd_cookies_never_disturb(seen, cookie):
    cookies = seen(lambda: request.cookie, headers={"Cookie": cookie})
    assert [morsel.value for morsel in cookies.values()] in ([], ["1"])


def test_an_identifier_is_made_when_it_is_shown():
    unique = LazyUUID4()
    assert str(unique) == str(unique.uuid4)
    assert len(str(unique)) == 36
    assert str(LazyUUID4()) != str(unique)


def test_parameters_come_from_query_string_and_body(seen):
    found = seen(lambda: request.params, "/?a=1&c=3", method="POST", body=b"a=2&b=%C3%A4")
    assert found == {"a": ["1", "2"], "c": "3", "b": "ä"}
    look = attributes("body_params", "params")
    assert seen(look, "/?a=1", method="POST", body=b"b=2") == ({"b": "2"}, {"a": "1", "b": "2"})


def test_a_body_is_not_read_for_methods_without_one(seen):
    look = attributes("process_request_body", "params")
    assert seen(look, method="DELETE", body=b"a=1") == (False, {})
    assert seen(look, method="PUT", body=b"a=1") == (True, {"a": "1"})
    config = {"request.methods_with_bodies": ("DELETE",)}
    found = seen(lambda: request.params, method="DELETE", body=b"a=1", site_config=config)
    assert found == {"a": "1"}


def test_parameters_can_be_replaced(seen):
    def look():
        request.params = {"only": "this"}
        return request.params

    assert seen(look, "/?a=1", method="POST", body=b"b=2") == {"only": "this"}


@pytest.mark.parametrize(("query", "code"), [("a=%FF", 404), ("&".join("a" * 2000), 400)])
def test_a_bad_query_string_is_refused(make_app, call, query, code):
    reply = call(make_app(index=lambda **params: b""), "/?" + query)
    assert reply.code == code


def test_the_charset_of_query_strings_is_configurable(seen):
    config = {"request.query_string_encoding": "latin-1"}
    assert seen(lambda: request.params, "/?a=%E4", site_config=config) == {"a": "ä"}


def test_json_is_there_only_if_something_has_read_it(seen):
    def look():
        assert not hasattr(request, "json")
        request.json = {"set": "by hand"}
        return request.json

    assert seen(look) == {"set": "by hand"}


class TestBodyProcessors:
    """Processors that a hook sets for this request."""

    def app(self, make_app, page, hook=None, **config):
        order = []

        def process(entity):
            order.append(("processed", entity.fp.read()))

        def before_request_body():
            request.body.processors["application/x-www-form-urlencoded"] = process

        def before_handler():
            order.append("before_handler")

        def handler(**params):
            order.append("handler")
            return page()

        handler._cp_config = {
            "hooks.before_request_body": hook or before_request_body,
            "hooks.before_handler": before_handler,
            **config,
        }
        return make_app(index=handler), order

    def test_they_run_before_the_handler_that_never_looks_at_parameters(self, make_app, call):
        app, order = self.app(make_app, lambda: b"")

        def parameterless():
            order.append("handler")
            return b""

        parameterless._cp_config = app.root.index._cp_config
        app.root.index = parameterless
        app.dispatch = self.no_parameters(app)
        assert call(app, method="POST", body=b"a=1").code == 200
        assert order == [("processed", b"a=1"), "before_handler", "handler"]

    @staticmethod
    def no_parameters(app):
        plain = app.dispatch

        def dispatch(path):
            plain(path)
            request.handler = request.handler.function

        return dispatch

    def test_they_run_before_the_hooks_at_before_handler(self, make_app, call):
        app, order = self.app(make_app, lambda: b"")
        assert call(app, method="POST", body=b"a=1").code == 200
        assert order == [("processed", b"a=1"), "before_handler", "handler"]

    @pytest.mark.parametrize("name", ["default_proc", "process"])
    def test_so_does_what_a_hook_sets_in_place_of_a_method(self, make_app, call, name):
        def hook():
            request.body.processors.clear()
            setattr(request.body, name, HTTPError(415))

        app, order = self.app(make_app, lambda: b"", hook)
        assert call(app, method="POST", body=b"a=1").code == 415
        assert order == []

    def test_a_body_that_a_hook_has_only_adjusted_is_not_read_for_a_refused_request(
        self, make_app, call
    ):
        def hook():
            request.body.maxbytes = 100

        def refuse():
            raise HTTPError(401)

        config = {"hooks.before_handler": refuse}
        app, _ = self.app(make_app, lambda: b"", hook, **config)
        body = BytesIO(b"a=1")
        changes = {"wsgi.input": body, "CONTENT_LENGTH": "3"}
        assert call(app, method="POST", **changes).code == 401
        assert body.tell() == 0

    def test_they_do_not_run_for_a_page_that_does_not_exist(self, make_app, call):
        app, order = self.app(make_app, lambda: b"")
        app.config["/"] = app.root.index._cp_config
        assert call(app, "/nothing", method="POST", body=b"a=1").code == 404
        assert order == ["before_handler"]

    def test_they_do_not_run_if_a_hook_has_turned_them_off(self, make_app, call):
        def hook():
            request.body.processors.clear()
            request.process_request_body = False

        app, order = self.app(make_app, lambda: request.body.fp.read(), hook)
        assert call(app, method="POST", body=b"a=1").body == b"a=1"
        assert order == ["before_handler", "handler"]

    def test_what_they_raise_becomes_the_response(self, make_app, call):
        def refuse(entity):
            raise HTTPError(415)

        def hook():
            request.body.processors["application/x-www-form-urlencoded"] = refuse

        app, order = self.app(make_app, lambda: b"", hook)
        assert call(app, method="POST", body=b"a=1").code == 415
        assert order == []

    def test_processors_from_configuration_run_when_the_handler_needs_parameters(
        self, make_app, call
    ):
        def upper(entity):
            entity.params["text"] = entity.fp.read().decode().upper()

        config = {"request.body.processors": {"application/x-www-form-urlencoded": upper}}
        app = make_app(index=lambda text: text.encode(), config={"/": config})
        assert call(app, method="POST", body=b"abc").body == b"ABC"


class Source:
    """A body that comes in pieces, or fails."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)

    def read(self, size=-1):
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        return piece


class TestSmallForms:
    """Forms that are read in one go, without an entity."""

    @pytest.fixture
    def post(self, make_app, call):
        def post(look=lambda: request.params, path="/", body=b"a=1&b=2", source=None, **changes):
            def page(**params):
                return repr(look()).encode()

            if source is not None:
                changes["wsgi.input"] = source
            return call(make_app(index=page), path, method="POST", body=body, **changes)

        return post

    def test_their_fields_are_parameters(self, post):
        assert post().text == "{'a': '1', 'b': '2'}"
        both = "{'a': ['0', '1'], 'c': '3', 'b': ['2', '4']}"
        assert post(path="/?a=0&c=3", body=b"a=1&b=2&b=4").text == both
        assert post(path="/?a=0&a=1", body=b"a=2").text == "{'a': ['0', '1', '2']}"

    def test_the_body_can_be_looked_at_afterwards(self, post):
        def look():
            return dict(request.params), request.body.params, request.body.read()

        assert post(look).text == "({'a': '1', 'b': '2'}, {'a': '1', 'b': '2'}, b'')"
        assert post(lambda: (request.params, request.body.charset)[1]).text == "'utf-8'"

    @pytest.mark.parametrize("media_type", ["text/plain", "application/json", ""])
    def test_other_small_bodies_are_left_to_the_application(self, post, media_type):
        def look():
            return request.params, request.body.read()

        answer = post(look, path="/?c=3", CONTENT_TYPE=media_type)
        assert answer.text == "({'c': '3'}, b'a=1&b=2')"

    def test_they_may_come_in_pieces(self, post):
        assert post(source=Source(b"a=1", b"&b", b"=2")).text == "{'a': '1', 'b': '2'}"

    def test_one_that_is_too_short_is_a_bad_request(self, post):
        answer = post(source=Source(b"a=1"))
        assert answer.code == 400
        assert "ended after 3 of the 7 bytes" in answer.text

    @pytest.mark.parametrize("error", [OSError("gone"), ValueError("bad chunk")])
    def test_a_source_that_fails_is_never_silent(self, post, error):
        assert post(source=Source(error)).code in {400, 408, 500}

    def test_a_source_may_say_that_there_is_too_much(self, post):
        class MaxSizeExceeded(Exception):
            pass

        assert post(source=Source(MaxSizeExceeded())).code == 413


class TestBodyReaders:
    """What tools may put in the place of the processors of forms."""

    class Reader:
        def __init__(self, reads=True):
            self.reads, self.prepared = reads, []

        def read(self, message):
            if self.reads:
                message.json = message.read_small_body()
            return self.reads

        def prepare(self, body):
            self.prepared.append(body)
            body.processors["application/x-www-form-urlencoded"] = self.process

        def process(self, entity):
            request.json = entity.fp.read()

    @pytest.fixture
    def post(self, make_app, call):
        def post(reader, *, look_first=False, look=lambda: request.json):
            def hook():
                if look_first:
                    assert request.body
                request.set_body_reader(reader)

            config = {"/": {"hooks.before_request_body": hook}}
            app = make_app(index=lambda: repr(look()).encode(), config=config)
            return call(app, method="POST", body=b"a=1")

        return post

    def test_one_reads_the_body_without_an_entity(self, post):
        reader = self.Reader()
        assert post(reader).text == "b'a=1'"
        assert reader.prepared == []

    def test_one_may_leave_it_to_an_entity(self, post):
        reader = self.Reader(reads=False)
        assert post(reader).text == "b'a=1'"
        assert len(reader.prepared) == 1

    def test_an_entity_that_is_there_already_is_prepared(self, post):
        reader = self.Reader()
        assert post(reader, look_first=True).text == "b'a=1'"
        assert len(reader.prepared) == 1

    def test_what_it_prepares_waits_until_somebody_looks(self):
        body = RequestBody(BytesIO(), {"Content-Type": "application/x-www-form-urlencoded"})
        body.prepare_for(self.Reader())
        assert not body.has_own_processor()
        body.processors["application/x-www-form-urlencoded"] = print
        assert body.has_own_processor()

    def test_parameters_are_there_too(self, post):
        assert post(self.Reader(), look=lambda: request.params).text == "{}"

    def test_a_large_body_is_not_read_in_one_go(self, make_app, call):
        seen = []

        def index():
            seen.append(request.read_small_body())
            return b""

        app = make_app(index=index, config={"/": {"request.process_request_body": False}})
        call(app, method="POST", body=b"x" * 65537)
        call(app, method="POST", body=b"x", headers={"Transfer-Encoding": "chunked"})
        call(app, method="POST", body=b"x", CONTENT_LENGTH="abc")
        assert seen == [None, None, None]


@pytest.mark.parametrize("method", ["read", "readline", "readlines", "__next__"])
@pytest.mark.parametrize(
    ("error", "code"),
    [(ValueError("chunk"), 400), (ConnectionResetError(), 400), (TimeoutError(), 408)],
)
def test_a_body_that_nobody_processes_may_be_faulty_too(make_app, call, method, error, code):
    class Faulty:
        def read(self, size=-1):
            raise error

        readline = readlines = read

    page = lambda: getattr(request.body, method)()  # noqa: E731
    app = make_app(index=page, config={"/": {"request.process_request_body": False}})
    changes = {"wsgi.input": Faulty(), "HTTP_TRANSFER_ENCODING": "chunked"}
    assert call(app, method="POST", **changes).code == code


@pytest.mark.parametrize("names", [("request", "body"), ("body", "request"), ("first", "body")])
def test_the_body_has_the_headers_of_the_request(seen, names):
    def look():
        kept = {"first": request.headers} if "first" in names else {}
        body = request.body
        for name in names:
            if name != "first":
                kept[name] = (request if name == "request" else body).headers
        assert kept["body"] is request.headers
        return dict(body.headers)["X-Word"]

    headers = {"X-Word": "=?utf-8?q?=C3=A9?="}
    assert seen(look, method="POST", body=b"a=1", headers=headers) == "é"


def test_headers_and_body_can_be_replaced():
    made = Request(Host("127.0.0.1", 80), Host("127.0.0.1", 1111))
    made.headers = {"Content-Length": "1"}
    assert made.headers_touched
    assert made.header("Content-Length") == "1"
    assert not made.cookie_touched
    made.body = "other"
    assert made.body == "other"


def test_a_dispatchers_verdict_does_not_read_the_body(make_app, call, caplog):
    class Unreadable:
        def read(self, *args):
            raise AssertionError

    app = make_app()
    app.dispatch = lambda path: setattr(request, "handler", NotFound())
    with caplog.at_level(logging.ERROR):
        reply = call(app, method="POST", body=b"x", **{"wsgi.input": Unreadable()})
    assert reply.code == 404
    assert not caplog.records


@pytest.mark.parametrize("length", ["abc", "-1", "1e3", "٣", "9" * 5000])
def test_an_absurd_length_is_refused(make_app, call, length):
    app = make_app(index=lambda **params: b"")
    reply = call(app, method="POST", body=b"a=1", CONTENT_LENGTH=length)
    assert reply.code in {400, 413}


def test_a_body_without_a_length_is_refused(make_app, call):
    app = make_app(index=lambda **params: b"")
    for length in (None, ""):
        assert call(app, method="POST", body=b"a=1", CONTENT_LENGTH=length).code == 411
