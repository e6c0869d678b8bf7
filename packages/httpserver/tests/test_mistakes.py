"""What applications get wrong: the client gets an answer, and the next request is not harmed."""

from __future__ import annotations

import io
import itertools
import sys
import threading

import pytest

from cherrypy_wspbus import Bus

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
FINE = b"\r\n\r\nfine"


@pytest.fixture
def ask(serving, connect):
    """Return a function: the answers to a request that `app` gets, and to one behind it."""

    def ask(app, request=GET, **settings):
        def both(environ, start_response):
            if environ["PATH_INFO"] != "/last":
                return app(environ, start_response)
            start_response("200 OK", [])
            return [b"fine"]

        client = connect(serving(wsgi_app=both, **settings))
        client.send(request + LAST)
        data = b""
        try:
            while piece := client.socket.recv(65536):
                data += piece
        except ConnectionResetError:
            data += b"<reset>"
        return data

    return ask


@pytest.fixture
def log():
    """Return a bus and the list of its errors."""
    bus, errors = Bus(), []
    bus.subscribe("log", lambda message, level: errors.append(message) if level >= 40 else None)
    return bus, errors


def answering(body, status="200 OK", headers=()):
    def app(environ, start_response):
        start_response(status, list(headers))
        return body

    return app


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("body", [["text"], "text", [1], [b"", "text"], None, 5], ids=repr)
def test_a_body_that_is_not_made_of_bytes_is_answered_with_500(ask, log, body, streamed):
    made = iter(body) if streamed and isinstance(body, list) else body
    answer = ask(answering(made), bus=log[0])
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert answer.count(b"HTTP/1.1") == 1
    assert not answer.endswith(b"<reset>")
    assert len(log[1]) == 1


@pytest.mark.parametrize("request_", [GET, HEAD])
@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
@pytest.mark.parametrize("length", [(), [("Content-Length", "4")]], ids=["open", "declared"])
@pytest.mark.parametrize("by", ["list", "iterator", "write"])
def test_a_body_where_there_must_be_none_never_reaches_the_client(
    ask, request_, status, length, by
):
    def app(environ, start_response):
        write = start_response(status, list(length))
        if by == "write":
            write(b"bo")
            write(b"dy")
            return []
        return [b"body"] if by == "list" else iter([b"bo", b"dy"])

    answer = ask(app, request_)
    assert answer.count(b"HTTP/1.1") == 2
    assert b"body" not in answer
    assert answer.endswith(FINE)
    # RFC 9110 section 8.6: never with 204.
    declared = b"\r\nContent-Length: 4\r\n" in answer.split(b"\r\n\r\n")[0]
    assert declared == (bool(length) and status.startswith("304"))


@pytest.mark.parametrize("by", ["list", "iterator", "write"])
def test_a_body_of_an_answer_to_head_never_reaches_the_client(ask, by):
    def app(environ, start_response):
        write = start_response("200 OK", [])
        if by == "write":
            write(b"body")
            return [b"body"]
        return [b"body"] if by == "list" else iter([b"body", b"body"])

    answer = ask(app, HEAD)
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert b"body" not in answer
    assert answer.endswith(FINE)


def test_an_interim_status_is_no_answer(ask):
    assert ask(answering([], "100 Continue")).startswith(b"HTTP/1.1 500 ")
    assert ask(answering([], "103 Early Hints")).startswith(b"HTTP/1.1 500 ")


def test_nothing_is_http_behind_a_switch_of_protocols_that_nobody_takes_over(ask):
    answer = ask(answering([], "101 Switching Protocols", [("Upgrade", "x")]))
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("by", ["iterator", "write"])
def test_what_exceeds_the_declared_length_is_not_the_next_answer(ask, by):
    def app(environ, start_response):
        write = start_response("200 OK", [("Content-Length", "2")])
        if by == "write":
            write(b"a")
            write(b"bHTTP/1.1 200 OK\r\n\r\n")
            return []
        return iter([b"a", b"b", b"HTTP/1.1 200 OK\r\n\r\n"])

    answer = ask(app)
    assert answer.count(b"HTTP/1.1") == 1
    assert answer.removesuffix(b"<reset>").partition(b"\r\n\r\n")[2] in (b"a", b"ab")


def test_an_error_behind_the_head_cannot_be_replaced_by_another_head(ask, log):
    def app(environ, start_response):
        start_response("200 OK", [])(b"begin")
        try:
            _ = 1 / 0
        except ZeroDivisionError:
            start_response("500 Oops", [], sys.exc_info())
        return [b"never"]

    answer = ask(app, bus=log[0])
    # The reset may have overtaken it.
    assert answer.count(b"HTTP/1.1") <= 1
    assert b"never" not in answer
    assert b"\r\n0\r\n\r\n" not in answer
    assert "ZeroDivisionError" in log[1][0]


def test_start_response_may_be_called_by_the_iterator(ask):
    def app(environ, start_response):
        start_response("201 Created", [])
        yield b"made"

    answer = ask(app)
    assert answer.startswith(b"HTTP/1.1 201 Created\r\n")
    assert answer.endswith(FINE)


class Failing(list):
    """A body whose `close` fails."""

    error = ValueError

    def close(self):
        raise self.error


@pytest.mark.parametrize("error", [ValueError, RecursionError, MemoryError])
def test_an_error_of_close_is_logged_and_harms_no_answer(ask, log, error):
    body = Failing([b"whole"])
    body.error = error
    answer = ask(answering(body), bus=log[0])
    assert b"5\r\nwhole\r\n0\r\n\r\n" in answer
    assert answer.endswith(FINE)
    assert error.__name__ in log[1][0]


def endless():
    return endless()


def recursive():
    yield b"begin"
    endless()


class Iterable:
    def __iter__(self):
        return endless()


@pytest.mark.parametrize("make", [recursive, Iterable, lambda: [bytes(1 << 62)]])
def test_an_error_while_the_body_is_made_costs_no_worker(serving, connect, make):
    def app(environ, start_response):
        start_response("200 OK", [])
        return [b"fine"] if environ["PATH_INFO"] == "/last" else make()

    server = serving(wsgi_app=app, thread_pool=1)
    threads = list(server.httpserver.requests._threads)
    for _ in range(3):
        client = connect(server)
        client.send(GET)
        try:
            client.read()
        except ConnectionResetError:
            assert make is recursive
    client = connect(server)
    client.send(LAST)
    assert client.read().endswith(FINE)
    assert server.httpserver.requests._threads == threads


def spoil(body):
    body.close()


def wrap(body):
    # The wrapper closes what it wraps when it is collected.
    io.TextIOWrapper(body).read()


def fetch(body):
    body._fetch()
    assert body.closed


def write(body):
    with pytest.raises(io.UnsupportedOperation):
        body.write(b"GET /evil HTTP/1.1\r\n\r\n")
    with pytest.raises(io.UnsupportedOperation):
        body.writelines([b"x"])
    assert not body.writable()
    assert body.truncate(5) == 0


@pytest.mark.parametrize("do", [spoil, wrap, fetch, write])
def test_nothing_done_to_the_input_is_seen_by_the_next_request(serving, connect, do):
    def app(environ, start_response):
        body = environ["wsgi.input"]
        assert not body.closed
        assert body.read() == b""
        assert list(body.read_trailer_lines()) == []
        do(body)
        start_response("200 OK", [])
        return [b"fine"]

    client = connect(serving(wsgi_app=app))
    client.send(GET + GET + LAST)
    assert client.read().count(FINE) == 3


@pytest.mark.parametrize("size", [10, 200_000])
def test_a_request_whose_application_fails_leaves_nothing_for_the_next(ask, size):
    def app(environ, start_response):
        raise ValueError

    evil = b"GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"
    body = evil * (size // len(evil) + 1)
    answer = ask(
        app, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_the_requests_of_others_are_finished_before_the_end(serving, connect, error):
    inside, go, exited = threading.Event(), threading.Event(), threading.Event()

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/":
            raise error
        inside.set()
        assert go.wait(5)
        start_response("200 OK", [])
        return [b"fine"]

    bus = Bus()
    bus.subscribe("exit", exited.set)
    bus.may_exit_process = False
    server = serving(bus, app)
    slow, last = connect(server), connect(server)
    slow.send(LAST)
    assert inside.wait(5)
    last.send(GET)
    assert last.read().startswith(b"HTTP/1.1 503 ")
    go.set()
    assert slow.read().endswith(FINE)
    assert exited.wait(5)


def closed(client):
    """Tell whether the server closes without a word."""
    try:
        return client.read() == b""
    except ConnectionResetError:
        return True


def test_a_subclass_of_connection_that_fails_does_not_stop_the_listening(serving, connect, log):
    from cherrypy_httpserver.wsgi import WSGIConnection

    seen = itertools.count()

    class Moody(WSGIConnection):
        def __init__(self, *arguments):
            if not next(seen):
                raise ZeroDivisionError
            super().__init__(*arguments)

    server = serving(log[0])
    server.httpserver.ConnectionClass = Moody
    assert closed(connect(server))
    client = connect(server)
    client.send(LAST)
    assert client.read().endswith(b"GET /last ")
    assert "ZeroDivisionError" in log[1][0]


def test_a_connection_that_does_not_fit_into_the_set_is_closed(
    serving, connect, monkeypatch, wait_until
):
    server = serving()
    # The listening socket goes into the set, too.
    wait_until(lambda: server.httpserver.front.armed)
    poller = server.httpserver.front.poller
    add, full = poller.add, [True]

    def no_room(number, events):
        if full:
            full.clear()
            raise OSError(28, "No space left on device")
        add(number, events)

    monkeypatch.setattr(poller, "add", no_room)
    assert closed(connect(server))
    assert not full
    client = connect(server)
    client.send(LAST)
    assert client.read().endswith(b"GET /last ")
