from __future__ import annotations

import subprocess
import sys

import pytest

import cherrypy
from cherryd import Site, find_site
from cherrypy._runner import site

MODULE = """
import cherrypy

class Root:
    @cherrypy.expose
    def index(self):
        return cherrypy.request.app.config["own"]["greeting"]

cherrypy.tree.mount(Root())
"""

CONFIG = """
[global]
server.socket_port: 0
engine.autoreload.on: False
[/]
response.headers.X-From: "file"
[own]
greeting: "hello"
"""


def test_cherryd_finds_the_default_site():
    assert isinstance(site, Site)
    assert find_site() is site
    assert site.bus is cherrypy.engine
    assert site.server is cherrypy.server
    assert site.signal_handler is cherrypy.engine.signals


class Root:
    @cherrypy.expose
    def index(self):
        return "x"


def test_a_config_file_reaches_the_only_application(tmp_path):
    file = tmp_path / "site.conf"
    file.write_text("[global]\nmine: 1\n[/]\nyours: 2\n")
    app = cherrypy.tree.mount(Root())
    site.load_config(str(file))
    assert cherrypy.config["mine"] == 1
    assert app.config["/"] == {"yours": 2}


def test_a_config_file_reaches_no_application_among_several(tmp_path):
    file = tmp_path / "site.conf"
    file.write_text("[global]\nmine: 1\n[/]\nyours: 2\n")
    apps = [cherrypy.tree.mount(Root(), path) for path in ("", "/other")]
    site.load_config(str(file))
    assert [app.config for app in apps] == [{}, {}]


def test_an_environment_is_applied():
    site.apply_environment("production")
    assert cherrypy.config["request.show_tracebacks"] is False
    cherrypy.engine.autoreload.subscribe()


def test_applications_are_grafted(call):
    def app(environ, start_response):
        start_response("200 OK", [])
        return [b"foreign"]

    site.graft(app)
    assert call(cherrypy.tree, "/x").body == b"foreign"
    cherrypy.tree.apps.clear()
    own = cherrypy.Application(Root(), "/own")
    site.graft(own)
    assert cherrypy.tree.apps == {"/own": own}


@pytest.mark.slow
def test_the_command_serves_what_a_module_mounts(serve, tmp_path):
    (tmp_path / "mymodule.py").write_text(MODULE)
    (tmp_path / "site.conf").write_text(CONFIG)
    process = serve("-m", "cherrypy", "-c", "site.conf", "-i", "mymodule")
    assert process.get("/") == (200, "hello")
    assert process.end() == 0


@pytest.mark.slow
def test_the_runner_can_be_started_from_python(serve, tmp_path):
    (tmp_path / "mymodule.py").write_text(MODULE)
    (tmp_path / "site.conf").write_text(CONFIG)
    process = serve(
        "-c",
        "from cherrypy import daemon; daemon.start(['site.conf'], imports=['mymodule'])",
    )
    assert process.get("/") == (200, "hello")
    assert process.end() == 0


@pytest.mark.slow
def test_a_missing_config_file_gives_one_line_and_a_code(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "cherrypy", "-c", "missing.conf"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert done.stderr == "cherryd: there is no config file 'missing.conf'\n"


class ExposedDeeper:
    class Node:
        @cherrypy.expose
        def index(self):
            return "deep"

    def __init__(self):
        self.node = self.Node()


def test_a_class_of_page_handlers_is_made_and_mounted(call):
    site.graft(Root)
    assert isinstance(cherrypy.tree.apps[""].root, Root)
    assert call(cherrypy.tree, "/").body == b"x"


@pytest.mark.parametrize("root", [Root(), ExposedDeeper()])
def test_an_object_with_page_handlers_is_mounted(root):
    site.graft(root)
    assert cherrypy.tree.apps[""].root is root


def test_what_can_answer_nothing_is_refused():
    with pytest.raises(TypeError, match="this int is no WSGI application"):
        site.graft(5)


def test_a_gateway_silences_what_would_be_in_the_way():
    try:
        site.serve_with("cgi")
        assert cherrypy.server.instance == "cherrypy_httpserver.xcgi.cgi_server"
        assert cherrypy.log.screen is False
    finally:
        cherrypy.server.instance = None
        cherrypy.log.screen = True
        cherrypy.engine.autoreload.subscribe()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--routes"], 0, "/  ()  mounting.Root.index"),
        (["--check-config"], 0, "The configuration is all right."),
    ],
)
def test_the_configuration_and_the_routes_are_told(tmp_path, options, code, message):
    (tmp_path / "mounting.py").write_text(MODULE)
    (tmp_path / "site.conf").write_text(CONFIG)
    done = subprocess.run(
        [sys.executable, "-m", "cherrypy", "-c", "site.conf", "-i", "mounting", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (code, message)
