"""The settings of a server, without a socket."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from cherrypy_httpserver import SETTINGS, LoadError, Server, ServerError, SettingError
from cherrypy_httpserver.wsgi import WSGIServer
from cherrypy_wspbus import Bus, ChannelFailures

DEFAULTS = {
    "accepted_queue_size": -1,
    "accepted_queue_timeout": 10,
    "bind_addr": ("127.0.0.1", 8080),
    "httpserver": None,
    "handshake_timeout": None,
    "head_timeout": None,
    "instance": None,
    "max_request_header_count": 100,
    "max_request_line_size": 65536,
    "minimum_rate": 240,
    "thread_pool_idle": 30,
    "max_request_body_size": 104857600,
    "max_request_header_size": 512000,
    "nodelay": True,
    "peercreds": False,
    "peercreds_resolve": False,
    "protocol_version": "HTTP/1.1",
    "shutdown_timeout": 5,
    "socket_file": None,
    "socket_host": "127.0.0.1",
    "socket_port": 8080,
    "socket_name": None,
    "socket_queue_size": 1024,
    "socket_timeout": 10,
    "ssl_certificate": None,
    "ssl_certificate_chain": None,
    "ssl_ciphers": None,
    "ssl_client_ca": None,
    "ssl_client_required": True,
    "ssl_context": None,
    "ssl_module": "builtin",
    "ssl_private_key": None,
    "ssl_private_key_password": None,
    "ssl_sni": None,
    "statistics": False,
    "thread_pool": 10,
    "thread_pool_max": -1,
    "wsgi_version": (1, 0),
}


def test_the_defaults_are_the_documented_ones():
    server = Server()
    assert {name: getattr(server, name) for name in SETTINGS} == DEFAULTS
    assert (server.running, server.interrupt, server.bound_addr) == (
        False,
        None,
        ("127.0.0.1", 8080),
    )


def test_the_settings_have_defaults_on_the_class():
    assert Server.thread_pool == 10
    assert Server.socket_port == 8080
    assert Server.start.priority == 75


def test_a_subclass_changes_defaults():
    class Second(Server):
        socket_port = 8090
        thread_pool = 3

    second = Second()
    assert second.bind_addr == ("127.0.0.1", 8090)
    assert second.thread_pool == 3
    assert Server().socket_port == 8080


def test_settings_belong_to_one_server():
    one, other = Server(), Server()
    one.socket_port = 1
    one.socket_host = "localhost"
    assert other.bind_addr == ("127.0.0.1", 8080)


def test_an_empty_host_is_refused_and_the_remedy_named():
    server = Server()
    with pytest.raises(SettingError, match=r"0\.0\.0\.0"):
        server.socket_host = ""
    with pytest.raises(ValueError, match=r"0\.0\.0\.0"):
        server.bind_addr = ("", 80)
    assert server.socket_host == "127.0.0.1"
    assert issubclass(SettingError, ServerError)


@pytest.mark.parametrize(
    ("value", "host", "port", "file"),
    [
        (("example.test", 81), "example.test", 81, None),
        (["::1", 0], "::1", 0, None),
        ("/run/site.sock", None, None, "/run/site.sock"),
        (None, None, None, None),
    ],
)
def test_bind_addr_sets_host_port_and_file(value, host, port, file):
    server = Server()
    server.socket_file = "/old"
    server.bind_addr = value
    assert (server.socket_host, server.socket_port, server.socket_file) == (host, port, file)
    assert server.bind_addr == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize("value", [8080, ("a", 1, 2), ()])
def test_an_impossible_bind_addr_is_refused(value):
    with pytest.raises(SettingError, match="bind_addr"):
        Server().bind_addr = value


@pytest.mark.parametrize(
    ("settings", "base"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"socket_port": 80}, "http://127.0.0.1"),
        ({"socket_port": 443}, "http://127.0.0.1:443"),
        ({"socket_port": 443, "ssl_certificate": "c.pem"}, "https://127.0.0.1"),
        ({"socket_port": 80, "ssl_certificate": "c.pem"}, "https://127.0.0.1:80"),
        ({"ssl_context": object()}, "https://127.0.0.1:8080"),
        ({"socket_host": "::1"}, "http://[::1]:8080"),
        ({"socket_host": "0.0.0.0"}, f"http://{socket.gethostname()}:8080"),
        ({"socket_host": "::"}, f"http://{socket.gethostname()}:8080"),
        ({"socket_file": "/run/site.sock"}, "/run/site.sock"),
        ({"bind_addr": None}, "http://localhost"),
    ],
)
def test_base_is_the_url_of_the_server(settings, base):
    server = Server()
    for name, value in settings.items():
        setattr(server, name, value)
    assert server.base() == base


def test_a_server_without_a_bus_gets_one_of_its_own():
    assert isinstance(Server().bus, Bus)
    bus = Bus()
    assert Server(bus).bus is bus


class FakeServer:
    def __init__(self, adapter=None):
        self.adapter = adapter
        self.ready = False

    def start(self):
        self.ready = True

    def stop(self):
        self.ready = False


def fake_server(adapter):
    return FakeServer(adapter)


def test_the_http_server_is_ours_by_default(app):
    made, address = Server(app=app).httpserver_from_self()
    assert isinstance(made, WSGIServer)
    assert address == ("127.0.0.1", 8080)


def test_the_http_server_may_be_given_as_a_class_an_instance_a_factory_or_a_name(app):
    server = Server(app=app)
    ready = FakeServer()
    assert server.httpserver_from_self(ready)[0] is ready
    assert server.httpserver_from_self(FakeServer)[0].adapter is server
    assert server.httpserver_from_self(fake_server)[0].adapter is server
    named = server.httpserver_from_self("cherrypy_httpserver.wsgi.WSGIServer")[0]
    assert isinstance(named, WSGIServer)
    server.instance = FakeServer
    assert isinstance(server.httpserver_from_self()[0], FakeServer)


@pytest.mark.parametrize("name", ["nodots", "cherrypy_httpserver.nothing", "no_such.Thing"])
def test_a_name_of_nothing_is_refused(name):
    with pytest.raises(LoadError, match=name.partition(".")[0]):
        Server().httpserver_from_self(name)


def test_an_instance_that_is_no_server_is_refused():
    with pytest.raises(SettingError, match="instance"):
        Server().httpserver_from_self(5)


def test_an_http_server_that_was_assigned_is_used_and_kept():
    bus = Bus()
    server = Server(bus)
    server.bind_addr = None
    mine = server.httpserver = FakeServer()
    server.subscribe()
    for _ in range(2):
        bus.start()
        assert server.httpserver is mine
        assert mine.ready
        bus.stop()
    assert not mine.ready
    bus.exit()


def test_importing_the_package_imports_nothing_slow():
    code = (
        "import sys, cherrypy_httpserver\n"
        "slow = {'cheroot', 'socket', 'ssl', 'http.client', 'email', 'argparse', 'subprocess'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


SERVING = """
import socket, sys
from cherrypy_httpserver import Server

def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]

server = Server(app=app)
server.socket_port = 0
server.start()
with socket.create_connection(server.bound_addr, 5) as client:
    client.sendall(
        b"GET / HTTP/1.1\\r\\nHost: a\\r\\n"
        b"Connection: Upgrade\\r\\nUpgrade: x\\r\\n\\r\\n"
    )
    assert client.recv(1000).endswith(b"ok")
made = server.httpserver
server.stop()
"""


def test_serving_imports_neither_cheroot_nor_ssl():
    code = f"{SERVING}\nprint(sorted({{'cheroot', 'ssl', 'email'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_program_that_knows_cheroot_gets_one_of_its_servers():
    code = f"import cheroot.wsgi\n{SERVING}\nprint(isinstance(made, cheroot.wsgi.Server))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_the_package_has_no_other_lazy_names():
    import cherrypy_httpserver

    with pytest.raises(AttributeError, match="Nothing"):
        _ = cherrypy_httpserver.Nothing


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("socket_port", 99999, "from 0 to 65535, not 99999"),
        ("socket_port", -1, "from 0 to 65535, not -1"),
        ("socket_port", "8080", "a number, not '8080'"),
        ("thread_pool", "many", "server.thread_pool must be a number"),
    ],
)
def test_a_number_that_is_none_is_named(name, value, part):
    server = Server(app=lambda environ, start_response: [])
    setattr(server, name, value)
    with pytest.raises(SettingError, match=part):
        server.httpserver_from_self()


def test_a_wrong_setting_is_one_line_in_the_log():
    server = Server(app=lambda environ, start_response: [])
    server.bus.may_exit_process = False
    lines = []
    server.bus.subscribe("log", lambda text, level: lines.append(text))
    server.socket_port = 99999
    server.subscribe()
    with pytest.raises(ChannelFailures):
        server.bus.start()
    assert "server.socket_port must be from 0 to 65535, not 99999" in lines
    assert "Traceback" not in "".join(lines)
