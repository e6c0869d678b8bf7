"""Every phase of a connection ends in time, and clients that stall hinder nobody."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time

import pytest
import trustme

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
SHORT = 0.2


class Dripper(threading.Thread):
    """Sends a byte now and then, until the server has had enough."""

    def __init__(self, client, byte=b"x"):
        super().__init__(daemon=True)
        self.client = client
        self.byte = byte
        self.over = threading.Event()
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while not self.over.wait(SHORT / 10):
                self.client.send(self.byte)


@pytest.fixture
def drip():
    drippers = []

    def drip(client, byte=b"x"):
        drippers.append(Dripper(client, byte))

    yield drip
    for dripper in drippers:
        dripper.over.set()
        dripper.join()


def status(client):
    with contextlib.suppress(ConnectionResetError):
        return client.read()[:12]
    return b""


@pytest.mark.slow
def test_dripping_does_not_renew_the_time_for_the_head(serving, connect, drip):
    client = connect(serving(head_timeout=SHORT))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    drip(client)
    assert status(client) == b"HTTP/1.1 408"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "byte"),
    [
        (POST % 100, b"x"),
        (POST % 1_000_000, b"x"),
        (CHUNKED, b"1\r\nx\r\n"),
        (CHUNKED + b"fffff\r\n", b"x"),
        (CHUNKED + b"11000\r\n" + b"x" * 0x11000, b"\r\n1\r\nx"),
        (CHUNKED + b"0\r\n", b"x"),
    ],
    ids=["without a worker", "with one", "in chunks", "in one chunk", "behind 64 KiB", "trailers"],
)
def test_dripping_does_not_renew_the_time_for_the_body(serving, connect, drip, head, byte):
    client = connect(serving(socket_timeout=SHORT, minimum_rate=1_000_000))
    client.send(head)
    drip(client, byte)
    assert status(client) == b"HTTP/1.1 408"


@pytest.mark.slow
def test_a_body_that_is_fast_enough_has_all_the_time_it_needs(serving, connect, drip):
    client = connect(serving(socket_timeout=SHORT, minimum_rate=10))
    client.send(POST % 30)
    drip(client)
    assert client.read_until(b"xxxxx").startswith(b"HTTP/1.1 200")


@pytest.mark.slow
def test_silence_before_and_between_requests_ends_without_a_word(serving, connect):
    server = serving(socket_timeout=SHORT)
    assert connect(server).read() == b""
    client = connect(server)
    client.send(GET)
    assert client.read().count(b"HTTP/1.1") == 1


@pytest.mark.slow
@pytest.mark.parametrize("pieces", [1, None], ids=["whole", "streamed"])
def test_a_client_that_does_not_read_is_given_up(serving, connect, pieces):
    closed = threading.Event()

    class Body:
        def __iter__(self):
            big = itertools.repeat(b"x" * 1_000_000)
            return itertools.islice(big, 100)

        def close(self):
            closed.set()

    def app(environ, start_response):
        start_response("200 OK", [])
        return [b"x" * 20_000_000] if pieces else Body()

    server = serving(wsgi_app=app, socket_timeout=SHORT, minimum_rate=1e9)
    client = connect(server)
    client.send(GET)
    deadline = time.monotonic() + 5
    while server.httpserver.requests.requests < 1 or server.httpserver.front.open:
        assert time.monotonic() < deadline
        closed.wait(0.01)
    assert pieces or closed.is_set()


@pytest.mark.slow
def test_reading_a_little_does_not_renew_the_time_for_the_response(serving, connect):
    size = 40_000_000

    def app(environ, start_response):
        start_response("200 OK", [])
        piece = b"x" * 1_000_000
        whole = environ["PATH_INFO"] == "/last"
        return [piece * 40] if whole else itertools.repeat(piece, 40)

    server = serving(wsgi_app=app, socket_timeout=SHORT, minimum_rate=1e9)
    clients = [connect(server) for _ in range(2)]
    clients[0].send(GET)
    clients[1].send(LAST)
    pause = threading.Event()
    read = 0
    with contextlib.suppress(ConnectionResetError):
        # At this pace the whole of it would take eight seconds.
        while piece := b"".join(client.socket.recv(100_000) for client in clients):
            read += len(piece)
            pause.wait(SHORT / 10)
    assert read < 2 * size
    deadline = time.monotonic() + 5
    while server.httpserver.front.open:
        assert time.monotonic() < deadline
        pause.wait(0.01)


@pytest.mark.slow
def test_empty_lines_between_requests_do_not_renew_the_time_of_silence(serving, connect, drip):
    client = connect(serving(socket_timeout=SHORT))
    client.send(GET)
    drip(client, b"\r\n")
    assert status(client) == b"HTTP/1.1 200"


@pytest.mark.parametrize(
    ("sent", "answer"), [(LAST, b"HTTP/1.1 200"), (b"GET / HT", b"HTTP/1.1 408"), (b"\r\n", b"")]
)
def test_a_request_that_has_come_is_read_though_its_time_is_over(serving, connect, sent, answer):
    """A machine may stand still for a while: the client cannot help it."""
    front = serving().httpserver.front
    client = connect(front.server.bind_addr)
    deadline = time.monotonic() + 5
    while not (front.open and next(iter(front.open)).number in front.armed):
        assert time.monotonic() < deadline
    (connection,) = front.open
    # Nobody reads it from here on.
    front.armed.pop(connection.number)
    client.send(sent)
    while not connection.has_input:
        assert time.monotonic() < deadline
    connection.deadline = time.monotonic()
    connection.expire()
    # Whoever has sent less than a request gets no other deadline by it.
    front.watch.expect(connection.deadline)
    assert status(client) == answer


@pytest.mark.slow
@pytest.mark.parametrize("dripping", [False, True])
def test_a_handshake_that_stalls_or_drips_ends(serving, connect, drip, tls_files, dripping):
    server = serving(handshake_timeout=SHORT, ssl_certificate=tls_files)
    client = connect(server)
    client.send(b"\x16\x03\x01\x02\x00\x01")
    if dripping:
        drip(client, b"\0")
    with contextlib.suppress(ConnectionResetError):
        assert client.read() == b""


@pytest.fixture(scope="module")
def tls_files(tmp_path_factory):
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(path)
    return str(path)


def served(address, context, count):
    """Return the seconds that each of `count` requests took."""
    times = []
    for _ in range(count):
        began = time.perf_counter()
        with socket.create_connection(address, timeout=5) as plain:
            client = context.wrap_socket(plain) if context else plain
            client.sendall(LAST)
            data = b""
            while piece := client.recv(1000):
                data += piece
            assert data.startswith(b"HTTP/1.1 200 OK")
            if context:
                client.close()
        times.append(time.perf_counter() - began)
    return sorted(times)


@pytest.mark.slow
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_clients_that_stall_do_not_hinder_others(serving, connect, drip, tls_files, tls):
    import ssl

    settings = {"ssl_certificate": tls_files} if tls else {}
    server = serving(thread_pool=2, **settings)
    context = None
    if tls:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    before = served(server.bound_addr, context, 20)
    stalling = [connect(server) for _ in range(120)]
    for number, client in enumerate(stalling):
        if tls and number % 3 == 0:
            client.send(b"\x16\x03\x01\x02\x00\x01")
        elif number % 3 == 1:
            client.send(b"\x16\x03\x01" if tls else b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    for client in stalling[1:60:6]:
        drip(client, b"\x00" if tls else b"x")
    after = served(server.bound_addr, context, 20)
    # Generous, as the clients need the processor as well; it used to be seconds.
    assert after[10] < 20 * before[10] + 0.05
    # They are read when there is something to read, which takes no time.
    deadline = time.monotonic() + 5
    while server.httpserver.requests.busy:
        assert time.monotonic() < deadline
