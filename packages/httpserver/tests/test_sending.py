"""Files as responses: `wsgi.file_wrapper`."""

from __future__ import annotations

import contextlib
import os

import pytest

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture
def ask(serving, connect):
    """Return a function: the answer to a request, until the server closes."""

    def ask(app):
        client = connect(serving(wsgi_app=app))
        client.send(LAST)
        return client.read()

    return ask


def test_a_file_is_sent_by_the_system(ask, tmp_path):
    path = tmp_path / "file"
    content = bytes(range(256)) * 1000
    path.write_bytes(content)

    def app(environ, start_response):
        file = path.open("rb")
        file.seek(256)
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](file)

    head, _, body = ask(app).partition(b"\r\n\r\n")
    assert b"Content-Length: 255744" in head
    assert body == content[256:]


def test_a_piece_of_a_file_is_as_long_as_the_application_says(ask, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")

    def app(environ, start_response):
        start_response("206 Partial Content", [("Content-Length", "4")])
        return environ["wsgi.file_wrapper"](path.open("rb"))

    assert ask(app).endswith(b"\r\n\r\n0123")


def test_what_is_no_file_on_disk_is_read(ask):
    import io

    def app(environ, start_response):
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](io.BytesIO(b"memory"))

    assert b"6\r\nmemory\r\n" in ask(app)


@pytest.mark.parametrize("path", ["/sendfile", "/read"])
def test_a_file_is_sent_by_sendfile_where_there_is_one(
    serving, connect, tmp_path, monkeypatch, front_kind, path
):
    calls = []
    real = getattr(os, "sendfile", None)

    def spy(*arguments):
        calls.append(arguments)
        return real(*arguments)

    # The portable front is one on a system that has none.
    assert (real is None) == (front_kind == "portable")
    if real is not None:
        monkeypatch.setattr("os.sendfile", spy)
    file = tmp_path / "file"
    file.write_bytes(b"content")

    def app(environ, start_response):
        start_response("200 OK", [])
        opened = file.open("rb")
        return environ["wsgi.file_wrapper"](opened) if path == "/sendfile" else opened

    client = connect(serving(wsgi_app=app))
    client.send(LAST)
    assert b"content" in client.read()
    assert bool(calls) == (path == "/sendfile" and real is not None)


def test_a_file_that_is_not_what_the_disk_has_is_read(serving, connect, tmp_path):
    import gzip
    import tempfile

    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(b"what it says" * 100))
    temporary = tempfile.NamedTemporaryFile()  # noqa: SIM115
    temporary.write(b"on disk")
    temporary.seek(0)

    def app(environ, start_response):
        start_response("200 OK", [])
        if environ["PATH_INFO"] == "/":
            return environ["wsgi.file_wrapper"](gzip.GzipFile(packed))
        return environ["wsgi.file_wrapper"](temporary)

    client = connect(serving(wsgi_app=app))
    client.send(GET + LAST)
    answer = client.read()
    assert b"what it says" * 100 in answer
    assert b"\r\nContent-Length: 7\r\n" in answer
    assert answer.endswith(b"on disk")


def test_a_file_that_shrinks_is_cut_and_not_padded(serving, connect, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")

    def app(environ, start_response):
        start_response("200 OK", [("Content-Length", "20")])
        return environ["wsgi.file_wrapper"](file.open("rb"))

    client = connect(serving(wsgi_app=app))
    client.send(GET + LAST)
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.socket.recv(1000):
            answer += piece
    assert answer.count(b"HTTP/1.1") <= 1
