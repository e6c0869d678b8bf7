"""What the tests of the server share."""

from __future__ import annotations

import collections
import contextlib
import selectors
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time

import pytest
import trustme

from cherrypy_httpserver import Server
from cherrypy_httpserver.parsing import H11Parser
from cherrypy_httpserver.poller import SelectorPoller


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


def without_epoll(patch):
    """Have servers do without epoll, httptools and sendfile, as on other systems."""
    patch.setattr("cherrypy_httpserver.front.make_poller", SelectorPoller)
    patch.setattr("cherrypy_httpserver.front.make_parser", H11Parser)
    if hasattr(selectors, "PollSelector"):
        patch.setattr("selectors.DefaultSelector", selectors.PollSelector)
    patch.delattr("os.sendfile", raising=False)


@pytest.fixture(params=["usual", "portable"])
def front_kind(request, monkeypatch):
    """Run each server as this system can, and as every system can."""
    if request.param == "portable":
        without_epoll(monkeypatch)
    return request.param


@pytest.fixture
def wait_until():
    """Return a function that waits until another one returns true, for a few seconds."""

    def wait_until(true):
        deadline = time.monotonic() + 5
        pause = threading.Event()
        while not true():
            assert time.monotonic() < deadline, "in vain"
            pause.wait(0.002)

    return wait_until


@pytest.fixture
def serving(app, front_kind):
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


@pytest.fixture(scope="module")
def authority():
    """Return an authority that issues certificates."""
    return trustme.CA(organization_name="Example Authority")


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    """Return the path of the authority's own certificate."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def trust(authority):
    """Return what a client needs to connect that trusts the authority."""
    made = ssl.create_default_context()
    authority.configure_trust(made)
    return made


@pytest.fixture
def open_tls(trust):
    """Return a function that connects; the end must be said by TLS."""
    with contextlib.ExitStack() as stack:

        def connect(server, name="localhost", trust=trust):
            plain = socket.create_connection(("127.0.0.1", server.bound_addr[1]), timeout=5)
            stack.enter_context(plain)
            made = trust.wrap_socket(plain, server_hostname=name, suppress_ragged_eofs=False)
            return stack.enter_context(made)

        yield connect


@pytest.fixture
def free_port():
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    """One answer of a server, as far as it came."""

    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def __repr__(self):
        return f"<{self.status} {self.fields} {self.body[:200]!r}>"


class Answers(list):
    """All answers on a connection, and `keep` or `close`: what became of it."""

    connection = "close"


def split_answers(data):
    """Return the answers that `data` consists of."""
    answers = Answers()
    while data:
        head, separator, rest = data.partition(b"\r\n\r\n")
        assert separator, f"the head of an answer is cut short: {data!r}"
        line, *fields = head.split(b"\r\n")
        version, status, _ = line.split(b" ", 2)
        assert version in (b"HTTP/1.1", b"HTTP/1.0")
        named = {
            name.decode("latin-1").lower(): value.strip().decode("latin-1")
            for name, _, value in (field.partition(b":") for field in fields)
        }
        without_body = int(status) < 200 or int(status) == 304 or "x-head" in named
        length = 0 if without_body else int(named["content-length"])
        assert len(rest) >= length, f"the body of an answer is cut short: {data!r}"
        answers.append(Answer(int(status), named, rest[:length]))
        data = rest[length:]
    return answers


class CorpusServer:
    """A server whose application tells what it has seen, and a client for raw requests."""

    behind = b"GET /behind HTTP/1.1\r\nHost: behind\r\nConnection: close\r\n\r\n"

    def __init__(self, **settings):
        self.paths = collections.deque()
        self.server = Server(app=self.application)
        self.server.socket_port = 0
        self.server.thread_pool = 2
        self.server.max_request_header_size = 8192
        self.server.max_request_body_size = 65536
        for name, value in settings.items():
            setattr(self.server, name, value)
        self.server.start()

    def application(self, environ, start_response):
        """Answer with what came in: method, target, Host, other fields, body."""
        self.paths.append(environ["PATH_INFO"])
        words = [environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("HTTP_HOST", "-")]
        if environ.get("QUERY_STRING"):
            words[1] += f"?{environ['QUERY_STRING']}"
        usual = ("HTTP_HOST", "HTTP_CONNECTION", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT")
        others = [name for name in sorted(environ) if name.startswith("HTTP_")]
        words += [f"{name[5:]}={environ[name]}" for name in others if name not in usual]
        read = environ["PATH_INFO"] != "/unread"
        sent = environ["wsgi.input"].read() if read else b""
        body = f"{' '.join(words)} :".encode("latin-1") + sent
        fields = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
        if environ["REQUEST_METHOD"] == "HEAD":
            fields.append(("X-Head", "yes"))
        start_response("200 OK", fields)
        return [body]

    def ask(self, data, half_close=False, pieces=None, cut=None):
        """Send `data` and another request behind it; return the answers to `data`.

        Args:
            data: the bytes.
            half_close: close the client's side instead of the request behind.
            pieces: send as many bytes at a time; None for all at once.
            cut: send as many bytes, and the rest when the server has had them.
        """
        self.paths.clear()
        with socket.create_connection(self.server.bound_addr, timeout=5) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # The server may have had enough of it before everything is sent.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                whole = data if half_close else data + self.behind
                if cut is not None:
                    client.sendall(whole[:cut])
                    self._wait_until_read(cut)
                    whole = whole[cut:]
                step = pieces or len(whole) or 1
                for start in range(0, len(whole), step):
                    client.sendall(whole[start : start + step])
                if half_close:
                    client.shutdown(socket.SHUT_WR)
            answers = split_answers(self._read(client))
        if answers and answers[-1].body.startswith(b"GET /behind behind"):
            answers.behind = answers.pop()
            answers.connection = "keep"
        return answers

    def _wait_until_read(self, count):
        deadline = time.monotonic() + 5
        armed = self.server.httpserver.front.armed
        while time.monotonic() < deadline:
            if any(len(getattr(one, "_head", b"")) == count for one in list(armed.values())):
                return
        raise AssertionError(f"the server has not read {count} bytes")

    @staticmethod
    def _read(client):
        chunks = []
        # What was lost by a reset is missing in the answers.
        with contextlib.suppress(ConnectionResetError):
            while chunk := client.recv(65536):
                chunks.append(chunk)
        return b"".join(chunks)

    def close(self):
        self.server.stop()


def no_httptools(*_):
    """Stand in for the parser of httptools."""
    raise ImportError("httptools is not here")


@pytest.fixture(scope="module", params=["httptools", "h11"])
def corpus_server(request):
    """Return a server for raw requests, with limits that are small enough to be met."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "h11":
            patch.setattr("cherrypy_httpserver.parsing.LlhttpParser", no_httptools)
            without_epoll(patch)
        else:
            pytest.importorskip("httptools", reason="there is no httptools for this system")
        with contextlib.closing(CorpusServer()) as serving:
            yield serving
