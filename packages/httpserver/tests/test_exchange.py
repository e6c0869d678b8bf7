"""What applications answer, and what reaches the client."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading

import pytest

from cherrypy_wspbus import Bus

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
PATIENCE = 5


def answering(headers=(), body=(b"body",), status="200 OK"):
    def app(environ, start_response):
        start_response(status, list(headers))
        return body

    return app


@pytest.fixture
def ask(serving, connect):
    """Return a function: the answer to a request, until the server closes."""

    def ask(app, request=LAST, **settings):
        client = connect(serving(wsgi_app=app, **settings))
        client.send(request)
        return client.read()

    return ask


@pytest.fixture
def log():
    """Return a bus and the list of its errors."""
    bus, errors = Bus(), []
    bus.subscribe("log", lambda message, level: errors.append(message) if level >= 40 else None)
    return bus, errors


def test_a_list_is_sent_with_its_length(ask):
    head, _, body = ask(answering(body=[b"ab", b"", b"cd"])).partition(b"\r\n\r\n")
    assert b"\r\nContent-Length: 4\r\n" in head
    assert body == b"abcd"


def test_an_iterator_is_sent_in_chunks(ask):
    head, _, body = ask(answering(body=iter([b"ab", b"", b"cd"]))).partition(b"\r\n\r\n")
    assert b"\r\nTransfer-Encoding: chunked" in head
    assert body == b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"


def test_an_iterator_with_a_length_is_sent_as_it_is(ask):
    app = answering([("Content-Length", "4")], iter([b"ab", b"cd"]))
    head, _, body = ask(app).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert body == b"abcd"


def test_an_iterator_for_http_1_0_ends_with_the_connection(ask):
    request = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    head, _, body = ask(answering(body=iter([b"ab", b"cd"])), request).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert b"Keep-Alive" not in head
    assert body == b"abcd"


def test_http_1_0_may_keep_the_connection(serving, connect):
    client = connect(serving(wsgi_app=answering()))
    for _ in range(2):
        client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert b"\r\nConnection: Keep-Alive\r\n" in client.read_until(b"body")


def test_each_piece_is_sent_when_it_is_there(serving, connect):
    more = threading.Event()

    def pieces():
        yield b"first"
        more.wait(PATIENCE)
        yield b"second"

    client = connect(serving(wsgi_app=answering(body=pieces())))
    client.send(LAST)
    assert client.read_until(b"first")
    more.set()
    assert client.read().endswith(b"6\r\nsecond\r\n0\r\n\r\n")


def test_write_sends_before_what_is_returned(ask):
    def app(environ, start_response):
        write = start_response("200 OK", [])
        write(b"one ")
        write(b"two ")
        return [b"three"]

    assert ask(app).endswith(b"4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n")


@pytest.mark.parametrize("body", [[b"body"], iter([b"body"])], ids=["list", "iterator"])
def test_a_head_request_gets_no_body(ask, body):
    answer = ask(answering([("Content-Length", "4")], body), LAST.replace(b"GET", b"HEAD"))
    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: 4" in answer


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_responses_without_a_body_have_no_length(serving, connect, status):
    client = connect(serving(wsgi_app=answering(status=status, body=[b"x"])))
    client.send(GET + LAST)
    answer = client.read()
    assert answer.count(status.encode()) == 2
    assert b"Content-Length" not in answer
    assert answer.endswith(b"\r\n\r\n")


def test_pipelined_requests_are_answered_in_order(ask):
    def app(environ, start_response):
        start_response("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    many = b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(50))
    answers = ask(app, many + LAST).split(b"HTTP/1.1 200 OK")
    assert [a.rpartition(b"\r\n")[2] for a in answers[1:]] == [
        *(b"/%d" % n for n in range(50)),
        b"/last",
    ]


def test_a_request_may_come_byte_by_byte(serving, connect, app):
    client = connect(serving(wsgi_app=app))
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok":
        client.send(bytes([byte]))
    assert client.read().endswith(b"POST /x ok")


def test_date_and_server_are_added_unless_the_application_has_them(ask):
    answer = ask(answering())
    assert b"\r\nDate: " in answer
    assert b"\r\nServer: cherrypy-httpserver/" in answer
    answer = ask(answering([("date", "today"), ("SERVER", "mine")]))
    assert answer.lower().count(b"\r\ndate: ") == answer.lower().count(b"\r\nserver: ") == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("X", "a\r\nSet-Cookie: b")], "200 OK"),
        ([("X", "a\nb")], "200 OK"),
        ([("X", "a\0b")], "200 OK"),
        ([("X Y", "a")], "200 OK"),
        ([("X", b"a")], "200 OK"),
        ([("X", 5)], "200 OK"),
        ([(b"X", "a")], "200 OK"),
        ([("X", "a", "b")], "200 OK"),
        ([("X", "\u20ac")], "200 OK"),
        ([("Content-Length", "+4")], "200 OK"),
        ([("Content-Length", "4"), ("content-length", "5")], "200 OK"),
        ([], "200 OK\r\nX: y"),
        ([], "OK"),
        ([], "20 OK"),
    ],
)
def test_what_would_split_or_confuse_a_response_is_never_sent(ask, log, headers, status):
    bus, errors = log
    answer = ask(answering(headers, status=status), bus=bus)
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert len(errors) == 1


def test_chunking_is_the_business_of_the_server(ask):
    answer = ask(answering([("Transfer-Encoding", "chunked")]))
    assert b"Transfer-Encoding" not in answer
    assert answer.endswith(b"\r\n\r\nbody")


def test_the_application_may_close_the_connection(ask):
    assert ask(answering([("Connection", "close")]), GET).endswith(b"body")


def test_more_than_was_declared_never_reaches_the_client(ask, log):
    app = answering([("Content-Length", "2")], iter([b"ab", b"cd"]))
    with contextlib.suppress(ConnectionError):
        assert ask(app, GET + LAST, bus=log[0]).endswith(b"\r\n\r\nab")
    assert len(log[1]) == 1


def test_less_than_was_declared_closes_the_connection(serving, connect, log):
    client = connect(serving(log[0], answering([("Content-Length", "9")])))
    client.send(GET + LAST)
    with contextlib.suppress(ConnectionResetError):
        assert client.read().count(b"HTTP/1.1") == 1
    assert "5 bytes shorter" in log[1][0]


@pytest.mark.parametrize(
    "error", [ValueError, RecursionError, MemoryError, GeneratorExit, BaseException, OSError]
)
def test_no_error_of_an_application_costs_a_worker(serving, connect, log, error):
    def app(environ, start_response):
        if environ["PATH_INFO"] == "/last":
            start_response("200 OK", [])
            return [b"fine"]
        raise error

    server = serving(log[0], app, thread_pool=1)
    threads = list(server.httpserver.requests._threads)
    for _ in range(3):
        client = connect(server)
        client.send(GET)
        assert client.read().startswith(b"HTTP/1.1 500 ")
    client = connect(server)
    client.send(LAST)
    assert client.read().endswith(b"fine")
    assert server.httpserver.requests._threads == threads
    assert len(log[1]) == 3


def test_endless_recursion_is_an_error_like_others(serving, connect, log):
    def app(environ, start_response):
        return app(environ, start_response)

    server = serving(log[0], app, thread_pool=1)
    for _ in range(2):
        client = connect(server)
        client.send(GET)
        assert client.read().startswith(b"HTTP/1.1 500 ")


def test_an_error_behind_the_head_ends_the_connection(serving, connect, log):
    def body():
        yield b"begin"
        raise ValueError

    client = connect(serving(log[0], answering(body=body())))
    client.send(GET + LAST)
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.socket.recv(1000):
            data += piece
    assert not data.endswith(b"0\r\n\r\n")
    assert data.count(b"HTTP/1.1") <= 1
    assert "ValueError" in log[1][0]


def test_start_response_may_be_repeated_with_an_error(ask):
    def app(environ, start_response):
        start_response("200 OK", [("X", "first")])
        try:
            int("x")
        except ValueError as error:
            start_response("500 Oops", [], (type(error), error, None))
        return [b"sorry"]

    answer = ask(app)
    assert answer.startswith(b"HTTP/1.1 500 Oops\r\n")
    assert b"first" not in answer


def test_start_response_twice_or_never_is_a_mistake(ask, log):
    def twice(environ, start_response):
        start_response("200 OK", [])
        start_response("200 OK", [])
        return []

    assert ask(twice, bus=log[0]).startswith(b"HTTP/1.1 500 ")
    assert ask(lambda environ, start_response: [b"x"], bus=log[0]).startswith(b"HTTP/1.1 500 ")


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_an_application_that_wants_the_end_gets_it_in_good_order(
    serving, connect, error, wait_until
):
    def app(environ, start_response):
        raise error

    bus = Bus()
    exited = threading.Event()
    bus.subscribe("exit", exited.set)
    bus.may_exit_process = False
    server = serving(bus, app)
    client = connect(server)
    client.send(GET)
    assert client.read().startswith(b"HTTP/1.1 503 ")
    assert exited.wait(PATIENCE)
    assert isinstance(server.interrupt, error)
    wait_until(lambda: not server.httpserver.ready)
    assert server.httpserver.requests._threads == []


@pytest.mark.parametrize("length", [b"", b"Content-Length"])
def test_a_client_that_disappears_frees_its_worker_and_closes_the_body(
    serving, connect, length, wait_until
):
    class Body:
        closed = threading.Event()

        def __iter__(self):
            while True:
                yield b"x" * 100_000

        def close(self):
            self.closed.set()

    headers = [("Content-Length", str(10**12))] if length else []
    server = serving(wsgi_app=answering(headers, Body()), thread_pool=1)
    client = connect(server)
    client.send(GET)
    client.read_until(b"xxx")
    client.close()
    assert Body.closed.wait(PATIENCE)
    wait_until(lambda: server.httpserver.requests.busy == 0)
    Body.closed.clear()


def test_a_response_that_is_not_read_holds_no_worker(serving, connect, wait_until):
    big = [b"x" * 20_000_000]

    def app(environ, start_response):
        start_response("200 OK", [])
        return [b"small"] if environ["PATH_INFO"] == "/last" else big

    server = serving(wsgi_app=app, thread_pool=1)
    lazy = connect(server)
    lazy.send(GET + LAST)
    wait_until(lambda: server.httpserver.requests.requests == 1)
    other = connect(server)
    other.send(LAST)
    assert other.read().endswith(b"small")
    answer = lazy.read()
    assert answer.count(b"x" * 1000) == 20_000
    assert answer.endswith(b"small")


def test_errors_of_the_log_do_not_cost_a_worker(serving, connect):
    def log(message, level):
        raise ValueError

    bus = Bus()
    bus.subscribe("log", log)

    def app(environ, start_response):
        raise KeyError

    server = serving(wsgi_app=app, thread_pool=1)
    server.httpserver.server_adapter.bus = bus
    for _ in range(2):
        client = connect(server)
        client.send(GET)
        assert client.read().startswith(b"HTTP/1.1 500 ")


def test_wsgi_u_0_has_decoded_paths(ask):
    def app(environ, start_response):
        start_response("200 OK", [])
        return [repr((environ["PATH_INFO"], environ["wsgi.url_encoding"])).encode()]

    settings = {"wsgi_version": ("u", 0)}
    request = LAST.replace(b"/last", b"/%C3%A9")
    assert ask(app, request, **settings).endswith("('/é', 'utf-8')".encode())
    request = LAST.replace(b"/last", b"/%E9")
    assert ask(app, request, **settings).endswith("('/é', 'ISO-8859-1')".encode())


def test_the_level_of_a_failure_is_error(serving, connect):
    levels = []
    bus = Bus()
    bus.subscribe("log", lambda message, level: levels.append(level))

    def app(environ, start_response):
        raise KeyError

    client = connect(serving(bus, app))
    client.send(GET)
    client.read()
    assert logging.ERROR in levels
