from __future__ import annotations

import logging

from cherrypy_core.expose import expose
from cherrypy_core.logs import LogManager
from cherrypy_site import Site


def test_messages_of_the_bus_are_marked(site, records):
    messages = records(site.log.error_log)
    site.bus.log("hello")
    assert messages == ["ENGINE hello"]


def test_the_level_of_a_message_of_the_bus_counts(site, records):
    levels = []

    class Levels(logging.Handler):
        def emit(self, record):
            levels.append(record.levelno)

    handler = Levels()
    site.log.error_log.addHandler(handler)
    site.bus.log("careful", level=logging.WARNING)
    site.log.error_log.removeHandler(handler)
    assert levels == [logging.WARNING]


def test_within_a_request_the_log_is_the_applications(site, call, records):
    class Root:
        @expose
        def index(self):
            site.log("from the page")
            return "x"

    app = site.tree.mount(Root())
    own, all_ = records(app.log.error_log), records(site.log.error_log)
    site.log("outside")
    call(site)
    assert own == ["from the page"]
    assert all_ == ["outside", "from the page"]


def test_accesses_arrive_in_both_logs(site, call, hello, records):
    app = site.tree.mount(hello(), "/app")
    other = site.tree.mount(hello(), "/other")
    own, others = records(app.log.access_log), records(other.log.access_log)
    all_ = records(site.log.access_log)
    call(site, "/app/")
    assert len(own) == len(all_) == 1
    assert others == []
    assert '"GET /app/ HTTP/1.1" 200' in own[0]


def test_the_access_log_of_the_site_writes_for_the_application(site, call, records):
    class Root:
        @expose
        def index(self):
            site.log.access()
            return "x"

    app = site.tree.mount(Root())
    own = records(app.log.access_log)
    call(site)
    assert len(own) == 2


def test_unexpected_exceptions_are_logged_with_their_traceback(site, call, records):
    class Root:
        @expose
        def index(self):
            raise RuntimeError("broken")

    site.tree.mount(Root())
    messages = []

    class Text(logging.Handler):
        def emit(self, record):
            messages.append(self.format(record))

    handler = Text()
    site.log.error_log.addHandler(handler)
    try:
        assert call(site).status.startswith("500")
    finally:
        site.log.error_log.removeHandler(handler)
    assert "RuntimeError: broken" in "\n".join(messages)


def test_sites_have_loggers_of_their_own(records):
    one, two = Site(), Site()
    messages = records(two.log.error_log)
    one.log("hello")
    assert messages == []
    named = Site(name="mine")
    assert named.log.error_log is logging.getLogger("mine.error")
    assert named.log.access_log is logging.getLogger("mine.access")


def test_the_loggers_of_applications_are_children(site, hello):
    app = site.tree.mount(hello())
    assert app.log.error_log.name == f"{site.log.error_log.name}.{id(app)}"
    assert app.log.access_log.parent is site.log.access_log


def test_log_files_are_opened_again_when_the_bus_is_graceful(site, hello, tmp_path):
    site.config.update({"log.error_file": str(tmp_path / "site")})
    site.bus.autoreload.unsubscribe()
    app = site.tree.mount(hello(), "", {"/": {"log.error_file": str(tmp_path / "app")}})
    site.log("one")
    app.log("one")
    for name in ("site", "app"):
        (tmp_path / name).rename(tmp_path / f"{name}.old")
    site.bus.graceful()
    app.log("two")
    assert "two" in (tmp_path / "site").read_text()
    assert "two" in (tmp_path / "app").read_text()
    assert "one" in (tmp_path / "app.old").read_text()


def test_reopening_can_be_left_to_somebody_else(site):
    site.bus.unsubscribe("graceful", site.log.reopen_files)
    assert site.log.reopen_files not in site.bus.listeners["graceful"]


class Own(LogManager):
    """A log that somebody puts in the place of ours."""

    def __init__(self):
        super().__init__(None, "own-log-of-the-site-tests")
        self.seen = []

    def access(self):
        self.seen.append("access")

    def error(self, msg="", context="", severity=logging.INFO, traceback=False):
        self.seen.append((msg, context, severity, traceback))


def test_a_log_in_the_place_of_ours_sees_everything(site, call):
    class Root:
        @expose
        def index(self):
            raise RuntimeError

    site.tree.mount(Root())
    site.log = own = Own()
    site.bus.log("hello", level=logging.WARNING)
    call(site)
    assert own.seen[0] == ("hello", "ENGINE", logging.WARNING, False)
    assert ("", "HTTP", logging.ERROR, True) in own.seen
    assert own.seen[-1] == "access"


def test_closing_a_site_closes_the_log_that_was_replaced(tmp_path):
    site = Site({"log.error_file": str(tmp_path / "site")})
    ours, site.log = site.log, Own()
    site.close()
    assert ours.error_log.handlers == []


def test_the_format_of_the_site_holds_for_its_applications(site, call, hello, records):
    site.tree.mount(hello(), "/app")
    site.tree.mount(hello(), "/own", {"/": {"log.access_log_format": "own {s}"}})
    lines = records(site.log.access_log)
    site.config["log.access_log_format"] = "{r} {s}"
    call(site, "/app/")
    call(site, "/own/")
    assert lines == ["GET /app/ HTTP/1.1 200", "own 200"]


def test_the_site_writes_accesses_of_its_own_outside_of_its_applications(site, records):
    site.log.access_log_format = "access"
    messages = records(site.log.access_log)
    site.log.access()
    assert messages == ["access"]


def test_a_site_that_is_closed_has_let_go_of_its_logs(tmp_path):
    site = Site({"log.screen": True, "log.wsgi": True, "log.error_file": str(tmp_path / "e")})
    assert len(site.log.error_log.handlers) == 3
    site.close()
    assert site.log.error_log.handlers == site.log.access_log.handlers == []
