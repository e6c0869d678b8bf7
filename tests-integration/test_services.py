"""The configuration files in docs/services.md, given to the programs that they are for."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

pytestmark = pytest.mark.slow

SOON = 30

PAGE = (Path(__file__).parents[1] / "docs" / "services.md").read_text(encoding="utf-8")
INI = re.findall(r"^```ini\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SERVE = re.search(r'SERVE = """\n(.*?)"""', PAGE, re.DOTALL)[1]


def program(name):
    """Return the path of a program, from this Python's environment or from the system."""
    path = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if path is None:
        pytest.skip(f"needs the program {name}")
    return path


@pytest.fixture
def directory():
    # A short path: that of a Unix socket has 108 bytes at most.
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        (path / "serve.py").write_text(SERVE.replace("8080", "0"))
        yield path


def here(text, directory):
    """Put the paths of this machine into a file of the page."""
    user = r"^(user|User|Group)=www-data\n"
    text = text.replace("/srv/site/venv/bin/python", sys.executable)
    return re.sub(user, "", text.replace("/srv/site", str(directory)), flags=re.MULTILINE)


@pytest.fixture
def environment():
    passed = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS")
    return {name: value for name, value in os.environ.items() if name not in passed}


@pytest.fixture
def start(directory, environment):
    """Start a program; what it writes is in `lines`."""
    started = []

    def start(*command, **variables):
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=directory,
            env={**environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        watchdog = threading.Timer(SOON, process.kill)
        watchdog.start()
        started.append((process, watchdog))
        return process

    yield start
    for process, watchdog in started:
        watchdog.cancel()
        process.kill()
        process.communicate()


def expect(process, text):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return line
    raise AssertionError(f"no {text!r} in\n{''.join(lines)}")


def test_systemd_accepts_the_units(directory, environment):
    analyze = program("systemd-analyze")
    service, its_socket = (text for text in INI if "[Install]" in text)
    (directory / "site.service").write_text(here(service, directory))
    (directory / "site.socket").write_text(its_socket)
    done = subprocess.run(
        [analyze, "verify", "--man=no", directory / "site.socket", directory / "site.service"],
        check=False,
        capture_output=True,
        text=True,
        timeout=SOON,
        env={**environment, "SYSTEMD_LOG_LEVEL": "warning"},
    )
    ours = [line for line in done.stderr.splitlines() if "site." in line]
    assert ours == []
    assert done.returncode == 0, done.stderr


def test_the_verification_would_find_a_mistake(directory, environment):
    analyze = program("systemd-analyze")
    service = here(INI[0], directory).replace("Type=notify", "Tpye=notify")
    (directory / "site.service").write_text(service)
    done = subprocess.run(
        [analyze, "verify", "--man=no", directory / "site.service"],
        check=False,
        capture_output=True,
        text=True,
        timeout=SOON,
        env=environment,
    )
    assert "Tpye" in done.stderr


def test_the_program_serves_on_a_socket_of_systemd_and_tells_how_it_is(start, directory):
    activate = program("systemd-socket-activate")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(directory / "notify"))
        manager.settimeout(SOON)

        def told(state):
            while True:
                message = manager.recv(10000).decode().split("\n")
                if state in message:
                    return message

        process = start(
            activate,
            f"--listen=127.0.0.1:{port}",
            "--fdname=web",
            *("-E", f"NOTIFY_SOCKET={directory}/notify", "-E", "WATCHDOG_USEC=200000"),
            sys.executable,
            "serve.py",
        )
        expect(process, "Listening on")
        # The first connection has the program started, and is answered by it.
        assert urlopen(f"http://127.0.0.1:{port}/", timeout=SOON).read() == b"Hello"
        assert f"MAINPID={process.pid}" in told("READY=1")
        told("WATCHDOG=1")
        process.send_signal(signal.SIGUSR1)
        told("RELOADING=1")
        told("READY=1")
        process.terminate()
        told("STOPPING=1")
        process.communicate(timeout=SOON)
        assert process.returncode == 0


NAMED = """
import cherrypy

class Root:
    @cherrypy.expose
    def index(self):
        port = int(cherrypy.request.wsgi_environ["SERVER_PORT"])
        return "web" if port == cherrypy.server.bound_addr[1] else "admin"

cherrypy.config.update({
    "environment": "production",
    "server.socket_port": 0,
    "server.socket_name": "web",
    "server.admin.socket_port": 0,
    "server.admin.socket_name": "admin",
})
cherrypy.tree.mount(Root())
"""


def test_workers_take_the_sockets_of_systemd_by_name_and_tell_about_reloads(start, directory):
    activate = program("systemd-socket-activate")
    (directory / "named.py").write_text(NAMED)
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        web, admin = one.getsockname()[1], two.getsockname()[1]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(directory / "notify"))
        manager.settimeout(SOON)

        def told(state):
            while state not in manager.recv(10000).decode().split("\n"):
                pass

        process = start(
            activate,
            *(f"--listen=127.0.0.1:{admin}", f"--listen=127.0.0.1:{web}", "--fdname=admin:web"),
            *("-E", f"NOTIFY_SOCKET={directory}/notify"),
            *(sys.executable, "-m", "cherryd", "-i", "named", "--workers", "2"),
        )
        expect(process, f":{web}")
        for port, name in ((web, b"web"), (admin, b"admin")):
            assert urlopen(f"http://127.0.0.1:{port}/", timeout=SOON).read() == name
        told("READY=1")
        for number in (signal.SIGHUP, signal.SIGUSR2):
            process.send_signal(number)
            told("RELOADING=1")
            told("READY=1")
        (directory / "named.py").write_text("this is no program")
        for number in (signal.SIGHUP, signal.SIGUSR2):
            process.send_signal(number)
            told("RELOADING=1")
            told("READY=1")
        process.terminate()
        told("STOPPING=1")
        process.communicate(timeout=SOON)
        assert process.returncode == 0


def test_supervisord_runs_the_program_and_ends_it_in_order(start, directory):
    supervisord, control = program("supervisord"), program("supervisorctl")
    (configuration,) = (text for text in INI if "[supervisord]" in text)
    path = directory / "supervisord.conf"
    path.write_text(here(configuration, directory))
    process = start(supervisord, "-n", "-c", path)
    expect(process, "entered RUNNING state")

    def ask(*command):
        return subprocess.run(
            [control, "-c", path, *command],
            check=False,
            capture_output=True,
            text=True,
            cwd=directory,
            timeout=SOON,
        ).stdout

    assert "RUNNING" in ask("status", "site")
    log = directory / "site.log"
    deadline = time.monotonic() + SOON
    while not (found := re.search(r"Serving on (http\S+)", log.read_text())):
        assert time.monotonic() < deadline, log.read_text()
    assert urlopen(found[1], timeout=SOON).read() == b"Hello"
    assert "stopped" in ask("stop", "site")
    assert "Bus EXITED" in log.read_text()
    process.terminate()
    output = process.communicate(timeout=SOON)[0]
    assert "stopped: site (exit status 0)" in output


@pytest.fixture
def start_as_init(start):
    """Start a program as process 1 of a namespace; `end` sends it SIGTERM."""
    unshare = program("unshare")
    namespace = [unshare, "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs the right to make a namespace of processes")
    return lambda *command: start(*namespace, *command)


def terminate_first(process):
    """Send SIGTERM to process 1 of the namespace."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(children[0]), signal.SIGTERM)


def test_the_program_works_as_process_1_of_a_container(start_as_init, directory):
    block = re.compile(
        r"^```python\n(from cherrypy_wspbus.init.*?)^```$", re.MULTILINE | re.DOTALL
    )
    (code,) = block.findall(PAGE)
    (directory / "serve.py").write_text(f"{code}\n{SERVE.replace('8080', '0')}")
    process = start_as_init(sys.executable, "serve.py")
    url = re.search(r"http\S+", expect(process, "Serving on"))[0]
    assert urlopen(url, timeout=SOON).read() == b"Hello"
    expect(process, "Bus STARTED")
    terminate_first(process)
    expect(process, "Bus EXITED")
    process.communicate(timeout=SOON)
    assert process.returncode == 0


@pytest.mark.parametrize("workers", [(), ("--workers", "2")])
def test_cherryd_works_as_process_1_of_a_container(start_as_init, directory, workers):
    (directory / "hello.py").write_text(
        "import os\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [b'%d' % os.getpid()]\n"
    )
    process = start_as_init(
        sys.executable, "-m", "cherryd", "--bind", "127.0.0.1:0", *workers, "hello:app"
    )
    # Written when all workers are there.
    url = re.search(r"http\S+", expect(process, "with 2 workers" if workers else "http://"))[0]
    assert int(urlopen(url, timeout=SOON).read()) > 1
    terminate_first(process)
    process.communicate(timeout=SOON)
    assert process.returncode == 0
