"""The command line, as real processes."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import sys
import threading
import time

import pytest

from cherryd.command import parser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
]


def get(port):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        client.request("GET", "/")
        return client.getresponse().read()
    finally:
        client.close()


def wait_until(condition):
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)  # another process cannot tell us


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_historical_options_are_there():
    files = ["-c", "a", "-c", "b", "--config=c", "-p", "pid"]
    modules = ["-i", "m", "--import=n", "-P", "x", "--Path=y"]
    options = parser().parse_args([*files, *modules, "-d", "-f", "-e", "production"])
    assert options.config == ["a", "b", "c"]
    assert options.imports == ["m", "n"]
    assert options.paths == ["x", "y"]
    assert (options.daemonize, options.fastcgi, options.scgi, options.cgi) == (
        True,
        True,
        False,
        False,
    )
    assert (options.environment, options.pidfile, options.application) == (
        "production",
        "pid",
        None,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_wsgi_application_is_served_until_a_signal(cherryd, number):
    process = cherryd("site_app:app", "--bind", "127.0.0.1:0")
    line = process.wait_for_line("Serving on")
    assert get(int(re.search(r":(\d+)\n", line)[1])) == b"from a process"
    process.popen.send_signal(number)
    assert process.finish() == (0, "", "")


def test_a_site_is_configured_and_served(cherryd, directory):
    port = free_port()
    (directory / "one.conf").write_text(f"socket_port = {port}\nthread_pool = 2\n")
    pidfile = directory / "site.pid"
    process = cherryd(
        *("-P", "elsewhere", "-e", "production", "-c", "one.conf", "-i", "mounting"),
        *("-p", str(pidfile)),
        sites="fake_site:site",
    )
    wait_until(lambda: answers(port))
    assert get(port) == b"from a process"
    assert pidfile.read_text() == f"{process.popen.pid}\n"
    process.popen.terminate()
    assert process.finish() == (0, "", "")
    assert not pidfile.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="daemons")
def test_a_daemon_detaches_and_ends_on_sigterm(cherryd, directory):
    port = free_port()
    pidfile = directory / "daemon.pid"
    process = cherryd("-d", "-p", str(pidfile), "--bind", f"127.0.0.1:{port}", "site_app:app")
    assert process.finish()[0] == 0
    wait_until(lambda: answers(port))
    pid = int(pidfile.read_text())
    try:
        assert pid != process.popen.pid
        assert get(port) == b"from a process"
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not pidfile.exists() and not answers(port))


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--no-such-option"], 2, "--no-such-option"),
        (["-f", "-s"], 2, "not allowed with"),
        (["one", "two"], 2, "two"),
        ([], 2, "no WSGI application"),
        (["site_app"], 1, "MODULE:APPLICATION"),
        (["site_app:nothing"], 1, "nothing"),
        (["no_such_module:app"], 1, "no_such_module"),
        (["broken:app"], 1, "ValueError: not today"),
        (["site_app:app", "-i", "broken"], 1, "broken.py, line 2"),
        (["site_app:app", "-e", "production"], 2, "pip install CherryPy"),
        (["site_app:app", "-c", "driver.py"], 2, "pip install CherryPy"),
        (["site_app:app", "--bind", "x"], 2, "--bind"),
        (["site_app:app", "-p", "no/such/dir/pid"], 1, "no/such/dir"),
    ],
)
def test_a_mistake_is_one_clear_line_and_a_code(cherryd, options, code, message):
    returned, out, err = cherryd(*options).finish()
    lines = [line for line in err.splitlines() if not line.startswith(("usage:", " "))]
    assert (returned, out, len(lines)) == (code, "", 1), err
    assert message in lines[0]
    assert lines[0].startswith("cherryd: ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-c", "nowhere.conf"], "nowhere.conf"),
        (["-c", "driver.py"], "driver.py"),
        (["-e", "moon"], "moon"),
        (["-i", "broken"], "broken.py, line 2"),
        (["-i", "mounting"], "No module named 'mounting'"),
    ],
)
def test_a_mistake_with_a_site_is_one_clear_line(cherryd, options, message):
    code, out, err = cherryd(*options, sites="fake_site:site").finish()
    assert (code, out, err.count("\n")) == (1, "", 1), err
    assert message in err


@pytest.mark.parametrize(
    "sites", ["fake_site:not_a_site", "fake_site:site,other:site", "broken:x"]
)
def test_a_site_that_is_of_no_use_is_one_clear_line(cherryd, sites):
    code, out, err = cherryd(sites=sites).finish()
    assert (code, out, err.count("\n")) == (1, "", 1), err


def test_a_busy_port_is_one_clear_line(cherryd):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, out, err = cherryd("site_app:app", "--bind", f"127.0.0.1:{port}").finish()
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert str(port) in err


def test_a_pid_file_that_fails_at_the_start_is_one_clear_line(cherryd):
    if not os.path.exists("/dev/full"):  # noqa: PTH110  # a device
        pytest.skip("no /dev/full")
    code, out, err = cherryd("site_app:app", "--bind", "127.0.0.1:0", "-p", "/dev/full").finish()
    assert (code, out, err.count("\n")) == (1, "", 1), err
    assert "/dev/full" in err


@pytest.mark.parametrize("options", [["--help"], ["--version"]])
def test_the_module_is_the_command(launch, options):
    code, out, err = launch("-m", "cherryd", *options).finish()
    assert (code, err) == (0, "")
    assert "cherryd" in out
