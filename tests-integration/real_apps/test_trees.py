"""A tree of one's own, `_cptree.Tree()`, as a WSGI application (file hosting, management)."""

import cherrypy
from cherrypy._cptree import Tree
from cherrypy_testing import Client


class Api:
    @cherrypy.expose
    def version(self):
        return cherrypy.url("/version")


class Shell:
    @cherrypy.expose
    def index(self):
        return "the web client"


def build():
    """Return a server object as such applications make it: a tree with what it has mounted."""
    tree = Tree()
    tree.mount(Shell(), "", {"/": {"tools.encode.on": True}})
    tree.apps["/api"] = cherrypy.Application(
        Api(), "/api", {"/": {"request.show_tracebacks": False}}
    )
    tree.graft(plain, "/plain")
    return tree


def plain(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["SCRIPT_NAME"].encode()]


def test_a_tree_is_a_wsgi_application():
    client = Client(build(), strict=True)
    assert client.get("/").text == "the web client"
    assert client.get("/api/version").text == "http://localhost/api/version"
    assert client.get("/plain/x").text == "/plain"


def test_its_applications_can_be_looked_at():
    tree = build()
    assert sorted(tree.apps) == ["", "/api", "/plain"]
    api = tree.apps["/api"]
    assert isinstance(api.root, Api)
    assert (api.script_name, api.config["/"]) == ("/api", {"request.show_tracebacks": False})
    assert tree.script_name("/api/version") == "/api"


def test_it_is_another_one_than_the_sites():
    build()
    assert "/api" not in cherrypy.tree.apps


def test_it_can_be_grafted_into_another_one():
    cherrypy.tree.graft(build(), "")
    assert Client(cherrypy.tree).get("/api/version").text == "http://localhost/api/version"
