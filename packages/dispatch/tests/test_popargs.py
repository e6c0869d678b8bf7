"""Names for parts of a path: `popargs`."""

import pytest

from cherrypy_core.expose import expose
from cherrypy_dispatch import popargs


@pytest.fixture
def target(show):
    """Give the class of an object to go on from."""

    class Target:
        index = show("target.index")
        page = show("target.page")

        def __init__(self, **parts):
            self.parts = parts

        @expose
        def told(self):
            return repr(self.parts).encode()

    return Target


class TestNames:
    def test_the_example_of_the_manual_works(self, site, show):
        @popargs("track_num", "track_title")
        class Track:
            index = show("track")

        @popargs("album_title")
        class Album:
            index = show("album")

            def __init__(self):
                self.tracks = Track()

        @popargs("band_name")
        class Band:
            index = show("band")

            def __init__(self):
                self.albums = Album()

        client = site(Band())
        band = {"band_name": "nirvana"}
        album = {**band, "album_title": "nevermind"}
        track = {**album, "track_num": "06", "track_title": "polly"}
        assert client("/").called == ("band",)
        assert client("/nirvana").called == ("band", band)
        assert client("/nirvana/albums").called == ("album", band)
        assert client("/nirvana/albums/nevermind/").called == ("album", album)
        assert client("/nirvana/albums/nevermind/tracks/06/polly").called == ("track", track)
        track.pop("track_title")
        assert client("/nirvana/albums/nevermind/tracks/06").called == ("track", track)
        assert client("/nirvana/nothing").status == 404
        assert client("/nirvana/albums/nevermind/tracks/06/polly/more").status == 404

    def test_attributes_come_first(self, site, show):
        @popargs("name")
        class Root:
            index = show("index")
            page = show("page")

        client = site(Root())
        assert client("/page").called == ("page",)
        assert client("/page/a").called == ("page", "a")
        assert client("/x/page/a").called == ("page", "a", {"name": "x"})
        assert client("/x").called == ("index", {"name": "x"})
        assert client("/x/index").called == ("index", {"name": "x"})

    def test_a_part_is_popped_once(self, site, show):
        @popargs("name")
        class Root:
            index = show("index")

        assert site(Root())("/x/y").status == 404

    def test_a_default_method_gets_what_is_left(self, site, show):
        @popargs("a", "b")
        class Root:
            index = show("index")
            default = show("default")

        client = site(Root())
        assert client("/").called == ("index",)
        assert client("/1").called == ("index", {"a": "1"})
        assert client("/1/2").called == ("index", {"a": "1", "b": "2"})

    def test_the_query_string_overrides_the_path(self, site, show):
        # The parameters of the query string are read later.
        @popargs("name")
        class Root:
            index = show("index")

        assert site(Root())("/x?name=y&z=1").called == ("index", {"name": "y", "z": "1"})

    def test_values_are_taken_as_they_were_sent(self, site, show):
        @popargs("name")
        class Root:
            index = show("index")

        client = site(Root())
        assert client("/a.b").called == ("index", {"name": "a.b"})
        assert client("/06").called == ("index", {"name": "06"})
        assert client("/__class__").called == ("index", {"name": "__class__"})

    def test_it_may_be_assigned_in_the_class(self, site, show):
        class Root:
            _cp_dispatch = popargs("name")
            index = show("index")

        assert site(Root())("/x").called == ("index", {"name": "x"})

    def test_it_may_be_given_to_a_single_object(self, site, show):
        class Root:
            index = show("index")

        class Node:
            top = Root()

        Node.top._cp_dispatch = popargs("name", handler=Root())
        # Not a method: Python hands no object over to an attribute of an instance.
        assert site(Node())("/top/x").called == ("index", {"name": "x"})

    def test_the_outer_one_of_two_decorators_wins(self, site, show):
        @popargs("outer")
        @popargs("inner")
        class Root:
            index = show("index")

        assert site(Root())("/x").called == ("index", {"outer": "x"})

    def test_without_names_it_takes_nothing(self, site, show):
        @popargs()
        class Root:
            index = show("index")
            page = show("page")

        client = site(Root())
        assert client("/").called == ("index",)
        assert client("/x").status == 404
        assert client("/page").called == ("page",)

    def test_subclasses_inherit_and_override_it(self, site, show):
        @popargs("name")
        class Base:
            index = show("index")

        class Same(Base):
            page = show("page")

        @popargs("other")
        class Other(Base):
            pass

        assert site(Same())("/x/page").called == ("page", {"name": "x"})
        assert site(Other())("/x").called == ("index", {"other": "x"})

    def test_the_class_stays_the_class(self):
        class Root:
            pass

        assert popargs("name")(Root) is Root


class TestHandler:
    def test_it_may_be_an_object(self, site, target):
        @popargs("name", handler=target())
        class Root:
            pass

        client = site(Root())
        assert client("/x").called == ("target.index", {"name": "x"})
        assert client("/x/page/a").called == ("target.page", "a", {"name": "x"})
        assert client("/x/nothing").status == 404

    def test_it_may_be_a_class_which_is_told_the_parts(self, site, target):
        @popargs("a", "b", handler=target)
        class Root:
            pass

        client = site(Root())
        assert client("/1/2/told").text == "{'a': '1', 'b': '2'}"
        # They are no parameters of the request then.
        assert client("/1/2/page/x").called == ("target.page", "x")
        assert client("/1").called == ("target.index",)

    def test_it_may_be_a_function(self, site, target):
        @popargs("a", handler=lambda a: target(a=a.upper()) if a != "none" else None)
        class Root:
            pass

        client = site(Root())
        assert client("/x/told").text == "{'a': 'X'}"
        assert client("/none/told").status == 404

    def test_whatever_can_be_called_is_called_exposed_or_not(self, site, target):
        class Callable(target):
            exposed = True

            def __call__(self, a):
                return target(a=a)

        for handler in (expose(target), expose(lambda a: target(a=a)), Callable()):

            @popargs("a", handler=handler)
            class Root:
                pass

            assert site(Root())("/x/told").text == "{'a': 'x'}"

    def test_a_class_that_does_not_take_the_parts_is_an_error_in_the_program(self, site):
        class Target:
            def __init__(self, other):
                raise AssertionError("it is called with another name")

        @popargs("a", handler=Target)
        class Root:
            pass

        assert site(Root())("/x").status == 500

    def test_other_keyword_arguments_are_refused_by_name(self):
        with pytest.raises(TypeError, match="'handlers'"):
            popargs("a", handlers=None)


def test_outside_of_a_request_the_parts_are_taken_and_forgotten():
    class Root:
        page = "the page"

    root = Root()
    choose = popargs("a", "b")
    path = ["1", "2", "page", "rest"]
    assert choose(root, path) == "the page"
    assert path == ["rest"]
    assert choose(root, ["1"]) is root
    assert choose(root, ["1", "2", "nothing"]) is None
