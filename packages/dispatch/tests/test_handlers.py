"""Page handlers: a callable and its arguments, which may still be changed."""

import asyncio

import pytest

from cherrypy_core.expose import expose
from cherrypy_core.hooks import Hook
from cherrypy_core.serving import request as current_request
from cherrypy_dispatch import LateParamPageHandler, MethodDispatcher, PageHandler


def tell(*args, **kwargs):
    return repr((args, sorted(kwargs.items()))).encode()


class TestPageHandler:
    def test_it_calls_with_the_arguments_it_was_given(self):
        assert PageHandler(tell)() == b"((), [])"
        assert PageHandler(tell, 1, 2, a=3)() == b"((1, 2), [('a', 3)])"

    def test_its_parts_can_be_read(self):
        handler = PageHandler(tell, 1, a=2)
        assert handler.callable is tell
        assert list(handler.args) == list(handler.get_args()) == [1]
        assert handler.kwargs == handler.get_kwargs() == {"a": 2}

    def test_its_parts_can_be_replaced(self):
        handler = PageHandler(tell, 1, a=2)
        handler.args = [3]
        handler.kwargs = {"b": 4}
        assert handler() == b"((3,), [('b', 4)])"
        handler.set_args([5, 6])
        handler.set_kwargs({"c": 7})
        assert handler() == b"((5, 6), [('c', 7)])"
        handler.kwargs["d"] = 8
        assert handler() == b"((5, 6), [('c', 7), ('d', 8)])"
        handler.callable = lambda *args, **kwargs: b"another"
        assert handler() == b"another"

    def test_parameters_may_have_any_name(self):
        assert LateParamPageHandler(tell).callable is tell
        handler = PageHandler(tell)
        handler.kwargs = {"callable": 1, "self": 2, "args": 3}
        assert handler() == b"((), [('args', 3), ('callable', 1), ('self', 2)])"

    def test_attributes_can_be_added(self):
        handler = PageHandler(tell)
        handler.note = "x"
        assert handler.note == "x"

    def test_other_exceptions_pass_through(self):
        with pytest.raises(ZeroDivisionError):
            PageHandler(lambda: 1 / 0)()

    def test_a_subclass_may_compute_its_arguments(self):
        class Computed(PageHandler):
            @property
            def kwargs(self):
                return {"computed": 1}

        assert Computed(tell)() == b"((), [('computed', 1)])"


@pytest.fixture
def hooked(site, show):
    """Give a function that makes a site with a hook before its page handlers."""

    class Root:
        page = show("page")

    def make(hook):
        return site(Root(), {"/": {"hooks.before_handler": Hook(hook)}})

    return make


class TestLateParamPageHandler:
    def test_it_takes_the_parameters_at_the_moment_it_is_called(self, hooked):
        def change():
            current_request.params["b"] = "changed"
            del current_request.params["a"]

        assert hooked(change)("/page?a=1&b=2").called == ("page", {"b": "changed"})

    def test_parameters_may_be_replaced(self, hooked):
        def change():
            current_request.params = {"new": 1}

        assert hooked(change)("/page?a=1").called == ("page", {"new": 1})

    def test_its_own_arguments_override_parameters_of_the_same_name(self, hooked):
        def change():
            current_request.handler.kwargs = {"a": "own", "c": 3}

        called = hooked(change)("/page?a=1&b=2").called
        assert called == ("page", {"a": "own", "b": "2", "c": 3})

    def test_what_it_shows_is_both_together(self, hooked):
        seen = []

        def look():
            seen.append(current_request.handler.kwargs)
            current_request.handler.kwargs = {"own": 1}
            seen.append(current_request.handler.get_kwargs())

        hooked(look)("/page?a=1")
        assert seen == [{"a": "1"}, {"own": 1, "a": "1"}]

    def test_a_look_at_them_changes_nothing(self, hooked):
        def look():
            current_request.handler.kwargs["b"] = 2

        assert hooked(look)("/page?a=1").called == ("page", {"a": "1"})

    def test_positional_arguments_may_be_replaced(self, hooked):
        def change():
            assert list(current_request.handler.args) == ["x"]
            current_request.handler.args = ["y", *current_request.handler.args]

        assert hooked(change)("/page/x").called == ("page", "y", "x")

    def test_the_page_may_be_replaced(self, hooked):
        def change():
            current_request.handler.callable = lambda *args: b'["another", [], {}]'

        assert hooked(change)("/page/x").called == ("another",)

    def test_the_page_cannot_change_the_parameters_by_its_keyword_arguments(self, site):
        seen = []

        class Root:
            @expose
            def page(self, **params):
                params["b"] = 2
                seen.append(dict(current_request.params))
                return b""

        site(Root())("/page?a=1")
        assert seen == [{"a": "1"}]

    def test_outside_of_a_request_it_has_only_its_own(self):
        assert LateParamPageHandler(tell, 1, a=2)() == b"((1,), [('a', 2)])"
        assert LateParamPageHandler(tell)() == b"((), [])"

    def test_a_subclass_may_override_what_is_passed(self, site):
        class Upper(LateParamPageHandler):
            @property
            def kwargs(self):
                return {name: value.upper() for name, value in super().kwargs.items()}

            @kwargs.setter
            def kwargs(self, kwargs):
                self._kwargs = kwargs

        class Root:
            @expose
            def page(self, **params):
                return tell(**params)

        root = Root()

        def dispatch(path):
            current_request.handler = Upper(root.page)

        assert site(root, dispatch=dispatch)("/page?a=x").text == "((), [('a', 'X')])"


class Shelf:
    """Asynchronous pages of all kinds."""

    @expose
    async def book(self, title, *, pages=1):
        await asyncio.sleep(0)
        return f"{title} {pages}".encode()

    @expose
    async def broken(self):
        await asyncio.sleep(0)
        return len(5)

    @expose
    async def default(self, *rest, **params):
        for part in (*rest, *params):
            await asyncio.sleep(0)
            yield part.encode()


class Resource:
    exposed = True

    async def GET(self, title):
        return title.encode()


class TestAnAsynchronousHandler:
    @pytest.fixture
    def shelf(self, site):
        made = site(Shelf())
        yield made
        made.app.event_loop.stop()

    @pytest.mark.parametrize(
        ("url", "text"),
        [
            ("/book/emma", "emma 1"),
            ("/book?title=emma&pages=7", "emma 7"),
            ("/a/b?c=1", "abc"),
        ],
    )
    def test_takes_arguments_as_any_other(self, shelf, url, text):
        assert shelf(url).text == text
        assert shelf(url, "HEAD").text == ""

    @pytest.mark.parametrize("url", ["/book", "/book/a/b/c", "/book/a?size=1"])
    def test_refuses_other_arguments(self, shelf, url):
        assert shelf(url).status == 404
        assert shelf("/book/emma", "POST", "size=1").status == 400

    def test_may_have_errors_that_have_nothing_to_do_with_arguments(self, shelf):
        assert shelf("/broken").status == 500

    def test_may_serve_a_method(self, site):
        made = site(Resource(), dispatch=MethodDispatcher())
        assert made("/emma").text == "emma"
        assert made("/emma", "HEAD").text == ""
        assert made("/emma", "POST").status == 405
        made.app.event_loop.stop()
