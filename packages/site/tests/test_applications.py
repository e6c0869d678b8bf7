from __future__ import annotations

import pytest

from cherrypy_core.application import Application
from cherrypy_site.applications import SiteApplication


def test_an_application_of_a_site_works_without_being_mounted(site, hello, call):
    site.config["response.headers.X-Site"] = "yes"
    answer = call(SiteApplication(site, hello()))
    assert answer.body == "hello"
    assert answer.headers["X-Site"] == "yes"


def test_a_class_of_applications_may_have_requests_of_its_own(site, hello):
    class Request(site.request_class):
        show_tracebacks = False

    class MyApplication(SiteApplication):
        request_class = Request

    assert MyApplication(site, hello()).request_class is Request
    assert SiteApplication(site, hello()).request_class is site.request_class


def test_an_application_has_the_sites_tools(site, hello):
    app = site.tree.mount(hello())
    assert app.toolboxes == {"tools": site.tools}
    assert isinstance(app, Application)


def test_configuration_given_at_once_reaches_the_right_log(site, hello, tmp_path):
    app = SiteApplication(
        site, hello(), "/app", {"/": {"log.error_file": str(tmp_path / "error")}}
    )
    try:
        assert app.log.error_file == str(tmp_path / "error")
        assert app.log.error_log.name.startswith(site.log.logger_root)
    finally:
        app.log.error_file = ""


def test_requests_are_announced_on_the_bus(site, hello, call):
    heard = []
    for channel in ("acquire_thread", "before_request", "after_request"):
        site.bus.subscribe(channel, lambda channel=channel: heard.append(channel))
    site.tree.mount(hello())
    call(site)
    assert heard == ["acquire_thread", "before_request", "after_request"]


def test_an_application_may_be_mounted_by_itself(site, hello, call):
    app = site.make_application(hello(), "/app")
    assert site.tree.mount(app, "/app") is app
    assert call(site, "/app/").body == "hello"


def test_foreign_applications_are_grafted(site, call):
    def foreign(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]

    site.tree.graft(foreign, "/foreign")
    assert call(site, "/foreign/x").body == "/x"


def test_each_request_reaches_whoever_listens_for_threads(site, hello, call):
    heard = []
    site.tree.mount(hello())
    call(site)

    def one():
        heard.append("one")

    def two():
        heard.append("two")

    for listener in (one, two):
        site.bus.subscribe("acquire_thread", listener)
        call(site)
    assert heard == ["one", "one", "two"]
    site.bus.thread_manager.unsubscribe()
    site.bus.unsubscribe("acquire_thread", one)
    for _ in range(3):
        call(site)
    assert heard == ["one", "one", *["two"] * 4]
    site.bus.unsubscribe("acquire_thread", two)
    assert call(site).status.startswith("200")
    assert heard == ["one", "one", *["two"] * 4]


def test_a_listener_that_fails_for_a_thread_is_a_500(site, hello, call):
    site.tree.mount(hello())
    site.bus.thread_manager.unsubscribe()

    def fail():
        raise ValueError("no thread for you")

    site.bus.subscribe("acquire_thread", fail)
    assert [call(site).status[:3] for _ in range(3)] == ["500"] * 3


def test_a_config_file_is_watched_once_it_can_be_read(site, hello, tmp_path):
    path = tmp_path / "app.conf"
    path.write_text("[/]\na = 1\n")
    site.tree.mount(hello(), "", path)
    assert str(path) in site.bus.autoreload.files
    check = site.bus.autoreload.checks[str(path)]
    assert check(str(path)) == {"/": {"a": 1}}
    path.write_text('[/]\na = "x\n')
    with pytest.raises(ValueError, match="option 'a'"):
        check(str(path))
