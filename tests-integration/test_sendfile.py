"""Static files are sent by the system, where the server can have that done."""

from __future__ import annotations

import os
import wsgiref.util

import pytest
import requests
from requests.exceptions import ChunkedEncodingError

import cherrypy
from cherrypy_testing import LiveServer
from cherrypy_testing.calling import call, make_environ

CONTENT = bytes(range(256)) * 1024


@pytest.fixture
def file(tmp_path):
    (tmp_path / "big.bin").write_bytes(CONTENT)
    return tmp_path / "big.bin"


@pytest.fixture
def ended():
    return []


@pytest.fixture
def app(file, ended):
    class Root:
        pass

    folder = {"tools.staticdir.on": True, "tools.staticdir.dir": str(file.parent)}
    app = cherrypy.Application(Root(), "", {"/": folder})
    app.merge({"/": {"hooks.on_end_request": lambda: ended.append(True)}})
    return app


@pytest.fixture
def sent(monkeypatch):
    """Give the list of what os.sendfile was asked for: (offset, bytes)."""
    calls = []
    real = os.sendfile

    def sendfile(out, number, offset, count):
        calls.append((offset, count))
        return real(out, number, offset, count)

    monkeypatch.setattr(os, "sendfile", sendfile)
    return calls


def test_our_server_sends_files_without_reading_them(app, sent, ended):
    with LiveServer(app) as server:
        response = requests.get(server.url + "/big.bin", timeout=10)
    assert response.content == CONTENT
    assert sent[0] == (0, len(CONTENT))
    assert ended == [True]


@pytest.mark.parametrize(
    ("method", "headers", "status", "content"),
    [
        ("GET", {"Range": "bytes=5-260"}, 206, CONTENT[5:261]),
        ("GET", {"Range": "bytes=0-1,5-6"}, 206, None),
        ("HEAD", {}, 200, b""),
        ("GET", {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304, b""),
    ],
)
def test_what_is_not_the_whole_file_is_not(app, sent, method, headers, status, content):
    with LiveServer(app) as server:
        response = requests.request(method, server.url + "/big.bin", headers=headers, timeout=10)
    assert response.status_code == status
    assert content is None or response.content == content
    assert sent == []


def test_other_servers_get_a_file_like_object(app, ended):
    wrapped = []

    def file_wrapper(file, size):
        wrapped.append((os.fstat(file.fileno()).st_size, file.tell(), size))
        return wsgiref.util.FileWrapper(file, size)

    environ = make_environ("GET", "http://127.0.0.1/big.bin")
    environ["wsgi.file_wrapper"] = file_wrapper
    answer = call(app, environ)
    assert answer.body == CONTENT
    assert wrapped == [(len(CONTENT), 0, 65536)]
    assert ended == [True]


def test_a_file_that_is_filtered_is_read(app, sent):
    app.merge({"/": {"tools.gzip.on": True, "tools.gzip.mime_types": ["*/*"]}})
    with LiveServer(app) as server:
        response = requests.get(server.url + "/big.bin", timeout=10)
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.content == CONTENT
    assert sent == []


def test_a_file_that_has_become_shorter_is_an_error_for_the_client(app, file, monkeypatch):
    real = os.sendfile

    def sendfile(*arguments):
        os.truncate(file, 1000)
        return real(*arguments)

    monkeypatch.setattr(os, "sendfile", sendfile)
    with LiveServer(app) as server, pytest.raises(ChunkedEncodingError):
        requests.get(server.url + "/big.bin", timeout=10)
