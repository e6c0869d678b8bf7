"""The server made by a call, with the signature of CherryPy 8."""

import http.client
import socket
import threading

import pytest

from cherrypy_httpserver.standalone import CherryPyWSGIServer, prevent_socket_inheritance
from cherrypy_httpserver.wsgi import WSGIServer


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


@pytest.fixture
def serve(front_kind):
    """Give a function that starts a server, and returns it when it listens."""
    running = []

    def start(**settings):
        server = CherryPyWSGIServer(("127.0.0.1", 0), application, **settings)
        server.prepare()
        thread = threading.Thread(target=server.serve)
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()


def test_it_serves_a_wsgi_application(serve):
    server = serve(numthreads=2)
    connection = http.client.HTTPConnection(*server.bind_addr[:2], timeout=5)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello"
    connection.close()


def test_its_settings_have_the_historical_names():
    server = CherryPyWSGIServer(
        ("127.0.0.1", 8080),
        application,
        numthreads=3,
        server_name="here",
        max=7,
        request_queue_size=11,
        timeout=2.5,
        shutdown_timeout=1,
        accepted_queue_size=9,
        accepted_queue_timeout=4,
    )
    assert isinstance(server, WSGIServer)
    assert server.bind_addr == ("127.0.0.1", 8080)
    assert server.wsgi_app is application
    assert (server.numthreads, server.server_name, server.requests.max) == (3, "here", 7)
    assert (server.request_queue_size, server.timeout, server.shutdown_timeout) == (11, 2.5, 1)


def test_the_tls_adapter_may_be_set_on_the_class():
    adapter = object()

    class Secure(CherryPyWSGIServer):
        ssl_adapter = adapter

    assert Secure(("127.0.0.1", 0), application).ssl_adapter is adapter
    assert CherryPyWSGIServer(("127.0.0.1", 0), application).ssl_adapter is None


def test_sockets_can_be_kept_from_other_programs():
    with socket.socket() as sock:
        sock.set_inheritable(True)
        prevent_socket_inheritance(sock)
        assert not sock.get_inheritable()
