"""The order in which a site is started, and what is refused."""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path

import pytest

import cherryd
from cherryd import CommandError, Site, start


def test_the_historical_parameters_come_first():
    names = list(inspect.signature(start).parameters)
    assert names[:8] == [
        "configfiles",
        "daemonize",
        "environment",
        "fastcgi",
        "scgi",
        "pidfile",
        "imports",
        "cgi",
    ]


def test_a_site_is_started_in_the_documented_order(site, tmp_path):
    one, two, pidfile = (str(tmp_path / name) for name in ("1.conf", "2.conf", "pid"))
    for name in (one, two):
        Path(name).touch()
    pids = []
    site.bus.subscribe("start", lambda: pids.append(int(Path(pidfile).read_text())), 71)

    start(
        configfiles=[one, two],
        environment="production",
        pidfile=pidfile,
        imports=["first", "second"],
        application="json:loads",
        site=site,
    )

    assert site.calls == [
        ("environment", "production"),
        ("config", one),
        ("config", two),
        ("import", "first"),
        ("import", "second"),
        ("graft", json.loads),
        ("config", one),
        ("config", two),
        "signals",
        "start",
    ]
    assert pids == [os.getpid()]
    assert not Path(pidfile).exists()


def test_without_imports_a_config_file_is_loaded_once(site, tmp_path):
    file = tmp_path / "one.conf"
    file.touch()
    start(configfiles=[str(file)], site=site)
    assert site.calls == [("config", str(file)), "signals", "start"]


def test_a_site_without_load_has_its_modules_imported_plainly(site, monkeypatch):
    monkeypatch.delattr(type(site), "load")
    with pytest.raises(CommandError, match="cannot import 'no_such_module'"):
        start(imports=["json", "no_such_module"], site=site)


def test_the_address_can_be_given(site):
    start(bind="127.0.0.1:0", site=site)
    assert site.server.bind_addr == ("127.0.0.1", 0)
    with pytest.raises(CommandError, match="--bind") as caught:
        start(bind="nonsense", site=site)
    assert caught.value.code == 2


def failing(error):
    def fail(*args):
        raise error

    return fail


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("apply_environment", {"environment": "moon"}, "environment 'moon': KeyError: 'moon'"),
        ("load_config", {"configfiles": [__file__]}, "config file .*KeyError: 'moon'"),
        ("load", {"imports": ["mod"]}, "cannot import 'mod': KeyError: 'moon'"),
        ("graft", {"application": "json:loads"}, "'json:loads': KeyError: 'moon'"),
    ],
)
def test_what_fails_in_a_site_is_told_in_one_line(site, method, options, message):
    setattr(site, method, failing(KeyError("moon")))
    with pytest.raises(CommandError, match=message) as caught:
        start(site=site, **options)
    assert caught.value.code == 1
    assert "\n" not in str(caught.value)


def test_an_error_of_the_site_for_the_user_is_passed_on_as_it_is(site):
    site.load = failing(CommandError("just so", 7))
    with pytest.raises(CommandError, match=r"^just so$"):
        start(imports=["mod"], site=site)


def test_a_failing_start_is_told_in_one_line(site):
    site.bus.subscribe("start", failing(OSError("two\nlines")))
    with pytest.raises(CommandError, match=r"^cannot start: two lines$"):
        start(site=site)


def test_a_missing_config_file_is_named(site):
    with pytest.raises(CommandError, match=r"'nowhere\.conf'"):
        start(configfiles=["nowhere.conf"], site=site)
    assert site.calls == []


@pytest.mark.parametrize("place", ["no/such/directory/pid", "."])
def test_a_pid_file_that_cannot_be_written_is_told_before_the_start(site, place, tmp_path):
    with pytest.raises(CommandError, match="pid file"):
        start(pidfile=str(tmp_path / place), site=site)
    assert site.calls == []


def test_a_daemon_whose_port_is_taken_is_told_in_the_foreground(site):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as other:
        site.server.bind_addr = other.getsockname()
        site.server.subscribe()
        with pytest.raises(CommandError, match=str(other.getsockname()[1])):
            start(daemonize=True, site=site)
    assert site.calls == []


@pytest.mark.parametrize("kind", ["fastcgi", "scgi"])
def test_a_gateway_without_flup_is_refused_with_the_remedy(site, kind, monkeypatch):
    monkeypatch.setattr(cherryd.runner, "find_spec", lambda name: None)
    with pytest.raises(CommandError, match=f"{kind} needs .* pip install .*xcgi") as caught:
        start(site=site, **{kind: True})
    assert caught.value.code == 2
    assert site.calls == []


def test_a_gateway_is_left_to_the_site(site, monkeypatch):
    monkeypatch.setattr(cherryd.runner, "find_spec", lambda name: object())
    site.serve_with = lambda kind: site.calls.append(("serve", kind))
    start(scgi=True, site=site)
    assert site.calls == [("serve", "scgi"), "signals", "start"]


def test_a_gateway_stands_in_for_the_server_of_a_site_that_does_not_care(site):
    start(cgi=True, site=site)
    assert site.server.instance == "cherrypy_httpserver.xcgi.cgi_server"


def test_two_gateways_are_refused(site):
    with pytest.raises(CommandError, match="choose one"):
        start(fastcgi=True, scgi=True, site=site)


def test_a_site_is_recognized_by_what_it_has(site):
    assert isinstance(site, Site)
    assert not isinstance(object(), Site)


class Entry:
    name = "mine"

    def __init__(self, value, result):
        self.value = value
        self.result = result

    def load(self):
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([Entry("a:site", None), Entry("b:site", None)], "several.*mine = a:site"),
        ([Entry("a:site", ValueError("boom"))], "'a:site': ValueError: boom"),
        ([Entry("a:site", object())], "is no site"),
    ],
)
def test_an_entry_point_that_is_of_no_use_is_named(monkeypatch, found, message):
    monkeypatch.setattr(cherryd.site, "entry_points", lambda group: found)
    with pytest.raises(CommandError, match=message):
        cherryd.find_site()


def test_the_entry_point_of_an_installed_site_is_used(monkeypatch, site):
    monkeypatch.setattr(cherryd.site, "entry_points", lambda group: [Entry("a:site", site)])
    assert cherryd.find_site() is site
    monkeypatch.setattr(cherryd.site, "entry_points", lambda group: [])
    assert cherryd.find_site() is None
