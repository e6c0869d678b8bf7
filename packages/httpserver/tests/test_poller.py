"""The sets of connections, and a server on each of them, with each parser."""

from __future__ import annotations

import contextlib
import errno
import select
import selectors
import socket
import threading
import time

import pytest

from cherrypy_httpserver import front as front_module
from cherrypy_httpserver import poller as poller_module
from cherrypy_httpserver.parsing import H11Parser, LlhttpParser
from cherrypy_httpserver.poller import READ, WRITE, EpollPoller, SelectorPoller, wait_for

LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

# What the portable set may stand on: kqueue of macOS is the only one that is not here.
SELECTORS = ["EpollSelector", "PollSelector", "SelectSelector"]


@pytest.fixture(params=["EpollPoller", *SELECTORS])
def kind(request, monkeypatch):
    if request.param == "EpollPoller":
        if not hasattr(select, "epoll"):
            pytest.skip("no epoll")
        return EpollPoller
    if not hasattr(selectors, request.param):
        pytest.skip("not on this system")
    monkeypatch.setattr("selectors.DefaultSelector", getattr(selectors, request.param))
    return SelectorPoller


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


def test_a_descriptor_that_was_closed_meanwhile_does_no_harm(poller):
    one, other = socket.socketpair()
    third, fourth = socket.socketpair()
    with other, third, fourth:
        number = one.fileno()
        poller.add(number, READ)
        poller.poll(0, 10)
        # Between the changes and the wait of another thread.
        one.close()
        poller.poll(0, 10)
        poller.remove(number)
        fourth.send(b"x")
        poller.add(third.fileno(), READ)
        assert found(poller, third.fileno()) == [READ]


def test_a_set_that_is_full_says_so(pair):
    poller = SelectorPoller(most=1)
    poller.add(pair[0].fileno(), READ)
    with pytest.raises(OSError, match="No more") as caught:
        poller.add(pair[1].fileno(), READ)
    assert caught.value.errno == errno.EMFILE
    poller.remove(pair[0].fileno())
    poller.add(pair[1].fileno(), READ)
    poller.close()


def test_a_server_whose_set_is_full_sheds_idle_connections(serving, connect, monkeypatch):
    # The listening socket is one of them.
    monkeypatch.setattr(front_module, "make_poller", lambda: SelectorPoller(most=4))
    server = serving()
    idle = [connect(server) for _ in range(3)]
    deadline = time.monotonic() + 5
    answers = b""
    while b"200 OK" not in answers:
        assert time.monotonic() < deadline
        with contextlib.suppress(ConnectionError):
            late = connect(server)
            late.send(LAST)
            answers = late.read()
    assert server.httpserver.front.shed_connections
    assert any(client.read() == b"" for client in idle)


def test_who_does_not_want_to_wait_is_not_kept_waiting_by_who_does(poller):
    results = []
    thread = in_background(poller, results)
    began = time.monotonic()
    poller.poll(0, 10)
    assert time.monotonic() - began < 4
    poller.ring()
    thread.join(4)


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
