from __future__ import annotations

import signal

import pytest

from cherrypy_site.engine import Engine


def owners(bus, channel):
    return [getattr(listener, "__self__", listener) for listener in bus.listeners[channel]]


def test_the_plugins_are_attributes():
    bus = Engine()
    assert bus.autoreload in owners(bus, "start")
    assert bus.thread_manager in owners(bus, "acquire_thread")
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
