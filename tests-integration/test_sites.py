"""Two sites in one process, each with its own bus, tree, configuration, server and log."""

from __future__ import annotations

import subprocess
import sys
import threading
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

import cherrypy
from cherrypy_site import Site
from cherrypy_testing import LiveServer

SOON = 10


class Root:
    """Pages that tell where they are served."""

    def __init__(self, both):
        self.both = both

    @cherrypy.expose
    def index(self):
        # Both sites are in the middle of a request at this moment.
        self.both.wait(SOON)
        cherrypy.log(f"seen by {cherrypy.request.config['name']}")
        return f"{cherrypy.request.config['name']} {cherrypy.url('/next')}"

    @cherrypy.expose
    def fail(self):
        raise ValueError("broken")


@pytest.fixture
def pair(tmp_path):
    """Two running sites with different configuration: their live servers, by name."""
    both = threading.Barrier(2)
    servers = {}
    with Site(name="north") as north, Site(name="south") as south:
        for site, tracebacks in ((north, True), (south, False)):
            name = site.log.logger_root
            site.config.update(
                {
                    "name": name,
                    "request.show_tracebacks": tracebacks,
                    "response.headers.X-Site": name,
                    "log.error_file": str(tmp_path / f"{name}.log"),
                }
            )
            site.tree.mount(Root(both), f"/{name}")
        with LiveServer(north) as first, LiveServer(south) as second:
            servers.update(north=first, south=second)
            yield servers


def fetch(live, path):
    with urlopen(live.url + path, timeout=SOON) as answer:
        return answer.headers, answer.read().decode()


def fetch_at_once(pair):
    answers = {}

    def visit(name):
        answers[name] = fetch(pair[name], f"/{name}/")

    threads = [threading.Thread(target=visit, args=(name,)) for name in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    return answers


def test_they_serve_at_once_with_different_configuration(pair, tmp_path):
    answers = fetch_at_once(pair)
    for name, other in (("north", "south"), ("south", "north")):
        headers, text = answers[name]
        assert headers["X-Site"] == name
        assert text == f"{name} {pair[name].url}/{name}/next"
        log = (tmp_path / f"{name}.log").read_text()
        assert f"seen by {name}" in log
        assert other not in log
        with pytest.raises(HTTPError, match="404"):
            fetch(pair[name], f"/{other}/")


def test_errors_look_as_each_of_them_wants(pair):
    pages = {}
    for name, live in pair.items():
        with pytest.raises(HTTPError) as error:
            fetch(live, f"/{name}/fail")
        pages[name] = error.value.read().decode()
        error.value.close()
    assert "broken" in pages["north"]
    assert "broken" not in pages["south"]


def test_a_change_of_one_at_run_time_is_no_change_of_the_other(pair):
    pair["north"].site.config["name"] = "the north"
    answers = fetch_at_once(pair)
    assert answers["north"][1].startswith("the north ")
    assert answers["south"][1].startswith("south ")


def test_one_can_be_stopped_while_the_other_goes_on(pair):
    pair["north"].site.stop()
    with pytest.raises(HTTPError, match="404"):
        fetch(pair["south"], "/nowhere")
    with pytest.raises(OSError, match="refused"):
        fetch(pair["north"], "/nowhere")


def test_the_default_site_knows_nothing_of_them(pair):
    assert not cherrypy.tree.apps
    assert cherrypy.engine.state is cherrypy.engine.states.STOPPED
    assert "name" not in cherrypy.config


#: A program with a life of its own, to which sites do whatever would end a process.
HOST = """
import socket, sys, threading
from urllib.request import urlopen

import cherrypy
from cherrypy_site import Site
from cherrypy_wspbus import ChannelFailures


class Root:
    @cherrypy.expose
    def leave(self):
        sys.exit(3)

    @cherrypy.expose
    def interrupt(self):
        raise KeyboardInterrupt


def started(**config):
    site = Site({"server.socket_port": 0, **config})
    site.tree.mount(Root())
    site.start()
    return site


for path in ("/leave", "/interrupt"):
    with started() as site:
        try:
            urlopen(site.url(path), timeout=10)
        except OSError:
            pass
        assert site.bus.wait(site.bus.states.EXITING) is None

with socket.create_server(("127.0.0.1", 0)) as taken:
    try:
        started(**{"server.socket_port": taken.getsockname()[1]})
    except ChannelFailures:
        print("busy port reported")

site = started()
site.bus.restart()
site.close()
site.close()

site = started()
threading.Thread(target=site.exit).start()
site.block()
print("the host goes on")
"""


@pytest.mark.slow
def test_nothing_that_happens_to_a_site_ends_the_program_that_it_is_part_of():
    done = subprocess.run(
        [sys.executable, "-c", HOST], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["busy port reported", "the host goes on"]
