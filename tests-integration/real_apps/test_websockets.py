"""What a WebSocket library takes hold of before it takes the connection over."""

import http.client
import queue
import socket
import sys

from cheroot.server import HTTPConnection, HTTPRequest

import cherrypy


class Chat:
    @cherrypy.expose
    def index(self):
        rfile = cherrypy.request.rfile
        cherrypy.engine.publish("handle-websocket", cherrypy.request, rfile)
        return "upgraded"


def test_the_handler_can_hand_something_over_on_the_bus(mount):
    taken = []
    cherrypy.engine.subscribe("handle-websocket", lambda request, rfile: taken.append(rfile))
    try:
        assert mount(Chat()).get("/").text == "upgraded"
    finally:
        del cherrypy.engine.listeners["handle-websocket"]
    assert len(taken) == 1


def test_a_tool_may_write_the_header_list_itself(mount, monkeypatch):
    def own_headers():
        response = cherrypy.serving.response
        names = [name for name, _ in response.header_list]
        assert b"Content-Type" in names
        response.header_list = [(b"X-Only", b"this")]

    monkeypatch.setattr(
        cherrypy.tools, "own_headers", cherrypy.Tool("on_end_resource", own_headers), raising=False
    )
    answer = mount(Chat(), config={"/": {"tools.own_headers.on": True}}).get("/")
    assert answer.headers["X-Only"] == "this"


class Body:
    @cherrypy.expose
    def index(self):
        rfile = cherrypy.request.rfile
        return f"{hasattr(rfile, 'rfile')} {rfile.read(3).decode()}"

    index._cp_config = {"request.process_request_body": False}  # noqa: RUF012


def test_the_file_behind_the_file_of_a_body_can_be_reached(mount, live):
    mount(Body())
    server = live()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("POST", "/", b"abc", {"Content-Type": "text/plain"})
    assert connection.getresponse().read() == b"True abc"
    connection.close()


def keep_connection():
    """Find the connection as ws4py does: up the stack, as `self` of some frame."""
    found = set()
    frame = sys._getframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, HTTPRequest):
            owner.close_connection = True
            found.add("request")
        elif isinstance(owner, HTTPConnection):
            owner.linger = True
            found.add("connection")
        frame = frame.f_back
    return found


class Taken:
    """Answers 101, and goes on with the socket by itself when the request is over."""

    def __init__(self):
        self.files = queue.SimpleQueue()

    @cherrypy.expose
    def index(self):
        request, response = cherrypy.serving.request, cherrypy.serving.response
        assert keep_connection() == {"request", "connection"}
        response.status = "101 Switching Protocols"
        response.headers["Upgrade"] = "websocket"
        response.headers["Connection"] = "Upgrade"
        request.hooks.attach("on_end_request", self.take, rfile=request.rfile)
        return b""

    def take(self, rfile):
        self.files.put(rfile.rfile)


def test_the_connection_can_be_found_on_the_stack_and_kept(mount, live):
    root = Taken()
    mount(root)
    server = live()
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as client,
        client.makefile("rb") as lines,
    ):
        client.sendall(
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        assert lines.readline() == b"HTTP/1.1 101 Switching Protocols\r\n"
        assert b"Upgrade: websocket\r\n" in list(iter(lines.readline, b"\r\n"))
        client.sendall(b"ping")
        file = root.files.get(timeout=5)
        taken = file.raw._sock
        taken.settimeout(5)
        assert taken.recv(4) == b"ping"
        taken.sendall(b"pong")
        assert lines.read(4) == b"pong"
        taken.close()
        file.close()
