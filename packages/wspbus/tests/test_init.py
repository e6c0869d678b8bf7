"""A bus in process 1, in a namespace of processes as a container has it."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cherrypy_wspbus.init import run_below_init


def _can_unshare():
    if shutil.which("unshare") is None:
        return False
    command = ["unshare", "--pid", "--fork", "--mount-proc", "true"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.fixture
def spawn_as_init(spawn, script, tmp_path):
    if not _can_unshare():
        pytest.skip("needs unshare(1) and the right to make a namespace of processes")

    def start(body):
        # The watchdog of `spawn` kills unshare, and that kills what is inside.
        launcher = tmp_path / "launcher.py"
        launcher.write_text(
            "import os, sys\n"
            "os.execvp('unshare', ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc',"
            " sys.executable, *sys.argv[1:]])\n"
        )
        return spawn(launcher, script(body))

    return start


def the_first_inside(process):
    """Return the process id, as seen from outside, of process 1 inside."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return int(path.read_text().split()[0])


SERVICE = """
    from cherrypy_wspbus.init import run_below_init

    print("BEFORE", os.getpid(), flush=True)
    os.environ["LISTEN_PID"] = "1"
    below = run_below_init()
    print("BELOW", below, os.getpid() != 1, os.getppid(), flush=True)
    assert os.environ["LISTEN_PID"] == str(os.getpid())
    plugins.SignalHandler(bus).subscribe()
    bus.subscribe("SIGUSR2", lambda: os.write(1, b"HELLO\\n"))
    plugins.SignalHandler(bus).set_handler("SIGUSR2")
    bus.start()
"""


@pytest.mark.slow
def test_process_1_passes_signals_on_and_ends_with_the_code_of_the_service(spawn_as_init):
    process = spawn_as_init(SERVICE + "    bus.block()\n    sys.exit(7)\n")
    output = process.expect("Bus STARTED")
    assert "BEFORE 1\n" in output
    assert "BELOW True True 1\n" in output
    os.kill(the_first_inside(process), 12)
    process.expect("HELLO")
    os.kill(the_first_inside(process), 15)
    assert "Bus EXITED" in process.rest()
    assert process.returncode == 7


@pytest.mark.slow
def test_orphans_are_reaped_and_the_codes_of_own_children_are_left_alone(spawn_as_init):
    process = spawn_as_init(
        SERVICE
        + """
    import subprocess
    from pathlib import Path

    def processes():
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                found.append(path.read_text())
            except OSError:
                continue
        return found

    # A child that leaves a child behind, which ends when its standard input is closed.
    orphans = [
        subprocess.Popen(["sh", "-c", "cat >/dev/null & exit 3"], stdin=subprocess.PIPE)
        for _ in range(5)
    ]
    print("CODES", [child.wait() for child in orphans], flush=True)
    for child in orphans:
        child.stdin.close()
    # A zombie is a process, too: only process 1 and this one are to be left.
    while len(processes()) > 2:
        pass
    print("NO ZOMBIES", flush=True)
    bus.exit()
    bus.block()
"""
    )
    process.expect("CODES [3, 3, 3, 3, 3]")
    process.expect("NO ZOMBIES")
    process.rest()
    assert process.returncode == 0


@pytest.mark.slow
def test_a_service_that_a_signal_ends_gives_the_code_of_the_shell(spawn_as_init):
    process = spawn_as_init(SERVICE + "    os.kill(os.getpid(), 9)\n")
    process.rest()
    assert process.returncode == 128 + 9


@pytest.mark.slow
def test_without_an_init_process_1_ends_on_sigterm_too(spawn_as_init):
    process = spawn_as_init("""
        plugins.SignalHandler(bus).subscribe()
        bus.start()
        bus.log(f"I AM {os.getpid()}")
        bus.block()
        """)
    process.expect("I AM 1")
    os.kill(the_first_inside(process), 15)
    assert "Bus EXITED" in process.rest()
    assert process.returncode == 0


def test_any_other_process_goes_on_as_it_is(monkeypatch):
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    assert run_below_init() is False


def test_with_other_threads_it_warns_and_does_nothing(monkeypatch, in_thread):
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    go_on = threading.Event()
    thread = in_thread(go_on.wait, 20)
    lines = []
    assert run_below_init(lambda *line: lines.append(line), process=os.getpid()) is False
    go_on.set()
    ((message, level),) = lines
    assert level == 30
    assert thread.name in message


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_files_are_closed_from_a_number_on(run):
    code = """
import os
from cherrypy_wspbus.reexec import close_files
kept, closed = os.dup(1), os.dup(1)
os.dup2(1, 100)
close_files(closed)
os.fstat(kept)
for number in (closed, 100):
    try:
        os.fstat(number)
    except OSError:
        print("closed")
"""
    assert run("-c", code).stdout == "closed\nclosed\n"
