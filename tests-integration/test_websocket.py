"""The tool `websocket` on the real server, and its examples in a real browser."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from wsproto.events import CloseConnection, Ping, Pong

from cherrypy_tools.websocket import Room, WebSocket

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parent.parent / "docs" / "websocket"
PATIENCE = 20


@pytest.fixture
def site():
    """Return a function that serves a root in this process; it returns the server."""
    from cherrypy_site import Site

    made = []

    def serve(root, **settings):
        site = Site()
        site.config.update({"log.screen": False, "engine.autoreload.on": False})
        site.tree.mount(root)
        site.server.socket_port = 0
        for name, value in settings.items():
            setattr(site.server, name, value)
        made.append(site)
        site.bus.start()
        return site.server

    yield serve
    for one in made:
        one.bus.may_exit_process = False
        one.bus.exit()


def root_of(handler_cls, **settings):
    class Root:
        def index(self):
            return "a page"

        def ws(self):
            return ""

        index.exposed = ws.exposed = True

    settings |= {"on": True, "handler_cls": handler_cls}
    Root.ws._cp_config = {f"tools.websocket.{key}": value for key, value in settings.items()}
    return Root()


def get(port):
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: client.recv(65536), b""))


def port_of(server):
    return server.bound_addr[1]


def test_many_idle_sockets_hold_no_thread(site, open_websocket):
    room = Room()

    class Member(WebSocket):
        def opened(self):
            room.add(self)
            self.send("welcome")

    port = port_of(site(root_of(Member), thread_pool=2, thread_pool_max=2))
    clients = [open_websocket(port) for _ in range(100)]
    for client in clients:
        assert client.next().data == "welcome"
    assert get(port).endswith(b"a page")
    room.broadcast("to all")
    for client in clients:
        assert client.next().data == "to all"
    assert get(port).endswith(b"a page")


def test_a_client_that_is_silent_is_pinged(site, open_websocket):
    port = port_of(site(root_of(WebSocket, ping_interval=0.2)))
    client = open_websocket(port)
    for _ in range(2):
        assert client.next() == Ping(payload=b"")
        client.send(Pong(payload=b""))
    assert client.next() == Ping(payload=b"")
    # Not answered: the connection is cut.
    with contextlib.suppress(ConnectionResetError):
        assert client.socket.recv(100) == b""


def test_the_goodbye_is_exchanged_and_told(site, open_websocket):
    told = []

    class Member(WebSocket):
        def closed(self, code, reason=""):
            told.append((code, reason))

    port = port_of(site(root_of(Member)))
    client = open_websocket(port)
    client.send(CloseConnection(code=1001, reason="on"))
    assert client.next().code == 1001
    assert client.socket.recv(100) == b""
    deadline = time.monotonic() + PATIENCE
    while not told and time.monotonic() < deadline:
        get(port)
    assert told == [(1001, "on")]


def test_a_client_that_never_reads_stops_nobody(site, open_websocket):
    room = Room()

    class Member(WebSocket):
        def opened(self):
            room.add(self)

    port = port_of(site(root_of(Member), thread_pool=2, thread_pool_max=2))
    deaf, good = open_websocket(port), open_websocket(port)
    deadline = time.monotonic() + PATIENCE
    while len(room) < 2 and time.monotonic() < deadline:
        get(port)
    for _ in range(200):
        room.broadcast("x" * 100_000)
        assert len(good.next_text()) == 100_000
    assert len(room) == 1
    assert deaf.socket.fileno() >= 0


# The examples, in a browser.


@pytest.fixture
def example():
    """Return a function that starts an example; it returns the port."""
    started = []

    def run(name):
        process = subprocess.Popen(
            [sys.executable, str(EXAMPLES / name), "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        for line in process.stdout:
            if found := re.search(r"Serving on http://127\.0\.0\.1:(\d+)", line):
                return int(found[1])
        raise AssertionError(f"{name} has ended")

    yield run
    for process in started:
        process.terminate()
        process.communicate(timeout=PATIENCE)


@pytest.fixture
def browse(tmp_path):
    """Return a function that opens an address in a new Chromium."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("Chromium or its driver is missing: apt-get install chromium chromium-driver")
    webdriver = pytest.importorskip("selenium.webdriver")
    with contextlib.ExitStack() as stack:

        def open_page(url):
            options = webdriver.ChromeOptions()
            options.binary_location = program
            profile = tmp_path / f"profile{len(list(tmp_path.iterdir()))}"
            profile.mkdir()
            for word in (
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                f"--user-data-dir={profile}",
            ):
                options.add_argument(word)
            browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
            stack.callback(browser.quit)
            browser.get(url)
            wait_for(lambda: browser.title == "open")
            return browser

        yield open_page


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"


def heard(browser):
    return [item.text for item in browser.find_elements("css selector", "#heard li")]


def say(browser, text):
    browser.find_element("id", "text").send_keys(text + "\n")


def test_the_echo_in_a_browser(example, browse):
    browser = browse(f"http://127.0.0.1:{example('echo.py')}/")
    say(browser, "Grüezi")
    say(browser, "again")
    wait_for(lambda: heard(browser) == ["Grüezi", "again"])
    say(browser, "bye")
    wait_for(lambda: browser.title == "closed 1000")


def test_the_chat_in_two_browsers(example, browse):
    port = example("chat.py")
    first = browse(f"http://127.0.0.1:{port}/?name=Ann")
    second = browse(f"http://127.0.0.1:{port}/?name=Bob")
    wait_for(lambda: heard(first) == ["Ann has come", "Bob has come"])
    say(second, "Hello")
    wait_for(lambda: heard(first)[2:] == ["Bob: Hello"])
    assert heard(second) == ["Bob has come", "Bob: Hello"]
    second.close()
    wait_for(lambda: heard(first)[3:] == ["Bob has left"])
