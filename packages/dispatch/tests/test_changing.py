"""Trees that change while they are being served."""

import threading

import pytest

from cherrypy_core.expose import expose
from cherrypy_dispatch import Dispatcher, MethodDispatcher

# ruff: noqa: RUF012  (class attributes that are dicts are the subject)


def test_pages_come_and_go(site, show):
    class Root:
        pass

    root = Root()
    client = site(root)
    assert client("/page").status == 404
    Root.page = show("class")
    assert client("/page").called == ("class",)
    root.page = expose(lambda: b"instance")
    assert client("/page").text == "instance"
    del root.page
    assert client("/page").called == ("class",)
    Root.default = show("default")
    del Root.page
    assert client("/page").called == ("default", "page")


def test_objects_come_and_go(site, show):
    class Part:
        index = show("index")
        _cp_config = {"x.a": 1}

    class Root:
        default = show("default")

    root = Root()
    client = site(root)
    assert client("/a/b").called == ("default", "a", "b")
    root.a = Part()
    assert client("/a/").called == ("index",)
    assert client("/a/").config == {"x.a": 1}
    root.a.b = Part()
    assert client("/a/b/").called == ("index",)
    root.a._cp_config = {"x.a": 2}
    assert client("/a/").config == {"x.a": 2}
    assert client("/a/b/").config == {"x.a": 1}
    del root.a
    assert client("/a/b").called == ("default", "a", "b")
    assert client("/a/b").config == {}


def test_what_is_exposed_may_be_hidden_again(site, show):
    class Root:
        page = show("page")

    client = site(Root())
    assert client("/page").status == 200
    Root.page.exposed = False
    assert client("/page").status == 404
    del Root.page.exposed
    assert client("/page").status == 404


def test_another_root_is_served_at_once(site, show):
    one, two = type("One", (), {"index": show(1)}), type("Two", (), {"index": show(2)})
    client = site(one())
    assert client("/").called == (1,)
    client.app.root = two()
    assert client("/").called == (2,)
    client.app.root = None
    assert client("/").status == 404


def test_methods_of_resources_come_and_go(site):
    class Note:
        exposed = True

    client = site(Note(), dispatch=MethodDispatcher())
    assert client("/").headers["Allow"] == ""
    Note.GET = lambda self: b"read"
    assert client("/").text == "read"
    Note.PUT = lambda self: b"written"
    assert client("/", "PUT").headers["Allow"] == "GET, HEAD, PUT"
    del Note.GET
    assert client("/").status == 405


def test_the_way_through_the_tree_may_change(site, show):
    class Root:
        page = show("page")

    root = Root()
    client = site(root)
    assert client("/x/page").status == 404
    Root._cp_dispatch = lambda self, vpath: vpath.pop(0) and self
    assert client("/x/page").called == ("page",)
    del Root._cp_dispatch
    assert client("/x/page").status == 404


@pytest.mark.parametrize("dispatcher", [Dispatcher, MethodDispatcher])
def test_threads_may_change_what_others_are_being_served(site, dispatcher):
    class Part:
        exposed = True
        _cp_config = {"x.a": 1}

        def __call__(self):
            return b"called"

        def GET(self):
            return b"read"

    class Root:
        pass

    root = Root()
    client = site(root, dispatch=dispatcher())
    over = threading.Event()

    def change():
        while not over.is_set():
            root.part = Part()
            root.part._cp_config = {"x.a": 2}
            del root.part

    changing = threading.Thread(target=change)
    changing.start()
    statuses = set()
    try:
        for _ in range(300):
            statuses.add(client("/part/").status)
    finally:
        over.set()
        changing.join()
    assert statuses <= {200, 404}
    root.part = Part()
    assert client("/part/").status == 200
