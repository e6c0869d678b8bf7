"""Starting and stopping many times leaves nothing behind."""

from __future__ import annotations

import http.client
import threading
import time
from pathlib import Path

import pytest

from cherrypy_core.expose import expose

FILES = Path("/proc/self/fd")


class Root:
    @expose
    def index(self):
        return "x"


@pytest.mark.slow
@pytest.mark.skipif(not FILES.is_dir(), reason="no /proc")
def test_twenty_cycles_leave_no_thread_and_no_file(site):
    site.server.socket_port = 0
    site.tree.mount(Root())
    threads = threading.active_count()
    files = []
    for _ in range(20):
        site.start()
        host, port = site.server.bound_addr
        client = http.client.HTTPConnection(host, port, timeout=10)
        client.request("GET", "/")
        assert client.getresponse().read() == b"x"
        # The connection is kept, and idle, while the site stops.
        site.stop()
        client.close()
        # A thread that has done its work may need a moment to be gone.
        deadline = time.monotonic() + 10
        while threading.active_count() > threads and time.monotonic() < deadline:
            threading.Event().wait(0.005)
        assert threading.active_count() == threads
        # Threads have files, too: that of the autoreloader watches directories.
        files.append(len(list(FILES.iterdir())))
    assert files[-1] == files[0]


@pytest.mark.slow
def test_idle_connections_do_not_hold_up_the_stop(site):
    site.server.socket_port = 0
    site.tree.mount(Root())
    took = {}
    for number in (0, 20):
        site.start()
        host, port = site.server.bound_addr
        clients = [http.client.HTTPConnection(host, port, timeout=10) for _ in range(number)]
        for client in clients:
            client.request("GET", "/")
            client.getresponse().read()
        began = time.perf_counter()
        site.stop()
        took[number] = time.perf_counter() - began
        for client in clients:
            client.close()
    # 0.1 s on top of what the stop of an unused server takes, however slow the machine.
    assert took[20] < 3 * took[0] + 0.1
