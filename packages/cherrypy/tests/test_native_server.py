"""The default tree served without WSGI."""

from __future__ import annotations

import http.client

import pytest

import cherrypy
from cherrypy._cpnative_server import CPHTTPServer, NativeGateway
from cherrypy._cpserver import Server


class Root:
    @cherrypy.expose
    def index(self):
        assert cherrypy.request.wsgi_environ is None
        return f"{cherrypy.request.remote.ip} {cherrypy.request.scheme}"

    @cherrypy.expose
    def form(self, name):
        cherrypy.response.headers["X-Name"] = name
        return [name, "!"]

    @cherrypy.expose
    def elsewhere(self):
        raise cherrypy.InternalRedirect("/form?name=moved")

    @cherrypy.expose
    def circle(self):
        raise cherrypy.InternalRedirect("/circle")

    @cherrypy.expose
    def fail(self):
        raise ValueError

    @cherrypy.expose
    def stream(self):
        yield "one "
        yield "two"


@pytest.fixture
def ask():
    cherrypy.config.update({"log.screen": False})
    mounted = "" in cherrypy.tree.apps
    before = cherrypy.tree.apps.pop("", None)
    cherrypy.tree.mount(Root(), "", {"/stream": {"response.stream": True}})
    server = Server()
    server.instance = CPHTTPServer
    server.socket_host, server.socket_port = "127.0.0.1", 0
    server.thread_pool = 2
    server.start()

    def ask(method, path, body=None, headers=()):
        client = http.client.HTTPConnection(*server.bound_addr, timeout=5)
        try:
            client.request(method, path, body, dict(headers))
            response = client.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            client.close()

    yield ask
    server.stop()
    del cherrypy.tree.apps[""]
    if mounted:
        cherrypy.tree.apps[""] = before


@pytest.mark.slow
def test_requests_are_answered_without_wsgi(ask):
    assert ask("GET", "/")[2] == b"127.0.0.1 http"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, headers, body = ask("POST", "/form", b"name=a+b", form)
    assert (status, headers["X-Name"], body) == (200, "a b", b"a b!")
    assert ask("GET", "/form?name=%C3%A9")[2] == "é!".encode()
    assert ask("GET", "/stream")[2] == b"one two"
    assert ask("HEAD", "/form?name=x")[::2] == (200, b"")


@pytest.mark.slow
def test_errors_are_those_of_the_application(ask):
    assert ask("GET", "/nowhere")[0] == 404
    assert ask("GET", "/fail")[0] == 500


@pytest.mark.slow
def test_internal_redirects_are_followed_but_not_in_circles(ask):
    assert ask("GET", "/elsewhere")[2] == b"moved!"
    assert ask("GET", "/circle")[0] == 500


@pytest.mark.slow
def test_without_an_application_there_is_nothing(ask):
    app = cherrypy.tree.apps.pop("")
    try:
        assert ask("GET", "/")[0] == 404
    finally:
        cherrypy.tree.apps[""] = app


def test_the_gateway_is_that_of_the_server():
    assert CPHTTPServer(Server()).gateway is NativeGateway
    assert NativeGateway.recursive is False
