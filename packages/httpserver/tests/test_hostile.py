"""Clients that do what no browser does."""

from __future__ import annotations

import itertools
import socket
import struct
import threading
import time

import pytest

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
PATIENCE = 5


def reset(client):
    """Close with a reset."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def size_app(environ, start_response):
    """Answer with the size of the body."""
    size = len(environ["wsgi.input"].read())
    start_response("200 OK", [])
    return [b"%d bytes" % size]


@pytest.mark.slow
def test_ten_thousand_pipelined_requests_are_answered(serving, connect):
    client = connect(serving(wsgi_app=size_app))
    sender = threading.Thread(target=client.send, args=(GET * 10_000 + LAST,))
    sender.start()
    assert client.read().count(b"0 bytes") == 10_001
    sender.join()


@pytest.mark.slow
def test_a_long_pipeline_never_waits_for_somebody_to_look(serving, connect):
    def app(environ, start_response):
        # Long enough that another worker leads meanwhile.
        threading.Event().wait(0.003)
        start_response("200 OK", [])
        return [b""]

    client = connect(serving(wsgi_app=app, thread_pool=3))
    client.send(GET * 160 + LAST)
    # It takes half a second; one of the ten turns would wait for up to a second.
    began = time.monotonic()
    assert client.read().count(b"HTTP/1.1 200 OK") == 161
    assert time.monotonic() - began < PATIENCE


def test_others_are_served_while_somebody_pipelines(serving, connect, wait_until):
    count, go = itertools.count(), threading.Event()

    def app(environ, start_response):
        assert go.wait(PATIENCE)
        start_response("200 OK", [])
        return [b"place %d" % next(count)]

    server = serving(wsgi_app=app, thread_pool=1)
    greedy, modest = connect(server), connect(server)
    greedy.send(GET * 1000)
    wait_until(lambda: server.httpserver.requests.busy)
    modest.send(LAST)
    go.set()
    # Nobody has to wait until all of these are done.
    assert int(modest.read().rpartition(b"place ")[2]) < 100
    greedy.read_until(b"place 1000")


def test_a_body_of_very_many_small_chunks_arrives(serving, connect):
    client = connect(serving(wsgi_app=size_app))
    client.send(CHUNKED + b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n" + LAST)
    answer = client.read()
    assert b"50000 bytes" in answer
    assert answer.endswith(b"0 bytes")


@pytest.mark.slow
@pytest.mark.parametrize("head", [POST % 20_000, CHUNKED + b"4e20\r\n"], ids=["sized", "chunked"])
def test_late_bytes_of_a_body_that_drips_are_as_cheap_as_early_ones(
    serving,
    connect,
    monkeypatch,
    head,
    wait_until,
):
    # Each byte is read by itself.
    monkeypatch.setattr("cherrypy_httpserver.intake.RECEIVE", 1)
    server = serving(wsgi_app=size_app)
    client = connect(server)
    client.send(head)
    (connection,) = front_of(server, 1, wait_until)
    wait_until(lambda: connection.bytes_read == len(head))
    times = []
    for part in range(1, 5):
        began = time.process_time()
        client.send(b"x" * 5_000)
        wait_until(lambda n=part: connection.bytes_read == len(head) + n * 5_000)
        times.append(time.process_time() - began)
    client.send(b"\r\n0\r\n\r\n" if head.startswith(CHUNKED) else b"")
    assert client.read_until(b"20000 bytes")
    assert times[3] < 3 * times[0]


def front_of(server, count, wait_until):
    """Return the open connections of a server, when there are so many."""
    found = server.httpserver.front.open
    wait_until(lambda: len(found) == count)
    return list(found)


@pytest.mark.parametrize("request_", [LAST, POST % 4 + b"body", CHUNKED + b"2\r\nab\r\n0\r\n\r\n"])
def test_a_client_that_has_said_everything_gets_its_answer(serving, connect, request_):
    client = connect(serving(wsgi_app=size_app))
    client.send(request_)
    client.socket.shutdown(socket.SHUT_WR)
    assert client.read().endswith(b" bytes")


@pytest.mark.parametrize("half", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n"])
def test_half_a_request_is_none(serving, connect, half):
    calls = []
    client = connect(serving(wsgi_app=lambda *_: calls.append(1)))
    client.send(half)
    client.socket.shutdown(socket.SHUT_WR)
    assert client.read() == b""
    assert not calls


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [100, 300_000], ids=["without a worker", "with one"])
def test_a_reset_in_the_middle_of_an_upload_frees_everything(
    serving, connect, size, chunked, wait_until
):
    failed = []

    def app(environ, start_response):
        try:
            return size_app(environ, start_response)
        except OSError as error:
            failed.append(error)
            raise

    server = serving(wsgi_app=app, thread_pool=1)
    for _ in range(5):
        client = connect(server)
        head = CHUNKED + b"%x\r\n" % size if chunked else POST % size
        client.send(head + b"x" * (size // 2))
        if size > 1000:
            wait_until(lambda: server.httpserver.requests.busy)
        reset(client)
        wait_until(lambda: not server.httpserver.front.open)
    wait_until(lambda: server.httpserver.requests.busy == 0)
    # What was cut short has never looked like a shorter body.
    assert len(failed) == (5 if size > 1000 else 0)
    last = connect(server)
    last.send(LAST)
    assert last.read().endswith(b"0 bytes")


def test_a_reset_in_the_middle_of_a_download_frees_everything(
    serving, connect, tmp_path, wait_until
):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    files = []

    def app(environ, start_response):
        files.append(path.open("rb"))
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](files[-1])

    server = serving(wsgi_app=app, thread_pool=1)
    for number in range(3):
        client = connect(server)
        client.send(GET)
        client.read_until(b"\0" * 100)
        reset(client)
        wait_until(lambda n=number: len(files) > n and files[n].closed)
    wait_until(lambda: server.httpserver.requests.busy == 0)
    assert not server.httpserver.front.open


def test_a_reset_before_the_answer_costs_nothing(serving, connect, wait_until):
    inside, go = threading.Event(), threading.Event()

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/":
            inside.set()
            assert go.wait(PATIENCE)
        return size_app(environ, start_response)

    server = serving(wsgi_app=app, thread_pool=1)
    client = connect(server)
    client.send(GET)
    assert inside.wait(PATIENCE)
    reset(client)
    go.set()
    last = connect(server)
    last.send(LAST)
    assert last.read().endswith(b"0 bytes")
    wait_until(lambda: not server.httpserver.front.open)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nX: ",
        POST % 50_000 + b"x" * 1000,
        CHUNKED + b"ff\r\nx",
        CHUNKED + b"1\r\nx\r\n0\r\nTrailer: ",
    ],
    ids=["silent", "head", "body", "chunk", "trailer"],
)
def test_a_request_that_is_not_complete_holds_no_worker(serving, connect, begun, wait_until):
    server = serving(wsgi_app=size_app, thread_pool=1)
    front = server.httpserver.front
    crowd = [connect(server) for _ in range(20)]
    for client in crowd:
        client.send(begun)
    wait_until(
        lambda: (
            sum(c.bytes_read for c in list(front.open)) == 20 * len(begun)
            and len(front.open) == 20
        )
    )
    wait_until(lambda: server.httpserver.requests.busy == 0)
    last = connect(server)
    last.send(LAST)
    assert last.read().endswith(b"0 bytes")
