"""The engine with plugins of one's own, and a bus beside it."""

import cherrypy
from cherrypy.process import plugins, wspbus


class Pool(plugins.SimplePlugin):
    """A pool of connections that lives as long as the engine runs."""

    def __init__(self, bus):
        super().__init__(bus)
        self.open = []

    def start(self):
        self.open.append("connection")
        self.bus.log("pool opened")

    start.priority = 40

    def stop(self):
        self.open.clear()

    def borrow(self):
        return self.open[0]


def test_a_plugin_has_its_methods_called_by_channel():
    bus = wspbus.Bus()
    bus.pool = Pool(bus)
    bus.pool.subscribe()
    bus.subscribe("borrow", bus.pool.borrow)
    bus.start()
    assert bus.publish("borrow") == ["connection"]
    assert bus.state is wspbus.states.STARTED
    bus.exit()
    assert bus.pool.open == []
    assert bus.state is wspbus.states.EXITING


def test_attributes_can_be_added_to_the_engine_and_the_module(monkeypatch):
    monkeypatch.setattr(cherrypy.engine, "pool", Pool(cherrypy.engine), raising=False)
    monkeypatch.setattr(plugins, "Pool", Pool, raising=False)
    assert cherrypy.engine.pool.bus is cherrypy.engine
    assert plugins.Pool is Pool
    assert cherrypy.process.wspbus.bus is cherrypy.engine


def test_the_parts_of_the_engine_can_be_looked_at():
    engine = cherrypy.engine
    assert {"start", "stop", "exit", "graceful", "log", "main"} <= set(engine.listeners)
    assert isinstance(engine.thread_manager.threads, dict)
    assert callable(engine._do_execv)


def test_the_restart_of_the_process_can_be_taken_over(monkeypatch):
    """Windows services and bundles replace what starts the process anew."""
    done = []
    monkeypatch.setattr(cherrypy.engine, "_do_execv", lambda: done.append("restarted"))
    monkeypatch.setattr(cherrypy.engine, "execv", False)
    cherrypy.engine.restart()
    assert cherrypy.engine.execv is True
    cherrypy.engine._do_execv()
    assert done == ["restarted"]
