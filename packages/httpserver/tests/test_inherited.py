"""Listening sockets from systemd and from the process before, in real processes."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import textwrap
import threading
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PATIENCE = 20

SERVICE = """
import os, sys, threading
from cherrypy_httpserver import Server
from cherrypy_wspbus import Bus
from cherrypy_wspbus.plugins import SignalHandler

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [RUN.encode()]

RUN = os.environ["RUN"] = str(int(os.environ.get("RUN", 0)) + 1)
bus = Bus()
bus.subscribe("log", lambda msg, level: print(msg, flush=True))
SignalHandler(bus).subscribe()
servers = []
for name, address in eval(sys.argv[1]):
    server = Server(bus, application)
    server.bind_addr = address
    server.socket_name = name
    server.shutdown_timeout = 1
    server.subscribe()
    servers.append(server)
bus.start()
print("PORTS", *(s.httpserver.socket.getsockname()[1:] for s in servers), flush=True)
"""

BLOCK = "bus.block()\n"

RESTART_TWICE = """
if int(RUN) <= 2:
    threading.Thread(target=lambda: (sys.stdin.readline(), bus.restart())).start()
bus.block()
"""


@pytest.fixture
def spawn(tmp_path):
    processes = []

    def spawn(body, *arguments, **options):
        path = tmp_path / "service.py"
        path.write_text(textwrap.dedent(SERVICE + body))
        process = subprocess.Popen(
            [sys.executable, *options.pop("before", ()), str(path), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=tmp_path,
            env={name: value for name, value in os.environ.items() if name != "RUN"},
            **options,
        )
        processes.append((process, threading.Timer(PATIENCE, process.kill)))
        processes[-1][1].start()
        return process

    yield spawn
    for process, watchdog in processes:
        watchdog.cancel()
        process.kill()
        process.communicate()


def expect(process, text):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return line
    raise AssertionError("".join(lines))


def fetch(address):
    connection = HTTPConnection(*address, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("GET", "/", headers={"Connection": "close"})
        return connection.getresponse().read().decode()


class Customer(threading.Thread):
    """Sends requests all the time, and counts."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address = address
        self.seen = {}
        self.failures = []
        self.news = threading.Condition()
        self.enough = False
        self.start()

    def run(self):
        while not self.enough:
            try:
                answer = fetch(self.address)
            except (OSError, HTTPException) as error:
                self.failures.append(error)
                return
            with self.news:
                self.seen[answer] = self.seen.get(answer, 0) + 1
                self.news.notify_all()

    def wait_for(self, answer):
        with self.news:
            assert self.news.wait_for(lambda: self.seen.get(answer, 0) > 5, PATIENCE), self.seen


def test_no_request_is_lost_when_the_process_is_replaced(spawn):
    process = spawn(RESTART_TWICE, "[(None, ('127.0.0.1', 0))]")
    port = int(expect(process, "PORTS").strip().split("(")[1].strip(",)\n"))
    customer = Customer(("127.0.0.1", port))
    for run in ("1", "2"):
        customer.wait_for(run)
        process.stdin.write("\n")
        process.stdin.flush()
        expect(process, "PORTS")
    customer.wait_for("3")
    customer.enough = True
    customer.join(PATIENCE)
    assert customer.failures == []
    process.terminate()
    assert process.wait(PATIENCE) == 0


def test_the_file_of_a_unix_socket_goes_to_the_next_process_and_then_away(spawn, tmp_path):
    with contextlib.chdir(tmp_path) if sys.version_info >= (3, 11) else contextlib.nullcontext():
        process = spawn(RESTART_TWICE, "[(None, 'web.sock')]")
        path = Path(tmp_path, "web.sock")
        for _ in range(2):
            expect(process, "PORTS")
            inode = path.stat().st_ino
            process.stdin.write("\n")
            process.stdin.flush()
        expect(process, "PORTS")
        assert path.stat().st_ino == inode
        process.terminate()
        assert process.wait(PATIENCE) == 0
        assert not path.exists()


ACTIVATE = """
import os, sys
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES="web:admin")
first, second = map(int, sys.argv[1].split(","))
os.dup2(first, 20)
os.dup2(second, 21)
os.dup2(20, 3)
os.dup2(21, 4)
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


def test_several_sockets_of_systemd_are_served_by_name_before_and_after_a_restart(spawn):
    with (
        socket.create_server(("127.0.0.1", 0)) as web,
        socket.create_server(("127.0.0.1", 0)) as admin,
    ):
        files = (web.fileno(), admin.fileno())
        process = spawn(
            RESTART_TWICE,
            "[('admin', ('127.0.0.1', 1)), ('web', ('127.0.0.1', 2))]",
            before=("-c", ACTIVATE, ",".join(map(str, files))),
            pass_fds=files,
        )
        for run in ("1", "2", "3"):
            ports = expect(process, "PORTS")
            assert str(admin.getsockname()[1]) in ports.split("(")[1]
            assert fetch(web.getsockname()) == fetch(admin.getsockname()) == run
            if run != "3":
                process.stdin.write("\n")
                process.stdin.flush()
        process.terminate()
        assert process.wait(PATIENCE) == 0
