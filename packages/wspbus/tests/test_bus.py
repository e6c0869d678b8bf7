import _thread
import os
import signal
import threading

import pytest

from cherrypy_wspbus import Bus, ChannelFailures, states


def explode(*args):
    raise ValueError("exploded")


def test_starting_publishes_start_in_the_state_starting(bus):
    seen = []
    bus.subscribe("start", lambda: seen.append(bus.state))
    bus.start()
    assert seen == [states.STARTING]
    assert bus.state is states.STARTED
    assert bus.lines == [(20, "Bus STARTING"), (20, "Bus STARTED")]


def test_stopping_publishes_stop_in_the_state_stopping(bus):
    seen = []
    bus.subscribe("stop", lambda: seen.append(bus.state))
    bus.start()
    bus.stop()
    assert seen == [states.STOPPING]
    assert bus.state is states.STOPPED
    assert bus.lines[2:] == [(20, "Bus STOPPING"), (20, "Bus STOPPED")]


def test_exiting_stops_first(bus):
    seen = []
    bus.subscribe("stop", lambda: seen.append("stop"))
    bus.subscribe("exit", lambda: seen.append(bus.state))
    bus.start()
    bus.exit()
    assert seen == ["stop", states.EXITING]
    assert bus.state is states.EXITING
    assert [msg for _, msg in bus.lines[2:]] == [
        "Bus STOPPING",
        "Bus STOPPED",
        "Bus EXITING",
        "Bus EXITED",
    ]
    assert bus.codes == []


def test_graceful_publishes_without_a_change_of_state(bus):
    seen = []
    bus.subscribe("graceful", lambda: seen.append(bus.state))
    bus.start()
    bus.graceful()
    assert seen == [states.STARTED]
    assert bus.lines[-1] == (20, "Bus graceful")


def test_restart_exits_and_asks_for_a_new_process(bus):
    bus.start()
    assert not bus.execv
    bus.restart()
    assert bus.execv
    assert bus.state is states.EXITING


def test_exiting_twice_publishes_once(bus):
    seen = []
    bus.subscribe("exit", lambda: seen.append(1))
    bus.start()
    bus.exit()
    bus.exit()
    assert seen == [1]


def test_a_listener_of_exit_may_exit(bus):
    bus.subscribe("exit", bus.exit)
    bus.subscribe("stop", bus.exit)
    bus.start()
    bus.exit()
    assert bus.text.count("EXITED") == 1


def test_a_bus_can_be_started_again_after_stop_and_after_exit(bus):
    for leave in (bus.stop, bus.exit, bus.stop):
        bus.start()
        assert bus.state is states.STARTED
        leave()


def test_stopping_after_the_exit_is_ignored(bus):
    bus.start()
    bus.exit()
    bus.stop()
    assert bus.state is states.EXITING
    assert bus.lines[-1] == (30, "Bus is EXITING and cannot become STOPPING now")


def test_a_listener_of_start_cannot_start_again(bus):
    bus.subscribe("start", bus.start)
    bus.start()
    assert bus.state is states.STARTED
    assert (30, "Bus is STARTING and cannot become STARTING now") in bus.lines


def test_a_failed_start_stops_everything_and_asks_for_code_70(bus):
    seen = []
    bus.subscribe("start", explode)
    bus.subscribe("start", lambda: seen.append("start"))
    bus.subscribe("stop", lambda: seen.append("stop"))
    bus.subscribe("exit", lambda: seen.append("exit"))
    with pytest.raises(ChannelFailures, match="exploded"):
        bus.start()
    assert seen == ["start", "stop", "exit"]
    assert bus.state is states.EXITING
    assert bus.codes == [70]
    assert "Shutting down due to error in start listener:\nTraceback" in bus.text


def test_a_failed_start_raises_its_own_error_even_if_the_stop_fails_too(bus):
    bus.subscribe("start", explode)
    bus.subscribe("stop", lambda: 1 / 0)
    with pytest.raises(ChannelFailures, match="exploded"):
        bus.start()
    assert bus.codes == [70]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_leaving_during_the_start_shuts_down_in_order(bus, error):
    def leave():
        raise error

    seen = []
    bus.subscribe("start", leave)
    bus.subscribe("exit", lambda: seen.append("exit"))
    with pytest.raises(error):
        bus.start()
    assert seen == ["exit"]
    assert bus.state is states.EXITING
    assert bus.codes == []


def test_exiting_during_the_start_asks_for_code_70(bus):
    seen = []
    bus.subscribe("start", bus.exit, 10)
    bus.subscribe("start", lambda: seen.append("start"), 20)
    bus.subscribe("stop", lambda: seen.append("stop"))
    bus.start()
    assert bus.codes == [70]
    assert bus.state is states.EXITING
    # What has started after the exit is stopped as well.
    assert seen == ["stop", "start", "stop"]


def test_a_failing_stop_raises_and_leaves_the_bus_stopping(bus):
    bus.subscribe("stop", explode)
    bus.start()
    with pytest.raises(ChannelFailures):
        bus.stop()
    assert bus.state is states.STOPPING
    bus.unsubscribe("stop", explode)


@pytest.mark.parametrize("channel", ["stop", "exit"])
def test_a_failure_while_exiting_runs_all_the_same_and_asks_for_code_70(bus, channel):
    seen = []
    bus.subscribe(channel, explode)
    bus.subscribe("exit", lambda: seen.append("exit"))
    bus.start()
    with pytest.raises(ChannelFailures, match="exploded"):
        bus.exit()
    assert seen == ["exit"]
    assert bus.state is states.EXITING
    assert bus.codes == [70]


def test_wait_returns_at_once_in_the_wanted_state(bus):
    bus.wait(states.STOPPED)
    bus.wait([states.STARTED, states.STOPPED])


def test_wait_notices_a_change_without_polling(bus, in_thread):
    waiting = in_thread(bus.wait, states.STARTED, 3600)
    bus.start()
    waiting.finish()


def test_wait_notices_an_assigned_state(bus, in_thread):
    waiting = in_thread(bus.wait, (states.STARTED, states.EXITING), 3600)
    bus.state = states.EXITING
    waiting.finish()


def test_wait_publishes_to_the_channel_it_is_given(bus, in_thread):
    published = threading.Semaphore(0)
    bus.subscribe("tick", published.release)
    waiting = in_thread(bus.wait, states.STARTED, 0.001, "tick")
    for _ in range(3):
        assert published.acquire(timeout=20)
    bus.start()
    waiting.finish()


def test_block_publishes_main_and_returns_after_the_exit(bus):
    calls = []

    def main():
        calls.append(1)
        if len(calls) == 3:
            bus.exit()

    bus.subscribe("main", main)
    bus.start()
    bus.block(interval=0.001)
    assert len(calls) == 3
    assert bus.state is states.EXITING
    assert "Waiting for child threads to terminate..." in bus.text


def test_block_notices_listeners_of_main_that_come_later(bus, in_thread):
    bus.start()
    blocking = in_thread(bus.block, 0.001)
    assert not bus.listeners["main"]
    bus.listeners["main"].add(bus.exit)
    blocking.finish()


def test_block_sleeps_until_the_exit_when_nobody_listens_to_main(bus, in_thread, monkeypatch):
    published = []
    monkeypatch.setattr(bus, "publish", lambda channel, *args: published.append(channel) or [])
    blocking = in_thread(bus.block, 0.001)
    bus.exit()
    blocking.finish()
    assert "main" not in published


def test_block_waits_for_the_listeners_of_exit_in_another_thread(bus, in_thread):
    entered, go_on = threading.Event(), threading.Event()
    order = []

    def listener():
        entered.set()
        go_on.wait(20)
        order.append("listener")

    bus.subscribe("exit", listener)
    bus.start()
    blocking = in_thread(lambda: (bus.block(), order.append("block")))
    in_thread(bus.exit)
    assert entered.wait(20)
    assert bus.state is states.EXITING
    assert blocking.is_alive()
    go_on.set()
    blocking.finish()
    assert order == ["listener", "block"]


def test_block_waits_for_threads_that_are_not_daemons(bus, in_thread):
    go_on = threading.Event()
    bus.subscribe("log", lambda msg, level: "for thread" in msg and go_on.set())
    worker = threading.Thread(target=go_on.wait, args=(20,), name="worker")
    worker.start()
    bus.exit()
    bus.block()
    assert not worker.is_alive()
    assert (20, "Waiting for thread worker.") in bus.lines


def test_block_replaces_the_process_after_a_restart(bus, monkeypatch):
    replaced = []
    monkeypatch.setattr(bus, "_do_execv", lambda: replaced.append(1))
    bus.start()
    bus.restart()
    bus.block()
    assert replaced == [1]


def raise_in_main(bus, error):
    def main():
        raise error

    bus.subscribe("main", main)
    bus.start()
    bus.block(interval=0.001)


def test_ctrl_c_in_block_exits_the_bus(bus):
    raise_in_main(bus, KeyboardInterrupt())
    assert bus.state is states.EXITING
    assert (20, "Keyboard Interrupt: shutting down bus") in bus.lines


def test_system_exit_in_block_exits_the_bus_and_propagates(bus):
    with pytest.raises(SystemExit) as caught:
        raise_in_main(bus, SystemExit(4))
    assert caught.value.code == 4
    assert bus.state is states.EXITING
    assert (20, "SystemExit raised: shutting down bus") in bus.lines


def test_a_failing_listener_of_main_exits_the_bus(bus):
    with pytest.raises(ChannelFailures):
        raise_in_main(bus, ValueError("broken"))
    assert bus.state is states.EXITING
    assert "ValueError: broken" in bus.text


def test_ctrl_c_wakes_a_block_that_sleeps(bus, signal_handlers):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    bus.start()
    waiting = threading.Event()
    bus._waiters._locks = Watched(waiting)

    def interrupt():
        assert waiting.wait(20)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    bus.block(interval=3600)
    thread.join()
    assert (20, "Keyboard Interrupt: shutting down bus") in bus.lines


@pytest.mark.slow
def test_an_interrupt_without_a_signal_is_noticed_within_a_second(bus, signal_handlers):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    bus.start()
    waiting = threading.Event()
    bus._waiters._locks = Watched(waiting)

    def interrupt():
        assert waiting.wait(20)
        _thread.interrupt_main()

    thread = threading.Thread(target=interrupt)
    thread.start()
    bus.block(interval=3600)
    thread.join()
    assert (20, "Keyboard Interrupt: shutting down bus") in bus.lines


class Watched(list):
    """A list that tells when something is appended."""

    def __init__(self, event):
        self.event = event

    def append(self, item):
        super().append(item)
        self.event.set()


def test_a_signal_handler_can_exit_the_bus_that_the_main_thread_waits_on(bus, signal_handlers):
    signal.signal(signal.SIGUSR1, lambda *args: bus.exit())
    bus.start()

    class Late(list):
        """Raises the signal at the worst moment: just before the lock is waited on."""

        def append(self, item):
            super().append(item)
            signal.raise_signal(signal.SIGUSR1)

    bus._waiters._locks = Late()
    bus.block(interval=3600)
    assert bus.state is states.EXITING


def test_start_with_callback_calls_in_a_new_thread_once_started(bus):
    seen = []

    def callback(*args, **kwargs):
        seen.append((bus.state, args, kwargs, threading.current_thread()))

    thread = bus.start_with_callback(callback, (1, 2), {"three": 3})
    thread.join(20)
    assert seen == [(states.STARTED, (1, 2), {"three": 3}, thread)]
    assert thread.name.startswith("Bus Callback")


def test_start_with_callback_needs_no_arguments_and_works_after_an_exit(bus):
    called = threading.Event()
    bus.exit()
    bus.start_with_callback(called.set).join(20)
    assert called.is_set()


def test_the_callback_is_not_called_if_the_start_fails(bus):
    called = threading.Event()
    bus.subscribe("start", explode)
    with pytest.raises(ChannelFailures):
        bus.start_with_callback(called.set)
    for thread in threading.enumerate():
        if thread.name.startswith("Bus Callback"):
            thread.join(20)
    assert not called.is_set()


def test_a_host_program_can_forbid_to_end_the_process():
    bus = Bus()
    bus.may_exit_process = False
    bus.subscribe("start", explode)
    with pytest.raises(ChannelFailures):
        bus.start()
    assert bus.state is states.EXITING


def test_two_buses_do_not_know_of_each_other(make_bus):
    one, two = make_bus(), make_bus()
    one.subscribe("x", lambda: 1)
    one.start()
    assert two.publish("x") == []
    assert two.state is states.STOPPED
