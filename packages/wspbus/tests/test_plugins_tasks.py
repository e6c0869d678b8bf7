import threading

import pytest

from cherrypy_wspbus.plugins import BackgroundTask, Monitor, PerpetualTimer


@pytest.fixture
def counter():
    class Counter(threading.Semaphore):
        """Counts calls; `expect(n)` waits for n of them."""

        def __init__(self):
            super().__init__(0)

        def __call__(self, *args, **kwargs):
            self.arguments = (args, kwargs)
            self.release()

        def expect(self, number):
            for _ in range(number):
                assert self.acquire(timeout=20)

    return Counter()


@pytest.mark.parametrize("kind", [BackgroundTask, PerpetualTimer])
def test_a_task_calls_again_and_again_until_it_is_cancelled(kind, counter):
    task = kind(0.001, counter, [1], {"two": 2})
    task.start()
    counter.expect(3)
    assert counter.arguments == ((1,), {"two": 2})
    task.cancel()
    task.join(20)
    assert not task.is_alive()


@pytest.mark.parametrize("kind", [BackgroundTask, PerpetualTimer])
def test_a_task_that_waits_is_cancelled_at_once(kind, counter):
    task = kind(3600, counter)
    task.start()
    task.cancel()
    task.join(20)
    assert not task.is_alive()
    assert not counter.acquire(blocking=False)


@pytest.mark.parametrize("kind", [BackgroundTask, PerpetualTimer])
def test_an_error_is_logged_on_the_bus_and_the_task_goes_on(kind, counter, bus):
    def fail():
        counter()
        raise ValueError("broken")

    task = kind(0.001, fail, bus=bus)
    task.start()
    counter.expect(3)
    task.cancel()
    task.join(20)
    level, message = bus.lines[0]
    assert level == 40
    assert "function <function " in message
    assert "ValueError: broken" in message


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("kind", [BackgroundTask, PerpetualTimer])
def test_an_error_without_a_bus_ends_the_task(kind):
    task = kind(0.001, lambda: 1 / 0)
    task.start()
    task.join(20)
    assert not task.is_alive()


def test_a_background_task_is_a_daemon():
    assert BackgroundTask(1, print).daemon


def test_a_task_may_cancel_itself(counter):
    task = BackgroundTask(0.001, lambda: (task.cancel(), counter()))
    task.start()
    task.join(20)
    counter.expect(1)
    assert not counter.acquire(blocking=False)


def test_a_monitor_calls_while_the_bus_is_started(bus, counter):
    monitor = Monitor(bus, counter, frequency=0.001, name="Counter")
    monitor.subscribe()
    bus.start()
    assert monitor.thread.name == "Counter"
    assert monitor.thread.daemon
    counter.expect(2)
    thread = monitor.thread
    bus.stop()
    assert monitor.thread is None
    thread.join(20)
    assert (20, "Started monitor thread 'Counter'.") in bus.lines
    assert (20, "Stopped thread 'Counter'.") in bus.lines


def test_a_monitor_has_the_documented_defaults(bus):
    monitor = Monitor(bus, print)
    assert (monitor.frequency, monitor.thread, monitor.name) == (60, None, None)
    assert Monitor.start.priority == 70


def test_a_monitor_can_be_started_again(bus, counter):
    monitor = Monitor(bus, counter, frequency=0.001)
    for _ in range(2):
        monitor.start()
        counter.expect(1)
        monitor.stop()
    monitor.stop()
    assert bus.text.count("Started monitor thread 'Monitor'.") == 2
    assert bus.text.count("Stopped thread") == 2


def test_starting_a_monitor_twice_keeps_the_one_thread(bus, counter):
    monitor = Monitor(bus, counter, frequency=3600)
    monitor.start()
    thread = monitor.thread
    monitor.start()
    assert monitor.thread is thread
    monitor.stop()


def test_graceful_starts_a_new_thread_with_the_present_frequency(bus, counter):
    monitor = Monitor(bus, counter, frequency=3600)
    monitor.subscribe()
    bus.start()
    first = monitor.thread
    monitor.frequency = 0.001
    bus.graceful()
    assert monitor.thread is not first
    counter.expect(1)
    first.join(20)
    assert not first.is_alive()


@pytest.mark.parametrize("frequency", [0, -1])
def test_a_monitor_without_a_frequency_does_nothing(bus, frequency):
    monitor = Monitor(bus, print, frequency=frequency)
    monitor.start()
    assert monitor.thread is None
    monitor.graceful()
    monitor.stop()


def test_an_exit_from_a_monitors_own_thread_ends_it(bus):
    monitor = Monitor(bus, bus.exit, frequency=0.001)
    monitor.subscribe()
    bus.start()
    bus.block()
    assert bus.state is bus.states.EXITING
