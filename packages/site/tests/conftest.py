from __future__ import annotations

import io
import logging

import pytest

from cherrypy_core.expose import expose
from cherrypy_site import Site


class Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, dict(headers), body


@pytest.fixture
def call():
    """Return a function that calls a WSGI application with a GET request."""

    def get(app, path="/", **environ):
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **environ,
        }
        answered = []
        body = app(environ, lambda *args: answered.append(args))
        try:
            text = b"".join(body).decode()
        finally:
            if hasattr(body, "close"):
                body.close()
        return Answer(*answered[-1][:2], text)

    return get


@pytest.fixture
def site():
    with Site({"environment": "test_suite"}) as made:
        yield made


@pytest.fixture
def records():
    """Return a function that adds a handler to a logger and returns what it keeps."""
    added = []

    def keep(logger):
        handler = Records()
        logger.addHandler(handler)
        added.append((logger, handler))
        return handler.messages

    yield keep
    for logger, handler in added:
        logger.removeHandler(handler)


@pytest.fixture
def hello():
    """Return a class of roots with one page."""

    class Root:
        @expose
        def index(self):
            return "hello"

    return Root
