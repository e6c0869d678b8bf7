"""Programs that speak WebSocket through ws4py, which takes sockets away from the server."""

from __future__ import annotations

import re
import socket
import subprocess
import sys

import pytest
from wsproto.events import CloseConnection, TextMessage

pytest.importorskip("ws4py", reason="ws4py is not installed")
pytestmark = pytest.mark.slow

PATIENCE = 20

PROGRAM = """
import cherrypy
from ws4py.messaging import TextMessage
from ws4py.server.cherrypyserver import WebSocketPlugin, WebSocketTool
from ws4py.websocket import EchoWebSocket, WebSocket

WebSocketPlugin(cherrypy.engine).subscribe()
cherrypy.tools.sockets = WebSocketTool()

class Member(WebSocket):
    def received_message(self, message):
        cherrypy.engine.publish("websocket-broadcast", TextMessage(f"all: {message}"))

class Root:
    @cherrypy.expose
    def index(self):
        return "a page"

    @cherrypy.expose
    def echo(self):
        assert cherrypy.request.ws_handler is not None

    @cherrypy.expose
    def chat(self):
        pass

    echo._cp_config = {"tools.sockets.on": True, "tools.sockets.handler_cls": EchoWebSocket}
    chat._cp_config = {"tools.sockets.on": True, "tools.sockets.handler_cls": Member}

cherrypy.config.update(
    {"server.socket_port": 0, "server.thread_pool": 2, "engine.autoreload.on": False}
)
cherrypy.quickstart(Root())
"""


@pytest.fixture
def port(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if found := re.search(r"Serving on http://127\.0\.0\.1:(\d+)", line):
            break
    else:
        raise AssertionError("".join(lines))
    yield int(found[1])
    process.terminate()
    rest, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, "Traceback" in rest) == (0, False), rest


def get(port):
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_an_echo_goes_on_working(port, open_websocket):
    client = open_websocket(port, "/echo")
    client.send(TextMessage("Hello"))
    assert client.next().data == "Hello"
    client.send(CloseConnection(1000))
    assert client.next().code == 1000
    assert client.socket.recv(100) == b""


def test_a_broadcast_reaches_all_and_nobody_holds_a_worker(port, open_websocket):
    clients = [open_websocket(port, "/chat") for _ in range(6)]
    assert get(port).endswith(b"a page")
    clients[0].send(TextMessage("Hello"))
    assert [each.next().data for each in clients] == ["all: Hello"] * 6
    assert get(port).endswith(b"a page")
