from __future__ import annotations

import importlib

import pytest

import cherrypy

#: Modules that `import cherrypy` must not load: each takes milliseconds, some tens of them.
HEAVY = [
    "ast",
    "asyncio",
    "cheroot",
    "configparser",
    "dataclasses",
    "datetime",
    "email",
    "html",
    "http.client",
    "http.cookies",
    "http.server",
    "importlib.metadata",
    "inspect",
    "json",
    "mimetypes",
    "pathlib",
    "queue",
    "random",
    "selectors",
    "signal",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "typing",
    "unittest",
    "urllib.parse",
    "urllib.request",
    "uuid",
    "xmlrpc",
]

PUBLIC = [
    "Application",
    "CherryPyException",
    "HTTPError",
    "HTTPRedirect",
    "InternalRedirect",
    "NotFound",
    "TimeoutError",
    "Tool",
    "__version__",
    "checker",
    "config",
    "dispatch",
    "engine",
    "expose",
    "lib",
    "log",
    "popargs",
    "process",
    "quickstart",
    "request",
    "response",
    "server",
    "servers",
    "serving",
    "session",
    "site",
    "thread_data",
    "tools",
    "tree",
    "url",
    "wsgi",
    "wsgiserver",
]

#: A name of the facade, and where the very same object has its home.
SAME = [
    ("cherrypy.HTTPError", "cherrypy_core.errors.HTTPError"),
    ("cherrypy.Tool", "cherrypy_tools.tool.Tool"),
    ("cherrypy._cpconfig.Config", "cherrypy_core.config.Config"),
    ("cherrypy._cpconfig.environments", "cherrypy_core.config.environments"),
    ("cherrypy._cpdispatch.Dispatcher", "cherrypy_dispatch.Dispatcher"),
    ("cherrypy._cpdispatch.RoutesDispatcher", "cherrypy_dispatch.routes.RoutesDispatcher"),
    ("cherrypy._cperror.HTTPRedirect", "cherrypy.HTTPRedirect"),
    ("cherrypy._cplogging.LogManager", "cherrypy_core.logs.LogManager"),
    ("cherrypy._cpreqbody.Part", "cherrypy_core.entity.Part"),
    ("cherrypy._cprequest.Hook", "cherrypy_core.hooks.Hook"),
    ("cherrypy._cprequest.Response", "cherrypy_core.response.Response"),
    ("cherrypy._cptools.Toolbox", "cherrypy_tools.toolbox.Toolbox"),
    ("cherrypy._cptools.default_toolbox", "cherrypy.tools"),
    ("cherrypy._cptree.Application", "cherrypy.Application"),
    ("cherrypy._cptree.tools", "cherrypy.tools"),
    ("cherrypy._cpwsgi.CPWSGIApp", "cherrypy_core.wsgi.CPWSGIApp"),
    ("cherrypy._cpwsgi_server.CPWSGIServer", "cherrypy_httpserver.cheroots.CherootServer"),
    ("cherrypy._helper.expose", "cherrypy.expose"),
    ("cherrypy.dispatch", "cherrypy._cpdispatch"),
    ("cherrypy.lib.caching.expires", "cherrypy_tools.expiry.expires"),
    ("cherrypy.lib.cptools.allow", "cherrypy_tools.access.allow"),
    ("cherrypy.lib.encoding.gzip", "cherrypy_tools.compression.gzip"),
    ("cherrypy.lib.file_generator", "cherrypy_core.iterators.file_generator"),
    ("cherrypy.lib.headers.parse_header", "cherrypy_core.elements.parse_header"),
    ("cherrypy.lib.http.HeaderMap", "cherrypy.lib.httputil.HeaderMap"),
    ("cherrypy.lib.httputil.HeaderMap", "cherrypy_core.headers.HeaderMap"),
    ("cherrypy.lib.jsontools.json_in", "cherrypy_tools.jsontools.json_in"),
    ("cherrypy.lib.locking.Timer", "cherrypy_sessions.Timer"),
    ("cherrypy.lib.reprconf.Config", "cherrypy_core.config.BaseConfig"),
    ("cherrypy.lib.sessions.RamSession", "cherrypy_sessions.RamSession"),
    ("cherrypy.lib.static.mimetypes", "mimetypes"),
    ("cherrypy.lib.static.serve_file", "cherrypy_tools.static.serve_file"),
    ("cherrypy.lib.xmlrpcutil.respond", "cherrypy_tools.xmlrpcutil.respond"),
    ("cherrypy.process.bus", "cherrypy.engine"),
    ("cherrypy.process.plugins.Monitor", "cherrypy_wspbus.plugins.Monitor"),
    ("cherrypy.process.servers.ServerAdapter", "cherrypy_wspbus.servers.ServerAdapter"),
    ("cherrypy.process.wspbus.Bus", "cherrypy_wspbus.Bus"),
    ("cherrypy.process.wspbus.bus", "cherrypy.engine"),
    ("cherrypy.wsgi", "cherrypy._cpwsgi"),
]

MODULES = [
    "cherrypy",
    "cherrypy._cpchecker",
    "cherrypy._cpcompat",
    "cherrypy._cpconfig",
    "cherrypy._cpdispatch",
    "cherrypy._cperror",
    "cherrypy._cplogging",
    "cherrypy._cpreqbody",
    "cherrypy._cprequest",
    "cherrypy._cpserver",
    "cherrypy._cptools",
    "cherrypy._cptree",
    "cherrypy._cpwsgi",
    "cherrypy._cpwsgi_server",
    "cherrypy._helper",
    "cherrypy.daemon",
    "cherrypy.lib",
    "cherrypy.lib.caching",
    "cherrypy.lib.cptools",
    "cherrypy.lib.encoding",
    "cherrypy.lib.headers",
    "cherrypy.lib.http",
    "cherrypy.lib.httputil",
    "cherrypy.lib.jsontools",
    "cherrypy.lib.locking",
    "cherrypy.lib.reprconf",
    "cherrypy.lib.sessions",
    "cherrypy.lib.static",
    "cherrypy.lib.xmlrpcutil",
    "cherrypy.process",
    "cherrypy.process.plugins",
    "cherrypy.process.servers",
    "cherrypy.process.wspbus",
    "cherrypy.tutorial",
    "cherrypy.tutorial.guide",
    "cherrypy.wsgiserver",
    "cherrypy.wsgiserver.ssl_builtin",
]


def find(name):
    """Return what has a dotted name, whether it is a module or an attribute."""
    try:
        return importlib.import_module(name)
    except ImportError:
        module, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module), attribute)


def test_importing_loads_nothing_heavy(python):
    loaded = python(
        "import sys; before = set(sys.modules); import cherrypy; "
        "print(*sorted(set(sys.modules) - before))"
    ).split()
    assert [name for name in HEAVY if name in loaded] == []


def test_importing_starts_nothing(python):
    python(
        "import signal, threading\n"
        "before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)\n"
        "import cherrypy\n"
        "assert threading.active_count() == 1\n"
        "assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before\n"
        "assert cherrypy.engine.state is cherrypy.engine.states.STOPPED\n"
        "assert cherrypy.log.screen is True\n"
        "assert cherrypy.tree.apps == {}\n"
    )


def test_the_library_is_reachable_without_importing_its_parts(python):
    python(
        "import cherrypy\n"
        "cherrypy.lib.static.serve_file, cherrypy.lib.sessions.RamSession\n"
        "cherrypy.lib.httputil.HTTPDate, cherrypy.lib.reprconf.Config\n"
        "cherrypy.lib.cptools.allow, cherrypy.lib.encoding.gzip\n"
        "cherrypy.lib.jsontools.json_in, cherrypy.lib.caching.expires\n"
        "cherrypy.process.plugins.Monitor, cherrypy.process.servers.ServerAdapter\n"
        "cherrypy.process.wspbus.Bus, cherrypy.dispatch.Dispatcher\n"
        "cherrypy.wsgi.VirtualHost, cherrypy._cptree.Tree, cherrypy._cpserver.Server\n"
        "cherrypy._cperror.format_exc, cherrypy.tutorial.guide\n"
    )


@pytest.mark.parametrize("module", MODULES)
def test_every_module_can_be_imported_first(module):
    # Each of them imports the facade; none may need another one to be there already.
    found = importlib.import_module(module)
    assert [name for name in found.__all__ if not hasattr(found, name)] == []
    assert sorted(found.__all__) == sorted(set(found.__all__))


def test_submodules_can_be_imported_before_the_facade(python):
    for module in ("cherrypy.process.plugins", "cherrypy._cptree", "cherrypy.lib.static"):
        python(f"import {module}; import cherrypy; assert {module}; cherrypy.quickstart")


def test_the_public_names_are_these():
    assert sorted(cherrypy.__all__) == sorted(PUBLIC)


@pytest.mark.parametrize(("name", "home"), SAME)
def test_names_stand_for_the_same_object(name, home):
    assert find(name) is find(home)


@pytest.mark.parametrize("module", ["cherrypy", "cherrypy.lib", "cherrypy.process"])
def test_an_unknown_attribute_is_an_attribute_error(module):
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'nosuch'"):
        importlib.import_module(module).nosuch  # noqa: B018  (it must fail)


def test_the_version_is_above_the_original_series():
    assert int(cherrypy.__version__.split(".")[0]) > 18
