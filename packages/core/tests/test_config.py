import copy
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core.application import Application
from cherrypy_core.config import BaseConfig, Config, NamespaceSet, environments, merge


class Recorder:
    """A namespace handler that is a context manager."""

    def __init__(self, swallow=False):
        self.seen = []
        self.swallow = swallow

    def __enter__(self):
        self.seen.append("enter")
        return self.handle

    def handle(self, key, value):
        self.seen.append((key, value))
        if value == "fail":
            raise ZeroDivisionError

    def __exit__(self, kind, value, traceback):
        self.seen.append(kind)
        return self.swallow


class Watch:
    def __init__(self, observed):
        self.count = 0
        observed.watchers.add(self.changed)

    def changed(self):
        self.count += 1


@pytest.fixture
def seen():
    return []


@pytest.fixture
def config(seen):
    config = Config()
    config.namespaces["x"] = lambda k, v: seen.append((k, v))
    return config


def test_handlers_get_the_entries_of_their_namespace(config, seen):
    config.update({"x.a": 1, "x.b.c": 2, "y.a": 3, "x": 4, 5: 6})
    assert seen == [("a", 1), ("b.c", 2)]
    assert config == {"x.a": 1, "x.b.c": 2, "y.a": 3, "x": 4, 5: 6}


def test_every_way_to_set_an_entry_tells_the_handler(config, seen):
    watch = Watch(config)
    config["x.a"] = 1
    config |= {"x.b": 2}
    config.setdefault("x.c", 3)
    config.setdefault("x.c", 4)
    assert seen == [("a", 1), ("b", 2), ("c", 3)]
    assert watch.count == 3
    del config["x.a"]
    assert watch.count == 4


def test_a_handler_finds_the_configuration_updated(config):
    config.namespaces["y"] = lambda k, v: config["x.a"]
    config.update({"y.b": 1, "x.a": 2})


def test_context_managers_are_entered_even_without_entries():
    namespaces = NamespaceSet(a=Recorder(), b=Recorder())
    namespaces({"a.k": 1, "a.l": 2})
    assert namespaces["a"].seen == ["enter", ("k", 1), ("l", 2), None]
    assert namespaces["b"].seen == ["enter", None]


def test_a_context_manager_learns_of_an_exception_and_may_swallow_it():
    after = []
    namespaces = NamespaceSet(a=Recorder(swallow=True), b=lambda k, v: after.append(k))
    namespaces({"a.k": "fail", "a.l": 2, "b.m": 3})
    assert namespaces["a"].seen == ["enter", ("k", "fail"), ZeroDivisionError]
    assert after == ["m"]
    namespaces = NamespaceSet(a=Recorder())
    with pytest.raises(ZeroDivisionError):
        namespaces({"a.k": "fail"})
    assert namespaces["a"].seen[-1] is ZeroDivisionError


def test_a_handler_may_register_another():
    namespaces = NamespaceSet()
    namespaces["a"] = lambda k, v: namespaces.update({k: print})
    namespaces({"a.b": 1})
    assert set(namespaces) == {"a", "b"}


def test_a_copy_of_the_namespaces_is_its_own():
    namespaces = NamespaceSet(a=print)
    for other in (namespaces.copy(), copy.copy(namespaces)):
        assert type(other) is NamespaceSet
        other["b"] = len
        assert "b" not in namespaces
    assert (
        repr(namespaces) == "cherrypy_core.config.NamespaceSet({'a': <built-in function print>})"
    )


def test_each_configuration_has_namespaces_and_defaults_of_its_own():
    class Site(Config):
        defaults = {"d": 1}  # noqa: RUF012
        namespaces = NamespaceSet(x=print)

    one, two = Site(), Site()
    one.namespaces["y"] = print
    one.defaults["e"] = 2
    assert set(two.namespaces) == set(Site.namespaces) == {"x"}
    assert two.defaults == Site.defaults == {"d": 1}


def test_reset_goes_back_to_the_defaults_quietly(seen):
    class Site(BaseConfig):
        defaults = {"x.a": 1}  # noqa: RUF012
        namespaces = NamespaceSet(x=lambda k, v: seen.append(k))

    config = Site({"x.b": 2}, c=3)
    assert config == {"x.a": 1, "x.b": 2, "c": 3}
    watch = Watch(config)
    config.reset()
    assert config == {"x.a": 1}
    assert seen == ["b"]
    assert watch.count == 1


def test_an_environment_brings_in_its_entries_but_explicit_ones_win(config):
    config.update({"environment": "production", "log.screen": True})
    assert config["log.screen"] is True
    assert config["checker.on"] is False
    assert config["environment"] == "production"


def test_the_environment_can_come_with_a_section(config):
    config.update({"global": {"environment": "staging"}})
    assert config["engine.autoreload.on"] is False
    assert "log.screen" not in config


def test_what_is_given_is_not_changed(config):
    given = {"environment": "production", "tools.staticdir.dir": "/srv"}
    before = dict(given)
    config.update(given)
    config.update({"global": given})
    assert given == before


@pytest.mark.parametrize("name", ["nosuch", None, []])
def test_an_unknown_environment_is_named(config, name):
    with pytest.raises(KeyError, match=r"Unknown environment.*production"):
        config.update({"environment": name, "a": 1})
    assert config == {}


def test_environments_can_be_added(config, monkeypatch):
    monkeypatch.setitem(environments, "Greek", {"tools.encode.encoding": "ISO-8859-7"})
    assert Config.environments is environments
    config.update({"environment": "Greek"})
    assert config["tools.encode.encoding"] == "ISO-8859-7"


def test_the_four_environments_are_there():
    quiet = {
        "engine.autoreload.on": False,
        "checker.on": False,
        "tools.log_headers.on": False,
        "request.show_tracebacks": False,
        "request.show_mismatched_params": False,
    }
    tested = {"request.show_tracebacks": True, "request.show_mismatched_params": True}
    assert environments == {
        "staging": quiet,
        "production": quiet | {"log.screen": False},
        "embedded": quiet | {"log.screen": False, "engine.SIGHUP": None, "engine.SIGTERM": None},
        "test_suite": quiet | tested | {"log.screen": False},
    }


@pytest.fixture
def combined(tmp_path):
    path = tmp_path / "site.conf"
    path.write_text("[global]\nx.port = 8080\n[/path]\nx.y = 1\n[Databases]\nz = 2\n")
    return path


def test_of_a_file_the_global_section_counts(config, seen, combined):
    config.update(str(combined))
    assert config == {"x.port": 8080}
    assert seen == [("port", 8080)]
    assert config.global_config_contained_paths is True


def test_without_a_global_section_paths_are_left_out_all_the_same(config):
    config.update({"/path": {"a": 1}, "free": {"b": 2}, "/no/section": 3})
    assert config == {"free": {"b": 2}, "/no/section": 3}
    assert config.global_config_contained_paths is True


def test_configuration_without_paths_is_no_mistake(config):
    config.update({"global": {"a": 1}, "Databases": {"b": 2}})
    config.update({"c": 3})
    assert config == {"a": 1, "c": 3}
    assert config.global_config_contained_paths is False


def test_a_global_section_that_is_none_is_refused(config):
    with pytest.raises(ValueError, match="'global' must be a dict"):
        config.update({"global": 5})


def test_a_general_configuration_keeps_its_sections(combined):
    config = BaseConfig(combined, extra=1)
    assert config == {
        "global": {"x.port": 8080},
        "/path": {"x.y": 1},
        "Databases": {"z": 2},
        "extra": 1,
    }


def test_a_static_directory_knows_that_it_is_global(config):
    config.update({"tools.staticdir.dir": "/srv"})
    assert config["tools.staticdir.section"] == "global"


def test_configuration_can_be_attached_to_a_function(config):
    @config(a=1, **{"tools.x.on": True})
    @config(a=2, b=3)
    def page():
        """Do nothing."""

    assert page._cp_config == {"a": 1, "b": 3, "tools.x.on": True}


def test_configuration_of_a_class_does_not_touch_its_parent_s(config):
    @config(a=1)
    class Parent:
        _cp_config = {"b": 2}  # noqa: RUF012

    @config(a=3)
    class Child(Parent):
        pass

    assert Parent._cp_config == {"b": 2, "a": 1}
    assert Child._cp_config == {"b": 2, "a": 3}


def test_sections_are_merged(combined):
    base = {"/": {"a": 1}}
    other = {"/": {"b": 2}, "/x": {"c": 3}}
    merge(base, other)
    assert base == {"/": {"a": 1, "b": 2}, "/x": {"c": 3}}
    base["/x"]["c"] = 4
    assert other["/x"] == {"c": 3}
    merge(base, str(combined))
    assert base["Databases"] == {"z": 2}
    assert base["/"] == {"a": 1, "b": 2}


def test_an_environment_means_nothing_to_an_application():
    base = {}
    merge(base, {"/": {"environment": "production"}})
    assert base == {"/": {"environment": "production"}}


def test_configuration_without_sections_is_refused():
    base = {"/": {"a": 1}}
    with pytest.raises(ValueError, match=r"'tools\.x\.on' outside of any section"):
        merge(base, {"/": {"a": 2}, "tools.x.on": True})
    assert base == {"/": {"a": 1}}


@given(st.dictionaries(st.text() | st.integers(), st.integers() | st.text() | st.none()))
def test_whatever_entries_there_are_they_are_kept(entries):
    for special in ("environment", "global", "tools.staticdir.dir"):
        entries.pop(special, None)
    seen = {}
    config = Config()
    config.namespaces["a"] = seen.__setitem__
    config.update(entries)
    assert config == entries
    assert seen == {
        k[2:]: v for k, v in entries.items() if isinstance(k, str) and k.startswith("a.")
    }


class TestErrorsOfHandlers:
    """Whatever a handler of a namespace raises, it is told where that came from."""

    @pytest.fixture
    def strict(self):
        config = Config()

        def handler(key, value):
            if value != "good":
                raise value if isinstance(value, Exception) else ValueError(f"bad: {value}")

        config.namespaces["own"] = handler
        return config

    def test_of_an_entry_the_key_and_the_value(self, strict):
        with pytest.raises(ValueError, match=r"bad: 5 \(config entry own\.port = 5\)"):
            strict["own.port"] = 5

    @pytest.mark.parametrize("opened", [False, True])
    def test_of_a_file_its_name_and_the_section(self, strict, tmp_path, opened):
        path = tmp_path / "site.conf"
        path.write_text("[global]\nown.host = 'good'\nown.port = 'x'\n")
        with path.open() as file, pytest.raises(ValueError, match=r"bad: x") as caught:
            strict.update(file if opened else path)
        assert "config entry own.port = 'x'" in str(caught.value)
        assert f"config file {str(path)!r}, section [global]" in str(caught.value)

    def test_of_the_config_of_an_application_too(self, make_app, tmp_path):
        path = tmp_path / "app.conf"
        path.write_text("[/]\nown.port = 'x'\n")
        app = make_app()
        app.namespaces["own"] = lambda key, value: int(value)
        with pytest.raises(ValueError, match="invalid literal") as caught:
            app.merge(str(path))
        assert "own.port" in str(caught.value)
        assert f"{str(path)!r}, section [/]" in str(caught.value)

    @pytest.mark.parametrize(
        "error", [OSError(2, "gone"), ZeroDivisionError(), KeyError("x", "y")]
    )
    def test_what_has_no_plain_message_stays_as_it_is(self, strict, error):
        before = error.args
        with pytest.raises(type(error)) as caught:
            strict["own.port"] = error
        assert caught.value.args == before

    def test_an_error_of_the_operating_system_says_it_as_well(self, tmp_path):
        path, missing = tmp_path / "app.conf", str(tmp_path / "missing" / "access.log")
        path.write_text(f"[/]\nlog.access_file = {missing!r}\n")
        with pytest.raises(FileNotFoundError) as caught:
            Application(None, "", str(path))
        said = f"(config entry log.access_file = {missing!r})"
        assert f"{said} (config file {str(path)!r}, section [/])" in str(caught.value)
        assert caught.value.filename == missing

    def test_a_file_without_a_name_has_one_all_the_same(self, strict):
        with pytest.raises(ValueError, match=r"config file '<\?\?\?>', section \[global\]"):
            strict.update(StringIO("[global]\nown.port = 1\n"))
