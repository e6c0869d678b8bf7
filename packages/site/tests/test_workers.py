"""Serving a site by several processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from urllib.request import urlopen

import pytest

from cherrypy_core.expose import expose
from cherrypy_site import SiteError

ON = {"tools.sessions.on": True}


class Root:
    @expose
    def index(self):
        return ""


class Deep:
    class Node:
        _cp_config = ON

        @expose
        def index(self):
            return ""

    node = Node()


@pytest.mark.parametrize(
    "config", [None, ON | {"tools.sessions.storage_type": "file"}, {"tools.sessions.on": False}]
)
def test_a_site_without_sessions_in_memory_may_have_workers(site, config):
    site.tree.mount(Root(), "", {"/": config} if config else None)
    assert site.reasons_for_one_process() == []


def test_sessions_in_memory_of_a_section_are_found(site):
    site.tree.mount(Root(), "/app", {"/private": ON})
    (reason,) = site.reasons_for_one_process()
    assert "/app/private" in reason
    assert "'file', 'memcached' or 'sql'" in reason


def test_sections_that_are_no_paths_do_not_count(site):
    site.tree.mount(Root(), "/app", {"global": {}, "/private": ON})
    assert "/app/private" in site.reasons_for_one_process()[0]
    site.tree.mount(Root(), "/app", {"global": ON})
    assert site.reasons_for_one_process() == []


def test_sessions_in_memory_of_the_whole_site_are_found(site):
    site.config.update(ON)
    assert "the whole site" in site.reasons_for_one_process()[0]


def test_sessions_in_memory_of_a_page_handler_are_found(site):
    site.tree.mount(Deep())
    assert "/node" in site.reasons_for_one_process()[0]
    site.config.update({"tools.sessions.storage_type": "sql"})
    assert site.reasons_for_one_process() == []


def test_settings_for_workers_need_workers(site):
    with pytest.raises(TypeError, match="max_age"):
        site.run(max_age=5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 0}, "number of workers must be a number above 0, not 0"),
        ({"workers": "x"}, "not 'x'"),
        ({"workers": 2, "max_age": -1}, "max_age must be"),
    ],
)
def test_a_number_that_makes_no_sense_is_named(site, settings, message):
    with pytest.raises(ValueError, match=message):
        site.run(**settings)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork()")
def test_sessions_in_memory_refuse_to_be_served_by_workers(site):
    site.config.update(ON)
    with pytest.raises(SiteError, match=r"2 workers: .*'memcached'"):
        site.run(workers=2)


PROGRAM = """
import os
from cherrypy_core.expose import expose
from cherrypy_site import Site

class Root:
    @expose
    def index(self):
        return f"{os.getpid()} {os.getppid()}"

site = Site({"server.socket_port": 0})
site.tree.mount(Root())
site.run(workers=2)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork()")
def test_a_site_is_served_by_workers_and_replaced_by_a_new_program(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, program.name], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    watch = threading.Timer(60, process.kill)
    watch.start()
    try:
        line = next(line for line in process.stderr if "Serving on" in line)
        address = re.search(r"http://[\d.:]+", line)[0]
        with urlopen(address) as response:
            worker, parent = map(int, response.read().split())
        assert parent == process.pid != worker
        program.write_text(PROGRAM.replace('f"', 'f"new '))
        process.send_signal(signal.SIGHUP)
        assert next(line for line in process.stderr if "Serving on" in line)
        while True:
            with urlopen(address) as response:
                if response.read().startswith(b"new "):
                    break
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()
        watch.cancel()
