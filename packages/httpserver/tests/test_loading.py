from __future__ import annotations

import json
import sys

import pytest

from cherrypy_httpserver import LoadError
from cherrypy_httpserver.loading import load_application, load_attribute, load_module


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return a function that makes an importable module of a source text."""
    names = []

    def make(name, source):
        (tmp_path / f"{name}.py").write_text(source)
        names.append(name)
        return name

    monkeypatch.syspath_prepend(tmp_path)
    yield make
    for name in names:
        sys.modules.pop(name, None)


def test_an_application_is_found_by_its_name(module):
    module(
        "wsgi_one",
        "class Holder:\n    @staticmethod\n    def app(e, s): return []\nh = Holder()\n",
    )
    assert load_application("wsgi_one:h.app")({}, None) == []


def test_a_dotted_name_is_found():
    assert load_attribute("json.decoder.JSONDecoder") is json.JSONDecoder


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wsgi_two", "MODULE:APPLICATION"),
        (":app", "MODULE:APPLICATION"),
        ("wsgi_two:", "MODULE:APPLICATION"),
        ("wsgi_two:nothing", "'wsgi_two' has no attribute 'nothing'"),
        ("wsgi_two:number", "int cannot be called"),
        ("wsgi_two:function", "'wsgi_two:function' is an ASGI application"),
        ("wsgi_two:thing", "'wsgi_two:thing' is an ASGI application"),
        ("wsgi_none:app", "No module named 'wsgi_none'"),
    ],
)
def test_what_is_no_application_is_refused_in_one_line(module, name, message):
    module(
        "wsgi_two",
        "number = 1\n"
        "async def function(scope, receive, send): ...\n"
        "class Thing:\n"
        "    async def __call__(self, scope, receive, send): ...\n"
        "thing = Thing()\n",
    )
    with pytest.raises(LoadError, match=message) as caught:
        load_application(name)
    assert "\n" not in str(caught.value)


def test_the_place_where_an_import_fails_is_named(module):
    module("wsgi_inner", "\n\nraise ValueError('not\\ntoday')\n")
    module("wsgi_outer", "import wsgi_inner\n")
    with pytest.raises(LoadError, match=r"ValueError: not today \(.*wsgi_inner\.py, line 3\)"):
        load_module("wsgi_outer")


def test_a_module_that_another_one_misses_is_named_with_the_place(module):
    module("wsgi_needy", "import no_such_module_at_all\n")
    with pytest.raises(LoadError, match=r"'no_such_module_at_all' \(.*wsgi_needy\.py, line 1\)"):
        load_module("wsgi_needy")


def test_a_module_that_does_not_exist_needs_no_place():
    with pytest.raises(LoadError, match=r"No module named 'wsgi_absent'$"):
        load_module("wsgi_absent.part")


def test_an_error_without_a_text_is_named_by_its_class(module):
    module("wsgi_bare", "raise KeyError\n")
    with pytest.raises(LoadError, match=r"'wsgi_bare': KeyError \("):
        load_module("wsgi_bare")


def test_a_syntax_error_is_named_with_its_line(module):
    module("wsgi_wrong", "def :\n")
    with pytest.raises(LoadError, match=r"SyntaxError.*wsgi_wrong\.py, line 1"):
        load_module("wsgi_wrong")
