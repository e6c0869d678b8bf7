"""Dispatchers of one's own."""

import pytest

from cherrypy_core.errors import HTTPError, HTTPRedirect, NotFound
from cherrypy_core.expose import expose
from cherrypy_core.hooks import Hook
from cherrypy_core.serving import request as current_request
from cherrypy_dispatch import Dispatcher, LateParamPageHandler

# ruff: noqa: RUF012  (class attributes that are dicts are the subject)


@pytest.fixture
def root(show):
    class Generator:
        _cp_config = {"root": 1}
        index = show("index")
        generate = show("generate")

    return Generator()


class TestOverriding:
    def test_the_example_of_the_manual_works(self, site, root):
        class ForceLowerDispatcher(Dispatcher):
            def __call__(self, path_info):
                return Dispatcher.__call__(self, path_info.lower())

        client = site(root, {"/": {"request.dispatch": ForceLowerDispatcher()}})
        assert client("/generate?length=8").called == ("generate", {"length": "8"})
        assert client("/GENerAte?length=8").called == ("generate", {"length": "8"})
        assert client("/GENerAte/A").called == ("generate", "a")
        assert site(root)("/GENerAte").status == 404

    def test_sections_count_for_the_path_that_the_dispatcher_was_given(self, site, root):
        class ForceLowerDispatcher(Dispatcher):
            def __call__(self, path_info):
                return Dispatcher.__call__(self, path_info.lower())

        client = site(
            root,
            {
                "/": {"request.dispatch": ForceLowerDispatcher()},
                "/generate": {"protected": 1},
                "/index": {"index": 1},
            },
        )
        assert client("/GENERATE").config["protected"] == 1
        assert "index" in client("/INDEX").config

    def test_find_handler_may_be_overridden(self, site, root):
        calls = []

        class Finding(Dispatcher):
            def find_handler(self, path):
                calls.append(path)
                func, vpath = super().find_handler(path)
                return (func, vpath) if func is not None else (root.generate, ["fallback"])

        client = site(root, dispatch=Finding())
        assert client("/generate/x").called == ("generate", "x")
        assert client("/nothing").called == ("generate", "fallback")
        assert calls == ["/generate/x", "/nothing"]

    def test_find_handler_may_know_nothing_of_configuration(self, site, root):
        class Finding(Dispatcher):
            def find_handler(self, path):
                return root.generate, path.split("/")

        assert site(root, dispatch=Finding())("/a/b").called == ("generate", "", "a", "b")

    def test_the_handler_may_be_exchanged_afterwards(self, site, root):
        class Exchanging(Dispatcher):
            def __call__(self, path_info):
                super().__call__(path_info)
                if isinstance(current_request.handler, NotFound):
                    current_request.handler = LateParamPageHandler(root.generate, "exchanged")

        client = site(root, dispatch=Exchanging())
        assert client("/nothing?a=1").called == ("generate", "exchanged", {"a": "1"})
        assert client("/").called == ("index",)


class TestFunctions:
    """A dispatcher is anything that can be called with the path."""

    def test_it_may_set_the_configuration_itself(self, site, root):
        calls = []

        def dispatch(path):
            current_request.config = {
                "own": path,
                "hooks.before_handler": Hook(lambda: calls.append(path)),
                "response.headers.X-Own": "yes",
            }
            current_request.handler = LateParamPageHandler(root.generate)

        client = site(root, {"/": {"section": 1}}, dispatch)
        answer = client("/x")
        assert answer.called == ("generate",)
        assert answer.request.config["own"] == "/x"
        assert "section" not in answer.request.config
        assert answer.headers["X-Own"] == "yes"
        assert calls == ["/x"]

    def test_it_may_leave_the_configuration_alone(self, site, root):
        def dispatch(path):
            current_request.handler = LateParamPageHandler(root.generate)

        answer = site(root, dispatch=dispatch)("/x")
        assert answer.called == ("generate",)
        assert answer.config == {}

    def test_the_default_dispatcher_overrides_what_another_one_has_set(self, site, root):
        default = Dispatcher()

        def dispatch(path):
            current_request.config = {"own": 1}
            default(path)

        answer = site(root, dispatch=dispatch)("/generate")
        assert answer.called == ("generate",)
        assert answer.config == {"root": 1}

    def test_it_may_change_what_the_default_dispatcher_has_merged(self, site, root):
        default = Dispatcher()

        def dispatch(path):
            default(path)
            current_request.config["response.headers.X-Own"] = "yes"

        answer = site(root, dispatch=dispatch)("/generate")
        assert answer.headers["X-Own"] == "yes"
        assert answer.config["root"] == 1
        assert site(root)("/generate").config == {"root": 1}

    @pytest.mark.parametrize(
        ("handler", "status"),
        [
            (HTTPError(402), 402),
            (NotFound("/x"), 404),
            (HTTPRedirect("http://example.com/", 302), 302),
            (None, 200),
        ],
        ids=repr,
    )
    def test_a_verdict_may_stand_for_the_handler(self, site, root, handler, status):
        def dispatch(path):
            current_request.handler = handler

        assert site(root, dispatch=dispatch)("/x").status == status

    def test_it_may_raise(self, site, root):
        def dispatch(path):
            raise HTTPError(410)

        assert site(root, dispatch=dispatch)("/x").status == 410


class TestSections:
    def test_every_path_may_have_its_own(self, site, root):
        @expose
        def other(*args):
            return b'["other", [], {}]'

        def dispatch(path):
            current_request.handler = LateParamPageHandler(other)

        client = site(root, {"/generate/x": {"request.dispatch": dispatch}})
        assert client("/generate").called == ("generate",)
        assert client("/generate/y").called == ("generate", "y")
        assert client("/generate/x").called == ("other",)
        assert client("/generate/x/y").called == ("other",)

    def test_a_dispatcher_may_serve_several_applications(self, site, root, show):
        class Other:
            index = show("other")

        dispatcher = Dispatcher()
        first, second = site(root, dispatch=dispatcher), site(Other(), dispatch=dispatcher)
        assert first("/").called == ("index",)
        assert second("/").called == ("other",)
        assert second("/generate").status == 404
