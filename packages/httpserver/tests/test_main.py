"""`python -m cherrypy_httpserver`, as real processes."""

from __future__ import annotations

import contextlib
import http.client
import re
import signal
import socket
import ssl
import sys
import threading

import pytest
import trustme

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
]

MODULE = ("-m", "cherrypy_httpserver")

FLASK = """
from flask import Flask, request

app = Flask(__name__)

@app.post("/hello/<name>")
def hello(name):
    return f"Hello {name}, {request.form['day']}, {request.remote_addr}"
"""

DJANGO = """
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

def hello(request, name):
    return HttpResponse(f"Hello {name}, {request.POST['day']}, {request.get_host()}")

def stream(request):
    return StreamingHttpResponse(str(number) for number in range(5))

urlpatterns = [path("hello/<name>", hello), path("stream", stream)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="x", DEBUG=True)
application = get_wsgi_application()
"""


def port_of(process):
    return int(re.search(r"https?://127\.0\.0\.1:(\d+)\n", process.wait_for_line("Serving on"))[1])


def ask(port, method="GET", path="/", body=None, fields=None):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(client):
        client.request(method, path, body, fields or {})
        response = client.getresponse()
        return response.status, response.read().decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(launch, number):
    process = launch(*MODULE, "site_app:app", "--bind", "127.0.0.1:0")
    port = port_of(process)
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    client.request("GET", "/")
    assert client.getresponse().read() == b"from a process"
    process.popen.send_signal(number)
    client.close()
    assert process.finish() == (0, "", "")


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_it_serves_flask(launch, tmp_path):
    (tmp_path / "shop.py").write_text(FLASK)
    process = launch(*MODULE, "shop:app", "--bind", "127.0.0.1:0", "--threads", "2")
    port = port_of(process)
    assert ask(port, "POST", "/hello/Ann", "day=Monday", FORM) == (
        200,
        "Hello Ann, Monday, 127.0.0.1",
    )
    assert ask(port, "GET", "/nowhere")[0] == 404
    process.popen.terminate()
    assert process.finish()[0] == 0


def test_it_serves_django(launch, tmp_path):
    (tmp_path / "shop.py").write_text(DJANGO)
    process = launch(*MODULE, "shop:application", "--bind", "127.0.0.1:0")
    port = port_of(process)
    expected = f"Hello Ann, Monday, 127.0.0.1:{port}"
    assert ask(port, "POST", "/hello/Ann", "day=Monday", FORM) == (200, expected)
    assert ask(port, "GET", "/stream") == (200, "01234")
    process.popen.terminate()
    assert process.finish()[0] == 0


MODULES = """
import sys

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    tops = {name.partition(".")[0] for name in sys.modules}
    return [" ".join(sorted(name for name in tops if name.startswith("cherry"))).encode()]
"""


def test_nothing_else_of_cherrypy_is_needed(launch, tmp_path):
    (tmp_path / "modules.py").write_text(MODULES)
    process = launch(*MODULE, "modules:app", "--bind", "127.0.0.1:0")
    assert ask(port_of(process)) == (200, "cherrypy_httpserver cherrypy_wspbus")


def test_certificates_are_read_again_on_a_signal(launch, tmp_path):
    authority, path = trustme.CA(), tmp_path / "both.pem"
    context = ssl.create_default_context()
    authority.configure_trust(context)

    def renew():
        issued = authority.issue_cert("127.0.0.1")
        issued.private_key_and_cert_chain_pem.write_to_path(path)

    def connect():
        plain = socket.create_connection(("127.0.0.1", port), timeout=5)
        return context.wrap_socket(plain, server_hostname="127.0.0.1")

    renew()
    process = launch(*MODULE, "site_app:app", "--bind", "127.0.0.1:0", "--certificate", str(path))
    port = port_of(process)
    with connect() as old:
        before = old.getpeercert()["serialNumber"]
        renew()
        process.popen.send_signal(signal.SIGUSR1)
        for _ in range(500):
            with connect() as new:
                if new.getpeercert()["serialNumber"] != before:
                    break
            threading.Event().wait(0.01)  # another process cannot tell us
        else:
            raise AssertionError("not read again")
        old.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert old.recv(12) == b"HTTP/1.1 200"


def test_it_listens_on_several_addresses(launch, tmp_path):
    path = tmp_path / "site.sock"
    process = launch(*MODULE, "site_app:app", "--bind", "127.0.0.1:0", "--bind", f"unix:{path}")
    port = port_of(process)
    process.wait_for_line(str(path))
    assert ask(port) == (200, "from a process")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(path))
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert b"".join(iter(lambda: client.recv(65536), b"")).count(b"from a process") == 1
    process.popen.terminate()
    assert process.finish() == (0, "", "")
    assert not path.exists()


def test_it_speaks_tls_on_tcp_and_plainly_on_unix_sockets(launch, tmp_path):
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    certificate.private_key_pem.write_to_path(key)
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    path = tmp_path / "site.sock"
    files = ("--certificate", str(chain), "--key", str(key))
    binds = ("--bind", "127.0.0.1:0", "--bind", f"unix:{path}")
    process = launch(*MODULE, "site_app:app", *binds, *files)
    port = port_of(process)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    client = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
    client.request("GET", "/")
    assert client.getresponse().read() == b"from a process"
    client.close()
    with socket.socket(socket.AF_UNIX) as plain:
        plain.settimeout(5)
        plain.connect(str(path))
        plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert plain.recv(12) == b"HTTP/1.1 200"
    process.popen.terminate()
    assert process.finish()[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["site_app:app", "--bind", "nonsense"], 2, "--bind"),
        (["site_app:app", "--bind", "127.0.0.1:0", "--bind", "a:b:c"], 2, "--bind"),
        (["site_app:app", "--threads", "none"], 2, "'none' is not a number"),
        (["site_app:app", "--threads", "0"], 2, "'0' is not a number above 0"),
        (["site_app:app", "--key", "key.pem"], 2, "--certificate"),
        (["site_app:app", "--certificate", "no.pem", "--bind", "127.0.0.1:0"], 1, "'no.pem'"),
        (["site_app:app", "--certificate", "broken.py", "--bind", "127.0.0.1:0"], 1, "broken.py"),
        (["site_app:app", "--bind", "unix:/no/such/directory/x"], 1, "/no/such/directory"),
        ([], 2, "MODULE:APPLICATION"),
        (["no_such_module:app"], 1, "no_such_module"),
        (["broken:app"], 1, "ValueError: not today"),
        (["site_app:not_callable"], 1, "cannot be called"),
        (["site_app:nothing"], 1, "'nothing'"),
        (["site_app"], 1, "MODULE:APPLICATION"),
    ],
)
def test_a_mistake_is_one_clear_line_and_a_code(launch, arguments, code, message):
    returned, out, err = launch(*MODULE, *arguments).finish()
    lines = [line for line in err.splitlines() if not line.startswith(("usage:", " "))]
    assert (returned, out, len(lines)) == (code, "", 1)
    assert message in lines[0]


def test_a_busy_port_is_one_clear_line_and_nothing_is_served(launch, tmp_path):
    path = tmp_path / "site.sock"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        binds = ("--bind", f"unix:{path}", "--bind", f"127.0.0.1:{port}")
        code, out, err = launch(*MODULE, "site_app:app", *binds).finish()
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert str(port) in err
    assert not path.exists()
