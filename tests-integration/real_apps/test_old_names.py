"""Names that were gone from CherryPy, and that applications still look for."""

import http.client
import socket
import threading

import pytest

import cherrypy
from cherrypy.process import servers


class Root:
    def index(self):
        return "hello"

    index.exposed = True


def test_exposing_by_the_attribute(mount):
    assert mount(Root()).get("/").text == "hello"


def test_ports_can_be_looked_at(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=str(port)):
            servers.check_port("127.0.0.1", port, timeout=0.1)
        servers.wait_for_occupied_port("127.0.0.1", port, timeout=1)
        with pytest.raises(OSError, match=str(port)):
            servers.wait_for_free_port("127.0.0.1", port, timeout=0.1)
    servers.wait_for_free_port("127.0.0.1", port, timeout=1)
    assert servers.client_host("0.0.0.0") == "127.0.0.1"
    # Applications that had trouble with the waiting have replaced it.
    monkeypatch.setattr(servers, "wait_for_free_port", lambda *args: None)
    monkeypatch.setattr(servers, "wait_for_occupied_port", lambda *args: None)


def test_responses_are_watched_by_the_engine():
    monitor = cherrypy.engine.timeout_monitor
    assert monitor.start in cherrypy.engine.listeners["start"]
    monitor.unsubscribe()
    assert monitor.start not in cherrypy.engine.listeners["start"]
    monitor.subscribe()
    assert hasattr(cherrypy, "TimeoutError")
    assert issubclass(cherrypy.TimeoutError, cherrypy.CherryPyException)


def test_the_autoreloader_is_switched_off_by_its_first_name():
    cherrypy.config.update({"engine.autoreload_on": False})
    try:
        reloader = cherrypy.engine.autoreload
        assert reloader.start not in cherrypy.engine.listeners["start"]
    finally:
        cherrypy.config.update({"engine.autoreload_on": True})
    assert reloader.start in cherrypy.engine.listeners["start"]


def test_the_library_of_http_had_a_shorter_name():
    from cherrypy.lib import http as old

    assert old.HeaderMap is cherrypy.lib.httputil.HeaderMap
    assert cherrypy.lib.http.parse_query_string("a=1") == {"a": "1"}


def test_the_server_was_a_module_of_its_own():
    from cherrypy import wsgiserver

    def app(environ, start_response):
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    dispatcher = wsgiserver.WSGIPathInfoDispatcher({"/": app})
    server = wsgiserver.CherryPyWSGIServer(("127.0.0.1", 0), dispatcher, numthreads=2)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        connection = http.client.HTTPConnection(*server.bind_addr[:2], timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"ok"
        connection.close()
    finally:
        server.stop()
        thread.join(10)
    assert wsgiserver.ssl_adapters["builtin"]


def test_strings_were_converted_by_helpers():
    from cherrypy._cpcompat import ntob, ntou, tonative

    assert (ntob("a"), ntou("a"), tonative(b"a")) == (b"a", "a", "a")
