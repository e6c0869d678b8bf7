from __future__ import annotations

import logging
import warnings
from pathlib import Path

import pytest

from cherrypy_site import Site
from cherrypy_site.checker import Checker
from cherrypy_site.errors import CheckerWarning, UnknownSettingError
from cherrypy_site.oldkeys import OBSOLETE, advice


@pytest.fixture
def found(site, hello):
    """Return a function that checks a configuration and returns what has been found."""

    def check(app_config=None, script_name="", **site_config):
        site.config.update(site_config)
        if app_config is not None:
            site.tree.mount(hello(), script_name, app_config)
        site.checker.on = True
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            site.checker()
        assert {warning.category for warning in caught} <= {CheckerWarning}
        return [str(warning.message) for warning in caught]

    return check


def only(messages):
    assert len(messages) == 1, messages
    return messages[0]


def test_a_good_configuration_is_passed_without_a_word(found, tmp_path):
    Path(tmp_path, "pages").mkdir()
    Path(tmp_path, "icon").touch()
    assert (
        found(
            {
                "/": {
                    "tools.staticdir.root": str(tmp_path),
                    "request.show_tracebacks": False,
                    "request.methods_with_bodies": ["POST"],
                    "response.headers.X-Own": 5,
                    "hooks.before_handler": print,
                    "error_page.404": print,
                    "log.screen": False,
                    "wsgi.pipeline": [],
                    "free": "text",
                },
                "/static": {"tools.staticdir.on": True, "tools.staticdir.dir": "pages"},
                "/icon": {
                    "tools.staticfile.on": True,
                    "tools.staticfile.filename": str(tmp_path / "icon"),
                    "tools.staticfile.root": None,
                },
                "database": {"url": "x", "some.key": 1},
            },
            **{
                "server.socket_timeout": 0.5,
                "server.socket_file": tmp_path / "socket",
                "log.access_file": tmp_path / "access.log",
                "engine.autoreload.frequency": 5,
                "server.ssl_context": None,
                "tools.gzip.on": 1,
                "my.own": 1,
                "wsgi.x.y": 1,
                "environment": "test_suite",
            },
        )
        == []
    )


class TestSections:
    def test_an_empty_config_is_suspicious_if_the_global_one_had_sections(self, found, site):
        assert found({}) == []
        message = only(found(**{"/": {"tools.gzip.on": True}}))
        assert "The Application mounted at '' has an empty config." in message
        assert "cherrypy.tree.mount" in message
        assert site.checker.global_config_contained_paths

    def test_the_checker_can_report_every_empty_config(self, found, site):
        site.checker.reports_empty_config = True
        site.checker.global_config_contained_paths = False
        assert only(found({})) == "The Application mounted at '' has an empty config."

    @pytest.mark.parametrize("path", ["/blog", "/blog/x"])
    def test_sections_that_begin_with_the_script_name(self, found, path):
        assert repr(path) in only(found({path: {"tools.gzip.on": True}}, "/blog"))

    def test_other_sections_of_a_mounted_application_are_fine(self, found):
        assert found({"/": {"a": 1}, "/blogs": {"a": 1}, "blog": {"a": 1}}, "/blog") == []

    @pytest.mark.parametrize("name", ["[/x]", "/x]", "[global"])
    def test_brackets_in_names_of_sections(self, found, name):
        assert f"extraneous brackets: {name!r}" in only(found({name: {"a": 1}}))

    def test_global_entries_in_the_config_of_an_application(self, found):
        message = only(
            found(
                {
                    "/": {"server.socket_port": 1, "engine.autoreload.on": False, "x": 1},
                    "/y": {"checker.on": True},
                    "own": {"server.name": "x"},
                }
            )
        )
        assert "only allowed in site-wide config" in message
        assert message.splitlines()[1:] == [
            "[/] server.socket_port = 1",
            "[/] engine.autoreload.on = False",
            "[/y] checker.on = True",
        ]


class TestKeys:
    @pytest.mark.parametrize(
        ("key", "new"),
        [
            ("log_to_screen", "'log.screen'"),
            ("show_tracebacks", "'request.show_tracebacks'"),
            ("session_filter.on", "'tools.sessions'"),
            ("log_config_options", "not needed"),
        ],
    )
    @pytest.mark.parametrize("where", ["site", "application"])
    def test_keys_of_earlier_versions(self, found, key, new, where):
        messages = found({"/": {key: 1}}) if where == "application" else found(**{key: 1})
        assert f"{key!r} is obsolete." in only(messages)
        assert new in messages[0]

    def test_keys_of_ones_own_can_be_deprecated(self, found, site):
        site.checker.deprecated["blog.old"] = "blog.new"
        site.checker.extra_config_namespaces.append("blog")
        assert only(found({"/": {"blog.old": 1}})) == (
            "'blog.old' is obsolete. Use 'blog.new' instead.\nsection: [/]"
        )

    def test_an_old_key_of_the_server_does_nothing_else(self, found):
        assert "Use 'log.screen' instead" in only(found(**{"server.log_to_screen": True}))

    def test_there_is_advice_for_every_old_key(self):
        assert all(advice(key, OBSOLETE) for key in OBSOLETE)
        assert advice("tools.gzip.on", OBSOLETE) is None

    def test_unknown_namespaces_of_an_application(self, found, site):
        message = only(found({"/x": {"blog.title": "x"}}))
        assert "'blog' config namespace is unknown" in message
        assert "section: [/x]" in message
        site.checker.extra_config_namespaces = ["blog"]
        assert found() == []

    def test_namespaces_of_ones_own_are_known(self, found, site, hello):
        app = site.tree.mount(hello(), "", {"/": {"a.x": 1, "b.x": 1, "c.x.on": True}})
        app.namespaces["a"] = app.request_class.namespaces["b"] = lambda k, v: None
        app.toolboxes["c"] = type("Box", (), {"x": 1})()
        assert found() == []

    def test_global_entries_may_be_called_anything_but_nearly_right(self, found):
        assert found(**{"blog.title": "x", "own": 1}) == []
        assert "'sever' config namespace" in only(found(**{"sever.socket_port": 80}))

    def test_a_prefix_too_many(self, found):
        assert "try 'tools.gzip.on' instead" in only(found({"/": {"cherrypy.tools.gzip.on": 1}}))

    @pytest.mark.parametrize("where", ["site", "application"])
    def test_tools_that_do_not_exist(self, found, where):
        entries = {"tools.gzpi.on": True}
        messages = found({"/": entries}) if where == "application" else found(**entries)
        assert "the 'gzpi' tool was not found" in only(messages)

    def test_a_tool_is_no_setting(self, found):
        assert "try 'tools.gzip.on' instead" in only(found({"/": {"tools.gzip": True}}))

    def test_attributes_that_the_engine_does_not_know(self, found, site):
        assert "'engine.reexec_try'" in only(found(**{"engine.reexec_try": 2}))
        assert site.bus.reexec_try == 2


class TestTypes:
    @pytest.mark.parametrize(
        ("key", "value", "expected"),
        [
            ("request.show_tracebacks", "no", "bool"),
            ("response.stream", "True", "bool"),
            ("tools.gzip.on", "off", "bool"),
            ("tools.blog.on", b"off", "bool"),
            ("request.methods_with_bodies", "POST", "tuple"),
            ("log.access_log_format", 5, "str"),
            ("response.timeout", "300", "int"),
        ],
    )
    def test_values_of_the_wrong_type(self, found, site, key, value, expected):
        site.tools.blog = site.tools.gzip
        message = only(found({"/": {key: value}}))
        assert f"{key!r} in section '/' is of type {type(value).__name__!r}" in message
        assert f"expected type {expected!r}" in message

    def test_types_of_the_server_are_those_of_its_defaults(self, site, found):
        site.server.thread_pool = None
        assert site.checker.known_config_types["server.thread_pool"] is int
        assert "'server.thread_pool' in section 'global'" in only(
            found(**{"server.thread_pool": "ten"})
        )


class TestPaths:
    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({}, "tools.staticdir.dir is not set."),
            ({"dir": "pages"}, "dir is a relative path and no root provided."),
            ({"dir": "pages", "root": "rel"}, "is not an absolute path."),
            ({"dir": "nowhere", "root": "{tmp}"}, "nowhere' (root + dir) is not an existing"),
            ({"dir": "/nowhere/x"}, "'/nowhere/x' (root + dir) is not an existing"),
            ({"dir": "/pages", "root": "{tmp}"}, "remove the leading slash from dir."),
        ],
    )
    def test_static_directories(self, found, tmp_path, settings, said):
        Path(tmp_path, "pages").mkdir()
        entries = {
            f"tools.staticdir.{key}": value.format(tmp=tmp_path) for key, value in settings.items()
        }
        message = only(found({"/s": {"tools.staticdir.on": True, **entries}}))
        assert said in message
        assert "section: [/s]" in message

    def test_static_files(self, found, tmp_path):
        entries = {"tools.staticfile.on": True, "tools.staticfile.filename": tmp_path / "none"}
        assert "is not an existing filesystem path" in only(found({"/s": entries}))

    def test_the_root_may_be_set_above(self, found, tmp_path):
        Path(tmp_path, "pages").mkdir()
        site = {"tools.staticdir.root": str(tmp_path)}
        assert (
            found({"/s": {"tools.staticdir.on": True, "tools.staticdir.dir": "pages"}}, **site)
            == []
        )

    def test_a_leading_slash_may_be_meant(self, found, tmp_path):
        entries = {"tools.staticdir.root": str(tmp_path), "tools.staticdir.dir": str(tmp_path)}
        message = only(found({"/s": {"tools.staticdir.on": True, **entries}}))
        assert "dir is an absolute path, even though a root is provided." in message
        assert "leading slash" not in message

    def test_sections_of_an_applications_own_are_its_own_business(self, found):
        entries = {"tools.staticdir.on": True, "tools.staticdir.dir": "pages"}
        assert found({"templates": entries}) == []

    def test_what_is_off_is_not_looked_at(self, found):
        assert found({"/s": {"tools.staticdir.on": False, "tools.staticdir.dir": "x"}}) == []

    def test_localhost_may_be_two_addresses(self, found):
        assert "'localhost'" in only(found(**{"server.socket_host": "localhost"}))
        messages = found(**{"server.second.socket_host": "localhost"})
        assert len(messages) == 2


class TestCalling:
    @pytest.fixture
    def wrong(self, site, hello):
        site.tree.mount(hello(), "", {"[/]": {"a": 1}})
        site.config.update({"server.on": False, "checker.on": True})
        return site

    def test_it_is_called_when_the_site_starts(self, wrong):
        with pytest.warns(CheckerWarning, match="extraneous brackets"):
            wrong.start()

    @pytest.mark.parametrize("key", ["checker.on", "checker.check_app_config_brackets"])
    def test_it_can_be_switched_off_and_so_can_each_check(self, wrong, key):
        wrong.config.update({key: False})
        wrong.start()

    @pytest.mark.parametrize("name", ["production", "staging", "embedded", "test_suite"])
    def test_environments_switch_it_off(self, wrong, name):
        wrong.config.update({"environment": name, "engine.SIGTERM": None})
        assert wrong.checker.on is False

    def test_a_check_that_does_not_exist_is_refused(self, site):
        with pytest.raises(UnknownSettingError, match="check_static_paths"):
            site.config["checker.check_static_path"] = False

    def test_a_check_that_fails_stops_nothing(self, wrong, records, monkeypatch):
        messages = records(wrong.log.error_log)

        def check_another():
            raise ZeroDivisionError

        monkeypatch.setattr(wrong.checker, "check_another", check_another, raising=False)
        with pytest.warns(CheckerWarning, match="extraneous brackets"):
            wrong.checker()
        assert messages == ["CHECKER check_another has failed."]

    def test_a_subclass_may_have_checks_of_its_own(self, site):
        class Own(Checker):
            def check_everything(self):
                self._warn("found")

        with pytest.warns(CheckerWarning, match="found"):
            Own(site)()

    def test_what_is_written_says_whose_words_they_are(self, wrong, monkeypatch):
        written = []

        def show(message, category, *where):
            written.append(warnings.formatwarning(message, category, "", 0))

        before = warnings.formatwarning
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            monkeypatch.setattr(warnings, "showwarning", show)
            wrong.checker()
            assert warnings.formatwarning is before
        assert only(written).startswith(
            "CherryPy Checker:\nThe application mounted at '' has config section names"
        )

    @pytest.mark.parametrize("config", [{1: 2, "/": 5}, {"/": {1: 2, None: 3}}])
    def test_a_configuration_that_makes_no_sense_stops_nothing(
        self, wrong, hello, config, records
    ):
        messages = records(wrong.log.error_log)
        app = wrong.tree.mount(hello(), "/odd", {"/": {}})
        app.config = config
        wrong.config[5] = 6
        with pytest.warns(CheckerWarning):
            wrong.checker()
        assert messages == []


def test_sites_have_checkers_of_their_own():
    with Site() as one, Site() as two:
        one.config["checker.on"] = False
        assert two.checker.on is True
        assert logging.getLogger("py.warnings").handlers == []


def test_a_subclass_can_name_its_own_namespaces_and_keys(site):
    class Own(Checker):
        extra_config_namespaces = ["blog"]  # noqa: RUF012
        deprecated = {"blog.old": "blog.new"}  # noqa: RUF012

    checker = Own(site)
    checker.extra_config_namespaces.append("shop")
    assert checker.extra_config_namespaces == ["blog", "shop"]
    assert checker.deprecated == {"blog.old": "blog.new"}
    assert Own.extra_config_namespaces == ["blog"]
    assert Checker.extra_config_namespaces == []


@pytest.fixture
def starting(monkeypatch):
    """Return a site without a server, and the list of the checks made when it starts."""
    checks = []
    monkeypatch.setattr(Checker, "check_localhost", lambda self: checks.append(self))  # noqa: PLW0108
    with Site({"engine.autoreload.on": False}) as site:
        site.server.unsubscribe()
        yield site, checks


def test_the_checker_is_called_once_at_each_start(starting):
    site, checks = starting
    site.start()
    assert checks == [site.checker]
    site.stop()
    site.start()
    assert checks == [site.checker] * 2


def test_a_checker_that_somebody_has_looked_at_is_called_once(starting):
    site, checks = starting
    assert site.checker in site.bus.listeners["start"]
    site.start()
    assert checks == [site.checker]


def test_a_checker_that_has_been_unsubscribed_is_silent(starting):
    site, checks = starting
    site.bus.unsubscribe("start", site.checker)
    site.start()
    assert checks == []


def test_a_check_that_has_been_unsubscribed_does_not_come_back(starting):
    site, checks = starting
    site.bus.unsubscribe("start", site.check)
    site.config.update({"checker.on": True})
    site.start()
    assert checks == []
