from __future__ import annotations

import contextlib
import http.client
import io
import os
import re
import signal
import subprocess
import sys

import pytest

import cherrypy


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, dict(headers), body

    @property
    def text(self):
        return self.body.decode()


@pytest.fixture
def call():
    """Return a function that calls a WSGI application in this process."""

    def request(app, path="/", **environ):
        path, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(environ.pop("body", b"")),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **environ,
        }
        answered = []
        body = app(environ, lambda *args: answered.append(args))
        try:
            content = b"".join(body)
        finally:
            if hasattr(body, "close"):
                body.close()
        return Answer(*answered[-1][:2], content)

    return request


@pytest.fixture(autouse=True)
def default_site():
    """Leave the default site as it was."""
    apps, config = dict(cherrypy.tree.apps), dict(cherrypy.config)
    screen = cherrypy.log.screen
    # The handler made on import writes to what was the standard output then.
    cherrypy.log.screen = False
    yield cherrypy.site
    cherrypy.tree.apps.clear()
    cherrypy.tree.apps.update(apps)
    dict.clear(cherrypy.config)
    dict.update(cherrypy.config, config)
    cherrypy.config.changed()
    cherrypy.log.screen = screen


@pytest.fixture
def python():
    """Return a function that runs Python code in a process of its own, to its end."""

    def run(code, *options):
        done = subprocess.run(
            [sys.executable, "-W", "error", *options, "-c", code],
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


class Process:
    """A process that serves; what it writes is read until it tells its port."""

    def __init__(self, arguments, cwd):
        self._popen = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.output = ""
        self.port = None
        for line in self._popen.stderr:
            self.output += line
            found = re.search(r"Serving on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
            if "Bus STARTED" in line:
                break
        else:
            self.end()
            raise AssertionError(f"it has not started:\n{self.output}")

    def get(self, path, method="GET", **options):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(connection):
            connection.request(method, path, **options)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def end(self, how=signal.SIGTERM):
        """Have the process end; return its exit code."""
        if self._popen.poll() is None:
            self._popen.send_signal(how)
        try:
            self.output += self._popen.communicate(timeout=20)[1]
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.communicate()
            raise
        return self._popen.returncode


@pytest.fixture
def serve(tmp_path):
    """Return a function that starts a Python process, and waits until it serves."""
    running = []

    def start(*arguments):
        process = Process(arguments, tmp_path)
        running.append(process)
        return process

    yield start
    for process in running:
        process.end()
