"""A process that may not open more files: what is idle goes, nothing spins, all recovers."""

from __future__ import annotations

import socket
import subprocess
import sys
import time

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no limit on descriptors"),
]

LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
LIMIT = 60

# Answers each line of standard input with its processor time and the connections it has shed.
PROGRAM = f"""
import os, resource, sys, time
from cherrypy_httpserver import Server

def say(*words):
    # print() would write word by word, and two threads mix their lines.
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def app(environ, start_response):
    start_response("200 OK", [])
    return [b"fine"]

server = Server(app=app)
server.socket_port = 0
server.thread_pool = 2
server.bus.subscribe("log", lambda message, level: say(message))
server.start()
resource.setrlimit(resource.RLIMIT_NOFILE, ({LIMIT}, {LIMIT}))
say("PORT", server.bound_addr[1])
for _ in sys.stdin:
    front = server.httpserver.front
    say("CPU", time.process_time(), front.shed_connections, len(front.open))
server.stop()
"""


class Exhausted:
    """The program, and what it says."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.clients = []
        self.said = []
        self.address = ("127.0.0.1", int(self.line("PORT")[1]))

    def line(self, word):
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith(word):
                return line.split()
        raise AssertionError(self.said)

    def figures(self):
        """Return seconds of the processor, connections shed and connections open."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        _, seconds, shed, still_open = self.line("CPU")
        return float(seconds), int(shed), int(still_open)

    def crowd(self, count, begun=b""):
        for _ in range(count):
            client = socket.create_connection(self.address, timeout=10)
            self.clients.append(client)
            client.sendall(begun)

    def serves(self):
        with socket.create_connection(self.address, timeout=10) as client:
            client.sendall(LAST)
            return client.recv(1000).startswith(b"HTTP/1.1 200 OK")

    def leave(self):
        while self.clients:
            self.clients.pop().close()

    def end(self):
        self.leave()
        self.said += self.process.communicate(timeout=20)[0].splitlines()


@pytest.fixture
def exhausted():
    made = Exhausted()
    yield made
    made.leave()
    made.process.kill()
    made.process.communicate()


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nX: "], ids=["idle", "dripping"])
def test_connections_without_a_request_make_room_for_others(exhausted, begun):
    exhausted.crowd(150, begun)
    assert all(exhausted.serves() for _ in range(20))
    assert exhausted.figures()[1] >= 150 - LIMIT
    exhausted.end()
    # Not a line for each of them.
    assert sum("Idle connections are closed" in line for line in exhausted.said) == 1


def test_without_anything_to_shed_the_server_waits_without_spinning_and_recovers(exhausted):
    # Half a body: neither idle nor without a request.
    exhausted.crowd(2 * LIMIT, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
    deadline = time.monotonic() + 5
    while exhausted.figures()[2] < LIMIT - 20:
        assert time.monotonic() < deadline
    before, began = exhausted.figures()[0], time.monotonic()
    # Somebody waits to be accepted all the time.
    exhausted.process.stdin.flush()
    with socket.create_connection(exhausted.address, timeout=1) as waiting:
        waiting.sendall(LAST)
        with pytest.raises(TimeoutError):
            waiting.recv(1)
        after, seconds = exhausted.figures()[0], time.monotonic() - began
        assert after - before < 0.2 * seconds
        exhausted.leave()
        waiting.settimeout(10)
        assert waiting.recv(1000).startswith(b"HTTP/1.1 200 OK")
    assert exhausted.serves()
    exhausted.end()
