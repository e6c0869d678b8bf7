from io import BytesIO

import pytest

from cherrypy_core.errors import HTTPError
from cherrypy_core.response import Response, ResponseBody
from cherrypy_core.serving import response


class Tracked:
    """An iterator that knows whether it has been closed."""

    def __init__(self, *chunks):
        self.chunks = list(chunks)
        self.closed = 0

    def __iter__(self):
        return self

    def __next__(self):
        if not self.chunks:
            raise StopIteration
        chunk = self.chunks.pop(0)
        if isinstance(chunk, Exception):
            raise chunk
        return chunk

    def close(self):
        self.closed += 1


@pytest.fixture
def answer(make_app, call):
    """Give a function that serves a page which sets attributes and headers."""

    def answer(body=b"body", *, method="GET", headers=None, config=None, **attributes):
        def index():
            for name, value in attributes.items():
                setattr(response, name, value)
            for name, value in (headers or {}).items():
                response.headers[name] = value
            return body

        return call(make_app(index=index, config={"/": config or {}}), method=method)

    return answer


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "sent"),
        [
            (b"bytes", b"bytes"),
            (b"", b""),
            (None, b""),
            ([], b""),
            ((), b""),
            ([b"a", b"", b"b"], b"ab"),
            ((b"a", b"b"), b"ab"),
            (bytearray(b"array"), b"array"),
            (memoryview(b"view"), b"view"),
            (iter([b"a", b"b"]), b"ab"),
            (map(bytes.upper, [b"a", b"b"]), b"AB"),
            ([bytearray(b"a"), b"b"], b"ab"),
        ],
    )
    def test_bodies_of_all_kinds_are_collected(self, answer, body, sent):
        reply = answer(body)
        assert (reply.code, reply.body) == (200, sent)
        assert reply.field("Content-Length") == str(len(sent))

    def test_a_file_is_sent_and_closed(self, answer):
        file = BytesIO(b"contents" * 20000)
        assert answer(file).body == b"contents" * 20000
        assert file.closed

    def test_a_generator_is_sent(self, answer):
        assert answer(chunk for chunk in (b"a", b"b")).body == b"ab"

    @pytest.mark.parametrize(
        "body", ["text", ["text"], ("text",), [b"a", "text"], iter(["text"]), {"a": 1}]
    )
    def test_text_is_refused_with_a_hint(self, answer, body):
        reply = answer(body)
        assert reply.code == 500
        assert "The body of a response must be bytes, not text" in reply.text

    @pytest.mark.parametrize("body", ["text", "", ["text"], [b"", "text"]])
    def test_text_is_refused_where_it_is_assigned(self, body):
        made = Response()
        with pytest.raises(ValueError, match="must be bytes, not text"):
            made.body = body
        assert made.body == []

    @pytest.mark.parametrize("body", [5, 1.5, object(), [1, 2], [None]])
    def test_what_is_no_body_is_an_error(self, answer, body):
        assert answer(body).code == 500

    def test_text_in_a_stream_is_an_error(self, answer):
        reply = answer(iter(["text"]), stream=True)
        assert reply.code == 500
        assert reply.failed

    def test_the_body_can_be_assigned_before_the_page_returns(self, make_app, call):
        def hook():
            response.body = [b"changed: ", *response.body]

        app = make_app(index=lambda: b"body", config={"/": {"hooks.before_finalize": hook}})
        assert call(app).body == b"changed: body"

    def test_the_descriptor_is_at_hand_on_the_class(self):
        assert isinstance(Response.body, ResponseBody)
        assert Response().body == []


class TestClosing:
    def test_a_collected_body_is_closed(self, answer):
        body = Tracked(b"a")
        assert answer(body).body == b"a"
        assert body.closed == 1

    def test_a_body_that_fails_is_closed(self, answer):
        body = Tracked(b"a", ValueError("on the way"))
        assert answer(body).code == 500
        assert body.closed >= 1

    def test_a_body_that_nobody_may_see_is_closed_unread(self, answer):
        body = Tracked(b"a")
        assert answer(body, method="HEAD", stream=True).body == b""
        assert (body.closed, body.chunks) == (1, [b"a"])
        for status in (204, 205, 304):
            body = Tracked(b"a")
            assert answer(body, status=status).body == b""
            assert (body.closed, body.chunks) == (1, [b"a"])

    @pytest.mark.parametrize("error", [HTTPError(403), RuntimeError("unexpected")])
    def test_a_body_that_an_error_replaces_is_closed(self, answer, error):
        def fail():
            if not failed:
                failed.append(True)
                raise error

        failed = []
        body = Tracked(b"a")
        reply = answer(body, stream=True, config={"hooks.before_finalize": fail})
        assert reply.code in {403, 500}
        assert (body.closed, body.chunks) == (1, [b"a"])

    def test_a_stream_is_closed_at_its_end(self, answer):
        body = Tracked(b"a", b"b")
        assert answer(body, stream=True).body == b"ab"
        assert body.closed == 1

    def test_a_stream_is_closed_when_the_client_leaves(self, make_app, environ, new_reply):
        def index():
            response.stream = True
            return body

        body = Tracked(b"a", b"b")
        sent = make_app(index=index)(environ(), new_reply().start_response)
        assert next(iter(sent)) == b"a"
        sent.close()
        sent.close()
        assert (body.closed, body.chunks) == (1, [b"b"])

    def test_a_generator_sees_its_request_when_it_is_closed(self, make_app, environ, new_reply):
        seen = []

        def index():
            response.stream = True

            def body():
                try:
                    yield b"a"
                    yield b"b"
                finally:
                    seen.append(response.headers["X-Own"])

            response.headers["X-Own"] = "mine"
            return body()

        sent = make_app(index=index)(environ(), new_reply().start_response)
        next(iter(sent))
        sent.close()
        assert seen == ["mine"]


class TestLength:
    def test_head_has_the_length_of_get(self, answer):
        reply = answer(b"12345", method="HEAD")
        assert (reply.body, reply.field("Content-Length")) == (b"", "5")

    @pytest.mark.parametrize("status", [204, 304])
    def test_a_response_without_a_body_has_neither_length_nor_type(self, answer, status):
        reply = answer(b"12345", status=status)
        assert (reply.code, reply.body) == (status, b"")
        assert reply.field("Content-Length") is None
        assert reply.field("Content-Type") is None

    def test_a_reset_says_that_it_has_no_body(self, answer):
        assert answer(b"12345", status=205).field("Content-Length") == "0"

    def test_a_stream_has_the_length_that_it_was_given(self, answer):
        assert answer(iter([b"12345"]), stream=True).field("Content-Length") is None
        headers = {"Content-Length": "5"}
        reply = answer(iter([b"12345"]), stream=True, headers=headers)
        assert reply.field("Content-Length") == "5"
        assert answer(stream=True, headers={"Content-Length": None}).fields("Content-Length") == []

    def test_a_length_of_none_is_computed(self, answer):
        assert answer(b"12345", headers={"Content-Length": None}).field("Content-Length") == "5"

    def test_chunks_are_bytes_even_if_the_length_was_given(self, answer):
        assert answer([bytearray(b"ab")], headers={"Content-Length": "2"}).body == b"ab"
        assert answer([1], headers={"Content-Length": "1"}).code == 500


class TestStatus:
    @pytest.mark.parametrize(
        ("status", "sent"),
        [
            (None, "200 OK"),
            ("", "200 OK"),
            (201, "201 Created"),
            ("404", "404 Not Found"),
            ("404 Gone fishing", "404 Gone fishing"),
            (b"202 Bytes", "202 Bytes"),
            (299, "299 "),
        ],
    )
    def test_a_status_may_be_written_in_several_ways(self, answer, status, sent):
        assert answer(status=status).status == sent

    @pytest.mark.parametrize("status", [99, 600, "abc", "404 Not\r\nFound: x", object(), -1])
    def test_an_illegal_status_is_an_error(self, answer, status):
        reply = answer(status=status)
        assert reply.code == 500
        assert "Illegal response status" in reply.text

    def test_the_status_as_bytes(self, answer):
        made = Response()
        made.status = "404 Nicht gefunden \u20ac"
        assert made.output_status == b"404 Nicht gefunden ?"


class TestHeaders:
    def test_an_ordinary_page_has_four(self, answer):
        reply = answer()
        assert [name for name, _ in reply.headers] == [
            "Content-Type",
            "Server",
            "Date",
            "Content-Length",
        ]
        assert reply.field("Content-Type") == "text/html"
        assert reply.field("Server").startswith("cherrypy-core/")

    def test_touched_headers_are_the_same_with_what_was_added(self, answer):
        plain, touched = answer(), answer(headers={"x-own": "1"})
        assert set(touched.headers) - set(plain.headers) == {("X-Own", "1")}

    def test_defaults_can_be_replaced_and_removed(self, make_app, call):
        def index():
            response.headers["Server"] = "own"
            del response.headers["Date"]
            return b""

        reply = call(make_app(index=index))
        assert reply.field("Server") == "own"
        assert reply.field("Date") is None

    def test_values_of_all_kinds_are_sent(self, answer):
        reply = answer(headers={"A": 1, "B": b"\xe9", "C": "é", "D": "€", "E": None})
        assert [reply.field(name) for name in "ABCDE"] == [
            "1",
            "é",
            "é",
            "=?utf-8?b?4oKs?=",
            "None",
        ]

    def test_harmless_control_characters_are_left_out(self, answer):
        assert answer(headers={"X-Own": "a\x01\x7fb"}).field("X-Own") == "ab"

    @pytest.mark.parametrize("bad", ["a\r\nX: y", "a\nX: y", "a\rX", "a\0", "\r\n\r\n<html>"])
    def test_no_value_can_begin_another_field(self, answer, bad):
        for value in (bad, bad.encode()):
            reply = answer(headers={"X-Own": value})
            assert reply.code == 500
            assert reply.field("X-Own") is None
            assert reply.field("X") is None
            assert "cannot contain CR, LF or NUL" in reply.text

    @pytest.mark.parametrize(
        "bad", ["A\r\nB", "A\nB", "A\0B", "A: b\r\nC", "A:B", "A B", "", "Ä", "€", "A\tB"]
    )
    def test_no_name_can_begin_another_field(self, answer, bad):
        reply = answer(headers={bad: "1"})
        assert reply.code == 500
        assert {name for name, _ in reply.headers} == {
            "Content-Type",
            "Server",
            "Date",
            "Content-Length",
        }

    def test_a_page_for_an_impossible_header_keeps_its_own_type(self, make_app, call):
        def page(**values):
            response.headers["Content-Type"] = "application/json"
            return '{"error": 500}'

        def index():
            response.headers["X-Own"] = "\n"

        reply = call(make_app(index=index, config={"/": {"error_page.500": page}}))
        assert reply.field("Content-Type") == "application/json"
        assert reply.body == b'{"error": 500}'

    def test_a_list_of_headers_can_replace_them_all(self, make_app, call):
        def end():
            response.header_list = [*response.header_list, (b"X-Own", b"1"), ("X-Text", "2")]

        app = make_app(index=lambda: b"", config={"/": {"hooks.on_end_resource": end}})
        reply = call(app)
        assert (reply.field("X-Own"), reply.field("X-Text")) == ("1", "2")

    @pytest.mark.parametrize("field", [(b"A\nB", b"1"), (b"A", b"1\r\nB: 2"), ("A", "1\n")])
    def test_nor_can_a_list_of_headers_forge_any(self, make_app, call, field):
        def end():
            response.header_list = [field]

        app = make_app(index=lambda: b"", config={"/": {"hooks.on_end_resource": end}})
        reply = call(app)
        assert reply.code == 500
        assert [name for name, _ in reply.headers] == ["Content-Type", "Content-Length"]

    def test_fields_that_were_sent_can_be_looked_up(self, make_app, call):
        seen = []

        def end():
            seen.append(response.header_sent("Content-Length"))
            seen.append(response.header_sent("X-None"))

        call(make_app(index=lambda: b"123", config={"/": {"hooks.on_end_resource": end}}))
        assert seen == ["3", None]

    def test_a_content_type_can_be_set_without_making_headers(self):
        made = Response()
        made.set_content_type("text/css")
        assert not made.headers_touched
        assert made.headers["Content-Type"] == "text/css"
        made.set_content_type("text/plain")
        assert made.headers["Content-Type"] == "text/plain"

    def test_headers_can_be_assigned(self, make_app, call):
        def index():
            response.headers = type(response.headers)({"X-Only": "1"})
            return b""

        reply = call(make_app(index=index))
        assert {name for name, _ in reply.headers} == {"X-Only", "Content-Length"}

    def test_headers_can_be_configured(self, answer):
        config = {"response.headers.X-Own": "1", "response.stream": True}
        reply = answer(config=config)
        assert reply.field("X-Own") == "1"
        assert reply.field("Content-Length") is None


@pytest.mark.parametrize(
    ("reason", "sent"),
    [
        ("Gr\xfc\xdfe", "Gr\xfc\xdfe"),
        ("\u20ac", "=?utf-8?b?4oKs?="),
        ("\ud800", "=?utf-8?b?7aCA?="),
    ],
)
@pytest.mark.parametrize("code", [200, 404])
def test_a_reason_phrase_can_be_sent_whatever_it_is(make_app, call, code, reason, sent):
    def index():
        if code == 404:
            raise HTTPError(f"404 {reason}")
        response.status = f"200 {reason}"
        return b"x"

    assert call(make_app(index=index)).status == f"{code} {sent}"


class TestCookies:
    def test_each_cookie_is_a_field(self, make_app, call):
        def index():
            assert not response.cookie_touched
            response.cookie["b"] = "two words"
            response.cookie["a"] = "1"
            response.cookie["a"]["path"] = "/"
            response.cookie["a"]["samesite"] = "Lax"
            response.cookie["a"]["httponly"] = True
            assert response.cookie_touched
            return b""

        fields = call(make_app(index=index)).fields("Set-Cookie")
        assert fields == ["a=1; HttpOnly; Path=/; SameSite=Lax", 'b="two words"']

    def test_no_value_can_begin_another_field(self, make_app, call):
        def index(value):
            response.cookie["a"] = value
            return b""

        reply = call(make_app(index=index), "/?value=1%0D%0AX:+y;+c=d")
        assert reply.field("X") is None
        assert reply.field("Set-Cookie") == 'a="1\\015\\012X: y\\073 c=d"'

    def test_a_value_beyond_latin_1_is_sent_as_utf_8(self, make_app, call):
        def index():
            response.cookie["a"] = "\u20ac"
            return b""

        reply = call(make_app(index=index))
        assert reply.code == 200
        assert reply.field("Set-Cookie").encode("latin-1") == b'a="\xe2\x82\xac"'

    def test_a_value_that_no_charset_has_is_an_error(self, make_app, call):
        def index():
            response.cookie["a"] = "\ud800"
            return b""

        assert call(make_app(index=index)).code == 500

    @pytest.mark.parametrize("attribute", ["/;secure", "/\r\nX: y", "\0"])
    def test_no_attribute_can_begin_another_one(self, make_app, call, attribute):
        def index():
            response.cookie["a"] = "1"
            response.cookie["a"]["path"] = attribute
            return b""

        reply = call(make_app(index=index))
        assert reply.code == 500
        assert reply.fields("Set-Cookie") == []

    @pytest.mark.parametrize("name", ["a b", "a;b", "a=b", "a\nb", ""])
    def test_an_illegal_name_is_an_error(self, make_app, call, name):
        def index():
            response.cookie[name] = "1"
            return b""

        assert call(make_app(index=index)).code == 500

    def test_prepared_cookies_are_sent_besides_the_others(self):
        made = Response()
        made.set_cookies = ["session=1"]
        made.chunks = [b"x"]
        made.finalize()
        assert ("Set-Cookie", "session=1") in made.wire_headers
        made.set_cookies = ["session=1\r\nX: y"]
        with pytest.raises(ValueError, match="CR, LF or NUL"):
            made.finalize()

    def test_planned_cookies_are_put_into_the_map_on_first_look(self):
        made = Response()
        made.fill_cookie = lambda cookie: cookie.__setitem__("session", "1")
        assert made.cookie["session"].value == "1"


def test_a_response_that_takes_too_long_is_marked():
    made = Response()
    made.check_timeout()
    assert not made.timed_out
    made.time -= made.timeout + 1
    made.check_timeout()
    assert made.timed_out


class TestABodyThatIsReplaced:
    """A hook at `before_finalize` puts another body in the place of the page's."""

    @pytest.fixture
    def replace(self, make_app, call):
        def answer(body, new, method="GET", **config):
            def page():
                return body

            def hook():
                response.body = new(response.body) if callable(new) else new

            app = make_app(index=page, config={"/": {"hooks.before_finalize": hook, **config}})
            return call(app, method=method)

        return answer

    @pytest.mark.parametrize("new", [b"new", [b"new"], lambda _: iter([b"new"])])
    @pytest.mark.parametrize("stream", [False, True])
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_is_closed(self, replace, new, stream, method):
        body = Tracked(b"old")
        reply = replace(body, new, method, **{"response.stream": stream})
        assert reply.code == 200
        assert body.closed == 1

    @pytest.mark.parametrize("stream", [False, True])
    def test_may_be_what_the_new_one_is_made_of(self, replace, stream):
        body = Tracked(b"a", b"b")
        reply = replace(body, lambda old: map(bytes.upper, old), **{"response.stream": stream})
        assert reply.body == b"AB"
        assert body.closed == 1

    def test_may_come_back(self, make_app, call):
        body = Tracked(b"a", b"b")

        def hook():
            old = response.body
            response.body = None
            response.body = old

        app = make_app(index=lambda: body, config={"/": {"hooks.before_finalize": hook}})
        assert call(app).body == b"ab"
        assert body.closed >= 1

    def test_is_closed_when_the_new_one_cannot_be(self, replace, caplog):
        body = Tracked(b"old")

        class Stubborn(Tracked):
            def close(self):
                raise OSError("stuck")

        with pytest.raises(OSError, match="stuck"):
            replace(body, Stubborn(b"new"), **{"response.stream": True})
        assert body.closed == 1

    def test_is_closed_when_the_hook_fails_afterwards(self, make_app, call, caplog):
        body = Tracked(b"old")

        def hook():
            response.body = [b"new"]
            raise ValueError("afterwards")

        app = make_app(index=lambda: body, config={"/": {"hooks.before_finalize": hook}})
        assert call(app).code == 500
        assert body.closed == 1
