"""Asynchronous page handlers and streams over HTTP: with sessions, and with clients that leave."""

from __future__ import annotations

import asyncio
import socket
import threading
from urllib.parse import urlsplit

import pytest

import cherrypy
from cherrypy_site import Site
from cherrypy_testing import Client, LiveServer

SOON = 10


class Root:
    """Pages that wait for one another, count visits and never end."""

    def __init__(self):
        self.closed = threading.Event()
        self.arrived = None

    @cherrypy.expose
    async def first(self):
        self.arrived = asyncio.get_running_loop().create_future()
        return await asyncio.wait_for(self.arrived, SOON)

    @cherrypy.expose
    async def second(self):
        while self.arrived is None:
            await asyncio.sleep(0.001)
        self.arrived.set_result("woken up")
        return "done"

    @cherrypy.expose
    @cherrypy.config(**{"tools.sessions.on": True})
    async def visits(self):
        cherrypy.session["visits"] = cherrypy.session.get("visits", 0) + 1
        await asyncio.sleep(0)
        return str(cherrypy.session["visits"])

    @cherrypy.expose
    @cherrypy.config(**{"response.stream": True})
    async def endless(self):
        try:
            while True:
                await asyncio.sleep(0)
                yield f"{cherrypy.request.path_info}\n" * 1000
        finally:
            self.closed.set()

    @cherrypy.expose
    @cherrypy.config(**{"response.stream": True})
    def endless_too(self):
        try:
            while True:
                yield f"{cherrypy.request.path_info}\n" * 1000
        finally:
            self.closed.set()

    @cherrypy.expose
    @cherrypy.config(**{"response.stream": True})
    def pieces(self):
        yield "one "
        yield "two"


@pytest.fixture
def root():
    return Root()


@pytest.fixture
def live(root):
    with Site() as site:
        site.tree.mount(root)
        with LiveServer(site) as server:
            yield server
        assert not site.event_loop.running


def request(live, path, protocol="HTTP/1.1"):
    """Send a request; return the connection and a file to read the answer from."""
    parts = urlsplit(live.url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=SOON)
    connection.sendall(f"GET {path} {protocol}\r\nHost: x\r\n\r\n".encode())
    return connection, connection.makefile("rb")


def head(file):
    lines = []
    while (line := file.readline().strip()) != b"":
        lines.append(line.decode("latin-1").lower())
    return lines


def test_one_page_wakes_another_one_up(live):
    connection, file = request(live, "/first", "HTTP/1.0")
    other, other_file = request(live, "/second", "HTTP/1.0")
    with connection, file, other, other_file:
        assert file.read().endswith(b"woken up")
        assert other_file.read().endswith(b"done")


def test_sessions_are_at_hand(live):
    client = Client(live.site)
    assert [client.get("/visits").text for _ in range(3)] == ["1", "2", "3"]


@pytest.mark.parametrize("path", ["/endless", "/endless_too"])
def test_a_stream_is_closed_when_the_client_leaves(live, root, path):
    connection, file = request(live, path)
    with connection, file:
        assert head(file)[0].endswith("200 ok")
        assert b"/endless" in file.readline() + file.readline()
    assert root.closed.wait(SOON)


def test_a_stream_has_chunks_for_clients_that_know_them(live):
    connection, file = request(live, "/pieces")
    with connection, file:
        assert "transfer-encoding: chunked" in head(file)
        assert file.read(22) == b"4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n"


def test_a_stream_ends_with_the_connection_for_older_clients(live):
    connection, file = request(live, "/pieces", "HTTP/1.0")
    with connection, file:
        lines = head(file)
        assert not [line for line in lines if line.startswith(("transfer-", "content-length"))]
        assert file.read() == b"one two"
