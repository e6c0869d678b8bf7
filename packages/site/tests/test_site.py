from __future__ import annotations

import gc
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import weakref

import pytest

from cherrypy_core.expose import expose
from cherrypy_core.serving import request, serving
from cherrypy_site import Site
from cherrypy_wspbus import ChannelFailures


def fetch(site, path="/"):
    connection = http.client.HTTPConnection(*site.server.bound_addr, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_site_is_a_wsgi_application(site, hello, call):
    site.tree.mount(hello())
    answer = call(site)
    assert (answer.status, answer.body) == ("200 OK", "hello")
    assert answer.headers["Server"].startswith("cherrypy-site/")


def test_a_path_without_application_is_not_found(site, call):
    assert call(site, "/").status == "404 Not Found"


def test_importing_has_no_effects():
    code = (
        "import logging, sys, threading, atexit\n"
        "import cherrypy_site\n"
        "assert threading.active_count() == 1\n"
        "assert 'cheroot' not in sys.modules and 'ssl' not in sys.modules\n"
        "assert not [n for n in logging.root.manager.loggerDict if n.startswith('cherrypy')]\n"
        "assert logging.getLogger().handlers == []\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_a_new_site_starts_no_thread_and_writes_nowhere():
    before = threading.active_count()
    site = Site()
    assert threading.active_count() == before
    assert site.log.error_log.handlers == site.log.access_log.handlers == []
    assert not site.log.screen


def test_the_default_configuration_is_the_documented_one():
    assert Site().config == {
        "tools.log_tracebacks.on": True,
        "tools.log_headers.on": True,
        "tools.trailing_slash.on": True,
        "tools.encode.on": True,
    }


@pytest.mark.slow
def test_a_site_serves_over_http_and_leaves_no_thread(site, hello):
    before = set(threading.enumerate())
    site.config.update({"server.socket_port": 0})
    site.tree.mount(hello())
    site.start()
    assert fetch(site) == (200, b"hello")
    assert site.server.base() in site.url("/x")
    site.exit()
    assert not [t for t in threading.enumerate() if t not in before and not t.daemon]


@pytest.mark.slow
def test_a_stopped_site_can_be_started_again(site, hello):
    site.config.update({"server.socket_port": 0})
    site.tree.mount(hello())
    site.start()
    site.stop()
    site.start()
    assert fetch(site) == (200, b"hello")


@pytest.mark.slow
def test_a_failing_start_raises_and_spares_the_process(hello):
    with socket.create_server(("127.0.0.1", 0)) as taken, Site() as site:
        site.config.update(
            {"server.socket_port": taken.getsockname()[1], "engine.autoreload.on": False}
        )
        with pytest.raises(ChannelFailures) as failure:
            site.start()
        assert isinstance(failure.value.get_instances()[0], OSError)
        assert site.bus.state is site.bus.states.EXITING


def test_leaving_the_block_exits_the_site():
    heard = []
    with Site() as site:
        site.bus.subscribe("exit", lambda: heard.append("exit"))
        assert site.bus.state is site.bus.states.STOPPED
    assert heard == ["exit"]
    site.exit()
    assert heard == ["exit"]


def test_closing_closes_the_log_files(tmp_path, hello):
    with Site({"log.error_file": str(tmp_path / "error.log")}) as site:
        app = site.tree.mount(hello(), "", {"/": {"log.access_file": str(tmp_path / "access")}})
        (handler,) = site.log.error_log.handlers
    assert handler.stream is None
    assert site.log.error_log.handlers == app.log.access_log.handlers == []


def test_a_site_that_is_dropped_is_forgotten(hello):
    site = Site()
    site.tree.mount(hello())
    reference = weakref.ref(site)
    del site
    gc.collect()
    assert reference() is None


def test_sites_share_nothing(hello, call):
    class Other:
        @expose
        def index(self):
            return "other"

    one, two = Site(), Site({"response.headers.X-Site": "two"})
    one.tree.mount(hello())
    two.tree.mount(Other())
    assert call(one).body == "hello"
    assert "X-Site" not in call(one).headers
    assert call(two).body == "other"
    assert call(two).headers["X-Site"] == "two"
    one.config.environments["staging"]["log.screen"] = True
    assert "log.screen" not in two.config.environments["staging"]
    one.request_class.namespaces["mine"] = lambda k, v: None
    assert "mine" not in two.request_class.namespaces
    one.config.namespaces["mine"] = lambda k, v: None
    assert "mine" not in two.config.namespaces
    del one.tools.gzip
    assert hasattr(two.tools, "gzip")
    assert one.log.error_log is not two.log.error_log


def test_a_custom_request_namespace_of_a_site_is_called(site, call):
    seen = []
    site.request_class.namespaces["mine"] = lambda k, v: seen.append((k, v))

    class Root:
        @expose
        def index(self):
            return "x"

    site.tree.mount(Root(), "", {"/": {"mine.key": 5}})
    call(site)
    assert seen == [("key", 5)]


def test_a_page_may_call_another_site_through_a_context_of_its_own(site, hello, call):
    import contextvars

    other = Site()
    other.tree.mount(hello())

    class Root:
        @expose
        def index(self):
            inner = contextvars.copy_context().run(call, other, "/").body
            return f"{inner} {request.app.root is self}"

    site.tree.mount(Root())
    assert call(site).body == "hello True"


def test_nothing_is_current_after_a_request(site, call):
    class Root:
        @expose
        def index(self):
            serving.extra = 1
            return request.path_info

    site.tree.mount(Root())
    assert call(site).body == "/"
    assert request.app is None


def test_url_outside_of_a_request_is_the_servers(site):
    site.config.update({"server.socket_host": "127.0.0.1", "server.socket_port": 8090})
    assert site.url("/page", qs={"a": 1}) == "http://127.0.0.1:8090/page?a=1"
    assert site.url("/page", script_name="/app") == "http://127.0.0.1:8090/app/page"
    assert site.url("/page", base="https://example.org") == "https://example.org/page"


def test_url_within_a_request_is_that_of_the_request(site, call):
    class Root:
        @expose
        def index(self):
            return " ".join([site.url("/x"), site.url("y"), site.url("/x", relative="server")])

    site.tree.mount(Root(), "/app")
    answer = call(site, "/app/", HTTP_HOST="example.org")
    assert answer.body == "http://example.org/app/x http://example.org/app/y /app/x"


@pytest.mark.slow
def test_quickstart_takes_one_file_for_both_scopes(tmp_path, hello):
    file = tmp_path / "site.conf"
    file.write_text(
        "[global]\nserver.socket_port: 0\nengine.autoreload.on: False\nmine: 'global'\n"
        "[/]\nresponse.headers.X-From: 'file'\n[own]\nkey: 'value'\n"
    )
    site = Site()
    results = []

    def visit():
        try:
            results.append(fetch(site))
        finally:
            site.exit()

    site.bus.subscribe("main", lambda: results or visit())
    site.quickstart(hello(), "", str(file))
    site.close()
    assert results == [(200, b"hello")]
    assert site.config["mine"] == "global"
    app = site.tree.apps[""]
    assert app.config["/"] == {"response.headers.X-From": "file"}
    assert app.config["own"] == {"key": "value"}
    assert str(file) in site.bus.autoreload.files


def test_quickstart_reads_an_open_file_once(tmp_path, hello, monkeypatch):
    file = tmp_path / "site.conf"
    file.write_text("[global]\nmine: 1\n[/]\nresponse.headers.X-From: 'file'\n")
    site = Site()
    monkeypatch.setattr(site.bus.signals, "subscribe", lambda: None)
    monkeypatch.setattr(site.bus, "start", lambda: None)
    monkeypatch.setattr(site.bus, "block", lambda interval: None)
    with file.open("rb") as opened:
        site.quickstart(hello(), "/app", opened)
    assert site.config["mine"] == 1
    assert site.tree.apps["/app"].config["/"] == {"response.headers.X-From": "file"}


def test_quickstart_refuses_a_configuration_without_sections(site, hello):
    with pytest.raises(ValueError, match="section headers"):
        site.quickstart(hello(), "", {"tools.gzip.on": True})


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals of Unix")
def test_quickstart_ends_on_sigterm():
    code = (
        "from cherrypy_site import Site\n"
        "import os, signal\n"
        "site = Site({'server.socket_port': 0, 'engine.autoreload.on': False})\n"
        "site.bus.subscribe('main', lambda: os.kill(os.getpid(), signal.SIGTERM))\n"
        "site.quickstart(None)\n"
        "print('ended', site.bus.state.name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=30
    )
    assert done.stdout.split() == ["ended", "EXITING"]


def test_a_subclass_replaces_parts(hello, call):
    from cherrypy_site.applications import SiteApplication

    class Application(SiteApplication):
        relative_urls = "server"

    class MySite(Site):
        software = "mine/1"

        def make_application(self, root, script_name):
            return Application(self, root, script_name)

    site = MySite()
    app = site.tree.mount(hello())
    assert type(app) is Application
    assert call(site).headers["Server"] == "mine/1"


HURRIED = """
import signal, os, threading
from cherrypy_core.expose import expose
from cherrypy_site import Site

class Root:
    @expose
    def index(self):
        os.write(1, b"\\nasked\\n")
        threading.Event().wait()

site = Site({"server.socket_port": 0, "server.shutdown_timeout": 600})
site.bus.subscribe("log", lambda text, level: print(text, flush=True))
site.tree.mount(Root())
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("call", ["site.run()", "site.quickstart(Root(), '/other')"])
def test_a_second_signal_cuts_off_what_is_served(call, number):
    process = subprocess.Popen(
        [sys.executable, "-c", HURRIED + call], stdout=subprocess.PIPE, text=True
    )
    watch = threading.Timer(30, process.kill)
    watch.start()
    try:
        line = next(line for line in process.stdout if "Serving on" in line)
        with socket.create_connection(("127.0.0.1", int(line.rpartition(":")[2]))) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert "asked\n" in process.stdout
            process.send_signal(number)
            assert "Bus STOPPING\n" in process.stdout
            process.send_signal(number)
            rest = process.stdout.read()
        assert process.wait() == 0
        assert "Cut off after" in rest
        assert "Bus EXITED" in rest
    finally:
        watch.cancel()
        process.kill()
        process.communicate()
