import contextlib
import os
import threading

import pytest

from cherrypy_wspbus import SetupError
from cherrypy_wspbus.plugins import Daemonizer

SERVICE = """
    plugins.Daemonizer(bus, stdout="out.txt", stderr="err.txt").subscribe()
    plugins.PIDFile(bus, "service.pid").subscribe()
    plugins.SignalHandler(bus).subscribe()
    bus.start()
    print("DAEMON", os.getppid() != int(sys.argv[1]), os.getsid(0) != os.getpid(), flush=True)
    print("to stderr", file=sys.stderr, flush=True)
    os.write(os.open("ready.fifo", os.O_WRONLY), b"x")
    bus.block()
    """


def test_it_comes_before_everything_that_starts_threads():
    assert Daemonizer.start.priority == 65


def test_with_other_threads_it_warns_and_does_nothing(bus, in_thread, monkeypatch):
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    go_on = threading.Event()
    thread = in_thread(go_on.wait, 20)
    daemonizer = Daemonizer(bus)
    daemonizer.start()
    go_on.set()
    assert not daemonizer.finalized
    level, message = bus.lines[0]
    assert level == 30
    assert message.startswith("Not daemonizing: the threads [")
    assert thread.name in message


def test_a_system_without_fork_is_named(bus, monkeypatch):
    monkeypatch.delattr(os, "fork")
    with pytest.raises(OSError, match="works on Unix only"):
        Daemonizer.daemonize()


def test_a_file_that_cannot_be_opened_fails_before_the_fork(bus, monkeypatch, tmp_path):
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    with pytest.raises(SetupError, match="missing' as the daemon's standard input: No such file"):
        Daemonizer.daemonize(stdin=str(tmp_path / "missing"))


def test_it_daemonizes_once(bus):
    daemonizer = Daemonizer(bus)
    daemonizer.finalized = True
    daemonizer.start()
    assert bus.lines == [(20, "Already daemonized.")]


def wait_for_end(pid):
    """Wait until a process that is not our child has ended."""
    descriptor = os.pidfd_open(pid)
    try:
        import select

        assert select.select([descriptor], [], [], 20)[0]
    finally:
        os.close(descriptor)


@pytest.fixture
def daemon(run, script, tmp_path):
    os.mkfifo(tmp_path / "ready.fifo")
    # Keeps the fifo open, so that nobody waits for somebody who has died.
    fifo = os.open(tmp_path / "ready.fifo", os.O_RDWR)
    result = run(script(SERVICE), os.getpid())
    assert result.returncode == 0, result.stdout
    assert os.read(fifo, 1) == b"x"
    pid = int((tmp_path / "service.pid").read_text())
    yield result, pid
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 9)
    os.close(fifo)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open (Linux)")
def test_a_daemon_lives_on_in_a_session_of_its_own_until_it_is_told_to_end(daemon, tmp_path):
    result, pid = daemon
    assert "Forking once." in result.stdout
    assert "Forking twice." in result.stdout
    assert "Bus STARTED" not in result.stdout
    os.kill(pid, 15)
    wait_for_end(pid)
    output = (tmp_path / "out.txt").read_text()
    assert f"Daemonized to PID: {pid}" in output
    assert "DAEMON True True" in output
    assert "Bus EXITED" in output
    assert (tmp_path / "err.txt").read_text() == "to stderr\n"
    assert not (tmp_path / "service.pid").exists()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open (Linux)")
def test_a_daemon_restarts_on_sighup(daemon, tmp_path):
    _, pid = daemon
    fifo = os.open(tmp_path / "ready.fifo", os.O_RDWR)
    for _ in range(2):
        os.kill(pid, 1)
        assert os.read(fifo, 1) == b"x"
        # The same process, as a process manager wants to have it.
        assert (tmp_path / "service.pid").read_text() == f"{pid}\n"
    os.close(fifo)
    os.kill(pid, 15)
    wait_for_end(pid)
    output = (tmp_path / "out.txt").read_text()
    assert output.count("SIGHUP caught while daemonized. Restarting.") == 2
    assert output.count("DAEMON True True") == 3
    assert output.count("Forking") == 0
    assert output.count("Already daemonized.") == 2
    assert not (tmp_path / "service.pid").exists()


@pytest.mark.slow
def test_a_wrong_path_gives_the_command_an_exit_code(run, script):
    path = script("""
        plugins.Daemonizer(bus, stdout="/no/such/directory/out.txt").subscribe()
        bus.start()
        """)
    result = run(path)
    assert result.returncode == 70
    line = "LOG 40 Cannot open '/no/such/directory/out.txt' as the daemon's standard output: "
    assert f"{line}No such file or directory\n" in result.stdout
    assert result.stdout.count("LOG 40") == 1
    assert "Traceback" not in result.stdout


def test_a_system_that_cannot_fork_is_reported_in_one_line(bus, monkeypatch):
    def fork():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    with pytest.raises(SetupError, match=r"^Cannot become a daemon: Resource temporarily"):
        Daemonizer.daemonize()
