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
        "__version__",
        "getargspec",
        "popargs",
        "punctuation_to_underscores",
        "test_callable_spec",
        "validate_translator",
    ],
    "cherrypy_dispatch.handlers": ["LateParamPageHandler", "PageHandler"],
    "cherrypy_dispatch.layers": ["plan_along"],
    "cherrypy_dispatch.methods": ["MethodDispatcher"],
    "cherrypy_dispatch.popargs": ["popargs"],
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


def test_what_only_errors_need_is_not_imported_before_one():
    # `inspect` alone would double the time that the import takes.
    code = "import sys, cherrypy_dispatch; print('inspect' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
