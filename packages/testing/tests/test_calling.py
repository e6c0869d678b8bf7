from __future__ import annotations

import contextvars
import sys

import pytest

from cherrypy_testing.calling import ProtocolError, call, make_environ


def test_an_environ_has_the_parts_of_the_url():
    environ = make_environ("GET", "https://example.org:8443/a%20b/%C3%A9?x=%20", [("Host", "h")])
    assert environ["PATH_INFO"] == "/a b/\u00c3\u00a9"
    assert environ["QUERY_STRING"] == "x=%20"
    assert environ["wsgi.url_scheme"] == "https"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("example.org", "8443")
    assert environ["HTTP_HOST"] == "h"


def test_the_host_header_is_that_of_the_url():
    assert make_environ("GET", "http://me:secret@localhost:81/")["HTTP_HOST"] == "localhost:81"
    assert make_environ("GET", "http://localhost")["PATH_INFO"] == "/"


@pytest.mark.parametrize("url", ["/path", "ftp://localhost/", "http:///path"])
def test_a_url_that_is_not_absolute_is_refused(url):
    with pytest.raises(ValueError, match="absolute URL"):
        make_environ("GET", url)


def test_header_fields_are_in_the_environ():
    environ = make_environ(
        "POST",
        "http://localhost/",
        [("Content-Type", "text/plain"), ("X-One", "1"), ("X-One", "2")],
        b"body",
        REMOTE_USER="me",
    )
    assert environ["CONTENT_TYPE"] == "text/plain"
    assert environ["CONTENT_LENGTH"] == "4"
    assert environ["HTTP_X_ONE"] == "1, 2"
    assert environ["REMOTE_USER"] == "me"
    assert environ["wsgi.input"].read() == b"body"
    assert "HTTP_CONTENT_TYPE" not in environ


def environ():
    return make_environ("GET", "http://localhost/")


def test_an_answer_is_collected(plain):
    answer = call(plain, environ(), validate=True)
    assert answer.status == "200 OK"
    assert answer.headers == [("Content-Type", "text/plain")]
    assert answer.body == b"GET /"
    assert answer.error is None


def test_write_and_a_late_start_are_allowed():
    def app(environ, start_response):
        write = start_response("200 OK", [])
        write(b"one ")
        yield b""
        yield b"two"

    assert call(app, environ()).body == b"one two"


@pytest.mark.parametrize("fails", [False, True])
def test_the_body_is_closed_whatever_happens(fails):
    closed = []

    class Body:
        def __iter__(self):
            yield b"x"
            if fails:
                raise RuntimeError("broken")

        def close(self):
            closed.append(True)

    def app(environ, start_response):
        start_response("200 OK", [])
        return Body()

    if fails:
        with pytest.raises(RuntimeError, match="broken"):
            call(app, environ())
    else:
        call(app, environ())
    assert closed == [True]


def never(environ, start_response):
    return []


def early(environ, start_response):
    yield b"x"


def twice(environ, start_response):
    start_response("200 OK", [])
    start_response("200 OK", [])
    return []


def text(environ, start_response):
    start_response("200 OK", [])
    return ["text"]


@pytest.mark.parametrize(
    ("app", "message"),
    [
        (never, "never called"),
        (early, "before start_response"),
        (twice, "second time"),
        (text, "not of str"),
    ],
)
def test_broken_rules_are_told(app, message):
    with pytest.raises(ProtocolError, match=message):
        call(app, environ())


def test_the_validator_sees_more():
    def app(environ, start_response):
        start_response("200 OK", [])
        return [b"x"]

    assert call(app, environ()).status == "200 OK"
    with pytest.raises(AssertionError):
        call(app, environ(), validate=True)


def fail():
    raise RuntimeError("broken")


def test_an_error_may_replace_the_status():
    def app(environ, start_response):
        start_response("200 OK", [])
        try:
            fail()
        except RuntimeError:
            start_response("500 Oh", [], sys.exc_info())
        return [b"sorry"]

    answer = call(app, environ())
    assert answer.status == "500 Oh"
    assert isinstance(answer.error, RuntimeError)


def test_an_error_that_comes_too_late_is_raised():
    def app(environ, start_response):
        start_response("200 OK", [])(b"x")
        try:
            fail()
        except RuntimeError:
            start_response("500 Oh", [], sys.exc_info())

    with pytest.raises(RuntimeError, match="broken"):
        call(app, environ())


def test_a_call_has_a_context_of_its_own():
    variable = contextvars.ContextVar("variable", default="outside")

    def app(environ, start_response):
        variable.set("inside")
        start_response("200 OK", [])
        return [variable.get().encode()]

    assert call(app, environ()).body == b"inside"
    assert variable.get() == "outside"
