"""The sets of connections, and a server on each of them, with each parser."""

from __future__ import annotations

import select
import socket
import threading

import pytest

from cherrypy_httpserver import front as front_module
from cherrypy_httpserver import poller as poller_module
from cherrypy_httpserver.parsing import H11Parser, LlhttpParser
from cherrypy_httpserver.poller import READ, WRITE, EpollPoller, SelectorPoller, wait_for

LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
KINDS = [SelectorPoller, *([EpollPoller] if hasattr(select, "epoll") else [])]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def kind(request):
    return request.param


@pytest.fixture
def poller(kind):
    made = kind()
    yield made
    made.close()


@pytest.fixture
def pair():
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def found(poller, number):
    return [events for n, events in poller.poll(0, 10) if n == number]


def test_a_descriptor_is_reported_once_until_it_is_armed_again(poller, pair):
    one, other = pair
    poller.add(one.fileno(), READ)
    assert found(poller, one.fileno()) == []
    other.send(b"x")
    assert found(poller, one.fileno()) == [READ]
    assert found(poller, one.fileno()) == []
    poller.arm(one.fileno(), READ)
    assert found(poller, one.fileno()) == [READ]
    poller.arm(one.fileno(), WRITE)
    assert found(poller, one.fileno()) == [WRITE]
    poller.arm(one.fileno(), READ)
    poller.remove(one.fileno())
    poller.remove(one.fileno())
    assert found(poller, one.fileno()) == []


def in_background(poller, results):
    thread = threading.Thread(target=lambda: results.append(list(poller.poll(5, 10))))
    thread.start()
    return thread


def test_what_is_armed_while_somebody_waits_is_noticed(poller, pair):
    one, other = pair
    other.send(b"x")
    waiting = []

    def wait():
        while not any(number == one.fileno() for number, _ in waiting):
            waiting.extend(poller.poll(5, 10))

    thread = threading.Thread(target=wait)
    thread.start()
    poller.add(one.fileno(), READ)
    thread.join(5)
    assert not thread.is_alive()


def test_a_ring_ends_one_wait_and_wake_all(poller):
    results = []
    thread = in_background(poller, results)
    poller.ring()
    thread.join(4)
    assert not thread.is_alive()
    poller.wake()
    for _ in range(3):
        poller.poll(5, 10)


def test_one_socket_is_waited_for_with_a_limit(pair):
    one, other = pair
    assert not wait_for(one, READ, 0.001)
    assert not wait_for(one, READ, -1)
    assert wait_for(one, WRITE, 1)
    other.send(b"x")
    assert wait_for(one, READ, 1)


def test_one_socket_is_waited_for_without_poll_too(pair, monkeypatch):
    monkeypatch.delattr(poller_module.select, "poll", raising=False)
    one, other = pair
    assert not wait_for(one, READ, 0.001)
    other.send(b"x")
    assert wait_for(one, READ, 1)
    assert wait_for(one, WRITE, 1)


@pytest.fixture(params=[LlhttpParser, H11Parser], ids=lambda kind: kind.__name__)
def parser(request):
    return request.param


def test_a_server_works_on_each_set_with_each_parser(
    serving, connect, app, kind, parser, monkeypatch
):
    if parser is LlhttpParser:
        pytest.importorskip("httptools")
    monkeypatch.setattr(front_module, "make_poller", kind)
    monkeypatch.setattr(front_module, "make_parser", parser)
    server = serving()
    clients = [connect(server) for _ in range(10)]
    for client in clients:
        for number in range(5):
            client.send(b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok" % number)
            assert client.read_until(b"ok").endswith(b"POST /%d ok" % number)
        client.send(b"BREW /x HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: 2 \r\n\r\n")
        assert client.read_until(b"BREW /x ")
        client.send(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n")
        assert b"HTTP/1.1 400" in client.read()
    server.stop()
