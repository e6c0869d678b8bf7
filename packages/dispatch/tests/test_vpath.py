"""Objects that choose the way themselves: `_cp_dispatch`."""

import pytest

from cherrypy_core.errors import CherryPyException, HTTPError, HTTPRedirect
from cherrypy_core.expose import expose
from cherrypy_core.serving import request as current_request
from cherrypy_dispatch import Dispatcher


@pytest.fixture
def node(show):
    """Give a function that makes a tree from a `_cp_dispatch` (and further attributes)."""

    def make(choose, **attributes):
        class Sub:
            index = show("sub.index")
            page = show("sub.page")

        class Node:
            index = show("index")
            page = show("page")
            sub = Sub()
            _cp_dispatch = choose

        for name, value in attributes.items():
            setattr(Node, name, value)
        return Node()

    return make


class TestChoices:
    def test_the_example_of_the_manual_works(self, site):
        class Album:
            @expose
            def index(self, artist, title):
                return f"About {title} by {artist}...".encode()

        class Band:
            def __init__(self):
                self.albums = Album()

            def _cp_dispatch(self, vpath):
                if len(vpath) == 1:
                    current_request.params["name"] = vpath.pop()
                    return self
                if len(vpath) == 3:
                    current_request.params["artist"] = vpath.pop(0)
                    vpath.pop(0)
                    current_request.params["title"] = vpath.pop(0)
                    return self.albums
                return vpath

            @expose
            def index(self, name):
                return f"About {name}...".encode()

        client = site(Band())
        assert client("/nirvana/").text == "About nirvana..."
        assert client("/nirvana").text == "About nirvana..."
        assert client("/nirvana/albums/nevermind/").text == "About nevermind by nirvana..."
        # Two parts: the method gives the list back, which is no object of the tree.
        assert client("/nirvana/albums").status == 404
        assert client("/nirvana/albums/nevermind/tracks").status == 404
        # `albums` is an attribute and needs no choice; the parameters are missing then.
        assert client("/albums").status == 404

    def test_attributes_come_first(self, site, node):
        def choose(self, vpath):
            raise AssertionError("there is nothing to choose")

        client = site(node(choose))
        assert client("/page").called == ("page",)
        assert client("/sub/page/a").called == ("sub.page", "a")
        assert client("/").called == ("index",)

    def test_parts_that_are_taken_off_are_gone(self, site, node):
        def choose(self, vpath):
            current_request.params["name"] = vpath.pop(0)
            return self.sub

        client = site(node(choose))
        assert client("/x").called == ("sub.index", {"name": "x"})
        assert client("/x/page/a").called == ("sub.page", "a", {"name": "x"})
        assert client("/x/").request.is_index is True
        assert client("/x/y").status == 404

    def test_the_rest_may_be_taken_from_either_end(self, site, node):
        def choose(self, vpath):
            current_request.params["last"] = vpath.pop()
            return self

        client = site(node(choose))
        assert client("/x").called == ("index", {"last": "x"})
        # The first part is an attribute, so that there is nothing to choose.
        assert client("/page/x").called == ("page", "x")
        assert client("/a/b").called == ("index", {"last": "a"})

    def test_all_the_rest_may_be_taken(self, site, node):
        def choose(self, vpath):
            current_request.params["all"] = "-".join(vpath)
            vpath.clear()
            return self

        assert site(node(choose))("/a/b/c").called == ("index", {"all": "a-b-c"})

    def test_the_rest_may_be_replaced(self, site, node):
        def choose(self, vpath):
            vpath[:] = ["sub", "page"][: len(vpath) - 1]
            return self

        client = site(node(choose))
        assert client("/a/b").called == ("sub.index",)
        assert client("/a/b/c").called == ("sub.page",)

    def test_a_method_that_takes_nothing_off_has_used_the_first_part(self, site, node):
        def choose(self, vpath):
            return self.sub if vpath[0] == "x" else None

        client = site(node(choose))
        assert client("/x").called == ("sub.index",)
        assert client("/x/page/a").called == ("sub.page", "a")
        assert client("/y").status == 404

    def test_the_same_method_may_be_asked_several_times(self, site, node, show):
        def choose(self, vpath):
            current_request.params.setdefault("parts", []).append(vpath.pop(0))
            return self

        client = site(node(choose))
        assert client("/a/b/c").called == ("index", {"parts": ["a", "b", "c"]})
        assert client("/a/b/page/c").called == ("page", "c", {"parts": ["a", "b"]})

    def test_a_function_that_is_exposed_may_be_chosen(self, site, node, show):
        def choose(self, vpath):
            vpath.pop(0)
            return self.page

        assert site(node(choose))("/x/a/b").called == ("page", "a", "b")

    def test_none_means_that_there_is_nothing(self, site, node, show):
        def choose(self, vpath):
            return None

        assert site(node(choose))("/x").status == 404
        client = site(node(choose, default=show("default")))
        assert client("/x/y").called == ("default", "x", "y")
        assert client("/").called == ("index",)

    def test_it_is_found_below_other_objects(self, site, node):
        def choose(self, vpath):
            current_request.params["name"] = vpath.pop(0)
            return self.sub

        class Root:
            deep = node(choose)

        Root.deep.deeper = node(choose)
        client = site(Root())
        assert client("/deep/x").called == ("sub.index", {"name": "x"})
        assert client("/deep/deeper/x/page/1").called == ("sub.page", "1", {"name": "x"})
        assert client("/deep/x/deeper/y").status == 404
        assert client("/shallow/x").status == 404

    def test_special_names_are_left_to_the_method(self, site, node):
        def choose(self, vpath):
            current_request.params["name"] = vpath.pop(0)
            return self

        client = site(node(choose))
        assert client("/__class__").called == ("index", {"name": "__class__"})
        assert client("/x/__class__/__init__").called == ("index", {"name": "__init__"})

    def test_the_method_sees_the_parts_as_they_were_sent(self, site, node):
        seen = []

        def choose(self, vpath):
            seen.append(list(vpath))
            vpath.clear()
            return self

        site(node(choose))("/a.b//c%2Fd/index/")
        assert seen == [["a.b", "c%2Fd", "index"]]


class TestMistakes:
    @pytest.mark.parametrize("extra", ["x", "index"])
    def test_a_method_that_adds_parts_is_an_error_in_the_program(self, site, node, extra):
        def choose(self, vpath):
            vpath.append(extra)
            return self

        client = site(node(choose), **{"request.show_tracebacks": True})
        answer = client("/a")
        assert answer.status == 500
        assert "may only remove elements" in answer.text
        assert client("/page").status == 200

    def test_the_message_names_the_object(self, site, node):
        def choose(self, vpath):
            vpath.insert(0, "added")
            return self

        root = node(choose)
        type(root).__repr__ = lambda self: "the root"
        failing = site(root, **{"request.throw_errors": True})

        class Throwing(Dispatcher):
            def __call__(self, path_info):
                with pytest.raises(CherryPyException, match="'added' in the root"):
                    super().__call__(path_info)
                raise HTTPError(418)

        failing.app.dispatch = Throwing()
        assert failing("/a").status == 418

    def test_what_is_no_method_is_not_asked(self, site, node):
        assert site(node("text"))("/a").status == 404

    def test_a_method_that_is_exposed_is_a_page_and_not_asked(self, site, node):
        @expose
        def choose(self, vpath=None):
            return b"a page"

        client = site(node(choose))
        assert client("/a").status == 404
        assert client("/_cp_dispatch").text == "a page"

    @pytest.mark.parametrize(
        ("error", "status"),
        [(HTTPError(402), 402), (KeyError("x"), 500), (HTTPError("404 Gone"), 404)],
    )
    def test_errors_of_the_method_are_answered(self, site, node, error, status):
        def choose(self, vpath):
            raise error

        assert site(node(choose))("/a").status == status

    def test_the_method_may_redirect(self, site, node):
        def choose(self, vpath):
            raise HTTPRedirect("/page")

        answer = site(node(choose))("/a")
        assert answer.status == 303
        assert answer.headers["Location"] == "http://example.com/page"

    @pytest.mark.parametrize(
        "chosen", [5, "text", [], object()], ids=lambda chosen: type(chosen).__name__
    )
    def test_a_choice_that_is_no_node_leads_nowhere(self, site, node, chosen):
        def choose(self, vpath):
            return chosen

        for path in ("/a", "/a/b", "/a/index"):
            assert site(node(choose))(path).status == 404


class TestConfiguration:
    def test_objects_on_the_way_count_with_the_parts_they_have_taken(self, site, node):
        def choose(self, vpath):
            vpath.pop(0)
            vpath.pop(0)
            return self.sub

        root = node(choose)
        root._cp_config = {"root": 1}
        type(root.sub)._cp_config = {"sub": 1, "tools.staticdir.dir": "static"}
        client = site(root, {"/a": {"/a": 1}, "/a/b": {"/a/b": 1, "sub": 2}, "/b": {"/b": 1}})
        config = client("/a/b/page").config
        assert config == {
            "root": 1,
            "/a": 1,
            "/a/b": 1,
            "sub": 2,
            "tools.staticdir.dir": "static",
            "tools.staticdir.section": "/a/b",
        }

    def test_parts_that_nobody_wanted_count_too(self, site, node):
        def choose(self, vpath):
            return None

        client = site(node(choose), {"/a": {"/a": 1}, "/a/b": {"/a/b": 1}})
        assert client("/a/b/c").config == {"/a": 1, "/a/b": 1}


class TestMethodName:
    def test_the_method_may_have_another_name(self, site, show):
        class Root:
            index = show("index")

            def _cp_dispatch(self, vpath):
                raise AssertionError("it has the wrong name")

            def choose(self, vpath):
                current_request.params["name"] = vpath.pop(0)
                return self

        client = site(Root(), dispatch=Dispatcher("choose"))
        assert client("/a").called == ("index", {"name": "a"})
        assert Dispatcher().dispatch_method_name == "_cp_dispatch"
        assert Dispatcher(dispatch_method_name="").dispatch_method_name == "_cp_dispatch"

    def test_own_tables_translate_here_too(self, site, node):
        def choose(self, vpath):
            vpath.pop(0)
            return self

        table = {ord("z"): "page", ord("-"): "__"}
        client = site(node(choose), dispatch=Dispatcher(translate=table))
        assert client("/a/z/b").called == ("page", "b")
        assert client("/a/-class-/z").called == ("page",)
