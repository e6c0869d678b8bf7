from __future__ import annotations

import http.client
import threading

import pytest

from cherrypy_testing import LiveServer


def get(server, path="/"):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


@pytest.mark.slow
def test_an_application_is_served_and_leaves_no_thread(plain):
    before = set(threading.enumerate())
    with LiveServer(plain) as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert get(server, "/x") == (200, "GET /x")
        assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) == before
    with pytest.raises(OSError, match="refused"):
        get(server)


@pytest.mark.slow
def test_a_site_is_served_and_given_back_as_it_was(site, app):
    site.config.update({"server.socket_port": 8090, "engine.autoreload.on": True})
    before = set(threading.enumerate())
    with LiveServer(site) as server:
        assert server.site is site
        assert get(server, "/count") == (200, "1")
        assert site.url("/x") == f"{server.url}/x"
        assert site.bus.autoreload.thread is None
    assert set(threading.enumerate()) == before
    assert site.server.bind_addr == ("127.0.0.1", 8090)
    assert site.bus.autoreload.start in site.bus.listeners["start"]


@pytest.mark.slow
def test_a_server_can_be_started_again(plain):
    server = LiveServer(plain)
    server.start()
    server.stop()
    server.start()
    try:
        assert get(server) == (200, "GET /")
    finally:
        server.stop()
        server.stop()


@pytest.mark.slow
def test_a_site_that_runs_already_goes_on(site, app):
    with LiveServer(site) as outer:
        with LiveServer(site) as inner:
            assert inner.url == outer.url
        assert get(outer) == (200, "hello {}")


@pytest.mark.slow
def test_a_start_that_fails_leaves_the_site_as_it_was(site):
    def fail():
        raise RuntimeError("broken")

    site.bus.subscribe("start", fail, priority=10)
    with pytest.raises(Exception, match="broken"), LiveServer(site):
        pass
    assert site.server.bind_addr == ("127.0.0.1", 8080)
    assert site.bus.state is site.bus.states.EXITING


@pytest.mark.slow
def test_an_application_is_served_at_its_own_path(site, root):
    app = site.make_application(root, "/app")
    with LiveServer(app) as server:
        assert get(server, "/app/") == (200, "hello {}")
        assert get(server, "/")[0] == 404
