from __future__ import annotations

import signal
import time

import pytest

from cherrypy_core.expose import expose
from cherrypy_core.serving import response
from cherrypy_site.engine import Engine


def owners(bus, channel):
    return [getattr(listener, "__self__", listener) for listener in bus.listeners[channel]]


def test_the_plugins_are_attributes():
    bus = Engine()
    assert bus.autoreload in owners(bus, "start")
    assert bus.thread_manager in owners(bus, "acquire_thread")
    assert bus.timeout_monitor in owners(bus, "start")
    assert bus.timeout_monitor.frequency == 60
    assert {"acquire_thread", "start_thread", "stop_thread", "release_thread"} <= set(
        bus.listeners
    )


def test_signals_are_not_handled_before_somebody_asks():
    before = signal.getsignal(signal.SIGTERM)
    Engine()
    assert signal.getsignal(signal.SIGTERM) is before


def test_signals_are_handled_until_somebody_unsubscribes():
    before = signal.getsignal(signal.SIGTERM)
    bus = Engine()
    bus.signals.subscribe()
    try:
        assert signal.getsignal(signal.SIGTERM) is not before
    finally:
        bus.signals.unsubscribe()
    assert signal.getsignal(signal.SIGTERM) is before


def test_console_events_belong_to_the_signals():
    heard = []

    class Console:
        def subscribe(self):
            heard.append("on")

        def unsubscribe(self):
            heard.append("off")

    bus = Engine()
    bus.console_control_handler = Console()
    bus.signals.subscribe()
    bus.signals.unsubscribe()
    assert heard == ["on", "off"]


def test_an_engine_never_ends_the_process():
    bus = Engine()
    bus.autoreload.unsubscribe()

    def fail():
        raise RuntimeError("broken")

    bus.subscribe("start", fail)
    with pytest.raises(Exception, match="broken"):
        bus.start()


def test_requests_under_way_are_known_until_they_end(site, call):
    seen = []

    class Root:
        @expose
        def index(self):
            monitor = site.bus.timeout_monitor
            seen.append(len(monitor.servings))
            monitor.run()
            seen.append(response.timed_out)
            response.timeout = -1
            monitor.run()
            seen.append(response.timed_out)
            response.timeout = 300
            response.timed_out = False
            return "done"

        @expose
        def stream(self):
            response.stream = True
            yield "one"
            seen.append(len(site.bus.under_way))

        @expose
        def fail(self):
            raise KeyError("fail")

    site.tree.mount(Root())
    assert call(site).body == "done"
    assert seen == [1, False, True]
    call(site, "/stream")
    assert seen[3:] == [1]
    assert call(site, "/fail").status.startswith("500")
    assert site.bus.under_way == set()


def test_a_request_that_takes_too_long_ends_with_an_error_when_the_monitor_has_seen_it(site, call):
    class Root:
        @expose
        def index(self):
            response.timeout = -1
            deadline = time.monotonic() + 20
            while not response.timed_out:
                assert time.monotonic() < deadline
            return "nobody reads this"

    site.tree.mount(Root())
    site.server.unsubscribe()
    site.config.update({"engine.timeout_monitor.frequency": 0.005})
    site.start()
    try:
        answer = call(site)
    finally:
        site.exit()
    assert answer.status.startswith("500")
    assert "nobody reads this" not in answer.body
    assert site.bus.timeout_monitor.thread is None


def test_the_monitor_of_timeouts_can_be_switched_off(site):
    site.config.update({"engine.timeout_monitor.on": False})
    assert site.bus.timeout_monitor not in owners(site.bus, "start")
    site.config.update({"engine.timeout_monitor.on": True})
    assert site.bus.timeout_monitor in owners(site.bus, "start")
