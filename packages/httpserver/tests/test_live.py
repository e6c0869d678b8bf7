"""A server on a real port."""

from __future__ import annotations

import http.client
import logging
import os
import socket
import stat
import threading

import pytest

from cherrypy_httpserver import Server
from cherrypy_wspbus import Bus, ChannelFailures

pytestmark = pytest.mark.slow  # cheroot waits 0.1 s for its threads


def get(server, path="/"):
    client = http.client.HTTPConnection(*server.bound_addr, timeout=5)
    try:
        client.request("GET", path)
        response = client.getresponse()
        return response.status, response.read()
    finally:
        client.close()


def worker_threads():
    return [t for t in threading.enumerate() if t is not threading.main_thread()]


def test_a_server_without_a_bus_serves(serving):
    server = serving()
    assert server.running
    assert get(server, "/there") == (200, b"GET /there ")
    server.stop()
    assert not server.running
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(server.httpserver.bind_addr, timeout=1)


def test_the_system_chooses_the_port_if_it_is_0(serving):
    server = serving()
    port = server.bound_addr[1]
    assert port > 0
    assert server.base() == f"http://127.0.0.1:{port}"
    assert server.description == server.base()
    assert server.socket_port == 0


def test_a_connection_is_kept_for_several_requests(serving):
    server = serving()
    client = http.client.HTTPConnection(*server.bound_addr, timeout=5)
    client.request("GET", "/1")
    assert client.getresponse().read() == b"GET /1 "
    connection = client.sock
    client.request("POST", "/2", body=b"sent")
    assert client.getresponse().read() == b"POST /2 sent"
    assert client.sock is connection
    client.close()


def test_an_http_1_0_client_gets_one_answer_and_the_end(serving, connect):
    client = connect(serving())
    client.send(b"GET /old HTTP/1.0\r\n\r\n")
    answer = client.read()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\nGET /old ")


def test_the_protocol_version_can_be_lowered(serving, connect):
    client = connect(serving(protocol_version="HTTP/1.0"))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.read().startswith(b"HTTP/1.0 200 OK\r\n")


def test_a_head_request_gets_headers_only_if_the_application_sends_no_body(serving, connect):
    def app(environ, start_response):
        start_response("200 OK", [("Content-Length", "5")])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [b"hello"]

    client = connect(serving(wsgi_app=app))
    client.send(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    answer = client.read()
    assert b"Content-Length: 5" in answer
    assert answer.endswith(b"\r\n\r\n")


def test_a_chunked_body_arrives_whole(serving, connect):
    client = connect(serving())
    client.send(
        b"POST /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n"
    )
    assert client.read().endswith(b"POST /c abcdefg")


def test_an_absolute_target_is_understood(serving, connect):
    client = connect(serving())
    client.send(b"GET http://a/path HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert client.read().endswith(b"GET /path ")


def test_a_request_line_above_the_limit_is_refused(serving, connect):
    client = connect(serving(max_request_header_size=300))
    client.send(b"GET /" + b"x" * 400 + b" HTTP/1.1\r\n")
    assert client.read().startswith(b"HTTP/1.1 414 ") or client.read() == b""


def test_headers_above_the_limit_are_refused(serving, connect):
    client = connect(serving(max_request_header_size=300))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 400 + b"\r\n\r\n")
    assert client.read().split(b" ")[1] in (b"413", b"431")


def test_a_body_above_the_limit_is_refused(serving, connect):
    client = connect(serving(max_request_body_size=10))
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n")
    assert client.read().split(b" ")[1] == b"413"


def test_a_broken_request_line_is_refused_and_the_server_goes_on(serving, connect):
    server = serving()
    client = connect(server)
    client.send(b"\x00\x01\x02\r\n\r\n")
    assert client.read().split(b" ")[1] == b"400"
    assert get(server)[0] == 200


def test_a_silent_client_is_disconnected_after_the_timeout(serving, connect):
    client = connect(serving(socket_timeout=0.2))
    client.send(b"GET / HT")
    client.read()


def test_an_application_that_fails_is_logged_and_answered_with_500(serving):
    def app(environ, start_response):
        raise ZeroDivisionError

    bus, messages = Bus(), []
    bus.subscribe("log", lambda message, level: messages.append((message, level)))
    server = serving(bus, wsgi_app=app)
    assert get(server)[0] == 500
    errors = [message for message, level in messages if level >= logging.ERROR]
    assert len(errors) == 1
    assert "ZeroDivisionError" in errors[0]


def test_two_servers_of_one_process_serve_two_applications(serving):
    def other(environ, start_response):
        start_response("200 OK", [("Content-Length", "5")])
        return [b"other"]

    bus = Bus()
    first, second = serving(bus), serving(bus, wsgi_app=other)
    assert get(first)[1] == b"GET / "
    assert get(second)[1] == b"other"


def test_a_server_starts_and_stops_with_its_bus_without_leaving_threads(app):
    bus = Bus()
    server = Server(bus, app)
    server.socket_port = 0
    server.thread_pool = 3
    server.subscribe()
    before = worker_threads()
    counters = set(logging.statistics) if hasattr(logging, "statistics") else set()
    for _ in range(3):
        bus.start()
        assert get(server)[0] == 200
        assert len(server.httpserver.requests._threads) == 3
        bus.stop()
        for thread in set(worker_threads()) - set(before):
            thread.join(timeout=5)  # has been told to end
        assert worker_threads() == before
    assert set(logging.statistics) == counters
    bus.exit()


def test_changed_settings_count_at_the_next_start(serving):
    server = serving()
    server.stop()
    server.thread_pool = 1
    server.start()
    assert len(server.httpserver.requests._threads) == 1


def test_starting_a_server_that_runs_changes_nothing(serving):
    server = serving()
    running = server.httpserver
    server.start()
    assert server.httpserver is running
    assert get(server)[0] == 200


def test_a_busy_port_is_reported_in_one_line_that_names_it(serving, app):
    port = serving().bound_addr[1]
    bus, errors = Bus(), []
    bus.may_exit_process = False
    bus.subscribe("log", lambda message, level: errors.append(message) if level >= 40 else None)
    late = Server(bus, app)
    late.bind_addr = ("127.0.0.1", port)
    late.subscribe()
    with pytest.raises(ChannelFailures, match=str(port)):
        bus.start()
    assert "\n" not in errors[0]
    assert str(port) in errors[0]
    assert not late.running


def test_a_server_starts_after_its_port_was_changed(serving, app):
    port = serving().bound_addr[1]
    late = Server(app=app)
    late.bind_addr = ("127.0.0.1", port)
    with pytest.raises(OSError, match=str(port)):
        late.start()
    late.socket_port = 0
    late.start()
    try:
        assert get(late)[0] == 200
    finally:
        late.stop()


def test_an_address_of_another_machine_is_refused(app):
    server = Server(app=app)
    server.bind_addr = ("192.0.2.1", 0)  # RFC 5737: nobody has it
    with pytest.raises(OSError, match=r"192\.0\.2\.1"):
        server.start()
    assert not server.running


def test_counters_are_kept_if_statistics_are_on(serving, connect):
    server = serving(statistics=True)
    client = connect(server)
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    client.read()
    stats = server.httpserver.stats
    assert stats["Enabled"]
    assert stats["Accepts"] >= 1


def test_many_clients_at_once_are_served_without_a_stall(serving):
    server = serving()
    statuses = []
    clients = [threading.Thread(target=lambda: statuses.append(get(server)[0])) for _ in range(40)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(timeout=20)
    assert statuses == [200] * 40


needs_unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets")


@needs_unix
def test_a_server_on_a_unix_socket_serves_and_removes_the_file(serving, connect, tmp_path):
    path = str(tmp_path / "site.sock")
    server = serving(bind_addr=path)
    client = connect(path)
    client.send(b"GET /unix HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert client.read().endswith(b"GET /unix ")
    assert server.base() == path
    server.stop()
    assert not (tmp_path / "site.sock").exists()


@needs_unix
def test_a_socket_file_that_nobody_serves_is_replaced(serving, connect, tmp_path):
    path = str(tmp_path / "site.sock")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(path)
    serving(bind_addr=path)
    client = connect(path)
    client.send(b"GET / HTTP/1.0\r\n\r\n")
    assert client.read().endswith(b"GET / ")


@needs_unix
def test_the_socket_of_another_server_is_left_alone(serving, app, connect, tmp_path):
    path = str(tmp_path / "site.sock")
    serving(bind_addr=path)
    late = Server(app=app)
    late.bind_addr = path
    with pytest.raises(OSError, match=r"site\.sock"):
        late.start()
    client = connect(path)
    client.send(b"GET / HTTP/1.0\r\n\r\n")
    assert client.read().endswith(b"GET / ")


@needs_unix
def test_a_file_that_is_no_socket_is_never_deleted(app, tmp_path):
    precious = tmp_path / "precious.txt"
    precious.write_text("kept")
    server = Server(app=app)
    server.bind_addr = str(precious)
    with pytest.raises(OSError, match=r"precious\.txt"):
        server.start()
    assert precious.read_text() == "kept"


@needs_unix
def test_a_socket_file_that_was_replaced_meanwhile_is_not_removed(serving, tmp_path):
    path = tmp_path / "site.sock"
    server = serving(bind_addr=str(path))
    path.unlink()
    with socket.socket(socket.AF_UNIX) as successor:
        successor.bind(str(path))
        server.stop()
        assert stat.S_ISSOCK(path.stat().st_mode)


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="the system cannot tell")
def test_the_client_of_a_unix_socket_is_identified(serving, connect, tmp_path):
    def app(environ, start_response):
        body = environ["X_REMOTE_PID"].encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    path = str(tmp_path / "site.sock")
    serving(bind_addr=path, wsgi_app=app, peercreds=True)
    client = connect(path)
    client.send(b"GET / HTTP/1.0\r\n\r\n")
    assert client.read().endswith(f"\r\n\r\n{os.getpid()}".encode())


def test_who_has_looked_at_the_file_of_the_connection_does_not_keep_it_open(serving, connect):
    files = []

    def application(environ, start_response):
        files.append(environ["wsgi.input"].rfile)
        start_response("200 OK", [("Content-Length", "0")])
        return []

    client = connect(serving(wsgi_app=application))
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx")
    assert client.read().startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(files) == 1
