import importlib
import pkgutil
import subprocess
import sys

import pytest

import cherrypy_core

#: What the package offers at its top. A change of this list is a change for users.
PUBLIC = """
Application CherryPyException Config HTTPError HTTPRedirect HeaderMap Hook HookMap Host
InternalRedirect LogManager NamespaceSet NotFound Request Response TimeoutError Tree __version__
expose request response serving url
""".split()  # noqa: SIM905  (readable)

MODULES = [
    module.name
    for module in pkgutil.iter_modules(cherrypy_core.__path__)
    if not module.name.startswith("_")
]


def in_a_new_process(program):
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_the_public_names_are_these():
    assert sorted(cherrypy_core.__all__) == sorted(PUBLIC)
    for name in PUBLIC:
        assert hasattr(cherrypy_core, name)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_is_public(name):
    module = importlib.import_module(f"cherrypy_core.{name}")
    assert module.__doc__
    assert module.__all__
    for public in module.__all__:
        assert hasattr(module, public), public


@pytest.mark.slow
@pytest.mark.parametrize("first", ["", "import cherrypy_core.request, cherrypy_core.expose; "])
def test_names_that_modules_have_too_are_the_objects(first):
    program = (
        first + "from cherrypy_core import expose, request, response, serving; "
        "print(callable(expose), request.method, response.status, serving.request is not None)"
    )
    assert in_a_new_process(program) == ["True", "GET", "None", "True"]


@pytest.mark.slow
@pytest.mark.parametrize("order", [sorted(MODULES), sorted(MODULES, reverse=True)])
def test_modules_can_be_imported_in_any_order(order):
    in_a_new_process("import " + ", ".join(f"cherrypy_core.{name}" for name in order))


@pytest.mark.slow
def test_importing_has_no_effect_and_needs_no_slow_modules():
    program = (
        "import sys, threading, logging; import cherrypy_core; "
        "assert threading.active_count() == 1; "
        "assert not logging.getLogger().handlers; "
        "print(*sorted(m for m in sys.modules if '.' not in m or m.startswith('http')))"
    )
    loaded = set(in_a_new_process(program))
    slow = "dataclasses inspect json uuid tempfile email ssl socket configparser typing".split()  # noqa: SIM905
    assert loaded.isdisjoint({*slow, "http.client", "http.cookies", "urllib.request"})
