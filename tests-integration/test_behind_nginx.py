"""The server behind a real nginx, configured as the documentation says."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from cherrypy_httpserver import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("nginx") is None, reason="nginx is missing: apt-get install nginx-light"
    ),
]

CONFIG = Path(__file__).parent.parent / "docs" / "nginx" / "site.conf"

MAIN = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log stderr error;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    scgi_temp_path {directory}/scgi;
    uwsgi_temp_path {directory}/uwsgi;
    {site}
}}
"""


class Shout:
    def opened(self, channel):
        self.channel = channel

    def received(self, data):
        self.channel.send(data.upper())

    def closed(self, error):
        pass


def application(environ, start_response):
    upgrade = environ.get("cherrypy_httpserver.upgrade")
    if upgrade is not None:
        upgrade(Shout())
        start_response("101 Switching Protocols", [("Upgrade", "shout")])
        return []
    sent = environ["wsgi.input"].read()
    names = ("HTTP_HOST", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")
    words = [environ[name] for name in names] + [environ["PATH_INFO"], str(len(sent))]
    body = " ".join(words).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def server():
    made = Server(app=application)
    made.socket_port = 0
    made.thread_pool = 4
    made.start()
    yield made
    made.stop()


@pytest.fixture
def front(server, tmp_path):
    """Return the path of the socket on which nginx listens."""
    path = tmp_path / "front"
    site = CONFIG.read_text()
    for documented, ours in (
        ("127.0.0.1:8080", f"127.0.0.1:{server.bound_addr[1]}"),
        ("listen 80;", f"listen unix:{path};"),
        ("$remote_addr;", "192.0.2.1;"),  # a Unix socket has none
    ):
        assert documented in site
        site = site.replace(documented, ours)
    config = tmp_path / "nginx.conf"
    config.write_text(MAIN.format(directory=tmp_path, site=site))
    nginx = subprocess.Popen(["nginx", "-e", "stderr", "-p", tmp_path, "-c", config])
    try:
        for _ in range(1000):
            assert nginx.poll() is None
            with socket.socket(socket.AF_UNIX) as client:
                if client.connect_ex(str(path)) == 0:
                    break
            threading.Event().wait(0.01)  # another process cannot tell us
        yield str(path)
    finally:
        nginx.terminate()
        nginx.wait(10)


@contextlib.contextmanager
def connected(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(path)
        yield client


@contextlib.contextmanager
def http_client(path):
    with connected(path) as client:
        connection = http.client.HTTPConnection("www.example.com:8000")
        connection.sock = client
        yield connection


def test_requests_are_passed_on_over_few_connections(server, front):
    with http_client(front) as client:
        for _ in range(50):
            fields = {"X-Forwarded-For": "6.6.6.6", "X_Forwarded_For": "6.6.6.6"}
            client.request("GET", "/a", headers=fields)
            answer = client.getresponse()
            assert answer.read() == b"www.example.com:8000 192.0.2.1 http /a 0"
            assert answer.status == 200
    assert server.httpserver.requests.requests == 50
    assert len(server.httpserver.front.open) <= 2


def test_bodies_are_passed_on_whole(front):
    with http_client(front) as client:
        for length in (0, 1, 70_000, 3_000_000):
            client.request("POST", "/b", b"x" * length)
            assert client.getresponse().read().endswith(b" /b %d" % length)
        client.request("POST", "/c", iter([b"abc", b"de"]), encode_chunked=True)
        assert client.getresponse().read().endswith(b" /c 5")


def test_connections_are_upgraded(front):
    with connected(front) as client:
        client.sendall(
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n"
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += client.recv(1000)
        assert answer.startswith(b"HTTP/1.1 101 ")
        client.sendall(b"hello")
        assert client.recv(1000) == b"HELLO"


def test_no_request_is_lost_between_two_keep_alive_timeouts(server, front):
    # The documented order of the two, in short: nginx gives connections up before the server does.
    text = CONFIG.read_text()
    seconds = int(text.partition("keepalive_timeout ")[2].partition("s;")[0])
    assert seconds < Server.socket_timeout
    with http_client(front) as client:
        for _ in range(5):
            client.request("GET", "/a")
            assert client.getresponse().read().endswith(b"/a 0")
            for connection in list(server.httpserver.front.open):
                assert connection.deadline - connection.now() > seconds - 1
