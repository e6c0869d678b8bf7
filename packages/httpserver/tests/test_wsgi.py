"""What cheroot's server is made of: every setting arrives."""

from __future__ import annotations

import logging

import pytest

from cherrypy_httpserver import Server, SettingError, WSGIServer
from cherrypy_wspbus import Bus


def test_every_setting_is_passed_on(app):
    server = Server(app=app)
    server.socket_queue_size = 7
    server.socket_timeout = 1.5
    server.shutdown_timeout = 2
    server.accepted_queue_size = 9
    server.accepted_queue_timeout = 3
    server.thread_pool = 4
    server.thread_pool_max = 6
    server.max_request_header_size = 1000
    server.max_request_body_size = 2000
    server.protocol_version = "HTTP/1.0"
    server.nodelay = False
    server.peercreds = server.peercreds_resolve = True
    server.statistics = True
    server.wsgi_version = ("u", 0)
    made = WSGIServer(server)

    assert made.wsgi_app is app
    assert made.bind_addr == ("127.0.0.1", 8080)
    assert made.server_name == "127.0.0.1"
    assert (made.request_queue_size, made.timeout, made.shutdown_timeout) == (7, 1.5, 2)
    assert (made.requests.min, made.requests.max) == (4, 6)
    assert (made.requests.accepted_queue_size, made.requests.accepted_queue_timeout) == (9, 3)
    assert (made.max_request_header_size, made.max_request_body_size) == (1000, 2000)
    assert (made.protocol, made.nodelay) == ("HTTP/1.0", False)
    assert (made.peercreds_enabled, made.peercreds_resolve_enabled) == (True, True)
    assert made.stats["Enabled"] is True
    assert made.gateway.version == ("u", 0)
    assert made.ssl_adapter is None


def test_the_names_that_monitoring_looks_at_are_there(app):
    requests = WSGIServer(Server(app=app)).requests
    assert (requests.qsize, requests.idle, requests._threads) == (0, 0, [])


def test_a_server_on_a_unix_socket_still_has_a_name(app):
    server = Server(app=app)
    server.bind_addr = "/run/site.sock"
    assert WSGIServer(server).server_name == "localhost"


def test_none_stands_for_no_limit(app):
    server = Server(app=app)
    server.max_request_header_size = server.max_request_body_size = None
    made = WSGIServer(server)
    assert (made.max_request_header_size, made.max_request_body_size) == (0, 0)


def test_a_server_without_an_application_is_refused():
    with pytest.raises(SettingError, match="app"):
        WSGIServer(Server())


def test_the_application_may_be_given_directly(app):
    assert WSGIServer(Server(), app).wsgi_app is app


def test_an_unknown_wsgi_version_is_refused(app):
    server = Server(app=app)
    server.wsgi_version = (2, 0)
    with pytest.raises(SettingError, match=r"\(2, 0\)"):
        WSGIServer(server)


def test_errors_go_to_the_log_of_the_bus(app):
    bus, messages = Bus(), []
    bus.subscribe("log", lambda message, level: messages.append((message, level)))
    WSGIServer(Server(bus, app)).error_log("trouble", logging.ERROR)
    assert messages == [("trouble", logging.ERROR)]


def test_errors_go_to_standard_error_if_nobody_listens(app, capsys):
    made = WSGIServer(Server(app=app))
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        made.error_log("trouble", logging.ERROR, traceback=True)
    error = capsys.readouterr().err
    assert error.startswith("trouble\n")
    assert "ZeroDivisionError" in error


def test_errors_go_to_the_callable_that_was_given(app):
    calls = []
    WSGIServer(Server(Bus(), app), log=lambda *call: calls.append(call)).error_log("trouble")
    assert calls == [("trouble", logging.INFO, False)]


def test_the_environ_is_that_of_cgi(serving, connect):
    seen = {}

    def app(environ, start_response):
        seen.update(environ)
        start_response("200 OK", [])
        return [b""]

    server = serving(wsgi_app=app)
    client = connect(server)
    client.send(
        b"PUT /a%20b%2fc?d=%20e HTTP/1.1\r\nHost: h:1\r\nX-One: 1\r\nx-one: 2\r\nCookie: a=1\r\n"
        b"Cookie: b=2\r\nContent-Type: text/x\r\nContent-Length: 0\r\nX_One: 3\r\n"
        b"X-Spaces:   s  \r\nConnection: close\r\n\r\n"
    )
    client.read()
    expected = {
        "REQUEST_METHOD": "PUT",
        "PATH_INFO": "/a b%2Fc",
        "QUERY_STRING": "d=%20e",
        "REQUEST_URI": "/a%20b%2fc?d=%20e",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "ACTUAL_SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(server.bound_addr[1]),
        "REMOTE_ADDR": "127.0.0.1",
        "SCRIPT_NAME": "",
        "HTTP_HOST": "h:1",
        "HTTP_X_ONE": "1, 2",
        "HTTP_X_SPACES": "s",
        "HTTP_COOKIE": "a=1; b=2",
        "CONTENT_TYPE": "text/x",
        "CONTENT_LENGTH": "0",
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
    }
    assert {key: seen[key] for key in expected} == expected
    assert seen["wsgi.input"].read() == b""
    assert "HTTP_CONTENT_LENGTH" not in seen
