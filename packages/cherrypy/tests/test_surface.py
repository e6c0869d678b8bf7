"""Every public name of CherryPy 18.10 and 8.9, where it has always been.

`surface.json` lists them: names, members and parameters with their defaults. What is not
served (yet) is listed here, each with the reason; the lists are exact in both directions.
"""

import importlib
import inspect
import json
from pathlib import Path

import pytest

import cherrypy

SURFACE = json.loads((Path(__file__).parent / "surface.json").read_text(encoding="utf-8"))

#: Modules whose work is still to be done, or that are made of what Python 3 does not have.
MISSING_MODULES = {
    "cherrypy._cpmodpy": "mod_python has ended in 2013; kept for the work on deployment",
    "cherrypy.lib.auth": "comes with the authentication tools",
    "cherrypy.lib.auth_basic": "comes with the authentication tools",
    "cherrypy.lib.auth_digest": "comes with the authentication tools",
    "cherrypy.lib.covercp": "comes with the tools for developers",
    "cherrypy.lib.cpstats": "comes with the statistics",
    "cherrypy.lib.gctools": "comes with the tools for developers",
    "cherrypy.lib.httpauth": "comes with the authentication tools",
    "cherrypy.lib.lockfile": "comes with the sessions in files",
    "cherrypy.lib.profiler": "comes with the tools for developers",
}

#: Names that are missing in modules which are there.
MISSING = {
    "cherrypy.scaffold": "comes with the tutorials",
    "cherrypy.test": "comes with the test helper",
    "cherrypy._cptools.CachingTool": "comes with the cache",
    "cherrypy._cptools.SessionAuthTool": "comes with the authentication tools",
    "cherrypy.lib.caching.AntiStampedeCache": "comes with the cache",
    "cherrypy.lib.caching.Cache": "comes with the cache",
    "cherrypy.lib.caching.MemoryCache": "comes with the cache",
    "cherrypy.lib.caching.get": "comes with the cache",
    "cherrypy.lib.caching.tee_output": "comes with the cache",
    "cherrypy.lib.cptools.MonitoredHeaderMap": "comes with the tool autovary",
    "cherrypy.lib.cptools.SessionAuth": "comes with the authentication tools",
    "cherrypy.lib.cptools.autovary": "comes with the remaining tools",
    "cherrypy.lib.cptools.flatten": "comes with the remaining tools",
    "cherrypy.lib.cptools.log_hooks": "comes with the remaining tools",
    "cherrypy.lib.cptools.proxy": "comes with the remaining tools",
    "cherrypy.lib.cptools.redirect": "comes with the remaining tools",
    "cherrypy.lib.cptools.referer": "comes with the remaining tools",
    "cherrypy.lib.cptools.session_auth": "comes with the authentication tools",
    "cherrypy.lib.sessions.FileSession": "comes with the sessions in files",
    "cherrypy.lib.sessions.MemcachedSession": "comes with the sessions in memcached",
    "cherrypy.lib.sessions.PostgresqlSession": "comes with the sessions in databases",
    "cherrypy.wsgiserver.CP_makefile_PY2": "there is no Python 2",
    "cherrypy._cpwsgi_server.CPWSGIServer.fmt": "a template; the text is made by the site",
    # cheroot, which the server has become, has other ways for these.
    "cherrypy.wsgiserver.HTTPServer.tick": "the server does not wait in steps",
    "cherrypy.wsgiserver.HTTPRequest.parse_request_uri": "a part of the old parser",
}

#: Parameters that differ on purpose.
OTHER_PARAMETERS = {
    "cherrypy._cprequest.HookMap": "it is made of the names of hook points",
    "cherrypy.lib.httputil.CaseInsensitiveDict.pop": "as dict.pop, the default may be left out",
    "cherrypy.lib.sessions.init": "cookies are HttpOnly, and Secure over HTTPS, by default",
    "cherrypy.lib.sessions.set_response_cookie": "as above",
    "cherrypy.process.plugins.BackgroundTask": "no defaults that can be changed by accident",
    "cherrypy.process.wspbus.ChannelFailures": "keyword arguments had no meaning",
    "cherrypy.wsgiserver.SSLAdapter.makefile": "cheroot's default",
}

#: How to make an instance of the classes whose attributes instances alone have.
INSTANCES = {
    "cherrypy._cpchecker.Checker": lambda cls: cls(),
    "cherrypy._cperror.HTTPRedirect": lambda cls: cls("/"),
    "cherrypy._cplogging.LogManager": lambda cls: cls(),
    "cherrypy._cprequest.Response": lambda cls: cls(),
    "cherrypy._cptree.Application": lambda cls: cls(None),
    "cherrypy._cptree.Tree": lambda cls: cls(),
    "cherrypy._cpwsgi.VirtualHost": lambda cls: cls(None),
    "cherrypy.process.plugins.Autoreloader": lambda cls: cls(None),
    "cherrypy.process.plugins.Monitor": lambda cls: cls(None, print),
    "cherrypy.process.plugins.SignalHandler": lambda cls: cls(cherrypy.engine),
    "cherrypy.process.plugins.SimplePlugin": lambda cls: cls(None),
    "cherrypy.process.plugins.ThreadManager": lambda cls: cls(cherrypy.engine),
    "cherrypy.process.wspbus.Bus": lambda cls: cls(),
}

SERVED = sorted(SURFACE.keys() - MISSING_MODULES.keys())
ABSENT = object()


def imported(module):
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("cherrypy"):
            raise
        return None


def module_of(path):
    """Return the module that the name *path* is in."""
    return max((module for module in SURFACE if path.startswith(f"{module}.")), key=len)


def absent_members(path, found, members):
    """Return the members that neither the class *found* nor an instance of it has."""
    absent = [name for name in members if not hasattr(found, name)]
    if absent and path in INSTANCES:
        instance = INSTANCES[path](found)
        absent = [name for name in absent if not hasattr(instance, name)]
    return [f"{path}.{name}" for name in absent]


def parameters(function):
    """Return name to default (as Python text, None without one) of a callable's parameters."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return {
        stars.get(p.kind, "") + p.name: None if p.default is p.empty else repr(p.default)
        for p in signature.parameters.values()
        if p.name != "self"
    }


def differences(wanted, found):
    """Return what is wrong with the parameters *found*; further optional ones are fine."""
    have = list(found)
    names = [name for name, *_ in wanted]
    wrong = [f"lacks {name}" for name in names if name not in found]
    if not wrong and [name for name in have if name in names] != names:
        wrong.append(f"has them in another order: {have}")
    for name, *default in wanted:
        # Values in angle brackets stand for something that has no text.
        if default and "<" not in default[0] and found.get(name, default[0]) != default[0]:
            wrong.append(f"has {name}={found[name]}, not {default[0]}")
    wrong += [
        f"needs {name}"
        for name, default in found.items()
        if default is None and name not in names and not name.startswith("*")
    ]
    return wrong


def test_the_modules_that_are_missing_are_these():
    gone = {module for module in SURFACE if imported(module) is None}
    assert gone == MISSING_MODULES.keys()


@pytest.mark.parametrize("module", SERVED)
def test_the_names_that_are_missing_are_these(module):
    found = imported(module)
    gone = set()
    for name, entry in SURFACE[module].items():
        path = f"{module}.{name}"
        thing = getattr(found, name, ABSENT)
        if thing is ABSENT:
            gone.add(path)
        else:
            gone.update(absent_members(path, thing, entry.get("members", ())))
    listed = {path for path in MISSING if module_of(path) == module}
    assert gone == listed


@pytest.mark.parametrize("module", SERVED)
def test_the_parameters_are_those_of_old(module):
    found = imported(module)
    wrong = {}
    for name, entry in SURFACE[module].items():
        thing = getattr(found, name, None)
        wanted = {name: entry.get("params") or entry.get("init")}
        for member, signature in entry.get("members", {}).items():
            wanted[f"{name}.{member}"] = signature
        for path, signature in wanted.items():
            function = thing if path == name else getattr(thing, path.partition(".")[2], None)
            have = parameters(function) if callable(function) else None
            if signature is not None and have is not None:
                different = differences(signature, have)
                if different and f"{module}.{path}" not in OTHER_PARAMETERS:
                    wrong[path] = different
    assert wrong == {}


def test_every_exception_from_the_rule_is_one():
    for path in OTHER_PARAMETERS:
        module = module_of(path)
        name, _, member = path.removeprefix(module + ".").partition(".")
        entry = SURFACE[module][name]
        thing = getattr(imported(module), name)
        signature = entry["members"][member] if member else entry.get("params", entry.get("init"))
        have = parameters(getattr(thing, member) if member else thing)
        assert differences(signature, have), f"{path} is as it always was"


class TestCompat:
    @pytest.mark.parametrize("name", sorted(cherrypy._cpcompat._ELSEWHERE))
    def test_what_python_3_has_elsewhere_is_found(self, name):
        assert getattr(cherrypy._cpcompat, name) is not None

    def test_an_unknown_name_is_an_attribute_error(self):
        with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
            cherrypy._cpcompat.nosuch  # noqa: B018  (it must fail)

    def test_strings_of_both_kinds_are_there(self):
        compat = cherrypy._cpcompat
        assert compat.ntob("é") == b"\xe9"
        assert isinstance(b"", compat.basestring)
        assert isinstance("", compat.unicodestr)
        assert compat.py3k
        things = {"a": 1}
        copies = compat.copykeys(things), compat.copyitems(things)
        for key, value in compat.iteritems(things):
            assert copies == ([key], [(key, value)])
        assert compat.json_decode("[1]") == [1]
        assert compat.escape_html("<a>") == "&lt;a&gt;"


def test_a_property_of_a_class_is_computed_for_the_class():
    class Base:
        @cherrypy._helper.classproperty
        def title(cls):  # noqa: N805  (the property is one of the class)
            return cls.__name__

    class Derived(Base):
        pass

    assert (Base.title, Derived.title, Derived().title) == ("Base", "Derived", "Derived")


def test_an_environ_of_text_becomes_one_of_bytes():
    environ = {"wsgi.version": ("u", 0), "wsgi.url_encoding": "utf-8", "PATH_INFO": "é", "X": "é"}
    assert cherrypy.wsgi.downgrade_wsgi_ux_to_1x(environ) == {
        b"wsgi.version": ("u", 0),
        b"wsgi.url_encoding": b"utf-8",
        b"PATH_INFO": b"\xc3\xa9",
        b"X": b"\xe9",
    }


def test_the_engine_knows_its_settings_by_their_old_names(default_site):
    autoreload, monitor = cherrypy.engine.autoreload, cherrypy.engine.timeout_monitor
    frequencies = autoreload.frequency, monitor.frequency
    try:
        cherrypy.config.update(
            {
                "engine.autoreload_on": False,
                "engine.autoreload_frequency": 7,
                "engine.autoreload_match": "abc",
                "engine.deadlock_poll_freq": 9,
                "engine.reexec_retry": 2,
            }
        )
        assert (autoreload.frequency, autoreload.match, monitor.frequency) == (7, "abc", 9)
        assert autoreload.start not in cherrypy.engine.listeners["start"]
    finally:
        autoreload.frequency, monitor.frequency = frequencies
        autoreload.match = ".*"
        autoreload.subscribe()
