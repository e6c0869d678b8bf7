"""The default site, as the applications here change it, and clients for them."""

from __future__ import annotations

import threading

import pytest

import cherrypy
from cherrypy_testing import Client, LiveServer


@pytest.fixture(autouse=True)
def default_site():
    """Give the default site, and leave it as it was."""
    apps, config = dict(cherrypy.tree.apps), dict(cherrypy.config)
    before = threading.enumerate()
    # Where the engine does not start, it is the test that shall fail, not the whole run.
    cherrypy.engine.may_exit_process = False
    # Its advice would be an error here: all warnings are.
    cherrypy.checker.on = False
    cherrypy.log.screen = False
    yield cherrypy.site
    cherrypy.tree.apps.clear()
    cherrypy.tree.apps.update(apps)
    dict.clear(cherrypy.config)
    dict.update(cherrypy.config, config)
    cherrypy.config.changed()
    cherrypy.serving.clear()
    cherrypy.engine.may_exit_process = True
    # Others find it as if nothing had been started.
    cherrypy.engine.state = cherrypy.engine.states.STOPPED
    cherrypy.checker.on = True
    for thread in set(threading.enumerate()) - set(before):
        thread.join(5)
        assert not thread.is_alive(), f"{thread} has been left behind"


@pytest.fixture
def mount():
    """Give a function that mounts an application and returns a client for the site."""

    def make(root, script_name="", config=None, **options):
        cherrypy.tree.mount(root, script_name, config)
        return Client(cherrypy.tree, **{"raise_errors": False, **options})

    return make


@pytest.fixture
def live():
    """Give a function that serves the default site on a port; it returns the `LiveServer`."""
    running = []

    def start():
        server = LiveServer(cherrypy.site)
        running.append(server)
        server.start()
        return server

    yield start
    for server in running:
        server.stop()
