"""FastCGI, SCGI and CGI: with nginx in front where it is installed, and by hand."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading

import pytest

from cherrypy_httpserver import Server, SettingError
from cherrypy_httpserver.xcgi import FlupFCGIServer, fastcgi_server, scgi_server
from cherrypy_wspbus import Bus

pytest.importorskip("flup", reason="flup is not installed (extra xcgi)")
unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets")


def app(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    path = environ["SCRIPT_NAME"] + environ["PATH_INFO"]
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Path", path)])
    return [environ["REQUEST_METHOD"].encode(), b" ", body]


@pytest.fixture
def serve():
    """Return a function that starts a server of the named kind and returns it."""
    buses = []

    def start(factory, application=app, **settings):
        bus = Bus()
        bus.may_exit_process = False
        server = Server(bus, application)
        server.instance = factory
        server.bind_addr = ("127.0.0.1", 0)
        for name, value in settings.items():
            setattr(server, name, value)
        server.subscribe()
        bus.start()
        buses.append(bus)
        return server

    yield start
    for bus in buses:
        bus.exit()


def pair(name, value):
    return bytes([len(name), len(value)]) + name.encode() + value.encode()


def record(kind, content, request=1):
    return struct.pack(">BBHHBx", 1, kind, request, len(content), 0) + content


def ask_fastcgi(address, method="GET", path="/x", body=b""):
    """Return what a FastCGI server answers (FastCGI specification 1.0, section 3)."""
    variables = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    params = b"".join(pair(*each) for each in variables.items())
    message = record(1, struct.pack(">HB5x", 1, 0)) + record(4, params) + record(4, b"")
    message += (record(5, body) if body else b"") + record(5, b"")
    with socket.create_connection(address, 10) as client, client.makefile("rwb") as stream:
        stream.write(message)
        stream.flush()
        answer = b""
        while header := stream.read(8):
            _, kind, _, length, padding = struct.unpack(">BBHHBx", header)
            content = stream.read(length + padding)[:length]
            if kind == 6:
                answer += content
            elif kind == 3:
                break
    return answer


def ask_scgi(address, method="GET", path="/x", body=b""):
    """Return what an SCGI server answers (SCGI specification 1)."""
    variables = {
        "CONTENT_LENGTH": str(len(body)),
        "SCGI": "1",
        "REQUEST_METHOD": method,
        "REQUEST_URI": path,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    head = "".join(f"{name}\0{value}\0" for name, value in variables.items()).encode()
    with socket.create_connection(address, 10) as client, client.makefile("rwb") as stream:
        stream.write(b"%d:%s,%s" % (len(head), head, body))
        stream.flush()
        return stream.read()


KINDS = pytest.mark.parametrize(
    ("factory", "ask"), [(fastcgi_server, ask_fastcgi), (scgi_server, ask_scgi)]
)


@KINDS
def test_a_request_is_answered(serve, factory, ask):
    address = serve(factory).bound_addr
    head, _, body = ask(address, "POST", "/a/b", b"what").partition(b"\r\n\r\n")
    assert body == b"POST what"
    assert b"Status: 200 OK" in head
    assert b"X-Path: /a/b" in head


@KINDS
def test_the_request_under_way_is_answered_at_the_stop(serve, factory, ask):
    entered, go_on = threading.Event(), threading.Event()

    def slow(environ, start_response):
        entered.set()
        go_on.wait(10)
        return app(environ, start_response)

    server = serve(factory, slow)
    answers = []
    client = threading.Thread(target=lambda: answers.append(ask(server.bound_addr)))
    client.start()
    assert entered.wait(10)
    ending = threading.Thread(target=server.bus.stop)
    ending.start()
    go_on.set()
    ending.join(10)
    client.join(10)
    assert answers[0].endswith(b"GET ")


@KINDS
def test_more_clients_than_threads_wait_for_their_turn(serve, factory, ask):
    server = serve(factory, thread_pool=1)
    answers = []
    clients = [
        threading.Thread(target=lambda: answers.append(ask(server.bound_addr))) for _ in range(5)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join(10)
    assert [answer.endswith(b"GET ") for answer in answers] == [True] * 5


def test_a_busy_port_is_an_error_of_the_start(serve):
    address = serve(fastcgi_server).bound_addr
    from cherrypy_wspbus import ChannelFailures

    with pytest.raises(ChannelFailures):
        serve(fastcgi_server, bind_addr=address)


@unix
def test_the_file_of_a_socket_is_removed_at_the_end(serve, tmp_path):
    path = str(tmp_path / "s")
    server = serve(fastcgi_server, bind_addr=path)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
    server.bus.stop()
    assert list(tmp_path.iterdir()) == []


def test_without_an_address_there_is_nothing_to_serve_on():
    with pytest.raises(SettingError, match="fcgi needs an address"):
        FlupFCGIServer(app)


CGI = """
from cherrypy_httpserver import Server
from cherrypy_wspbus import Bus

def app(environ, start_response):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    start_response("201 Created", [("Content-Type", "text/plain")])
    return ["\u00e4".encode(), environ["wsgi.input"].read(length)]

bus = Bus()
server = Server(bus, app)
server.instance = "cherrypy_httpserver.xcgi.cgi_server"
server.bind_addr = None
server.subscribe()
bus.start()
bus.block()
"""


@pytest.mark.slow
def test_a_cgi_program_answers_its_one_request_and_ends(tmp_path):
    (tmp_path / "program.py").write_text(CGI, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        input=b"body",
        env=os.environ | {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "4", "PATH_INFO": "/"},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    assert body == "\u00e4".encode() + b"body"
    assert head.startswith(b"Status: 201 Created")


def test_a_cgi_program_that_no_web_server_has_started_says_so(tmp_path):
    (tmp_path / "program.py").write_text(CGI, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 70
    assert "REQUEST_METHOD" in done.stderr
    assert "Traceback" not in done.stderr


CONFIG = """
daemon off; master_process off; pid {directory}/pid; error_log {directory}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {directory}; proxy_temp_path {directory};
    fastcgi_temp_path {directory}; scgi_temp_path {directory}; uwsgi_temp_path {directory};
    server {{
        listen unix:{directory}/front;
        location / {{
            {kind}_pass {address};
            {kind}_param REQUEST_METHOD $request_method;
            {kind}_param REQUEST_URI $request_uri;
            {kind}_param PATH_INFO $uri;
            {kind}_param SCRIPT_NAME "";
            {kind}_param QUERY_STRING $query_string;
            {kind}_param CONTENT_LENGTH $content_length;
            {kind}_param SERVER_NAME $server_name;
            {kind}_param SERVER_PORT $server_port;
            {kind}_param SERVER_PROTOCOL $server_protocol;
        }}
    }}
}}
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
@pytest.mark.parametrize(("kind", "factory"), [("fastcgi", fastcgi_server), ("scgi", scgi_server)])
def test_nginx_passes_requests_on(serve, tmp_path, kind, factory):
    host, port = serve(factory).bound_addr
    front = tmp_path / "front"
    config = tmp_path / "nginx.conf"
    config.write_text(CONFIG.format(directory=tmp_path, kind=kind, address=f"{host}:{port}"))
    nginx = subprocess.Popen(["nginx", "-e", "stderr", "-p", tmp_path, "-c", config])
    try:
        for _ in range(1000):
            with socket.socket(socket.AF_UNIX) as client:
                if client.connect_ex(str(front)) == 0:
                    break
            threading.Event().wait(0.01)  # another process cannot tell us
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(front))
            connection = http.client.HTTPConnection("x")
            connection.sock = client
            connection.request("POST", "/a/b", b"through nginx")
            answer = connection.getresponse()
            assert answer.read() == b"POST through nginx"
            assert (answer.status, answer.headers["X-Path"]) == (200, "/a/b")
    finally:
        nginx.terminate()
        nginx.wait(10)
