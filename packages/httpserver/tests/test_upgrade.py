"""Connections that leave HTTP."""

from __future__ import annotations

import socket
import struct
import threading
import time

import pytest

from cherrypy_httpserver.upgrade import UPGRADE_KEY
from cherrypy_wspbus import Bus

PATIENCE = 5
ASK = b"GET /up HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: echo\r\n\r\n"


class Echo:
    """Sends everything back, and records what happens to it."""

    def __init__(self):
        self.channel = None
        self.events = []
        self.ended = threading.Event()
        self.threads = set()

    def opened(self, channel):
        self.channel = channel
        self.events.append("opened")

    def received(self, data):
        self.threads.add(threading.current_thread().name)
        if data == b"fail":
            raise ValueError
        if data == b"close":
            self.channel.close()
        else:
            self.channel.send(data)

    def timed_out(self):
        self.events.append("timed out")
        self.channel.send(b"late")

    def closed(self, error):
        self.events.append(error)
        self.ended.set()


@pytest.fixture
def upgraded(serving, connect, wait_until):
    """Return a function: (server, client, handler) after an upgrade."""

    def upgrade(behind=b"", handler=None, **settings):
        handler = handler or Echo()
        handlers = [handler]

        def app(environ, start_response):
            if environ["PATH_INFO"] == "/up":
                environ[UPGRADE_KEY](handlers.pop() if handlers else Echo())
                start_response("101 Switching Protocols", [("Upgrade", "echo")])
                return []
            start_response("200 OK", [])
            return [repr(UPGRADE_KEY in environ).encode()]

        server = serving(wsgi_app=app, **settings)
        client = connect(server)
        client.send(ASK + behind)
        head = client.read_until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert b"\r\nConnection: Upgrade\r\n" in head
        assert b"Content-Length" not in head
        assert b"Transfer-Encoding" not in head
        # The head is on its way before the handler is called.
        wait_until(lambda: handler.channel is not None)
        return server, client, handler

    return upgrade


def test_an_upgraded_connection_belongs_to_its_handler(upgraded, wait_until):
    server, client, handler = upgraded()
    client.send(b"hello")
    assert client.read_until(b"hello") == b"hello"
    assert (handler.channel.remote_addr, handler.channel.remote_port) == (
        client.socket.getsockname()
    )
    assert not handler.channel.closed
    wait_until(lambda: server.httpserver.requests.busy == 0)
    client.close()
    assert handler.ended.wait(PATIENCE)
    assert handler.events == ["opened", None]
    assert handler.channel.closed
    with pytest.raises(ConnectionError):
        handler.channel.send(b"x")


def test_bytes_behind_the_request_are_the_handlers(upgraded, wait_until):
    handler = upgraded(behind=b"early")[2]
    wait_until(lambda: handler.threads)


def test_idle_connections_hold_no_worker(upgraded, connect):
    server, first, _ = upgraded(thread_pool=1)
    others = [connect(server) for _ in range(30)]
    for client in others:
        client.send(ASK)
        client.read_until(b"\r\n\r\n")
    plain = connect(server)
    plain.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert plain.read().endswith(b"False")
    first.send(b"still here")
    assert first.read_until(b"still here")


def test_another_thread_may_send(upgraded):
    _, client, handler = upgraded()
    threads = [
        threading.Thread(target=lambda: [handler.channel.send(b"x" * 100) for _ in range(50)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    received = 0
    while received < 20_000:
        received += len(client.socket.recv(65536))
    for thread in threads:
        thread.join()
    assert received == 20_000


def test_sending_never_waits_and_everything_arrives(upgraded):
    _, client, handler = upgraded()
    handler.channel.max_buffered = 50_000_000
    data = bytes(range(256)) * 80_000
    handler.channel.send(data)
    assert handler.channel.buffered > 0
    handler.channel.send(b"end")
    handler.channel.close()
    assert client.read() == data + b"end"
    assert handler.ended.wait(PATIENCE)
    assert handler.events[-1] is None


def test_a_client_that_does_not_read_is_given_up(upgraded):
    handler = upgraded()[2]
    flood = (handler.channel.send(b"x" * 1_000_000) for _ in range(100))
    with pytest.raises(ConnectionError, match="too much"):
        list(flood)
    assert handler.ended.wait(PATIENCE)
    assert isinstance(handler.events[-1], ConnectionError)


def test_the_handler_may_close(upgraded):
    _, client, handler = upgraded()
    client.send(b"close")
    assert client.read() == b""
    assert handler.ended.wait(PATIENCE)
    assert handler.events == ["opened", None]


def test_another_thread_may_close_at_once(upgraded):
    _, client, handler = upgraded()
    handler.channel.close(at_once=True)
    handler.channel.close()
    assert client.read() == b""
    assert handler.ended.wait(PATIENCE)


def test_an_error_of_the_handler_closes_its_connection_only(upgraded, connect):
    bus, errors = Bus(), []
    bus.subscribe("log", lambda message, level: errors.append(message) if level >= 40 else None)
    server, client, handler = upgraded(thread_pool=1, bus=bus)
    client.send(b"fail")
    assert client.read() == b""
    assert handler.ended.wait(PATIENCE)
    assert isinstance(handler.events[-1], ValueError)
    assert "ValueError" in errors[0]
    other = connect(server)
    other.send(ASK)
    other.read_until(b"\r\n\r\n")
    other.send(b"fine")
    assert other.read_until(b"fine")


def test_a_client_that_has_gone_is_no_failure_of_the_handler(upgraded):
    class Late(Echo):
        go = threading.Event()

        def received(self, data):
            assert self.go.wait(PATIENCE)
            while True:
                self.channel.send(data)

    bus, errors = Bus(), []
    bus.subscribe("log", lambda message, level: errors.append(message) if level >= 40 else None)
    _, client, handler = upgraded(handler=Late(), bus=bus)
    client.send(b"x")
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    handler.go.set()
    assert handler.ended.wait(PATIENCE)
    assert isinstance(handler.events[-1], ConnectionError)
    assert errors == []


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_a_handler_that_wants_the_end_gets_it(upgraded, error):
    class Last(Echo):
        def received(self, data):
            raise error

    bus, exited = Bus(), threading.Event()
    bus.subscribe("exit", exited.set)
    bus.may_exit_process = False
    server, client, handler = upgraded(handler=Last(), bus=bus)
    client.send(b"x")
    assert client.read() == b""
    assert handler.ended.wait(PATIENCE)
    assert exited.wait(PATIENCE)
    assert isinstance(server.interrupt, error)


def test_a_handler_is_woken_after_a_time(upgraded):
    _, client, handler = upgraded()
    handler.channel.wake_after(60)
    handler.channel.wake_after(0.01)
    assert client.read_until(b"late") == b"late"
    assert handler.events.count("timed out") == 1
    handler.channel.wake_after(0.01)
    handler.channel.wake_after(None)
    client.send(b"still open")
    assert client.read_until(b"still open") == b"still open"


def test_methods_of_a_handler_never_run_at_the_same_time(upgraded, wait_until):
    class Careful(Echo):
        inside = 0
        worst = 0
        total = 0

        def received(self, data):
            self.inside += 1
            self.worst = max(self.worst, self.inside)
            self.total += len(data)
            time.sleep(0)
            self.inside -= 1

        def timed_out(self):
            self.received(b"")

    _, client, handler = upgraded(handler=Careful())
    for _ in range(200):
        client.send(b"x" * 10)
        handler.channel.wake_after(0)
    wait_until(lambda: handler.total == 2000)
    assert handler.worst == 1


def test_the_stop_of_the_server_closes_upgraded_connections(upgraded):
    server, client, handler = upgraded()
    server.stop()
    assert client.read() == b""
    assert handler.ended.wait(PATIENCE)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUpgrade: echo\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close, Upgrade\r\n\r\n",
    ],
)
def test_only_a_proper_request_can_be_upgraded(upgraded, connect, request_):
    client = connect(upgraded()[0])
    client.send(request_)
    assert client.read().endswith(b"False")


def test_without_the_status_101_nothing_is_upgraded(serving, connect):
    handler = Echo()

    def app(environ, start_response):
        if UPGRADE_KEY in environ:
            environ[UPGRADE_KEY](handler)
        start_response("200 OK", [])
        return [b"no"]

    client = connect(serving(wsgi_app=app))
    client.send(ASK + b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert client.read().count(b"HTTP/1.1 200 OK") == 2
    assert handler.events == []


def test_tools_may_take_the_socket_as_ws4py_does(serving, connect, wait_until):
    """By looking for cheroot's objects on the stack, and for the socket below the body."""
    import inspect

    from cheroot.server import HTTPConnection, HTTPRequest

    taken = []

    def app(environ, start_response):
        frame = inspect.currentframe()
        while frame:
            found = frame.f_locals.get("self")
            if type(found) is HTTPRequest:
                found.close_connection = True
            if type(found) is HTTPConnection:
                found.linger = True
                break
            frame = frame.f_back
        taken.append(environ["wsgi.input"].rfile)
        start_response("101 Switching Protocols", [("Upgrade", "echo"), ("Connection", "Upgrade")])
        return []

    server = serving(wsgi_app=app)
    client = connect(server)
    client.send(ASK)
    client.read_until(b"\r\n\r\n")
    wait_until(lambda: not server.httpserver.front.open)
    (file,) = taken
    sock = file.raw._sock
    client.send(b"hello")
    assert sock.recv(100) == b"hello"
    sock.sendall(b"there")
    assert client.read_until(b"there") == b"there"
    file.close()
    sock.close()
