"""Responses that take too long, found by the monitor of a running site."""

from __future__ import annotations

import threading
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

import cherrypy
from cherrypy_site import Site
from cherrypy_testing import LiveServer

SOON = 10


class Root:
    """A page that waits until somebody has noticed, and one that waits for nothing."""

    @cherrypy.expose
    def slow(self):
        response = cherrypy.serving.response
        pause = threading.Event()
        for _ in range(SOON * 100):
            if response.timed_out:
                return "nobody will see this"
            pause.wait(0.01)
        return "nobody has noticed"

    @cherrypy.expose
    def index(self):
        return "in time"


@pytest.mark.parametrize("on", [True, False])
def test_a_page_that_takes_too_long_is_answered_with_an_error(on, caplog):
    config = {"engine.timeout_monitor.frequency": 0.01, "engine.timeout_monitor.on": on}
    with Site(config) as site:
        site.tree.mount(Root(), "", {"/slow": {"response.timeout": 0.02}})
        with LiveServer(site) as live:
            if on:
                with pytest.raises(HTTPError, match="500") as error:
                    urlopen(live.url + "/slow", timeout=SOON)
                error.value.close()
                assert "TimeoutError" in caplog.text
            with urlopen(live.url + "/", timeout=SOON) as page:
                assert page.read() == b"in time"
        # Nothing is kept of requests that are over.
        assert not site.bus.under_way
