"""The end: nothing that was sent is lost, and nothing is waited for in vain."""

from __future__ import annotations

import logging
import socket
import sys
import threading

import pytest

from cherrypy_httpserver import Server
from cherrypy_httpserver.listening import ignore_newcomers
from cherrypy_wspbus import Bus

GET = b"GET /x?y HTTP/1.1\r\nHost: a\r\n\r\n"
PATIENCE = 5


@pytest.fixture
def gate():
    """Return (application, event that lets its requests pass)."""
    passing = threading.Event()

    def app(environ, start_response):
        if environ["QUERY_STRING"]:
            passing.wait(PATIENCE)
        start_response("200 OK", [])
        return [b"through"]

    yield app, passing
    passing.set()


def in_thread(function, *arguments, **options):
    result = []
    thread = threading.Thread(target=lambda: result.append(function(*arguments, **options)))
    thread.start()
    return thread, result


def test_idle_connections_do_not_delay_the_stop(serving, connect):
    server = serving()
    clients = [connect(server) for _ in range(20)]
    for client in clients[:10]:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.read_until(b"GET / ")
    report = server.httpserver.drain(PATIENCE)
    assert report.clean
    # Far less than any deadline; measured, it is some milliseconds.
    assert report.seconds < 1
    for client in clients:
        assert client.read() == b""


def test_a_request_under_way_is_answered_and_the_connection_closed(
    serving, connect, gate, wait_until
):
    app, passing = gate
    server = serving(wsgi_app=app)
    client = connect(server)
    client.send(GET)
    wait_until(server.httpserver.in_flight)
    thread, result = in_thread(server.httpserver.drain, PATIENCE)
    wait_until(lambda: not server.httpserver.ready)
    passing.set()
    answer = client.read()
    thread.join()
    assert answer.endswith(b"through")
    assert b"\r\nConnection: close\r\n" in answer
    assert result[0].clean


def test_the_requests_in_flight_are_listed(serving, connect, gate, wait_until):
    app, passing = gate
    server = serving(wsgi_app=app)
    assert server.httpserver.in_flight() == []
    client = connect(server)
    client.send(GET)
    wait_until(server.httpserver.in_flight)
    (flight,) = server.httpserver.in_flight()
    assert (flight.method, flight.target) == ("GET", "/x?y")
    assert flight.remote == "{}:{}".format(*client.socket.getsockname())
    assert 0 <= flight.age < PATIENCE
    assert flight.thread in {t.name for t in threading.enumerate()}
    passing.set()
    wait_until(lambda: not server.httpserver.in_flight())


def test_what_waits_to_be_accepted_is_answered(serving, connect, gate, app):
    # A server that has not begun to accept: everybody is in the backlog.
    server = Server(app=gate[0])
    server.socket_port = 0
    made = server.httpserver_from_self()[0]
    made.prepare()
    clients = [connect(made.bind_addr) for _ in range(30)]
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    report = made.drain(PATIENCE)
    assert (report.answered, report.clean) == (30, True)
    for client in clients:
        assert client.read().endswith(b"through")


def test_a_connection_may_be_kept_for_one_more_request(serving, connect, gate, wait_until):
    server = serving(wsgi_app=gate[0])
    client = connect(server)
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    client.read_until(b"through")
    thread, result = in_thread(server.httpserver.drain, PATIENCE, idle=PATIENCE)
    wait_until(lambda: not server.httpserver.ready)
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"Connection: close" in client.read()
    thread.join()
    assert result[0].clean


def test_what_is_not_finished_at_the_deadline_is_cut_and_reported(
    serving, connect, gate, wait_until
):
    messages = []
    bus = Bus()
    bus.subscribe("log", lambda message, level: messages.append((level, message)))
    server = serving(bus, gate[0], shutdown_timeout=0.05)
    client = connect(server)
    client.send(GET)
    wait_until(server.httpserver.in_flight)
    server.stop()
    assert client.read() == b""
    warnings = [message for level, message in messages if level == logging.WARNING]
    assert len(warnings) == 1
    assert "GET /x?y" in warnings[0]


def test_requests_that_no_worker_has_taken_are_answered_at_the_deadline(
    serving, connect, gate, wait_until
):
    server = serving(wsgi_app=gate[0], thread_pool=1, shutdown_timeout=0.05)
    first, waiting = connect(server), connect(server)
    first.send(GET)
    wait_until(server.httpserver.in_flight)
    waiting.send(GET)
    ready = server.httpserver.front.ready
    wait_until(lambda: ready and ready[0].exchange is not None)
    server.stop()
    assert waiting.read().startswith(b"HTTP/1.1 503 ")


def test_draining_twice_or_before_the_start_does_no_harm(serving, app):
    assert Server(app=app).httpserver_from_self()[0].drain().answered == 0
    server = serving()
    server.httpserver.drain()
    assert server.httpserver.drain().clean


def test_a_handler_may_stop_its_own_server(serving, connect):
    def app(environ, start_response):
        server.httpserver.stop()
        start_response("200 OK", [])
        return [b"goodbye"]

    server = serving(wsgi_app=app)
    client = connect(server)
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.read().endswith(b"goodbye")


def test_no_request_is_lost_while_servers_replace_each_other(serving, app, wait_until):
    """A second server takes over the socket of the first one, under load."""
    first = serving()
    address = first.bound_addr
    failures, answers, enough = [], [], threading.Event()

    def customer():
        while not enough.is_set():
            try:
                with socket.create_connection(address, timeout=PATIENCE) as client:
                    client.sendall(b"GET / HTTP/1.0\r\n\r\n")
                    data = b""
                    while piece := client.recv(1000):
                        data += piece
                answers.append(data)
                if not data.endswith(b"GET / "):
                    failures.append(data)
            except OSError as error:  # noqa: PERF203
                failures.append(error)

    customers = [threading.Thread(target=customer) for _ in range(3)]
    for thread in customers:
        thread.start()
    servers = [first.httpserver]

    def wait_for_customers():
        enough = len(answers) + 20
        wait_until(lambda: len(answers) > enough or failures)

    try:
        for _ in range(4):
            wait_for_customers()
            made = Server(app=app).httpserver_from_self()[0]
            made.listening_socket = servers[-1].socket.dup()
            made.prepare()
            threading.Thread(target=made.serve, daemon=True).start()
            servers.append(made)
            servers[-2].address_stays = True
            servers[-2].drain(PATIENCE)
        wait_for_customers()
    finally:
        enough.set()
        for thread in customers:
            thread.join()
        servers[-1].stop()
    assert failures == []


def test_a_copy_of_the_socket_survives_the_server(serving, connect):
    server = serving()
    with server.httpserver.socket.dup() as copy:
        server.httpserver.drain()
        client = connect(copy.getsockname())
        accepted, _ = copy.accept()
        accepted.close()
        assert client.read() == b""


def test_threads_end_with_the_server(serving, connect, wait_until):
    server = serving()
    wait_until(lambda: not any(t.name == "CP Server 4" for t in threading.enumerate()))
    before = {t.name for t in threading.enumerate() if t.name.startswith("CP Server")}
    assert len(before) == 3
    server.stop()
    wait_until(lambda: not any(t.name.startswith("CP Server") for t in threading.enumerate()))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can ignore them")
def test_newcomers_that_another_process_has_ignored_stay_so(serving):
    server = serving()
    with server.httpserver.socket.dup() as copy:
        server.httpserver.address_stays = True
        ignore_newcomers(copy)
        server.httpserver.drain()
        with socket.socket() as late:
            late.settimeout(0.1)
            with pytest.raises(TimeoutError):
                late.connect(copy.getsockname())
