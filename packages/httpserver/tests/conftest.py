"""What the tests of the server share."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import textwrap

import pytest

from cherrypy_httpserver import Server


def hello(environ, start_response):
    """Answer with method, path and the body that was sent."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    chunked = environ.get("wsgi.input_terminated")
    sent = environ["wsgi.input"].read() if chunked else environ["wsgi.input"].read(length)
    body = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} ".encode() + sent
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


class Raw:
    """A client that sends bytes and reads bytes."""

    def __init__(self, address):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(5)
        self.socket.connect(address)

    def send(self, data):
        self.socket.sendall(data)

    def read(self):
        """Read until the server closes."""
        chunks = []
        while chunk := self.socket.recv(65536):
            chunks.append(chunk)
        return b"".join(chunks)

    def read_until(self, end):
        data = b""
        while end not in data:
            chunk = self.socket.recv(65536)
            assert chunk, f"closed after {data!r}"
            data += chunk
        return data

    def close(self):
        self.socket.close()


@pytest.fixture
def app():
    return hello


@pytest.fixture
def serving(app):
    """Return a function that starts a server on a free port; all are stopped at the end."""
    servers = []

    def serve(bus=None, wsgi_app=app, **settings):
        server = Server(bus, wsgi_app)
        server.socket_port = 0
        server.thread_pool = 2
        for name, value in settings.items():
            setattr(server, name, value)
        servers.append(server)
        server.start()
        return server

    yield serve
    for server in servers:
        server.stop()


@pytest.fixture
def connect():
    """Return a function that opens a raw connection; all are closed at the end."""
    with contextlib.ExitStack() as stack:

        def open_connection(address):
            if hasattr(address, "bound_addr"):
                address = address.bound_addr
            return stack.enter_context(contextlib.closing(Raw(address)))

        yield open_connection


class Process:
    """A process of the test's own that is certainly ended with the test."""

    def __init__(self, arguments, directory):
        self.popen = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for_line(self, part):
        for line in self.popen.stderr:
            if part in line:
                return line
        raise AssertionError(f"ended without {part!r}")

    def finish(self):
        """Return (code, standard output, standard error) once it has ended."""
        out, err = self.popen.communicate(timeout=20)
        return self.popen.returncode, out, err


@pytest.fixture
def launch(tmp_path):
    """Return a function that runs Python with arguments in a directory with `site_app.py`."""
    (tmp_path / "site_app.py").write_text(
        textwrap.dedent(
            """
            def app(environ, start_response):
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [b"from a process"]

            not_callable = 1
            """
        )
    )
    (tmp_path / "broken.py").write_text("\nraise ValueError('not\\ntoday')\n")
    processes = []

    def run(*arguments):
        process = Process(arguments, tmp_path)
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.popen.kill()
        process.popen.communicate()


@pytest.fixture
def free_port():
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
