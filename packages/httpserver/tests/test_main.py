"""`python -m cherrypy_httpserver`, as real processes."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import sys

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
]

MODULE = ("-m", "cherrypy_httpserver")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(launch, number):
    process = launch(*MODULE, "site_app:app", "--bind", "127.0.0.1:0")
    line = process.wait_for_line("Serving on")
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)\n", line)[1])
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    client.request("GET", "/")
    assert client.getresponse().read() == b"from a process"
    process.popen.send_signal(number)
    client.close()
    assert process.finish() == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["site_app:app", "--bind", "nonsense"], 2, "--bind"),
        ([], 2, "MODULE:APPLICATION"),
        (["no_such_module:app"], 1, "no_such_module"),
        (["broken:app"], 1, "ValueError: not today"),
        (["site_app:not_callable"], 1, "cannot be called"),
    ],
)
def test_a_mistake_is_one_clear_line_and_a_code(launch, arguments, code, message):
    returned, out, err = launch(*MODULE, *arguments).finish()
    lines = [line for line in err.splitlines() if not line.startswith(("usage:", " "))]
    assert (returned, out, len(lines)) == (code, "", 1)
    assert message in lines[0]


def test_a_busy_port_is_one_clear_line(launch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = launch(*MODULE, "site_app:app", "--bind", f"127.0.0.1:{port}")
        code, out, err = process.finish()
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert str(port) in err
