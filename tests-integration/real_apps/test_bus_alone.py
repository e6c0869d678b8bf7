"""The bus without the framework, under the names of magicbus, for programs of any kind."""

import http.client
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

from cherrypy_wspbus import ProcessBus
from cherrypy_wspbus.plugins import SimplePlugin
from cherrypy_wspbus.plugins.servers import (
    ServerPlugin,
    wait_for_free_port,
    wait_for_occupied_port,
)
from cherrypy_wspbus.plugins.signalhandler import SignalHandler
from cherrypy_wspbus.plugins.tasks import Autoreloader, Monitor


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


class Server:
    """A server that the bus starts: anything with start() and stop()."""

    def __init__(self):
        self.httpd = make_server("127.0.0.1", 0, answer, handler_class=Quiet)

    def start(self):
        self.httpd.serve_forever(poll_interval=0.02)

    def stop(self):
        self.httpd.shutdown()
        self.httpd.server_close()


def answer(environ, start_response):
    start_response("200 OK", [("Content-Length", "5")])
    return [b"alone"]


class Services(SimplePlugin):
    """Background work that begins with the bus and ends with it."""

    def __init__(self, bus):
        super().__init__(bus)
        self.done = threading.Event()
        self.monitor = Monitor(bus, self.done.set, frequency=0.01)
        self.monitor.subscribe()

    def start(self):
        self.bus.log("services started")

    def stop(self):
        self.bus.log("services stopped")


def test_a_program_may_have_a_bus_with_services_and_a_server():
    bus = ProcessBus()
    lines = []
    bus.subscribe("log", lambda msg, level: lines.append(msg))
    bus.signal_handler = SignalHandler(bus)
    bus.autoreload = Autoreloader(bus, frequency=60)
    services = Services(bus)
    services.subscribe()
    server = Server()
    host, port = server.httpd.server_address[:2]
    plugin = ServerPlugin(bus, server, (host, port))
    plugin.subscribe()
    bus.start()
    wait_for_occupied_port(host, port, timeout=5)
    connection = http.client.HTTPConnection(host, port, timeout=5)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"alone"
    connection.close()
    assert services.done.wait(5)
    bus.exit()
    wait_for_free_port(host, port, timeout=5)
    assert [line for line in lines if "services" in line] == [
        "services started",
        "services stopped",
    ]
