"""Configuration and what else of a process applications reach for."""

import warnings

import pytest

import cherrypy
from cherrypy import _cpchecker, _cpconfig


class Settings(_cpconfig.Config):
    """A configuration with a namespace and an environment of its own."""

    environments = {  # noqa: RUF012
        **_cpconfig.environments,
        "kiosk": {"log.screen": False, "shop.closed": True},
    }

    def __init__(self, *args, **kwargs):
        self.shop = {}
        super().__init__(*args, **kwargs)
        self.namespaces["shop"] = self.shop.__setitem__


def test_a_configuration_of_ones_own():
    settings = Settings()
    settings.update({"shop.name": "corner", "free": 1})
    assert settings.shop == {"name": "corner"}
    assert settings["free"] == 1


def test_environments_can_be_added_to_the_sites():
    cherrypy.config.environments["kiosk"] = {"request.show_tracebacks": False}
    try:
        cherrypy.config.update({"environment": "kiosk"})
        assert cherrypy.config["request.show_tracebacks"] is False
    finally:
        del cherrypy.config.environments["kiosk"]


def test_a_namespace_can_be_added_to_the_sites():
    seen = {}
    cherrypy.config.namespaces["shop"] = seen.__setitem__
    try:
        cherrypy.config.update({"shop.name": "corner"})
    finally:
        del cherrypy.config.namespaces["shop"]
    assert seen == {"name": "corner"}


def test_the_log_of_the_bus_can_be_switched_off():
    assert cherrypy._buslog in cherrypy.engine.listeners["log"]
    cherrypy.engine.unsubscribe("log", cherrypy._buslog)
    assert cherrypy._buslog not in cherrypy.engine.listeners["log"]
    cherrypy.engine.subscribe("log", cherrypy._buslog)


class Root:
    @cherrypy.expose
    def count(self):
        data = cherrypy.thread_data
        data.count = getattr(data, "count", 0) + 1
        return str(data.count)


def test_threads_keep_something_between_requests(mount):
    client = mount(Root())
    assert [client.get("/count").text for _ in range(3)] == ["1", "2", "3"]
    cherrypy.thread_data.clear()
    assert client.get("/count").text == "1"
    cherrypy.thread_data.clear()


class Stricter(_cpchecker.Checker):
    """Knows one more mistake."""

    def check_debug(self):
        if cherrypy.config.get("request.show_tracebacks", True):
            warnings.warn("tracebacks are shown to everybody", stacklevel=1)


def test_a_checker_may_know_more_mistakes():
    checker = Stricter()
    cherrypy.config.update({"request.show_tracebacks": True})
    with pytest.warns(UserWarning, match="tracebacks are shown"):
        checker()
    cherrypy.config.update({"request.show_tracebacks": False})
    checker()
    checker.on = False
    cherrypy.config.update({"request.show_tracebacks": True})
    checker()
