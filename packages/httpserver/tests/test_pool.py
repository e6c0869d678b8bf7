"""The workers: as many as are needed, and what monitoring reads of them."""

from __future__ import annotations

import logging
import threading

import pytest

from cherrypy_httpserver import SettingError
from cherrypy_httpserver.pool import Pool

LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
PATIENCE = 5


class Gate:
    """An application that answers when it is allowed to."""

    def __init__(self):
        self.open = threading.Event()

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] != "/quick":
            assert self.open.wait(PATIENCE)
        start_response("200 OK", [])
        return [b"through"]


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.open.set()


def test_a_request_is_served_while_others_wait_for_something(serving, connect, gate, wait_until):
    server = serving(wsgi_app=gate, thread_pool=3)
    waiting = [connect(server) for _ in range(2)]
    for client in waiting:
        client.send(LAST)
    client = connect(server)
    client.send(LAST.replace(b"/last", b"/quick"))
    assert client.read().endswith(b"through")
    pool = server.httpserver.requests
    wait_until(lambda: pool.busy == 2)
    assert pool.idle == 1
    gate.open.set()
    for client in waiting:
        assert client.read().endswith(b"through")
    wait_until(lambda: pool.idle == 3)


def test_requests_wait_when_every_worker_is_busy(serving, connect, gate, wait_until):
    server = serving(wsgi_app=gate, thread_pool=2)
    clients = [connect(server) for _ in range(6)]
    for client in clients:
        client.send(LAST)
    pool = server.httpserver.requests
    wait_until(lambda: pool.qsize == 4)
    assert (pool.busy, pool.idle, len(pool._threads)) == (2, 0, 2)
    # The watch has read them, so that it is known since when they wait.
    wait_until(lambda: all(c.exchange and c.exchange.queued_at for c in pool.front.ready))
    gate.open.set()
    for client in clients:
        assert client.read().endswith(b"through")
    wait_until(lambda: pool.qsize == 0)
    assert pool.queue_time_max > 0


def test_a_request_beyond_the_queue_is_answered_with_503_at_once(
    serving, connect, gate, wait_until
):
    server = serving(wsgi_app=gate, thread_pool=1, accepted_queue_size=2)
    pool = server.httpserver.requests
    clients = []
    for number in range(3):
        clients.append(connect(server))
        clients[-1].send(LAST)
        wait_until(lambda n=number: pool.busy + pool.qsize == n + 1)
    late = connect(server)
    late.send(LAST)
    answer = late.read()
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nRetry-After: 1\r\n" in answer
    assert pool.rejected == 1
    gate.open.set()
    for client in clients:
        assert client.read().endswith(b"through")


def test_clients_that_drip_are_not_counted_as_requests(serving, connect, gate, wait_until):
    server = serving(wsgi_app=gate, thread_pool=1, accepted_queue_size=1)
    pool = server.httpserver.requests
    busy, queued = connect(server), connect(server)
    busy.send(LAST)
    wait_until(lambda: pool.busy == 1)
    for _ in range(5):
        connect(server).send(b"GET / HT")
    queued.send(LAST)
    wait_until(lambda: pool.qsize == 1 and pool.server.front.ready[0].exchange is not None)
    gate.open.set()
    assert queued.read().endswith(b"through")
    assert pool.rejected == 0


@pytest.mark.slow
def test_a_request_that_has_waited_too_long_is_answered_with_503(
    serving, connect, gate, wait_until
):
    server = serving(
        wsgi_app=gate, thread_pool=1, accepted_queue_size=9, accepted_queue_timeout=0.1
    )
    first, second = connect(server), connect(server)
    first.send(LAST)
    wait_until(lambda: server.httpserver.requests.busy == 1)
    second.send(LAST)
    assert second.read().startswith(b"HTTP/1.1 503 ")


def test_the_pool_grows_while_requests_wait_and_shrinks_when_idle(
    serving, connect, gate, wait_until
):
    server = serving(wsgi_app=gate, thread_pool=1, thread_pool_max=4, thread_pool_idle=0.05)
    pool = server.httpserver.requests
    clients = [connect(server) for _ in range(6)]
    for client in clients:
        client.send(LAST)
    wait_until(lambda: len(pool._threads) == 4)
    wait_until(lambda: pool.qsize == 2)
    gate.open.set()
    for client in clients:
        assert client.read().endswith(b"through")
    wait_until(lambda: len(pool._threads) == 1)
    client = connect(server)
    client.send(LAST)
    assert client.read().endswith(b"through")


def test_the_pool_grows_again_after_it_has_shrunk_and_keeps_its_figures(
    serving, connect, gate, wait_until
):
    server = serving(wsgi_app=gate, thread_pool=1, thread_pool_max=3, thread_pool_idle=0.05)
    pool = server.httpserver.requests
    for turn in (1, 2):
        gate.open.clear()
        clients = [connect(server) for _ in range(3)]
        for client in clients:
            client.send(LAST)
        wait_until(lambda: pool.busy == 3)
        gate.open.set()
        for client in clients:
            assert client.read().endswith(b"through")
        wait_until(lambda: len(pool._threads) == 1)
        # Those of the workers that have ended are counted, too.
        assert (pool.requests, pool.peak) == (3 * turn, 3)


@pytest.mark.slow
def test_a_worker_that_is_needed_now_and_then_stays(serving, connect):
    """It shrinks by idleness, not by the number of requests that wait."""

    def app(environ, start_response):
        threading.Event().wait(0.02)
        start_response("200 OK", [])
        return [b""]

    server = serving(wsgi_app=app, thread_pool=1, thread_pool_max=2, thread_pool_idle=30)
    pool = server.httpserver.requests
    clients = [connect(server) for _ in range(2)]
    threads = set()
    for _ in range(10):
        for client in clients:
            client.send(LAST.replace(b"Connection: close\r\n", b""))
        for client in clients:
            client.read_until(b"\r\n\r\n")
        threads |= {worker.name for worker in pool._threads}
    assert len(threads) == 2


def test_without_a_maximum_the_pool_stays_as_it_is(serving, connect, gate, wait_until):
    server = serving(wsgi_app=gate, thread_pool=1)
    pool = server.httpserver.requests
    clients = [connect(server) for _ in range(4)]
    for client in clients:
        client.send(LAST)
    wait_until(lambda: pool.qsize == 3)
    assert len(pool._threads) == 1
    pool.grow(2)
    wait_until(lambda: pool.busy == 3)
    gate.open.set()
    for client in clients:
        client.read()
    wait_until(lambda: len(pool._parked) >= 2)
    pool.shrink(5)
    wait_until(lambda: len(pool._threads) == 1)


@pytest.mark.parametrize(("low", "high"), [(0, -1), (3, 2)])
def test_an_impossible_size_is_refused(low, high):
    with pytest.raises(SettingError, match="thread_pool"):
        Pool(None, low, high)


def test_the_number_of_threads_may_be_changed_before_the_start(app):
    from cherrypy_httpserver import Server, WSGIServer

    made = WSGIServer(Server(app=app))
    made.numthreads = 3
    assert (made.numthreads, made.requests.min) == (3, 3)


def test_statistics_are_in_the_place_where_cpstats_looks(serving, connect, app, wait_until):
    server = serving(statistics=True)
    for _ in range(3):
        client = connect(server)
        client.send(LAST)
        client.read()
    bad = connect(server)
    bad.send(b"nonsense\r\n\r\n")
    bad.read()
    wait_until(lambda: server.httpserver.requests.idle == 2)
    stats = logging.statistics[f"Cheroot HTTPServer {id(server.httpserver)}"]
    assert stats is server.httpserver.stats
    figures = {k: v(stats) if callable(v) else v for k, v in stats.items()}
    assert (figures["Accepts"], figures["Requests"], figures["Refused"]) == (4, 3, 1)
    assert (figures["Threads"], figures["Queue"], figures["Threads Idle"]) == (2, 0, 2)
    assert figures["Bytes Read"] == 3 * len(LAST) + len(b"nonsense\r\n\r\n")
    assert figures["Bytes Written"] > 300
    assert figures["Work Time"] > 0
    workers = stats["Worker Threads"]
    assert len(workers) == len(list(workers)) == 2
    assert sum(w["Requests"](w) for w in workers.values()) == 3


def test_costly_statistics_are_off_by_default(serving):
    stats = serving().httpserver.stats
    assert stats["Requests"](stats) == stats["Bytes Read"](stats) == -1
