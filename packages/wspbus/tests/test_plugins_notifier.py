import pytest

from cherrypy_wspbus import Bus
from cherrypy_wspbus.plugins import Notifier


@pytest.fixture
def notifier(bus, manager, monkeypatch):
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NOTIFY_SOCKET", manager.environ["NOTIFY_SOCKET"])
    plugin = Notifier(bus)
    plugin.subscribe()
    return plugin


def test_ready_comes_after_everything_has_started(bus, notifier, manager):
    bus.subscribe("start", manager.nothing, priority=100)
    bus.start()
    assert {"READY=1", "STATUS=Started"} < set(manager.receive())


def test_a_failed_start_is_never_ready(bus, notifier, manager):
    bus.subscribe("start", lambda: 1 / 0)
    with pytest.raises(Exception, match="ZeroDivisionError"):
        bus.start()
    states = [state for message in manager.drain() for state in message]
    assert "STOPPING=1" in states
    assert "READY=1" not in states


def test_stopping_comes_before_everything_else_when_the_bus_exits(bus, notifier, manager):
    bus.start()
    manager.drain()
    seen = []
    bus.subscribe("stop", lambda: seen.append(manager.receive()), priority=1)
    bus.exit()
    assert seen == [["STOPPING=1", "STATUS=Stopping"]]


def test_a_bus_that_only_stops_does_not_end_the_service(bus, notifier, manager):
    bus.start()
    manager.drain()
    bus.stop()
    assert manager.receive() == ["STATUS=Stopped"]


def test_a_restart_is_a_reload(bus, notifier, manager):
    bus.start()
    manager.drain()
    bus.restart()
    message = manager.receive()
    assert message[0] == "RELOADING=1"
    assert message[1].startswith("MONOTONIC_USEC=")


def test_graceful_is_a_reload_with_an_end(bus, notifier, manager):
    bus.start()
    manager.drain()
    during = []
    bus.subscribe("graceful", lambda: during.append(manager.receive()[0]))
    bus.graceful()
    assert during == ["RELOADING=1"]
    assert manager.receive()[0] == "READY=1"


def test_the_watchdog_gets_signs_of_life_while_the_service_is_healthy(
    bus, notifier, manager, monkeypatch
):
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    bus.start()
    for _ in range(3):
        manager.wait_for("WATCHDOG=1")
    notifier.healthy = lambda: False
    thread = notifier.thread
    bus.exit()
    thread.join(10)
    assert not thread.is_alive()
    assert notifier.thread is None


def test_a_status_can_be_shown(notifier, manager):
    assert notifier.status("3 workers")
    assert manager.receive() == ["STATUS=3 workers"]


def test_after_unsubscribing_nothing_is_said(bus, notifier, manager):
    notifier.unsubscribe()
    bus.start()
    bus.graceful()
    bus.exit()
    manager.nothing()


def test_without_systemd_nothing_happens(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    bus = Bus()
    plugin = Notifier(bus)
    plugin.subscribe()
    bus.start()
    assert plugin.thread is None
    assert plugin.status("nobody reads this") is False
    bus.exit()
