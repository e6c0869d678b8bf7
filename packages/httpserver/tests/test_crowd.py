"""A crowd of clients that do nothing, or hardly anything, and those who want something."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import statistics
import subprocess
import sys
import threading
import time

import pytest
import trustme

pytestmark = pytest.mark.slow

IDLE, DRIPPING, STALLED = 1000, 200, 50
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HEAD_OF_A_HANDSHAKE = b"\x16\x03\x01\x02\x00\x01"

# Two servers, one of them with TLS. It ends when its standard input does.
PROGRAM = """
import resource, sys
from cherrypy_httpserver import Server

resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

def app(environ, start_response):
    start_response("200 OK", [])
    return [b"fine"]

servers = []
for certificate in (None, sys.argv[1]):
    server = Server(app=app)
    server.socket_port = 0
    server.socket_timeout = 60
    server.ssl_certificate = certificate
    server.start()
    servers.append(server)
    print("PORT", server.bound_addr[1], flush=True)
sys.stdin.read()
for server in servers:
    server.stop()
"""


@pytest.fixture
def many_files():
    """Allow this process as many descriptors as the crowd needs."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip("no more than that many files may be open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def site(tmp_path, many_files):
    """Return a function that starts the program and returns its ports, without and with TLS."""
    path = tmp_path / "both.pem"
    trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(path)
    with contextlib.ExitStack() as stack:

        def start():
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.communicate)
            stack.callback(process.kill)
            lines = (line.split() for line in process.stdout)
            found = (int(words[1]) for words in lines if words[:1] == ["PORT"])
            return next(found), next(found)

        yield start


class Honest:
    """Somebody who sends whole requests to a site and measures how long the answers take."""

    def __init__(self, stack, ports):
        plain, tls = (("127.0.0.1", port) for port in ports)
        self.kept = stack.enter_context(socket.create_connection(plain, timeout=5))
        self.tls = tls
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.times = {self.ask_on_a_kept_connection: [], self.ask_on_a_new_one_with_tls: []}

    def ask_on_a_kept_connection(self):
        self.kept.sendall(GET)
        assert self.kept.recv(1000).endswith(b"fine")

    def ask_on_a_new_one_with_tls(self):
        with (
            socket.create_connection(self.tls, timeout=5) as plain,
            self.context.wrap_socket(plain) as client,
        ):
            client.sendall(GET)
            assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")

    def ask(self):
        for ask, times in self.times.items():
            began = time.perf_counter()
            ask()
            times.append(time.perf_counter() - began)

    def medians(self):
        found = [statistics.median(times) for times in self.times.values()]
        for times in self.times.values():
            times.clear()
        return found


class Crowd:
    """Everybody else."""

    def __init__(self, stack, plain, tls):
        def connect(port):
            made = socket.create_connection(("127.0.0.1", port), timeout=5)
            return stack.enter_context(contextlib.closing(made))

        self.idle = [connect(plain) for _ in range(IDLE)]
        for client in self.idle:
            client.sendall(GET)
        for client in self.idle:
            assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")
        self.dripping = [connect(plain) for _ in range(DRIPPING)]
        for client in self.dripping:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        self.stalled = [connect(tls) for _ in range(STALLED)]
        for client in self.stalled:
            client.sendall(HEAD_OF_A_HANDSHAKE)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.drip)
        self.thread.start()
        stack.callback(self.leave)

    def drip(self):
        """Have each of the dripping clients send a byte every second."""
        while not self.over.is_set():
            for client in self.dripping:
                client.sendall(b"x")
                if self.over.wait(1 / DRIPPING):
                    return

    def leave(self):
        self.over.set()
        self.thread.join()

    def alive(self):
        """Return how many of the idle clients still get an answer."""
        for client in self.idle:
            client.sendall(GET)
        return sum(client.recv(1000).startswith(b"HTTP/1.1 200 OK") for client in self.idle)

    def cut(self):
        """Return how many of the others the server has closed."""
        with selectors.DefaultSelector() as found:
            for client in self.dripping + self.stalled:
                found.register(client, selectors.EVENT_READ)
            return len(found.select(0))


def test_honest_requests_take_at_most_twice_their_normal_time(site):
    with contextlib.ExitStack() as stack:
        crowded = site()
        crowd = Crowd(stack, *crowded)
        # Asked in turns, so that whatever else this machine does counts for both.
        visitors = [Honest(stack, ports) for ports in (crowded, site())]
        for _ in range(4):
            for _ in range(100):
                for visitor in visitors:
                    visitor.ask()
            crowded_times, usual_times = (visitor.medians() for visitor in visitors)
            ratios = [a / b for a, b in zip(crowded_times, usual_times, strict=True)]
            # Once is enough: a median of a hundred is not certain on a busy machine.
            if max(ratios) <= 2:
                break
        assert max(ratios) <= 2
        assert crowd.cut() == 0
        assert crowd.alive() == IDLE
