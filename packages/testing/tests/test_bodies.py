from __future__ import annotations

import io

import pytest

from cherrypy_testing.bodies import encode_body, encode_fields, encode_multipart


def test_fields_are_urlencoded():
    assert encode_fields({"a": "b c", "d": ["1", 2], "e": "\u00e9"}) == "a=b+c&d=1&d=2&e=%C3%A9"
    assert encode_fields([("a", 1), ("a", 2)]) == "a=1&a=2"


@pytest.mark.parametrize(
    ("arguments", "body", "media_type"),
    [
        ({}, None, None),
        ({"data": b"raw"}, b"raw", None),
        ({"data": "t\u00e9xt"}, "t\u00e9xt".encode(), None),
        ({"data": {"a": 1}}, b"a=1", "application/x-www-form-urlencoded"),
        ({"data": {}}, b"", "application/x-www-form-urlencoded"),
        ({"json": {"a": [1]}}, b'{"a": [1]}', "application/json"),
        ({"json": False}, b"false", "application/json"),
    ],
)
def test_a_body_has_its_type(arguments, body, media_type):
    assert encode_body(**arguments) == (body, media_type)


@pytest.mark.parametrize(
    "arguments",
    [{"json": 1, "data": {}}, {"json": 1, "files": {}}, {"files": {}, "data": b"raw"}],
)
def test_two_kinds_of_bodies_are_refused(arguments):
    with pytest.raises(TypeError):
        encode_body(**arguments)


def parts(body, media_type):
    boundary = media_type.partition("boundary=")[2].encode()
    first, *middle, last = body.split(b"--" + boundary)
    assert (first, last) == (b"", b"--\r\n")
    split = [part.strip(b"\r\n").partition(b"\r\n\r\n") for part in middle]
    return [(head.decode(), content) for head, _, content in split]


def test_files_and_fields_are_parts(tmp_path):
    path = tmp_path / "page.html"
    path.write_bytes(b"<p>")
    with path.open("rb") as opened:
        body, media_type = encode_multipart(
            {"name": "value", "many": [1, 2]},
            {
                "bytes": b"abc",
                "path": path,
                "open": opened,
                "named": ('a"b\r\n.png', "text"),
                "typed": [("one.bin", io.BytesIO(b"1"), "x/one"), ("two.bin", b"2", "x/two")],
            },
        )
    assert media_type.startswith("multipart/form-data; boundary=")
    prefix = "Content-Disposition: form-data; name="
    assert parts(body, media_type) == [
        (prefix + '"name"', b"value"),
        (prefix + '"many"', b"1"),
        (prefix + '"many"', b"2"),
        (
            prefix + '"bytes"; filename="file"\r\nContent-Type: application/octet-stream',
            b"abc",
        ),
        (prefix + '"path"; filename="page.html"\r\nContent-Type: text/html', b"<p>"),
        (prefix + '"open"; filename="page.html"\r\nContent-Type: text/html', b"<p>"),
        (prefix + '"named"; filename="a%22b%0D%0A.png"\r\nContent-Type: image/png', b"text"),
        (prefix + '"typed"; filename="one.bin"\r\nContent-Type: x/one', b"1"),
        (prefix + '"typed"; filename="two.bin"\r\nContent-Type: x/two', b"2"),
    ]
