"""A server that is told to end before it has begun to accept."""

from __future__ import annotations

import threading

import pytest

from cherrypy_httpserver import Server
from cherrypy_httpserver.wsgi import WSGIServer


@pytest.mark.usefixtures("front_kind")
@pytest.mark.parametrize("drain_first", [True, False])
def test_a_drain_between_preparing_and_serving_ends_the_server(app, drain_first):
    settings = Server(None, app)
    settings.socket_port = 0
    server = WSGIServer(settings)
    server.prepare()
    serving = threading.Thread(target=server.serve)
    if drain_first:
        assert server.drain(5).clean
        serving.start()
    else:
        serving.start()
        assert server.drain(5).clean
    serving.join(10)
    assert not serving.is_alive()
