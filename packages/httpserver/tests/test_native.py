"""Serving without WSGI, and cheroot's gateways."""

from __future__ import annotations

import pytest
from cheroot.server import Gateway

from cherrypy_httpserver import WSGIServer
from cherrypy_httpserver.native import NativeServer
from cherrypy_httpserver.upgrade import UPGRADE_KEY

LAST = (
    b"POST /a%20b?q HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nContent-Length: 4\r\n"
    b"Connection: close\r\n\r\nbody"
)


@pytest.fixture
def ask(serving, connect):
    def ask(instance, request=LAST):
        client = connect(serving(instance=instance))
        client.send(request)
        return client.read()

    return ask


def test_a_callable_answers_requests(ask):
    def answer(request):
        text = (
            f"{request.method} {request.path} {request.query} {request.target} {request.version} "
            f"{request.header('x-one')} {request.header('Content-Length')} "
            f"{request.header('Absent', 'none')} {request.remote_addr} "
        )
        assert request.remote_port > 0
        return 201, [("X-Two", "2")], [text.encode(), request.body.read()]

    head, _, body = ask(lambda settings: NativeServer(settings, answer)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 201 Created\r\n")
    assert b"\r\nX-Two: 2\r\n" in head
    assert body == b"POST /a b q /a%20b?q (1, 1) 1 4 none 127.0.0.1 body"


def test_a_native_answer_may_be_streamed_and_is_closed(ask):
    closed = []

    def pieces():
        try:
            yield b"one"
            yield b"two"
        finally:
            closed.append(True)

    answer = ask(lambda settings: NativeServer(settings, lambda _: ("200 Fine", [], pieces())))
    assert answer.startswith(b"HTTP/1.1 200 Fine\r\n")
    assert answer.endswith(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
    assert closed == [True]


def test_a_native_connection_can_be_upgraded(serving, connect):
    class Handler:
        def opened(self, channel):
            channel.send(b"up")
            channel.close()

        def closed(self, error):
            pass

    def answer(request):
        assert UPGRADE_KEY in request.environ
        request.upgrade(Handler())
        return 101, [("Upgrade", "x")], []

    client = connect(serving(instance=lambda settings: NativeServer(settings, answer)))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
    assert client.read().endswith(b"\r\n\r\nup")


def test_a_gateway_of_cheroots_kind_answers(ask):
    class Plain(Gateway):
        def respond(self):
            request = self.req
            assert request.server.gateway is Plain
            assert (request.scheme, request.request_protocol) == (b"http", b"HTTP/1.1")
            assert request.inheaders[b"X-One"] == b"1"
            assert request.conn.remote_addr == "127.0.0.1"
            request.status = b"200 OK"
            request.outheaders.append((b"X-Two", b"2"))
            request.ensure_headers_sent()
            assert request.sent_headers
            assert request.chunked_write
            request.write(request.method + b" " + request.path + b" " + request.qs + b" ")
            request.write(request.rfile.read())

    def instance(settings):
        made = WSGIServer(settings)
        made.gateway = Plain
        return made

    head, _, body = ask(instance).partition(b"\r\n\r\n")
    assert b"\r\nX-Two: 2\r\n" in head
    assert body == b"c\r\nPOST /a b q \r\n4\r\nbody\r\n0\r\n\r\n"


def test_a_gateway_may_answer_simply(ask):
    class Simple(Gateway):
        def respond(self):
            self.req.simple_response("404 Not Found", "nothing")

    def instance(settings):
        made = WSGIServer(settings)
        made.gateway = Simple
        return made

    answer = ask(instance, LAST.replace(b"Connection: close\r\n", b""))
    assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert answer.endswith(b"\r\n\r\nnothing")
