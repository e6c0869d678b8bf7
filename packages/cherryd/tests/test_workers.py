"""Workers, the control socket and the end of a process: as real processes under load."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork()"),
]

APP = """
import os, time, threading
def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/die":
        os._exit(3)
    if path == "/hang":
        os.kill(os.getpid(), 19)
    if path.startswith("/wait/"):
        # Until the test makes the file.
        while not os.path.exists(path[5:]):
            threading.Event().wait(0.01)
    body = f"{os.getpid()} {VERSION} {environ['wsgi.multiprocess']}".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
VERSION = 1
"""


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)  # another process cannot tell us
    return found


def connect(port):
    return http.client.HTTPConnection("127.0.0.1", port, timeout=20)


class Client:
    """A client that sends requests all the time and counts what fails."""

    def __init__(self, port, threads=4, keep=True):
        self.port = port
        self.keep = keep
        self.answers = []
        self.failures = []
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self):
        connection = None
        while not self._end.is_set():
            reused = connection is not None
            connection = connection or connect(self.port)
            try:
                connection.request("GET", "/")
                response = connection.getresponse()
                self.answers.append((response.status, response.read().split()[0]))
                if response.will_close or not self.keep:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                connection = None
                # A kept connection may be closed before the next request (RFC 9112 9.3.1):
                # clients send it once more. A refused connection is no lost request.
                gone = isinstance(error, (http.client.RemoteDisconnected, ConnectionResetError))
                if isinstance(error, ConnectionRefusedError):
                    threading.Event().wait(0.01)  # until there is somebody or the test ends
                elif not (reused and (gone or isinstance(error, BrokenPipeError))):
                    self.failures.append(repr(error))
        if connection is not None:
            connection.close()

    def pids(self):
        return {pid for _, pid in self.answers}

    def end(self):
        self._end.set()
        for thread in self._threads:
            thread.join(30)


@pytest.fixture
def load():
    """Return a function that begins to send requests to a port."""
    clients = []

    def begin(port, **options):
        clients.append(Client(port, **options))
        return clients[-1]

    yield begin
    for client in clients:
        client.end()


@pytest.fixture
def serve(cherryd, directory):
    """Return a function that starts the command and returns process and port."""
    (directory / "loaded.py").write_text(APP)
    started = []

    def run(*options):
        process = cherryd("loaded:app", "--bind", "127.0.0.1:0", "--control", "ctl", *options)
        started.append(process)
        line = process.wait_for_line("Serving on")
        return process, int(re.search(r"127\.0\.0\.1:(\d+)", line)[1])

    yield run
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            process.popen.send_signal(signal.SIGTERM)
        with contextlib.suppress(Exception):
            process.popen.communicate(timeout=15)


@pytest.fixture
def ctl(directory):
    """Return a function that asks the control socket."""

    def ask(command):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(str(directory / "ctl"))
            client.sendall(json.dumps({"command": command}).encode() + b"\n")
            with client.makefile() as lines:
                return json.loads(lines.readline())

    return ask


def get(port, path="/"):
    with contextlib.closing(connect(port)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def serving(ctl):
    return [w["pid"] for w in ctl("status")["workers"] if w["phase"] == "serving"]


def test_workers_share_the_socket_and_end_with_the_parent(serve, ctl, directory):
    process, port = serve("--workers", "2")
    status = ctl("status")
    assert (status["state"], status["wanted"], len(status["workers"])) == ("STARTED", 2, 2)
    assert status["pid"] == process.popen.pid
    pid, _, multiprocess = get(port)[1].split()
    assert int(pid) in [worker["pid"] for worker in status["workers"]]
    assert multiprocess == "True"
    process.popen.terminate()
    code, _, err = process.finish()
    assert (code, err) == (0, "")
    assert not (directory / "ctl").exists()
    for worker in status["workers"]:
        with pytest.raises(ProcessLookupError):
            os.kill(worker["pid"], 0)


def test_a_worker_that_dies_or_is_stuck_is_replaced(serve, ctl):
    process, port = serve("--workers", "1", "--worker-timeout", "2")
    first = serving(ctl)
    with pytest.raises((OSError, http.client.HTTPException)):
        get(port, "/die")
    second = wait_until(lambda: serving(ctl) not in ([], first) and serving(ctl))
    assert "ended with code 3" in process.wait_for_line("Worker")
    os.kill(second[0], signal.SIGSTOP)
    wait_until(lambda: serving(ctl) not in ([], second))
    assert "no sign of life" in process.wait_for_line("Worker")
    assert get(port)[0] == 200


def test_the_number_of_workers_changes_by_signals(serve, ctl):
    process, _ = serve("--workers", "1")
    process.popen.send_signal(signal.SIGTTIN)
    wait_until(lambda: len(serving(ctl)) == 2)
    process.popen.send_signal(signal.SIGTTOU)
    wait_until(lambda: len(ctl("status")["workers"]) == 1)
    process.popen.send_signal(signal.SIGTTOU)
    assert ctl("status")["wanted"] == 1


@pytest.mark.parametrize(
    "limit", [("--max-requests", "5"), ("--max-age", "0.5"), ("--max-memory", "1")]
)
def test_a_worker_that_has_served_enough_is_replaced_without_a_lost_request(
    serve, ctl, load, limit
):
    _, port = serve("--workers", "1", *limit)
    client = load(port)
    wait_until(lambda: len(client.pids()) > 1)
    client.end()
    assert client.failures == []


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGUSR2])
@pytest.mark.parametrize("keep", [True, False])
def test_a_reload_replaces_all_workers_and_loses_no_request(
    serve, ctl, load, how, keep, directory
):
    process, port = serve("--workers", "2", "-p", "pid")
    before = set(serving(ctl))
    client = load(port, keep=keep)
    wait_until(lambda: client.answers)
    (directory / "loaded.py").write_text(APP.replace("VERSION = 1", "VERSION = 20"))
    process.popen.send_signal(how)

    def replaced():
        with contextlib.suppress(OSError, ValueError):
            now = {worker["pid"] for worker in ctl("status")["workers"]}
            return len(now) == 2 and not now & before
        return False

    wait_until(replaced)
    client.end()
    assert client.failures == []
    assert {status for status, _ in client.answers} == {200}
    assert get(port)[1].split()[1] == "20"
    assert (directory / "pid").read_text() == f"{process.popen.pid}\n"


def test_new_code_that_cannot_be_imported_replaces_nothing(serve, ctl, directory):
    process, port = serve("--workers", "1")
    before = serving(ctl)
    (directory / "loaded.py").write_text("this is no program")
    process.popen.send_signal(signal.SIGHUP)
    assert "cannot import 'loaded'" in process.wait_for_line("cannot start")
    process.popen.send_signal(signal.SIGUSR2)
    assert "cannot import 'loaded'" in process.wait_for_line("not replaced:")
    assert serving(ctl) == before
    assert get(port)[0] == 200


@pytest.mark.parametrize("workers", [[], ["--workers", "2"]])
def test_the_end_loses_no_request(serve, load, workers):
    process, port = serve(*workers)
    client = load(port, threads=8)
    wait_until(lambda: len(client.answers) > 20)
    process.popen.terminate()
    assert process.finish()[0] == 0
    client.end()
    assert client.failures == []


@pytest.mark.parametrize("workers", [[], ["--workers", "1"]])
def test_what_is_cut_off_at_the_deadline_is_told(serve, workers, ctl):
    process, port = serve("--drain", "0.3", *workers)
    lost = threading.Thread(target=lambda: contextlib.suppress(Exception) and ask_forever(port))
    lost.start()
    wait_until(lambda: requests(ctl))
    process.popen.terminate()
    code, _, err = process.finish()
    lost.join(20)
    assert code == 0
    assert "Cut off after" in err
    assert "GET /wait/nothing/ever" in err


def ask_forever(port):
    with contextlib.suppress(OSError, http.client.HTTPException):
        get(port, "/wait/nothing/ever")


def requests(ctl):
    status = ctl("status")
    return [r for each in status.get("workers", [status]) for r in each.get("requests", [])]


@pytest.mark.parametrize("workers", [[], ["--workers", "1"]])
def test_a_second_signal_ends_at_once(serve, workers, ctl):
    process, port = serve("--drain", "600", *workers)
    lost = threading.Thread(target=ask_forever, args=(port,))
    lost.start()
    wait_until(lambda: requests(ctl))
    process.popen.terminate()
    wait_until(lambda: not accepts(port))
    process.popen.terminate()
    assert process.finish()[0] == 0
    lost.join(20)


@pytest.mark.parametrize("workers", [[], ["--workers", "1"]])
def test_a_second_signal_ends_a_lame_duck_at_once(serve, workers, ctl):
    process, port = serve("--health", "--lame-duck", "600", "--drain", "600", *workers)
    lost = threading.Thread(target=ask_forever, args=(port,))
    lost.start()
    wait_until(lambda: requests(ctl))
    process.popen.terminate()
    wait_until(lambda: get(port, "/readyz")[0] == 503)
    process.popen.terminate()
    assert process.finish()[0] == 0
    lost.join(20)


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
        return True
    return False


@pytest.mark.parametrize("workers", [[], ["--workers", "1"]])
def test_a_lame_duck_serves_but_is_not_ready(serve, workers):
    process, port = serve("--health", "--lame-duck", "1.5", *workers)
    assert (get(port, "/livez")[0], get(port, "/readyz")[0]) == (200, 200)
    process.popen.terminate()
    wait_until(lambda: get(port, "/readyz")[0] == 503)
    assert (get(port, "/livez")[0], get(port, "/")[0]) == (200, 200)
    assert process.finish()[0] == 0


def test_health_is_told_on_a_port_of_its_own(serve, tmp_path):
    _, port = serve("--health-bind", "unix:health")
    assert get(port, "/livez")[1].startswith(str(_.popen.pid))
    connection = http.client.HTTPConnection("x")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "health"))
        connection.sock = client
        connection.request("GET", "/readyz")
        assert connection.getresponse().status == 200


def test_the_control_socket_shows_requests_and_stacks(serve, ctl, directory):
    process, port = serve()
    asking = threading.Thread(target=get, args=(port, f"/wait{directory}/go?x=1"))
    asking.start()
    (request,) = wait_until(lambda: requests(ctl))
    assert (request["method"], request["target"]) == ("GET", f"/wait{directory}/go?x=1")
    assert request["age"] >= 0
    busy = [thread for thread in ctl("threads")["threads"] if thread["request"]]
    assert "loaded.py" in "".join(busy[0]["stack"])
    assert Path(directory / "ctl").stat().st_mode & 0o777 == 0o600
    (directory / "go").touch()
    asking.join(20)
    assert ctl("stop") == {"done": "stop"}
    assert process.finish()[0] == 0


def test_a_reload_of_a_single_process_loses_no_request(serve, ctl, load, directory):
    process, port = serve()
    client = load(port)
    wait_until(lambda: client.answers)
    (directory / "loaded.py").write_text(APP.replace("VERSION = 1", "VERSION = 20"))
    assert ctl("reload") == {"done": "reload"}
    wait_until(lambda: get_version(port) == "20")
    client.end()
    assert client.failures == []
    assert client.pids() == {str(process.popen.pid).encode()}


def get_version(port):
    with contextlib.suppress(OSError, http.client.HTTPException):
        return get(port)[1].split()[1]


def test_the_workers_end_when_the_parent_is_killed(serve, ctl):
    process, _ = serve("--workers", "1")
    (pid,) = serving(ctl)
    process.popen.kill()
    process.popen.wait()

    def ended():
        try:
            return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z"
        except (OSError, IndexError):
            return True

    if not sys.platform.startswith("linux"):
        pytest.skip("no /proc")
    wait_until(ended)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["no_such_module:app", "--workers", "2"], 1, "cannot import 'no_such_module'"),
        (["site_app:app", "--workers", "0"], 2, "--workers"),
        (["site_app:app", "--workers", "2", "-x"], 2, "CGI"),
        (["site_app:app", "--workers", "2", "--jitter", "101"], 2, "--jitter"),
        (["site_app:app", "--max-age", "0"], 2, "--max-age"),
        (["site_app:app", "--max-age", "5"], 2, "--max-age is for workers only"),
        (["site_app:app", "--worker-timeout", "5"], 2, "--worker-timeout is for workers only"),
        (["ctl", "status"], 2, "--control"),
        (["ctl", "--control", "nowhere", "status"], 1, "nobody answers on 'nowhere'"),
        (["ctl", "dance"], 2, "dance"),
        (["site_app:app", "--routes"], 2, "cannot tell its routes"),
        (["site_app:app", "--check-config", "--routes"], 2, "not allowed with"),
        (["no_such_module:app", "--check-config"], 1, "no_such_module"),
    ],
)
def test_a_mistake_is_one_clear_line_and_a_code(cherryd, options, code, message):
    returned, out, err = cherryd(*options).finish()
    assert (returned, out, err.count("\n")) == (code, "", 1), err
    assert message in err
    assert err.startswith("cherryd")


def test_a_busy_port_is_one_clear_line_with_workers_too(cherryd):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = cherryd("site_app:app", "--bind", f"127.0.0.1:{port}", "--workers", "2")
        code, out, err = process.finish()
    assert (code, out, err.count("\n")) == (1, "", 1), err
    assert str(port) in err


def test_a_configuration_that_is_all_right_is_told(cherryd):
    assert cherryd("site_app:app", "--check-config").finish() == (
        0,
        "The configuration is all right.\n",
        "",
    )


def test_a_worker_whose_threads_are_all_stuck_is_replaced(serve, ctl):
    process, port = serve("--workers", "1", "--worker-timeout", "1")
    first = serving(ctl)
    stuck = [threading.Thread(target=ask_forever, args=(port,)) for _ in range(10)]
    for thread in stuck:
        thread.start()
    wait_until(lambda: serving(ctl) not in ([], first))
    assert "no sign of life" in process.wait_for_line("Worker")
    assert get(port)[0] == 200
    for thread in stuck:
        thread.join(20)


def test_workers_told_to_end_while_they_start_end_with_code_0(cherryd, directory):
    text = "import os\n" + SITE_APP_THAT_WAITS
    (directory / "waiting.py").write_text(text)
    process = cherryd("waiting:app", "--bind", "127.0.0.1:0", "--workers", "2")
    process.wait_for_line("a worker waits")
    process.popen.terminate()
    assert process.finish()[0] == 0


SITE_APP_THAT_WAITS = """
import sys, threading
if os.path.exists("tried"):
    print("a worker waits", file=sys.stderr, flush=True)
    threading.Event().wait()
open("tried", "w").close()
def app(environ, start_response):
    raise NotImplementedError
"""


def test_the_parent_tells_the_error_log_what_it_does(directory, cherryd):
    site = (directory / "fake_site.py").read_text()
    (directory / "logging_site.py").write_text(
        "class Log: error_file = 'error.log'\n\n"
        + site.replace("        self.bus = Bus()", "        self.bus = Bus(); self.log = Log()")
    )
    options = ("-d", "-p", "pid", "--workers", "1", "--bind", "127.0.0.1:0", "site_app:app")
    assert cherryd(*options, sites="logging_site:site").finish()[0] == 0

    def log():
        with contextlib.suppress(OSError):
            return (directory / "error.log").read_text()

    wait_until(lambda: "Bus STARTED" in (log() or ""))
    os.kill(int((directory / "pid").read_text()), signal.SIGTERM)
    wait_until(lambda: "Bus EXITED" in log())
    assert re.search(r"\[\d\d/\w+/\d{4}:[\d:]{8}\] ENGINE Worker \d+ begins\n", log())


def test_a_control_socket_that_cannot_be_made_is_one_line(cherryd):
    process = cherryd("site_app:app", "--bind", "127.0.0.1:0", "--control", "no/such/ctl")
    code, out, err = process.finish()
    assert (code, out, err.count("\n")) == (1, "", 1), err
    assert "no/such/ctl': No such file or directory" in err
    assert "Errno" not in err
