from __future__ import annotations

import signal

import pytest

from cherrypy_core.expose import expose
from cherrypy_site import SiteError, UnknownSettingError
from cherrypy_wspbus.plugins import Monitor


def subscribed(site, plugin):
    return any(
        getattr(listener, "__self__", None) is plugin for listener in site.bus.listeners["start"]
    )


# engine


def test_a_plugin_is_switched_by_the_configuration(site):
    reloader = site.bus.autoreload
    site.config.update({"engine.autoreload.on": True})
    assert subscribed(site, reloader)
    site.config["engine.autoreload.on"] = False
    assert not subscribed(site, reloader)


def test_attributes_of_plugins_are_set(site):
    site.config.update({"engine.autoreload.frequency": 60, "engine.autoreload.match": "mine"})
    assert site.bus.autoreload.frequency == 60
    assert site.bus.autoreload.match == "mine"


def test_a_plugin_of_the_application_is_configured_like_the_others(site):
    site.bus.janitor = Monitor(site.bus, lambda: None, 60)
    site.config.update({"engine.janitor.on": True, "engine.janitor.frequency": 5})
    assert subscribed(site, site.bus.janitor)
    assert site.bus.janitor.frequency == 5


def test_attributes_of_the_engine_are_set(site):
    site.config.update({"engine.max_cloexec_files": 0})
    assert site.bus.max_cloexec_files == 0


@pytest.mark.parametrize(
    "key",
    [
        "engine.nosuch.on",
        "engine.nosuch.frequency",
        "engine.autoreload.nosuch",
        "engine.start",
        "engine._state",
        "engine.autoreload",
        "engine.autoreload.thread.name",
        "server.nosuch",
        "server.second.nosuch",
        "server.",
        "tree.name",
    ],
)
def test_an_unknown_setting_is_refused_by_its_name(site, key):
    with pytest.raises(UnknownSettingError) as error:
        site.config.update({key: True})
    assert key in str(error.value)
    assert isinstance(error.value, SiteError)


def test_the_error_tells_which_plugins_there_are(site):
    with pytest.raises(UnknownSettingError, match="autoreload, signal_handler"):
        site.config.update({"engine.autorelaod.on": False})


def listeners_of(site, name):
    return set(site.bus.listeners.get(name, ()))


def test_signals_can_be_left_to_the_system(site):
    site.config.update({"engine.SIGTERM": None, "engine.SIGHUP": None})
    assert "SIGTERM" not in site.bus.signal_handler.handlers
    assert "SIGHUP" not in site.bus.signal_handler.handlers
    before = signal.getsignal(signal.SIGTERM)
    site.bus.signals.subscribe()
    try:
        assert signal.getsignal(signal.SIGTERM) is before
    finally:
        site.bus.signals.unsubscribe()


def test_signals_can_have_other_listeners(site):
    heard = []

    def listener():
        heard.append("TERM")

    site.config.update({"engine.SIGTERM": [listener]})
    assert listeners_of(site, "SIGTERM") == {listener}
    site.bus.signals.subscribe()
    try:
        assert signal.getsignal(signal.SIGTERM) not in (signal.SIG_DFL, None)
        signal.raise_signal(signal.SIGTERM)
    finally:
        site.bus.signals.unsubscribe()
    assert heard == ["TERM"]
    assert site.bus.state is site.bus.states.STOPPED


def test_a_single_listener_needs_no_list(site):
    site.config.update({"engine.SIGTERM": print})
    assert listeners_of(site, "SIGTERM") == {print}


def test_signals_that_are_handled_already_can_be_given_back(site):
    site.bus.signals.subscribe()
    try:
        site.config.update({"engine.SIGTERM": None})
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        site.bus.signals.unsubscribe()


# server


def test_the_default_server_is_configured(site):
    site.config.update({"server.socket_host": "0.0.0.0", "server.socket_port": 0})
    assert site.server.bind_addr == ("0.0.0.0", 0)


def test_the_default_server_is_switched_off_and_on(site):
    assert subscribed(site, site.server)
    site.config.update({"server.on": False})
    assert not subscribed(site, site.server)
    site.config.update({"server.on": True})
    assert subscribed(site, site.server)


def test_further_servers_are_made_by_their_names(site):
    site.config.update({"server.second.socket_port": 8091, "server.third.socket_port": 8092})
    second, third = site.servers["second"], site.servers["third"]
    assert (second.socket_port, third.socket_port) == (8091, 8092)
    assert second.app is site.tree
    assert second.bus is site.bus
    assert subscribed(site, second)
    site.config.update({"server.second.on": False, "server.second.thread_pool": 3})
    assert not subscribed(site, second)
    assert site.servers["second"] is second
    assert second.thread_pool == 3
    assert site.server.thread_pool == 10


def test_an_impossible_value_of_a_server_is_refused(site):
    with pytest.raises(ValueError, match=r"server\.socket_host"):
        site.config.update({"server.socket_host": ""})


@pytest.mark.slow
def test_further_servers_serve(site, hello):
    import http.client

    site.config.update(
        {"server.socket_port": 0, "server.second.socket_port": 0, "server.second.thread_pool": 1}
    )
    site.tree.mount(hello())
    site.start()
    for server in (site.server, site.servers["second"]):
        connection = http.client.HTTPConnection(*server.bound_addr, timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"hello"
        connection.close()


# log


def test_the_log_is_configured(site, tmp_path):
    site.config.update({"log.error_file": str(tmp_path / "error"), "log.screen": True})
    assert site.log.error_file == str(tmp_path / "error")
    assert site.log.screen


# tree


def test_objects_are_mounted_by_the_configuration(site, hello, call):
    root = hello()
    site.config.update({"tree./app": root})
    assert site.tree.apps["/app"].root is root
    assert call(site, "/app/").body == "hello"


def test_applications_are_mounted_by_the_configuration(site, hello):
    app = site.make_application(hello(), "/app")
    site.config.update({"tree./app": app})
    assert site.tree.apps == {"/app": app}
    other = site.make_application(hello(), "/other")
    site.config.update({"tree.other": other})
    assert site.tree.apps == {"/app": app, "/other": other}


def test_wsgi_callables_are_grafted_by_the_configuration(site, call):
    def app(environ, start_response):
        start_response("200 OK", [])
        return [environ["SCRIPT_NAME"].encode()]

    site.config.update({"tree./wsgi": app})
    assert call(site, "/wsgi/x").body == "/wsgi"
    site.config.update({"tree.any": {"/a": app, "/b": app}})
    assert call(site, "/b/x").body == "/b"


# environments and files


@pytest.mark.parametrize("name", ["staging", "production", "embedded", "test_suite"])
def test_every_environment_can_be_applied(site, name):
    site.config.update({"environment": name})
    assert not subscribed(site, site.bus.autoreload)
    assert site.config["request.show_tracebacks"] is (name == "test_suite")


def test_embedding_leaves_signals_alone(site):
    site.config.update({"environment": "embedded"})
    assert "SIGTERM" not in site.bus.signal_handler.handlers
    assert not site.log.screen


def test_an_unknown_environment_is_refused(site):
    with pytest.raises(KeyError, match="Greek"):
        site.config.update({"environment": "Greek"})


def test_config_files_are_watched(site, tmp_path, hello):
    first, second = tmp_path / "site.conf", tmp_path / "app.conf"
    first.write_text("[global]\nmine: 1\n")
    second.write_text("[/]\nresponse.stream: True\n")
    site.config.update(str(first))
    site.tree.mount(hello(), "", second)
    assert {str(first), str(second)} <= site.bus.autoreload.files
    assert site.config["mine"] == 1
    assert site.tree.apps[""].config["/"] == {"response.stream": True}


def test_a_broken_config_file_is_named(site, tmp_path):
    file = tmp_path / "site.conf"
    file.write_text("[global]\nserver.socket_port: 80 80\n")
    with pytest.raises(ValueError, match=r"site\.conf") as error:
        site.config.update(str(file))
    assert "server.socket_port" in str(error.value)
    assert str(file) not in site.bus.autoreload.files


def test_reset_goes_back_to_the_defaults(site):
    site.config["mine"] = 1
    site.config.reset()
    assert "mine" not in site.config
    assert site.config["tools.encode.on"] is True


def test_a_change_of_the_configuration_takes_effect_on_the_next_request(site, call):
    class Root:
        @expose
        def index(self):
            return "x"

    site.tree.mount(Root())
    assert "X-Mine" not in call(site).headers
    site.config["response.headers.X-Mine"] = "1"
    assert call(site).headers["X-Mine"] == "1"
    del site.config["response.headers.X-Mine"]
    assert "X-Mine" not in call(site).headers


def test_the_engine_can_be_given_any_attribute(site):
    # As Ceph and others do it.
    site.config.update({"engine.reexec_try": 2, "engine.pool": [1]})
    assert (site.bus.reexec_try, site.bus.pool) == (2, [1])


def test_the_keys_of_cherrypy_3_0_are_understood(site):
    site.config.update({"engine.autoreload_on": True, "engine.autoreload_frequency": 7})
    assert subscribed(site, site.bus.autoreload)
    site.config.update({"engine.autoreload_on": False})
    assert not subscribed(site, site.bus.autoreload)
    assert site.bus.autoreload.frequency == 7
