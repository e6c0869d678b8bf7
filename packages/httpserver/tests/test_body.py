"""Bodies of requests: whole, in pieces, too long, too short, unread."""

from __future__ import annotations

import random
import threading

import pytest

from cherrypy_httpserver.errors import BodyError

HEAD = b"POST /b HTTP/1.1\r\nHost: a\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PATIENCE = 5
BIG = bytes(range(256)) * 1024


def sized(body, more=b""):
    return HEAD + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


def in_chunks(body, size=7000):
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def app_that(reads):
    """Return an application that answers with what `reads(input)` returns."""

    def app(environ, start_response):
        result = reads(environ["wsgi.input"]) if environ["PATH_INFO"] == "/b" else b"last"
        start_response("200 OK", [])
        return [result if isinstance(result, bytes) else repr(result).encode()]

    return app


@pytest.mark.parametrize(
    "request_",
    [sized(b"small"), CHUNKED + in_chunks(b"small"), sized(BIG), CHUNKED + in_chunks(BIG)],
    ids=["small", "small-chunked", "big", "big-chunked"],
)
@pytest.mark.parametrize(
    "reads",
    [
        lambda body: body.read(),
        lambda body: b"".join(iter(lambda: body.read(1000), b"")),
        b"".join,
        lambda body: b"".join(body.readlines()),
        lambda body: b"".join(iter(lambda: body.readline(100), b"")),
        lambda body: b"".join(iter(lambda: _into(body), b"")),
    ],
    ids=["all", "pieces", "lines", "readlines", "readline", "readinto"],
)
def test_a_body_arrives_however_it_is_sent_and_read(serving, connect, request_, reads):
    client = connect(serving(wsgi_app=app_that(reads)))
    client.send(request_ + LAST)
    answer = client.read()
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    expected = BIG if len(request_) > 1000 else b"small"
    assert expected in answer
    assert answer.endswith(b"last")


def _into(body):
    buffer = bytearray(999)
    return bytes(buffer[: body.readinto(buffer)])


@pytest.mark.parametrize("size", [0, 5, 200_000])
def test_a_body_may_be_fetched_chunk_by_chunk_as_with_cheroot(serving, connect, size):
    def reads(body):
        assert not body.closed
        chunks = []
        while True:
            body._fetch()
            if body.closed:
                return b"".join(chunks)
            chunks.append(body.buffer)
            body.buffer = b""

    data = random.Random(1).randbytes(size)
    client = connect(serving(wsgi_app=app_that(reads)))
    client.send(CHUNKED + in_chunks(data, 10_000) + LAST)
    answer = client.read()
    assert data in answer
    assert answer.endswith(b"last")


@pytest.mark.parametrize("size", [5, 200_000])
def test_what_has_been_fetched_can_be_read_too(serving, connect, size):
    def reads(body):
        body._fetch()
        assert body.buffer
        return body.read(2) + body.read()

    client = connect(serving(wsgi_app=app_that(reads)))
    client.send(CHUNKED + in_chunks(b"x" * size) + LAST)
    assert b"x" * size in client.read()


def test_nothing_is_read_past_the_end_of_a_body(serving, connect):
    client = connect(serving(wsgi_app=app_that(lambda body: (body.read(), body.read(5)))))
    client.send(sized(b"x") + LAST)
    answer = client.read()
    assert b"(b'x', b'')" in answer
    assert answer.endswith(b"last")


@pytest.mark.parametrize("request_", [sized(b"small"), CHUNKED + in_chunks(b"small")])
def test_a_small_body_that_nobody_reads_does_not_become_the_next_request(
    serving, connect, request_
):
    client = connect(serving(wsgi_app=app_that(lambda body: b"ignored")))
    client.send(request_ + LAST)
    answer = client.read()
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.endswith(b"last")


@pytest.mark.parametrize(
    "request_",
    [sized(LAST * 5000), CHUNKED + in_chunks(LAST * 5000, 4000)],
    ids=["sized", "chunked"],
)
@pytest.mark.parametrize("reads", [lambda body: b"", lambda body: body.read(1000)[:0]])
def test_a_large_body_that_is_not_read_to_its_end_closes_the_connection(
    serving, connect, request_, reads
):
    client = connect(serving(wsgi_app=app_that(reads)))
    client.send(request_ + LAST)
    answer = client.read()
    assert answer.count(b"HTTP/1.1") == 1
    assert b"\r\nConnection: close\r\n" in answer


@pytest.mark.parametrize("size", [5, 100_000])
@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_that_is_cut_short_is_an_error(serving, connect, size, chunked):
    raised = []

    def reads(body):
        try:
            return body.read()
        except BodyError as error:
            raised.append(error)
            raise

    client = connect(serving(wsgi_app=app_that(reads)))
    body = b"x" * size
    client.send((CHUNKED + in_chunks(body) if chunked else sized(body))[:-3])
    client.socket.shutdown(1)
    assert client.read().startswith(b"HTTP/1.1 400 ")
    # A small one does not even reach the application.
    assert len(raised) == (size > 1000)


def test_an_application_that_swallows_the_error_cannot_hide_it(serving, connect):
    def reads(body):
        try:
            body.read()
        except OSError:
            return b"all is well"

    client = connect(serving(wsgi_app=app_that(reads)))
    client.send(sized(b"x" * 100_000)[:-6])
    client.socket.shutdown(1)
    answer = client.read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"all is well" not in answer


@pytest.mark.parametrize("size", [101, 100_000])
def test_a_chunked_body_above_the_limit_is_refused(serving, connect, size):
    client = connect(serving(wsgi_app=app_that(lambda b: b.read()), max_request_body_size=100))
    client.send(CHUNKED + in_chunks(b"x" * size))
    assert client.read().startswith(b"HTTP/1.1 413 ")


def test_a_large_chunked_body_above_the_limit_is_refused_while_it_is_read(serving, connect):
    client = connect(serving(wsgi_app=app_that(lambda b: b.read()), max_request_body_size=200_000))
    client.send(CHUNKED + in_chunks(b"x" * 201_000))
    assert client.read().startswith(b"HTTP/1.1 413 ")


def test_trailers_are_there_after_the_body_and_nowhere_else(serving, connect):
    def reads(body):
        body.read()
        return (body.trailers, list(body.read_trailer_lines()))

    for size in (5, 100_000):
        client = connect(serving(wsgi_app=app_that(reads)))
        body = in_chunks(b"x" * size)[:-2]
        client.send(CHUNKED + body + b"X-Sum: 1\r\nHost: evil\r\n\r\n" + LAST)
        answer = client.read()
        assert b"[(b'x-sum', b'1'), (b'host', b'evil')]" in answer
        assert b"[b'x-sum: 1\\r\\n', b'host: evil\\r\\n']" in answer
        assert answer.endswith(b"last")


def test_the_client_is_told_to_continue_when_the_body_is_read(serving, connect):
    reached, go = threading.Event(), threading.Event()

    def reads(body):
        reached.set()
        assert go.wait(PATIENCE)
        return body.read()

    client = connect(serving(wsgi_app=app_that(reads)))
    client.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    assert reached.wait(PATIENCE)
    client.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.socket.recv(1)
    client.socket.settimeout(PATIENCE)
    go.set()
    assert client.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(b"body" + LAST)
    answer = client.read()
    assert b"\r\n\r\nbody" in answer
    assert answer.endswith(b"last")


def test_a_body_that_is_not_wanted_is_not_asked_for(serving, connect):
    client = connect(serving(wsgi_app=app_that(lambda body: b"no, thanks")))
    client.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    answer = client.read()
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"no, thanks")


def test_a_body_that_comes_without_being_asked_for_needs_no_continue(serving, connect):
    client = connect(serving(wsgi_app=app_that(lambda body: body.read())))
    client.send(sized(b"body", b"Expect: 100-continue\r\n") + LAST)
    assert b"100 Continue" not in client.read()


@pytest.mark.parametrize("more", [b"", b"Expect: 100-continue\r\n"])
def test_a_client_that_does_not_wait_is_not_told_to_continue(serving, connect, more):
    client = connect(serving(wsgi_app=app_that(lambda body: b"%d bytes" % len(body.read()))))
    client.send(sized(b"x" * 100_000, more) + LAST)
    answer = client.read()
    assert b"100 Continue" not in answer
    assert b"100000 bytes" in answer


@pytest.mark.parametrize("request_", [sized(LAST * 5000), CHUNKED + in_chunks(LAST * 5000, 4000)])
def test_an_application_cannot_keep_a_connection_with_the_rest_of_a_body(
    serving, connect, request_
):
    def app(environ, start_response):
        start_response("200 OK", [("Connection", "keep-alive")])
        return [b""]

    client = connect(serving(wsgi_app=app))
    client.send(request_ + LAST)
    assert client.read().count(b"HTTP/1.1") == 1


def test_a_refused_upload_is_answered_before_the_connection_is_closed(serving, connect):
    client = connect(serving(wsgi_app=app_that(lambda body: b""), max_request_body_size=10))
    client.send(sized(b"x" * 500_000))
    assert client.read().startswith(b"HTTP/1.1 413 ")
