"""The bus without the framework, for programs that are no web applications."""

import threading

from cherrypy_wspbus import Bus
from cherrypy_wspbus.plugins import Monitor, SimplePlugin
from cherrypy_wspbus.ports import wait_for_free_port


class Worker(SimplePlugin):
    def __init__(self, bus):
        super().__init__(bus)
        self.done = threading.Event()
        self.monitor = Monitor(bus, self.done.set, frequency=0.01)

    def start(self):
        self.bus.log("worker started")

    def subscribe(self):
        super().subscribe()
        self.monitor.subscribe()


def test_a_program_may_have_a_bus_and_plugins():
    bus = Bus()
    lines = []
    bus.subscribe("log", lambda msg, level: lines.append(msg))
    worker = Worker(bus)
    worker.subscribe()
    bus.start()
    assert worker.done.wait(5)
    bus.exit()
    assert "worker started" in lines
    wait_for_free_port("127.0.0.1", 1, timeout=0.1)
