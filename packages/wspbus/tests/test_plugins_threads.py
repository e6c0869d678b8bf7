import threading

import pytest

from cherrypy_wspbus import ChannelFailures
from cherrypy_wspbus.plugins import ThreadManager


@pytest.fixture
def manager(bus):
    manager = ThreadManager(bus)
    manager.subscribe()
    return manager


@pytest.fixture
def events(bus, manager):
    events = []
    bus.subscribe("start_thread", lambda number: events.append(("start", number)))
    bus.subscribe("stop_thread", lambda number: events.append(("stop", number)))
    return events


def test_the_channels_exist_with_the_manager(bus, manager):
    assert {"acquire_thread", "start_thread", "stop_thread", "release_thread"} <= set(
        bus.listeners
    )
    assert manager.threads == {}


def test_a_thread_is_started_once(bus, manager, events):
    bus.publish("acquire_thread")
    bus.publish("acquire_thread")
    assert events == [("start", 1)]
    assert manager.threads == {threading.get_ident(): 1}


def test_a_released_thread_is_stopped_and_may_come_back(bus, manager, events):
    for _ in range(2):
        bus.publish("acquire_thread")
        bus.publish("release_thread")
    bus.publish("release_thread")
    assert events == [("start", 1), ("stop", 1)] * 2
    assert manager.threads == {}


def test_living_threads_have_different_numbers_and_free_ones_are_used_again(
    bus, manager, events, in_thread
):
    barrier, go_on = threading.Barrier(11), threading.Event()

    def serve():
        bus.publish("acquire_thread")
        barrier.wait(20)
        go_on.wait(20)
        bus.publish("release_thread")

    threads = [in_thread(serve) for _ in range(10)]
    barrier.wait(20)
    assert sorted(manager.threads.values()) == list(range(1, 11))
    go_on.set()
    for thread in threads:
        thread.finish()
    bus.publish("acquire_thread")
    assert events[-1] == ("start", 1)


@pytest.mark.parametrize("command", ["stop", "graceful"])
def test_all_threads_are_stopped_with_the_bus(bus, manager, events, in_thread, command):
    bus.start()
    bus.publish("acquire_thread")
    in_thread(bus.publish, "acquire_thread").finish()
    getattr(bus, command)()
    assert sorted(events) == [("start", 1), ("start", 2), ("stop", 1), ("stop", 2)]
    assert manager.threads == {}


def test_a_failing_listener_does_not_keep_the_other_threads_from_being_stopped(bus, manager):
    stopped = []

    def listener(number):
        stopped.append(number)
        raise ValueError(number)

    bus.subscribe("stop_thread", listener)
    manager.threads.update({1: 1, 2: 2, 3: 3})
    with pytest.raises(ChannelFailures):
        manager.stop()
    assert sorted(stopped) == [1, 2, 3]
