"""The same site with CherryPy, ours or the original: `framework.py PORT [ACCESS_LOG]`."""

from __future__ import annotations

import os
import sys
import time

import cherrypy

BIG = os.environ["BENCHMARK_FILE"]


class Root:
    @cherrypy.expose
    def index(self):
        return "Hello, world!"

    @cherrypy.expose
    def upload(self):
        read = cherrypy.request.body.read
        length = 0
        while block := read(65536):
            length += len(block)
        return str(length)

    @cherrypy.expose
    def big(self):
        return cherrypy.lib.static.serve_file(BIG, "application/octet-stream")

    @cherrypy.expose
    def sleep(self):
        time.sleep(0.05)
        return "Hello, world!"

    @cherrypy.expose
    def compute(self):
        end = time.thread_time() + 1
        while time.thread_time() < end:
            sum(range(1000))
        return "Hello, world!"


cherrypy.config.update(
    {
        "server.socket_port": int(sys.argv[1]),
        "log.screen": False,
        "log.access_file": "".join(sys.argv[2:]),
        "engine.autoreload.on": False,
    }
)
cherrypy.quickstart(Root())
