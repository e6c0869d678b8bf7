"""Log managers of one's own, and the loggers behind the usual ones."""

import logging

import pytest

import cherrypy
from cherrypy import _cplogging


class Root:
    @cherrypy.expose
    def index(self):
        cherrypy.log("from the handler")
        cherrypy.request.app.log.error("from the application", "APP")
        return ""


class BusinessLog(_cplogging.LogManager):
    """Writes an access line of its own, with the name of the user."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = []

    def access(self):
        request = cherrypy.request
        self.lines.append(f"{request.request_line} by {request.login or 'nobody'}")


class Collector(logging.Handler):
    def __init__(self):
        super().__init__()
        self.names = []

    def emit(self, record):
        self.names.append((record.name, record.getMessage()))


@pytest.fixture
def collector():
    collector = Collector()
    root = logging.getLogger("cherrypy")
    level = root.level
    root.addHandler(collector)
    yield collector
    root.removeHandler(collector)
    root.setLevel(level)


def test_a_log_manager_may_be_replaced(mount):
    client = mount(Root())
    app = cherrypy.tree.apps[""]
    app.log = BusinessLog(id(app), cherrypy.log.logger_root)
    client.get("/?a=1")
    assert app.log.lines == ["GET /?a=1 HTTP/1.1 by nobody"]


def test_lines_arrive_at_the_loggers_of_old(mount, collector):
    mount(Root()).get("/")
    cherrypy.log("from the program")
    app_id = cherrypy.tree.apps[""].log.appid
    lines = [(name, message.strip()) for name, message in collector.names]
    # While a request is served, its application's logger is the one that is written to.
    assert (f"cherrypy.error.{app_id}", "from the handler") in lines
    assert (f"cherrypy.error.{app_id}", "APP from the application") in lines
    assert ("cherrypy.error", "from the program") in lines
    assert f"cherrypy.access.{app_id}" in {name for name, _ in lines}


def test_filters_and_handlers_can_be_added(collector):
    class NoNoise(logging.Filter):
        def filter(self, record):
            return "noise" not in record.getMessage()

    no_noise = NoNoise()
    cherrypy.log.error_log.addFilter(no_noise)
    cherrypy.log.error_log.addHandler(collector)
    try:
        cherrypy.log("some noise")
        cherrypy.log("a line")
    finally:
        cherrypy.log.error_log.removeFilter(no_noise)
        cherrypy.log.error_log.removeHandler(collector)
    # Twice: once here, and once for what listens to all loggers of the framework.
    assert [message.strip() for _, message in collector.names] == ["a line", "a line"]
    assert cherrypy.log.access_log.propagate is True


def test_files_are_reopened_when_they_were_rotated(tmp_path):
    path = tmp_path / "error.log"
    cherrypy.log.error_file = str(path)
    try:
        cherrypy.log("first")
        path.rename(tmp_path / "error.log.1")
        cherrypy.log.reopen_files()
        cherrypy.log("second")
    finally:
        cherrypy.log.error_file = ""
    assert "first" in (tmp_path / "error.log.1").read_text()
    assert "second" in path.read_text()


def test_a_handler_may_write_in_the_format_of_the_others():
    handler = logging.StreamHandler()
    handler.setFormatter(_cplogging.logfmt)
    record = logging.LogRecord("cherrypy.error", logging.INFO, "f", 1, "a line", None, None)
    assert handler.format(record).endswith("a line")
