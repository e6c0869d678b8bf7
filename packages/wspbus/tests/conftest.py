import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
from pathlib import Path

import pytest

import cherrypy_wspbus
from cherrypy_wspbus import Bus

PATIENCE = 20


class LoggedBus(Bus):
    """A bus that remembers its log, and the codes it would have ended the process with."""

    may_exit_process = False

    def __init__(self):
        super().__init__()
        self.lines = []
        self.codes = []
        self.subscribe("log", lambda msg, level: self.lines.append((level, msg)))

    def exit_process(self, code):
        self.codes.append(code)

    @property
    def text(self):
        return "\n".join(msg for _, msg in self.lines)


@pytest.fixture
def make_bus():
    buses = []

    def make():
        bus = LoggedBus()
        buses.append(bus)
        return bus

    yield make
    for bus in buses:
        bus.exit()


@pytest.fixture
def bus(make_bus):
    return make_bus()


@pytest.fixture
def in_thread():
    """Run a function in a thread; its result or exception comes with `join()`."""
    threads = []

    class Running(threading.Thread):
        def __init__(self, function, *args):
            super().__init__(daemon=True)
            self.job = (function, args)
            self.result = self.error = None
            threads.append(self)
            self.start()

        def run(self):
            function, args = self.job
            try:
                self.result = function(*args)
            except BaseException as error:  # noqa: BLE001  (raised again by finish)
                self.error = error

        def finish(self):
            self.join(PATIENCE)
            assert not self.is_alive(), "the thread is stuck"
            if self.error is not None:
                raise self.error
            return self.result

    yield Running
    for thread in threads:
        thread.join(PATIENCE)


@pytest.fixture
def signal_handlers():
    """Put the process's signal handlers back after the test."""
    names = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2]
    saved = {number: signal.getsignal(number) for number in names}
    yield saved
    for number, handler in saved.items():
        signal.signal(number, handler)


PRELUDE = """
import os, signal, sys, threading
from cherrypy_wspbus import Bus, ChannelFailures
from cherrypy_wspbus import plugins, servers
bus = Bus()
bus.subscribe("log", lambda msg, level: print("LOG", level, msg, flush=True))
"""


@pytest.fixture
def script(tmp_path):
    """Make a script file whose bus prints its log."""

    def make(body, name="script.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PRELUDE + textwrap.dedent(body))
        return path

    return make


@pytest.fixture
def environment():
    """The environment for other processes: no interference from the outside."""
    own = {"PYTHONUNBUFFERED", "LISTEN_PID", "LISTEN_FDS", "SECOND_RUN"}
    return {name: value for name, value in os.environ.items() if name not in own}


@pytest.fixture
def run(tmp_path, environment):
    """Run a Python process until it ends."""

    def run(*args, **options):
        return subprocess.run(
            [sys.executable, *map(str, args)],
            check=False,
            **{
                "cwd": tmp_path,
                "env": environment,
                "timeout": PATIENCE,
                "text": True,
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.STDOUT,
                **options,
            },
        )

    return run


@pytest.fixture
def spawn(tmp_path, environment):
    """Start a Python process; `expect(text)` reads its output up to a line with the text."""
    processes = []

    class Process(subprocess.Popen):
        def __init__(self, *args, **options):
            super().__init__(
                [sys.executable, *map(str, args)],
                cwd=tmp_path,
                env=environment,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                **options,
            )
            processes.append(self)
            self.watchdog = threading.Timer(PATIENCE, self.kill)
            self.watchdog.start()

        def expect(self, text):
            read = ""
            for line in self.stdout:
                read += line
                if text in line:
                    return read
            raise AssertionError(f"{text!r} is not in the output:\n{read}")

        def rest(self):
            output = self.stdout.read()
            self.wait(PATIENCE)
            return output

    yield Process
    for process in processes:
        process.watchdog.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


class Manager:
    """The service manager's end of a notification socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.settimeout(PATIENCE)
        self.environ = {"NOTIFY_SOCKET": path}

    def receive(self):
        return self.socket.recv(10000).decode().split("\n")

    def wait_for(self, state):
        while state not in self.receive():
            pass

    def drain(self):
        """Return what has come so far; datagrams are there as soon as they are sent."""
        messages = []
        self.socket.setblocking(False)
        try:
            while True:
                messages.append(self.receive())
        except BlockingIOError:
            return messages
        finally:
            self.socket.settimeout(PATIENCE)

    def nothing(self):
        assert self.drain() == []


@pytest.fixture
def manager():
    # A short path: that of a Unix socket has 108 bytes at most.
    with tempfile.TemporaryDirectory() as directory:
        manager = Manager(f"{directory}/notify")
        yield manager
        manager.socket.close()


@pytest.fixture
def run_for_everyone():
    """Run a script in a directory and with a Python that every user can read."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        source = Path(cherrypy_wspbus.__file__).parent
        shutil.copytree(source, directory / source.name)

        def run(body):
            path = directory / "script.py"
            path.write_text(PRELUDE + textwrap.dedent(body))
            return subprocess.run(
                [_public_python(), "-B", str(path)],
                check=False,
                cwd=directory,
                timeout=PATIENCE,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )

        yield run


def _public_python():
    """Return a Python that is not below a directory of the superuser alone."""
    probe = "import os; os.setuid(12345); import grp, sys; assert sys.version_info >= (3, 10)"
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        code = f"{probe}; os.execv({python!r}, [{python!r}, '-c', ''])"
        try:
            done = subprocess.run([python, "-c", code], check=False, capture_output=True)
        except OSError:
            continue
        if done.returncode == 0:
            return python
    pytest.skip("every Python here is below a directory that only the superuser can read")
