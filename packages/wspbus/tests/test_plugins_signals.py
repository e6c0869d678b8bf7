import os
import signal

import pytest

from cherrypy_wspbus import states
from cherrypy_wspbus.plugins import SignalHandler


@pytest.fixture
def handler(bus, signal_handlers):
    handler = SignalHandler(bus)
    yield handler
    handler.unsubscribe()


def test_the_defaults_are_the_documented_ones(bus, handler):
    assert handler.handlers == {
        "SIGTERM": bus.end,
        "SIGHUP": handler.handle_SIGHUP,
        "SIGUSR1": bus.graceful,
    }
    assert handler.signals[int(signal.SIGTERM)] == "SIGTERM"
    assert "SIG_DFL" not in handler.signals.values()
    assert SignalHandler.signals is handler.signals


def test_subscribing_says_what_is_listened_for(bus, handler):
    handler.subscribe()
    assert [msg for _, msg in bus.lines] == [
        "Listening for SIGTERM.",
        "Listening for SIGHUP.",
        "Listening for SIGUSR1.",
    ]


def test_sigterm_exits_the_bus(bus, handler):
    handler.subscribe()
    bus.start()
    os.kill(os.getpid(), signal.SIGTERM)
    assert bus.state is states.EXITING
    assert (20, "Caught signal SIGTERM.") in bus.lines


def test_sigusr1_is_graceful(bus, handler):
    handler.subscribe()
    bus.start()
    os.kill(os.getpid(), signal.SIGUSR1)
    assert bus.state is states.STARTED
    assert (20, "Bus graceful") in bus.lines


def test_sighup_exits_a_process_in_the_foreground(bus, handler):
    handler.subscribe()
    bus.start()
    os.kill(os.getpid(), signal.SIGHUP)
    assert bus.state is states.EXITING
    assert not bus.execv
    assert "SIGHUP caught but not daemonized. Exiting." in bus.text


def test_sighup_restarts_a_daemon(bus, handler, monkeypatch):
    monkeypatch.setattr(handler, "_original_pid", os.getppid())
    handler.subscribe()
    bus.start()
    os.kill(os.getpid(), signal.SIGHUP)
    assert bus.state is states.EXITING
    assert bus.execv
    assert "SIGHUP caught while daemonized. Restarting." in bus.text


def test_signals_can_be_mapped_to_something_else(bus, handler):
    seen = []
    handler.handlers["SIGTERM"] = lambda: seen.append("term")
    handler.handlers["SIGUSR2"] = lambda: seen.append("usr2")
    handler.subscribe()
    bus.start()
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGUSR2)
    assert seen == ["term", "usr2"]
    assert bus.state is states.STARTED


def test_a_signal_is_published_to_the_channel_of_its_name(bus, handler):
    seen = []
    handler.set_handler("SIGUSR2")
    bus.subscribe("SIGUSR2", lambda: seen.append(1))
    os.kill(os.getpid(), signal.SIGUSR2)
    assert seen == [1]


@pytest.mark.parametrize("given", ["SIGUSR2", signal.SIGUSR2, int(signal.SIGUSR2)])
def test_a_signal_is_given_by_name_or_number(bus, handler, given):
    seen = []
    handler.set_handler(given, lambda: seen.append(1))
    os.kill(os.getpid(), signal.SIGUSR2)
    assert seen == [1]


@pytest.mark.parametrize("given", ["SIGNONE", 9999, "SIG_DFL"])
def test_an_unknown_signal_is_refused(handler, given):
    with pytest.raises(ValueError, match="No such signal"):
        handler.set_handler(given)


def test_an_unknown_signal_in_the_map_does_not_stop_the_others(bus, handler):
    handler.handlers = {"SIGNONE": bus.exit, "SIGUSR2": bus.graceful}
    handler.subscribe()
    assert bus.lines == [(30, "No such signal: 'SIGNONE'"), (20, "Listening for SIGUSR2.")]


@pytest.mark.parametrize("given", ["SIG_IGN", signal.SIG_IGN])
def test_a_signal_can_be_ignored(bus, handler, given):
    handler.set_handler("SIGUSR2", given)
    os.kill(os.getpid(), signal.SIGUSR2)
    assert "Caught" not in bus.text
    assert signal.getsignal(signal.SIGUSR2) is signal.SIG_IGN


def test_a_signal_can_be_left_to_the_system(bus, handler):
    handler.handlers["SIGTERM"] = "SIG_DFL"
    handler.subscribe()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert (20, "SIGTERM is left to the system.") in bus.lines


def test_a_signal_waits_for_the_end_of_the_line_that_is_being_logged(bus, handler):
    handler.set_handler("SIGUSR2", lambda: events.append("handled"))
    events = []

    def write(msg, level):
        events.append(f"begin {msg}")
        if msg == "first":
            os.kill(os.getpid(), signal.SIGUSR2)
        events.append(f"end {msg}")

    bus.subscribe("log", write)
    bus.log("first")
    caught = "Caught signal SIGUSR2."
    assert events == ["begin first", "end first", f"begin {caught}", f"end {caught}", "handled"]


def test_unsubscribing_restores_the_former_handlers(bus, handler):
    def former(*args):
        raise AssertionError

    signal.signal(signal.SIGTERM, former)
    handler.subscribe()
    handler.subscribe()
    handler.unsubscribe()
    assert signal.getsignal(signal.SIGTERM) is former
    assert "Restoring SIGTERM handler <function " in bus.text
    handler.unsubscribe()
    assert bus.text.count("Restoring SIGTERM") == 1


def test_unsubscribing_also_ends_the_subscriptions(bus, handler):
    handler.subscribe()
    handler.unsubscribe()
    assert bus.publish("SIGTERM") == []
    assert bus.state is states.STOPPED


def test_a_handler_that_was_not_set_from_python_becomes_the_default(bus, handler, monkeypatch):
    handler.set_handler("SIGUSR2")
    handler._previous_handlers[int(signal.SIGUSR2)] = None
    handler.unsubscribe()
    assert signal.getsignal(signal.SIGUSR2) is signal.SIG_DFL


def test_in_another_thread_there_is_a_line_in_the_log_and_no_error(bus, handler, in_thread):
    in_thread(handler.subscribe).finish()
    in_thread(handler.set_handler, "SIGUSR2").finish()
    assert [level for level, _ in bus.lines] == [30, 30]
    assert "Signals are not handled" in bus.lines[0][1]
    assert "Not listening for SIGUSR2" in bus.lines[1][1]
    in_thread(handler.unsubscribe).finish()


def test_restoring_in_another_thread_is_logged(bus, handler, in_thread):
    handler.set_handler("SIGUSR2")
    in_thread(handler.unsubscribe).finish()
    assert "Unable to restore SIGUSR2 handler" in bus.text
    handler.unsubscribe()
    assert signal.getsignal(signal.SIGUSR2) is not handler._handle_signal


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "code"), [("SIGTERM", 0), ("SIGINT", 0), ("SIGHUP", 0), ("SIGUSR2", -12)]
)
def test_a_process_ends_cleanly_on_signals_that_are_handled(spawn, script, name, code):
    path = script("""
        plugins.SignalHandler(bus).subscribe()
        bus.subscribe("main", lambda: os.write(1, b"READY\\n"))
        bus.start()
        bus.block(interval=0.05)
        print("AFTER BLOCK")
        """)
    process = spawn(path)
    process.expect("READY")
    process.send_signal(getattr(signal, name))
    output = process.rest()
    assert process.returncode == (code if name != "SIGUSR2" else -signal.SIGUSR2)
    assert ("AFTER BLOCK" in output) == (code == 0)
    assert ("Bus EXITED" in output) == (code == 0)
