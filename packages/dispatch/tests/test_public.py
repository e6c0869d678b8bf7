"""The public names; a change here is a change for users."""

import importlib
import subprocess
import sys

import pytest

PUBLIC = {
    "cherrypy_dispatch": [
        "Dispatcher",
        "LateParamPageHandler",
        "MethodDispatcher",
        "PageHandler",
        "RoutesDispatcher",
        "VirtualHost",
        "XMLRPCDispatcher",
        "__version__",
        "getargspec",
        "popargs",
        "punctuation_to_underscores",
        "test_callable_spec",
        "validate_translator",
    ],
    "cherrypy_dispatch.handlers": ["LateParamPageHandler", "PageHandler"],
    "cherrypy_dispatch.hosts": ["VirtualHost"],
    "cherrypy_dispatch.layers": ["plan_along", "plan_of"],
    "cherrypy_dispatch.methods": ["MethodDispatcher"],
    "cherrypy_dispatch.popargs": ["popargs"],
    "cherrypy_dispatch.routes": ["RoutesDispatcher"],
    "cherrypy_dispatch.rpc": ["XMLRPCDispatcher"],
    "cherrypy_dispatch.spec": ["explain", "getargspec", "test_callable_spec"],
    "cherrypy_dispatch.tree": [
        "Dispatcher",
        "punctuation_to_underscores",
        "validate_translator",
    ],
}


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_the_public_names_are_these(name):
    module = importlib.import_module(name)
    assert sorted(module.__all__) == PUBLIC[name]
    for public in module.__all__:
        assert getattr(module, public) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nosuch'"):
        importlib.import_module("cherrypy_dispatch").nosuch  # noqa: B018  (it must fail)


def test_what_only_errors_need_is_not_imported_before_one():
    # `inspect` alone would double the time that the import takes.
    code = "import sys, cherrypy_dispatch; print({'inspect', 'routes'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
