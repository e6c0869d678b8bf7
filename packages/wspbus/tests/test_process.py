"""What only a process of its own shows: exit codes, and the end of the main thread."""

import os
import signal

import pytest

pytestmark = pytest.mark.slow


def test_a_failed_start_ends_the_process_with_code_70(run, script):
    path = script("""
        print("some output", end=" ")
        bus.subscribe("start", lambda: 1 / 0)
        bus.subscribe("exit", lambda: print("EXIT LISTENER"))
        bus.start()
        print("AFTER START")
        """)
    result = run(path)
    assert result.returncode == 70
    assert "some output" in result.stdout
    assert "ZeroDivisionError" in result.stdout
    assert "EXIT LISTENER" in result.stdout
    assert "AFTER START" not in result.stdout


def test_exiting_while_starting_ends_the_process_with_code_70(run, script):
    result = run(script('bus.subscribe("start", bus.exit)\nbus.start()\n'))
    assert result.returncode == 70
    assert result.stdout.endswith("LOG 20 Bus EXITED\n")


@pytest.mark.parametrize("channel", ["stop", "exit"])
def test_a_failing_stop_or_exit_ends_the_process_with_code_70(run, script, channel):
    path = script(f"""
        bus.subscribe({channel!r}, lambda: 1 / 0)
        bus.start()
        bus.exit()
        print("AFTER EXIT")
        """)
    result = run(path)
    assert result.returncode == 70
    assert "AFTER EXIT" not in result.stdout


@pytest.mark.parametrize(("channel", "code"), [("start", 3), ("main", 4)])
def test_the_code_of_a_system_exit_is_that_of_the_process(run, script, channel, code):
    path = script(f"""
        bus.subscribe({channel!r}, lambda: sys.exit({code}))
        bus.start()
        bus.block()
        """)
    result = run(path)
    assert result.returncode == code
    assert "Bus EXITED" in result.stdout
    assert "Warning" not in result.stdout


def test_the_end_of_the_main_thread_exits_a_bus_that_is_started_with_a_warning(run, script):
    result = run(script("bus.start()\n"))
    assert result.returncode == 0
    assert "RuntimeWarning: The main thread is exiting, but the Bus is in the" in result.stdout
    assert "states.STARTED state" in result.stdout
    assert result.stdout.endswith("LOG 20 Bus EXITED\n")


def test_the_end_of_the_main_thread_exits_a_bus_that_is_stopped_without_a_warning(run, script):
    result = run(script("bus.start()\nbus.stop()\n"))
    assert result.returncode == 0
    assert "Warning" not in result.stdout
    assert result.stdout.endswith("LOG 20 Bus EXITED\n")


def test_a_bus_that_has_exited_says_nothing_more(run, script):
    result = run(script("bus.start()\nbus.exit()\nprint('END')\n"))
    assert result.stdout.endswith("END\n")


def test_start_with_callback_can_exit_the_bus(run, script):
    path = script("""
        def work(what):
            print(what, bus.state)
            bus.exit()

        bus.start_with_callback(work, ("WORK",))
        bus.block()
        print("DONE")
        """)
    result = run(path)
    assert result.returncode == 0
    assert "WORK states.STARTED" in result.stdout
    assert result.stdout.endswith("DONE\n")


def test_importing_has_no_effect_and_needs_nothing_slow(run):
    code = """
import sys, threading, logging
before = set(sys.modules)
threads = threading.active_count()
import cherrypy_wspbus, cherrypy_wspbus.plugins, cherrypy_wspbus.servers
slow = {"typing", "inspect", "dataclasses", "subprocess", "socket", "signal", "pathlib", "json"}
print(sorted((set(sys.modules) - before) & slow), threading.active_count() - threads)
print(logging.getLogger().handlers)
"""
    result = run("-c", code)
    assert result.stdout == "[] 0\n[]\n"


HURRIED = """
    pid = plugins.PIDFile(bus, "service.pid")
    pid.subscribe()
    plugins.SignalHandler(bus).subscribe()

    def stop():
        os.write(1, b"AT WORK\\n")  # safe from signals
        while not bus.hurried:
            threading.Event().wait(0.01)

    bus.subscribe("stop", stop)
    bus.subscribe("main", lambda: os.write(1, b"BLOCKING\\n"))
    bus.start()
    bus.block()
    """


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_hurries_the_end(spawn, script, tmp_path, number):
    process = spawn(script(HURRIED))
    process.expect("BLOCKING")
    process.send_signal(number)
    process.expect("AT WORK")
    process.send_signal(number)
    output = process.rest()
    assert process.returncode == 0, output
    assert "Told to end once more: not waiting any longer" in output
    assert "Bus EXITED" in output
    assert "Traceback" not in output
    assert not (tmp_path / "service.pid").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_the_wait_for_threads(spawn, script, number):
    process = spawn(
        script("""
        plugins.SignalHandler(bus).subscribe()
        bus.subscribe("main", lambda: os.write(1, b"BLOCKING\\n"))
        bus.start()
        threading.Thread(target=threading.Event().wait, name="endless").start()
        bus.block()
        """)
    )
    process.expect("BLOCKING")
    process.send_signal(number)
    process.expect("Waiting for thread endless")
    process.send_signal(number)
    output = process.rest()
    assert "Traceback" not in output
    assert process.returncode == 0, output


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_turns_a_restart_into_an_end(spawn, script, number):
    process = spawn(
        script("""
        plugins.SignalHandler(bus).subscribe()

        def stop():
            os.write(1, b"AT WORK\\n")  # safe from signals
            ended.wait()

        ended = threading.Event()
        bus.subscribe("log", lambda msg, level: ended.set() if "instead of" in msg else None)
        bus.subscribe("stop", stop)
        bus.subscribe("started", lambda: threading.Thread(target=bus.restart).start())
        bus.start()
        bus.block()
        """)
    )
    process.expect("AT WORK")
    process.send_signal(number)
    output = process.rest()
    assert process.returncode == 0, output
    assert "Ending instead of restarting" in output
    assert "Re-spawning" not in output


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_third_signal_ends_the_process(spawn, script, number):
    process = spawn(script(HURRIED.replace("not bus.hurried", "True")))
    process.expect("BLOCKING")
    process.send_signal(number)
    process.expect("AT WORK")
    process.send_signal(number)
    process.expect("Told to end once more")
    process.send_signal(number)
    assert "Traceback" not in process.rest()
    assert process.returncode == 0
