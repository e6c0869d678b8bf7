from __future__ import annotations

import pytest

from cherrypy_testing.response import Headers, Response


def response(*headers, body=b"", status="200 OK"):
    return Response(status, headers, body, url="http://localhost/", method="GET")


def test_header_names_may_be_written_in_any_case():
    headers = Headers([("Content-Type", "text/html"), ("X-One", "1"), ("x-one", "2")])
    assert headers["content-type"] == "text/html"
    assert headers["X-ONE"] == "1, 2"
    assert headers.get_all("x-One") == ["1", "2"]
    assert "X-one" in headers
    assert "x-two" not in headers
    assert 5 not in headers
    assert len(headers) == 2
    assert sorted(name.lower() for name in headers) == ["content-type", "x-one"]
    assert headers.get("X-Two") is None
    with pytest.raises(KeyError):
        headers["X-Two"]


def test_cookies_are_not_joined():
    made = response(("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", 'b="2, 3"'))
    assert made.headers["set-cookie"] == "a=1; Path=/"
    assert made.cookies == {"a": "1", "b": "2, 3"}


def test_the_status_is_a_number_too():
    made = response(status="404 Not Found")
    assert (made.status, made.status_code, made.ok) == ("404 Not Found", 404, False)
    assert response(status="302 Found").ok


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", "h\u00e9".encode()),
        ("text/html;charset=utf-8", "h\u00e9".encode()),
        ('text/html; Charset="iso-8859-1"', b"h\xe9"),
        (None, "h\u00e9".encode()),
    ],
)
def test_the_text_is_in_the_charset_that_was_named(content_type, body):
    headers = [("Content-Type", content_type)] if content_type else []
    assert response(*headers, body=body).text == "h\u00e9"


def test_text_in_another_charset_is_an_error():
    with pytest.raises(UnicodeDecodeError):
        response(body=b"\xff").text  # noqa: B018  (it must fail)
    with pytest.raises(LookupError):
        response(("Content-Type", "text/html; charset=klingon"), body=b"x").text  # noqa: B018


def test_json_is_read():
    assert response(body=b'{"a": 1}').json() == {"a": 1}
    with pytest.raises(ValueError, match="Expecting value"):
        response(body=b"<html>").json()


def test_a_response_describes_itself():
    assert repr(response(body=b"abc")) == "<Response GET http://localhost/: 200 OK, 3 bytes>"
