"""Starting and stopping again and again, from many threads, and what stays behind."""

import contextlib
import random
import signal
import socket
import threading
from pathlib import Path

import pytest

from cherrypy_wspbus import states
from cherrypy_wspbus.plugins import (
    Autoreloader,
    Monitor,
    Notifier,
    PIDFile,
    SignalHandler,
    SimplePlugin,
    ThreadManager,
    TimeoutMonitor,
)
from cherrypy_wspbus.servers import ServerAdapter


class Server:
    """Accepts connections in its own thread until it is stopped."""

    listening_socket = None
    address_stays = False

    def __init__(self):
        self.ready = False
        self.leaving = threading.Event()

    def start(self):
        self.leaving.clear()
        with self.listening_socket or socket.create_server(("127.0.0.1", 0)) as self.socket:
            self.ready = True
            self.leaving.wait()

    def stop(self):
        self.ready = False
        self.leaving.set()


class Worker(SimplePlugin):
    """Starts a thread on `start` and ends it on `stop`, and counts what it is told."""

    thread = None
    balance = 0

    def start(self):
        if self.thread is None:
            self.end = threading.Event()
            self.thread = threading.Thread(target=self.end.wait)
            self.thread.start()

    def stop(self):
        thread, self.thread = self.thread, None
        if thread is not None:
            self.end.set()
            thread.join()


@pytest.fixture
def service(bus, tmp_path):
    """A bus with everything that can be on it."""
    plugins = [
        Autoreloader(bus, frequency=0.001),
        Monitor(bus, lambda: None, frequency=0.001),
        Notifier(bus),
        PIDFile(bus, tmp_path / "service.pid"),
        ThreadManager(bus),
        TimeoutMonitor(bus, list, frequency=0.001),
        Worker(bus),
        *(ServerAdapter(bus, Server(), ("127.0.0.1", 0)) for _ in range(2)),
    ]
    plugins[0].use_watchfiles = False
    for plugin in plugins:
        plugin.subscribe()
    return bus


@pytest.fixture
def left_behind():
    """Tell the threads and the descriptors that are there and were not when the test began."""

    def files():
        found = set()
        for path in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add((path.name, str(path.readlink())))
        return {each for each in found if "/proc/" not in each[1]}

    threads, opened = set(threading.enumerate()), files()

    def compare():
        new = set(threading.enumerate()) - threads
        for thread in new:
            thread.join(20)
        alive = [thread for thread in new if thread.is_alive()]
        return alive, files() - opened

    return compare


@pytest.mark.slow
@pytest.mark.parametrize("command", ["stop", "exit", "restart"])
def test_twenty_cycles_leave_nothing_behind(service, left_behind, command):
    for _ in range(20):
        service.start()
        assert service.state is states.STARTED
        service.publish("acquire_thread")
        getattr(service, command)()
    service.execv = False
    service.start()
    service.exit()
    assert left_behind() == ([], set())


@pytest.mark.slow
def test_twenty_graceful_reloads_leave_nothing_behind(service, left_behind):
    service.start()
    for _ in range(20):
        service.graceful()
    service.exit()
    assert left_behind() == ([], set())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_commands_from_many_threads_in_any_state_end_well(service, left_behind, in_thread, seed):
    commands = ["start", "start", "stop", "graceful", "restart", "exit"]

    def hammer(number):
        choices = random.Random(f"{seed} {number}")
        for _ in range(25):
            getattr(service, choices.choice(commands))()

    threads = [in_thread(hammer, number) for number in range(4)]
    for thread in threads:
        thread.finish()
    service.exit()
    service.start()
    assert service.state is states.STARTED
    service.exit()
    assert service.state is states.EXITING
    service.sockets.discard()
    assert left_behind() == ([], set())
    assert "Error" not in service.text


def test_a_command_waits_for_that_of_another_thread(bus, in_thread):
    starting, go_on = threading.Event(), threading.Event()
    order = []

    @bus.subscribe("start")
    def start():
        starting.set()
        go_on.wait(20)
        order.append("started")

    bus.subscribe("stop", lambda: order.append("stopped"))
    first = in_thread(bus.start)
    assert starting.wait(20)
    second = in_thread(bus.stop)
    assert order == []
    go_on.set()
    first.finish()
    second.finish()
    assert order == ["started", "stopped"]
    assert bus.state is states.STOPPED


def test_a_command_does_not_wait_for_ever(bus, in_thread):
    bus.patience = 0.01
    starting, go_on = threading.Event(), threading.Event()

    @bus.subscribe("start")
    def start():
        starting.set()
        go_on.wait(20)

    thread = in_thread(bus.start)
    assert starting.wait(20)
    bus.exit()
    assert "Another thread has been busy with the bus for 0.01 s: going on" in bus.text
    assert bus.state is states.EXITING
    go_on.set()
    thread.finish()
    assert bus.state is states.EXITING


def test_an_exit_that_runs_in_another_thread_refuses_a_start(bus, in_thread):
    stopping, go_on = threading.Event(), threading.Event()

    def stop():
        stopping.set()
        go_on.wait(20)

    bus.start()
    bus.subscribe("stop", stop)
    thread = in_thread(bus.exit)
    assert stopping.wait(20)
    assert bus.exiting
    bus.start()
    assert "Bus is EXITING and cannot become STARTING now" in bus.text
    go_on.set()
    thread.finish()
    assert bus.state is states.EXITING


def test_who_waits_for_the_exit_does_not_miss_it_if_the_bus_starts_again_at_once(bus, in_thread):
    bus.start()
    waiting = threading.Event()

    def wait():
        waiting.set()
        bus.wait(states.EXITING)

    threads = [in_thread(wait) for _ in range(5)]
    assert waiting.wait(20)
    while len(bus._waiters._locks) < len(threads):
        pass
    bus.exit()
    bus.start()
    for thread in threads:
        thread.finish()
    assert bus.state is states.STARTED


def test_a_restart_that_did_not_happen_is_forgotten_at_the_next_start(bus):
    bus.start()
    bus.restart()
    assert bus.execv
    bus.start()
    assert not bus.execv


def test_what_has_started_is_told_once_and_a_failing_listener_stops_nothing(bus):
    told = []
    bus.subscribe("started", lambda: told.append(bus.state))
    bus.subscribe("started", lambda: 1 / 0)
    bus.start()
    assert told == [states.STARTED]
    assert "ZeroDivisionError" in bus.text
    assert bus.state is states.STARTED


@pytest.mark.slow
def test_signals_may_be_subscribed_again_and_again(bus, signal_handlers):
    handler = SignalHandler(bus)
    for _ in range(20):
        handler.subscribe()
        handler.unsubscribe()
    assert signal.getsignal(signal.SIGTERM) == signal_handlers[signal.SIGTERM]
    assert bus.listeners.get("SIGTERM", set()) == set()


def test_a_bus_that_is_about_to_exit_does_not_restart(bus):
    bus.subscribe("stop", bus.restart)
    bus.start()
    bus.exit()
    assert not bus.execv
    assert "Not restarting: the bus is about to exit" in bus.text


def test_a_bus_that_is_about_to_restart_may_be_told_so_again(bus):
    bus.subscribe("stop", bus.restart)
    bus.start()
    bus.restart()
    assert bus.execv


def test_the_first_signal_does_not_hurry_an_exit_that_is_under_way(bus):
    hurried = []

    @bus.subscribe("stop")
    def stop():
        for _ in range(2):
            bus.end()
            hurried.append(bus.hurried)

    bus.start()
    bus.exit()
    assert hurried == [False, True]
    bus.start()
    assert not bus.hurried
    bus.unsubscribe("stop", stop)
