"""What people do wrong, in processes of their own: one clear line, and the right exit code."""

import socket

import pytest

pytestmark = pytest.mark.slow

SERVER = """
from cherrypy_wspbus.servers import ServerAdapter, Timeouts

class Server:
    ready = False

    def start(self):
        import socket
        with socket.create_server((HOST, PORT)):
            self.ready = True
            threading.Event().wait()

    def stop(self):
        pass

Timeouts.free = 0.05
ServerAdapter(bus, Server(), (HOST, PORT)).subscribe()
bus.start()
"""

MISUSES = {
    "a pid file in a directory that does not exist": (
        'plugins.PIDFile(bus, "/no/such/x.pid").subscribe()\nbus.start()',
        "LOG 40 Cannot write the PID file '/no/such/x.pid': No such file or directory",
        70,
    ),
    "a pid file that is a directory": (
        'plugins.PIDFile(bus, "/").subscribe()\nbus.start()',
        "LOG 40 Cannot write the PID file '/': Is a directory",
        70,
    ),
    "a log file of the daemon that cannot be opened": (
        'plugins.Daemonizer(bus, stderr="/no/such/x.log").subscribe()\nbus.start()',
        "LOG 40 Cannot open '/no/such/x.log' as the daemon's standard error: No such file",
        70,
    ),
    "a daemon after threads": (
        """
        end = threading.Event()
        threading.Thread(target=end.wait, name="Mine").start()
        plugins.Daemonizer(bus).subscribe()
        bus.start()
        end.set()
        bus.exit()
        """,
        "LOG 30 Not daemonizing: the threads ['Mine'] would not survive the fork.",
        0,
    ),
    "a user who does not exist": (
        'plugins.DropPrivileges(bus, uid="no-such-user")',
        "KeyError: \"This system has no user 'no-such-user'.\"",
        1,
    ),
    "a group that does not exist": (
        'plugins.DropPrivileges(bus, gid="no-such-group")',
        "KeyError: \"This system has no group 'no-such-group'.\"",
        1,
    ),
    "no user, no group, no umask": (
        "plugins.DropPrivileges(bus).subscribe()\nbus.start()\nbus.exit()",
        "LOG 30 uid/gid not set",
        0,
    ),
    "a signal that does not exist": (
        'plugins.SignalHandler(bus).set_handler("SIGNOTHING")',
        "ValueError: No such signal: 'SIGNOTHING'",
        1,
    ),
    "signals in another thread": (
        """
        thread = threading.Thread(target=plugins.SignalHandler(bus).subscribe, name="T")
        thread.start()
        thread.join()
        """,
        "LOG 30 Signals are not handled: subscribed in 'T', not in the main thread.",
        0,
    ),
    "an address of another machine": (
        f"HOST, PORT = '192.0.2.1', 80\n{SERVER}",
        "LOG 40 Cannot serve on http://192.0.2.1: Cannot assign requested address",
        70,
    ),
    "no server": (
        "servers.ServerAdapter(bus).subscribe()\nbus.start()",
        "ValueError: No HTTP server has been created.",
        70,
    ),
    "no block": (
        "bus.start()",
        "You must either call bus.block() after start(), or call bus.exit()",
        0,
    ),
    "two starts at the same time": (
        'bus.subscribe("start", bus.start)\nbus.start()\nbus.exit()',
        "LOG 30 Bus is STARTING and cannot become STARTING now",
        0,
    ),
    "stopping after the exit": (
        "bus.start()\nbus.exit()\nbus.stop()",
        "LOG 30 Bus is EXITING and cannot become STOPPING now",
        0,
    ),
}


@pytest.mark.parametrize("misuse", MISUSES)
def test_a_misuse_is_told_in_one_line(run, script, misuse):
    body, line, code = MISUSES[misuse]
    result = run(script(body))
    assert result.returncode == code, result.stdout
    assert sum(line in each for each in result.stdout.splitlines()) >= 1, result.stdout
    if line.startswith("LOG"):
        assert "Traceback" not in result.stdout
        assert result.stdout.count(line) == 1


def test_a_port_that_is_taken_is_told_in_one_line(run, script):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run(script(f"HOST, PORT = '127.0.0.1', {port}\n{SERVER}"))
    assert result.returncode == 70
    (line,) = (each for each in result.stdout.splitlines() if each.startswith("LOG 40"))
    assert line == (
        f"LOG 40 Cannot serve on http://127.0.0.1:{port}: port {port} is in use on '127.0.0.1'."
    )
    assert "Traceback" not in result.stdout


def test_without_a_listener_on_log_the_line_goes_to_standard_error(run):
    code = (
        "from cherrypy_wspbus import Bus, plugins\n"
        "bus = Bus()\n"
        "plugins.PIDFile(bus, '/no/such/x.pid').subscribe()\n"
        "bus.start()\n"
    )
    result = run("-c", code)
    assert result.returncode == 70
    expected = "Cannot write the PID file '/no/such/x.pid': No such file or directory\n"
    assert result.stdout == expected
