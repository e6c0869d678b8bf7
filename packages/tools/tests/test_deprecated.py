"""Tools that are gone."""

import warnings

import pytest

from cherrypy_core.expose import expose
from cherrypy_tools.deprecated import DeprecatedTool


class Root:
    @expose
    def index(self):
        return "page"


@pytest.mark.parametrize("name", ["tidy", "nsgmls"])
def test_configuration_that_still_has_one_gets_a_warning(serve, name):
    client = serve(Root(), {"/": {f"tools.{name}.on": True, f"tools.{name}.path": "/x"}})
    with pytest.warns(DeprecationWarning, match=f"tools.{name}: it does nothing"):
        assert client.get("/").text == "page"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert client.get("/").text == "page"


def test_so_does_a_decorator(tools):
    tools.own = DeprecatedTool("before_handler", "use tools.other.")

    def page():
        return None

    with pytest.warns(DeprecationWarning, match="tools.own: use tools.other"):
        assert tools.own(a=1)(page) is page
    assert not hasattr(page, "_cp_config")


def test_there_is_a_warning_for_all_of_them(tools):
    tools.own = DeprecatedTool("before_handler")
    with pytest.warns(DeprecationWarning, match="This Tool is deprecated"):
        tools.own()
