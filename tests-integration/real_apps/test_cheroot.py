"""The server library, used beside or without the framework."""

import http.client
import threading

import cheroot
import cheroot.errors
import cheroot.makefile
import pytest
from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter

import cherrypy


class Root:
    @cherrypy.expose
    def index(self):
        return f"below {cherrypy.request.script_name}"


@pytest.fixture
def serve():
    """Give a function that starts a cheroot server with an application."""
    running = []

    def start(app):
        server = wsgi.Server(
            ("127.0.0.1", 0),
            app,
            numthreads=2,
            request_queue_size=5,
            timeout=3,
            accepted_queue_size=-1,
            accepted_queue_timeout=2,
            server_name="here",
            shutdown_timeout=1,
        )
        server.error_log = lambda msg="", level=20, traceback=False: None
        server.prepare()
        thread = threading.Thread(target=server.serve)
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.stop()
        thread.join(10)


def ask(server, path):
    connection = http.client.HTTPConnection(*server.bind_addr[:2], timeout=5)
    connection.request("GET", path)
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_applications_are_served_by_cheroot_alone(serve):
    one = cherrypy.Application(Root(), None)
    two = cherrypy.Application(Root(), None)
    server = serve(wsgi.PathInfoDispatcher({"/one": one, "/": two}))
    assert ask(server, "/one/") == "below /one"
    assert ask(server, "/") == "below "


def test_the_names_that_are_patched_are_there():
    assert OSError not in cheroot.errors.acceptable_sock_shutdown_exceptions
    assert cheroot.makefile.StreamWriter
    assert cheroot.makefile.StreamReader
    assert callable(cheroot.makefile.BufferedWriter._flush_unlocked)
    assert {"wrap", "makefile", "context"} <= set(dir(BuiltinSSLAdapter))
    assert cheroot.__version__


def test_our_server_is_one_of_cheroots():
    assert issubclass(cherrypy._cpwsgi_server.CPWSGIServer, wsgi.Server)
    assert issubclass(cherrypy.wsgiserver.CherryPyWSGIServer, wsgi.Server)
