"""The names of cheroot that programs use on the running server."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading

import pytest
from cheroot.wsgi import PathInfoDispatcher
from cheroot.wsgi import Server as Cheroot

from cherrypy_httpserver import Server
from cherrypy_httpserver.cheroots import CherootServer
from cherrypy_httpserver.wsgi import WSGIConnection, WSGIServer
from cherrypy_wspbus import Bus

LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
PATIENCE = 5


def test_a_page_of_metrics_can_be_written(serving, connect, wait_until):
    """As autocat3 does."""
    inside, go = threading.Event(), threading.Event()

    def app(environ, start_response):
        inside.set()
        assert go.wait(PATIENCE)
        start_response("200 OK", [])
        return [b""]

    server = serving(
        wsgi_app=app,
        thread_pool=1,
        thread_pool_max=2,
        thread_pool_idle=60,
        accepted_queue_size=40,
    )
    pool = server.httpserver.requests
    assert (pool.idle, pool.qsize, len(pool._threads)) == (1, 0, 1)
    assert (pool.min, pool.max, pool.accepted_queue_size) == (1, 2, 40)
    clients = [connect(server) for _ in range(5)]
    for client in clients:
        client.send(LAST)
    wait_until(lambda: (pool.qsize, pool.busy) == (3, 2))
    assert (pool.idle, len(pool._threads), server.thread_pool_max) == (0, 2, 2)
    assert all(thread.ready and thread.conn is not None for thread in pool._threads)
    go.set()
    for client in clients:
        client.read()
    wait_until(lambda: (pool.qsize, pool.idle) == (0, 2))


def test_another_class_of_connections_may_be_assigned(serving, connect):
    class Counting(WSGIConnection):
        made = 0

        def __init__(self, *arguments):
            super().__init__(*arguments)
            Counting.made += 1

    def instance(settings):
        made = WSGIServer(settings)
        assert made.ConnectionClass is WSGIConnection
        made.ConnectionClass = Counting
        return made

    server = serving(instance=instance)
    for _ in range(2):
        client = connect(server)
        client.send(LAST)
        assert client.read().endswith(b"GET /last ")
    assert Counting.made == 2


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000,
    ],
    ids=["none", "small", "chunked", "large"],
)
def test_a_body_leads_to_the_socket_that_may_be_kept(serving, connect, request_, wait_until):
    """By `rfile` and `linger`, as ws4py has it."""
    kept = []

    def app(environ, start_response):
        body = environ["wsgi.input"]
        body.read()
        body.connection.linger = True
        kept.append(body.rfile)
        start_response("200 OK", [("Content-Length", "0")])
        return []

    server = serving(wsgi_app=app)
    client = connect(server)
    client.send(request_)
    assert client.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 200 OK")
    wait_until(lambda: not server.httpserver.front.open)
    with contextlib.closing(kept[0]) as file, contextlib.closing(file.raw._sock) as sock:
        client.send(b"still open\n")
        assert file.readline() == b"still open\n"
        sock.sendall(b"indeed")
        assert client.read_until(b"indeed")


def test_several_applications_may_be_behind_cheroots_dispatcher(serving, connect):
    def named(name):
        def app(environ, start_response):
            start_response("200 OK", [])
            return [f"{name} {environ['SCRIPT_NAME']} {environ['PATH_INFO']}".encode()]

        return app

    server = serving(wsgi_app=PathInfoDispatcher({"/one": named("one"), "/": named("two")}))
    for path, answer in ((b"/one/x", b"one /one /x"), (b"/y", b"two  /y")):
        client = connect(server)
        client.send(LAST.replace(b"/last", path))
        assert client.read().endswith(answer)


def test_the_address_may_be_assigned_before_the_start(app, connect):
    server = WSGIServer(Server(app=app))
    server.bind_addr = ("127.0.0.1", 0)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        assert server.ready
        client = connect(server.bind_addr)
        client.send(LAST)
        assert client.read().endswith(b"GET /last ")
    finally:
        server.stop()
        thread.join(PATIENCE)
    assert not server.ready
    assert not thread.is_alive()


def test_a_server_may_be_started_by_itself(app, connect, wait_until):
    server = WSGIServer(Server(app=app))
    server.bind_addr = ("127.0.0.1", 0)
    thread = threading.Thread(target=server.safe_start)
    thread.start()
    try:
        wait_until(lambda: server.ready)
        client = connect(server.bind_addr)
        client.send(LAST)
        assert client.read().endswith(b"GET /last ")
        assert server.runtime() >= 0
        assert str(server.bind_addr) in str(server)
    finally:
        server.stop()
        thread.join(PATIENCE)


def test_no_host_is_no_address(app):
    server = WSGIServer(Server(app=app))
    for address in (("", 80), (None, 80)):
        with pytest.raises(ValueError, match=r"0\.0\.0\.0"):
            server.bind_addr = address
    assert server.bind_addr == ("127.0.0.1", 8080)


def test_a_server_without_cheroot_has_the_names_of_one_with_it(app):
    """But for what belongs to cheroot's connections, which there are none of."""
    ours, cheroots = WSGIServer(Server(app=app)), CherootServer(Server(app=app))
    assert isinstance(cheroots, Cheroot)
    missing = {name for name in dir(cheroots) if name[0] != "_"} - set(dir(ours))
    assert missing == {
        "bind_socket",
        "can_add_keepalive_connection",
        "expiration_interval",
        "keep_alive_conn_limit",
        "maxthreads",
        "minthreads",
        "process_conn",
        "put_conn",
        "resolve_real_bind_addr",
    }
    usual = Cheroot(("127.0.0.1", 0), app)
    assert set(usual.stats) <= set(ours.stats)
    assert ours.gateway is cheroots.gateway is usual.gateway


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
def test_several_processes_may_share_a_port(family):
    host = {"AF_INET": "127.0.0.1", "AF_INET6": "::"}[family]
    if not hasattr(socket, "SO_REUSEPORT") or not hasattr(socket, family):
        pytest.skip("this system cannot do that")
    family = getattr(socket, family)
    settings = ((host, 0), family, socket.SOCK_STREAM, 0, True, None, True)
    with WSGIServer.prepare_socket(*settings) as one, WSGIServer.prepare_socket(*settings) as two:
        one.bind((host, 0))
        two.bind(one.getsockname()[:2])
        assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        if family == socket.AF_INET6:
            assert not one.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)


def test_a_port_that_somebody_has_is_not_shared_by_default(app):
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        server = WSGIServer(Server(app=app))
        server.bind_addr = somebody.getsockname()
        with pytest.raises(OSError, match="cannot listen"):
            server.start()
    assert not server.ready


def test_what_is_reported_can_be_replaced(serving, connect):
    reported = []

    def app(environ, start_response):
        raise ZeroDivisionError

    server = serving(wsgi_app=app)
    server.httpserver.error_log = lambda msg="", level=20, traceback=False: reported.append(
        (level, traceback)
    )
    client = connect(server)
    client.send(LAST)
    assert client.read().startswith(b"HTTP/1.1 500 ")
    assert reported == [(40, True)]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="abstract sockets are Linux's")
@pytest.mark.parametrize("mark", ["@", "\0"])
def test_an_abstract_socket_is_listened_on_and_tells_who_asks(serving, tmp_path, mark):
    def app(environ, start_response):
        names = ("X_REMOTE_PID", "X_REMOTE_UID", "X_REMOTE_GID", "REMOTE_USER")
        start_response("200 OK", [])
        return [" ".join(environ.get(name, "-") for name in names).encode()]

    import grp
    import os
    import pwd

    name = f"{mark}{tmp_path}"
    server = serving(Bus(), wsgi_app=app, bind_addr=name, peercreds=True, peercreds_resolve=True)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"\0{name[1:]}")
        client.sendall(LAST)
        answer = b"".join(iter(lambda: client.recv(1000), b""))
    user, group = os.getuid(), os.getgid()
    assert grp.getgrgid(group)
    expected = f"{os.getpid()} {user} {group} {pwd.getpwuid(user).pw_name}"
    assert answer.partition(b"\r\n\r\n")[2].decode() == expected
    server.stop()
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(ConnectionRefusedError):
        client.connect(f"\0{name[1:]}")


def test_peers_are_not_told_unless_that_is_set(serving, tmp_path, connect):
    if not hasattr(socket, "AF_UNIX"):
        pytest.skip("no Unix sockets")
    seen = {}

    def app(environ, start_response):
        seen.update(environ)
        start_response("200 OK", [])
        return [b""]

    path = str(tmp_path / "s")
    serving(wsgi_app=app, bind_addr=path)
    client = connect(path)
    client.send(LAST)
    client.read()
    assert not [name for name in seen if name.startswith("X_REMOTE")]
