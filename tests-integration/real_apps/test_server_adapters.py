"""`ServerAdapter(engine, server, bind_addr)` around a server of one's own (management modules)."""

import http.client
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

import cherrypy
from cherrypy._cptree import Tree
from cherrypy.process.servers import ServerAdapter


class Root:
    @cherrypy.expose
    def index(self):
        return "managed"


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


class Server:
    """Anything with start() and stop(): here Python's own little server."""

    def __init__(self, app):
        self.httpd = make_server("127.0.0.1", 0, app, handler_class=Quiet)
        self.bind_addr = self.httpd.server_address[:2]
        self.ready = threading.Event()

    def start(self):
        self.ready.set()
        self.httpd.serve_forever(poll_interval=0.02)

    def stop(self):
        self.httpd.shutdown()
        self.httpd.server_close()


@pytest.fixture
def adapter():
    tree = Tree()
    tree.mount(Root(), "")
    server = Server(tree)
    cherrypy.engine.autoreload.unsubscribe()
    cherrypy.server.unsubscribe()
    yield ServerAdapter(cherrypy.engine, server, server.bind_addr)
    cherrypy.engine.exit()
    cherrypy.server.subscribe()
    cherrypy.engine.autoreload.subscribe()


def ask(address):
    connection = http.client.HTTPConnection(*address, timeout=5)
    connection.request("GET", "/")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_it_starts_and_stops_with_the_engine(adapter):
    adapter.subscribe()
    assert adapter.start in cherrypy.engine.listeners["start"]
    cherrypy.engine.start()
    assert ask(adapter.bind_addr) == "managed"
    assert cherrypy.engine.state is cherrypy.engine.states.STARTED
    cherrypy.engine.stop()
    adapter.unsubscribe()
    assert adapter.start not in cherrypy.engine.listeners["start"]


def test_it_can_be_started_and_stopped_by_hand(adapter):
    cherrypy.engine.start()
    adapter.start()
    assert adapter.running
    assert ask(adapter.bind_addr) == "managed"
    adapter.stop()
    assert not adapter.running
