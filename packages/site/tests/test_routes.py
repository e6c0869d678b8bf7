"""What a site tells about its page handlers."""

from __future__ import annotations

from cherrypy_core.expose import expose
from cherrypy_dispatch.methods import MethodDispatcher
from cherrypy_dispatch.popargs import popargs


class Entry:
    exposed = True

    def GET(self, key: int, lang: str = "en"):
        return ""

    def PUT(self, key, *, text):
        return ""

    def helper(self):
        return ""


@popargs("year")
class Archive:
    @expose
    def index(self, year=None):
        return ""


class Blog:
    entry = Entry()
    archive = Archive()
    number = 5
    names = ("a", "b")

    def __init__(self, parent=None):
        self.parent = parent

    @expose
    def index(self):
        return ""

    @expose
    def default(self, *path, **query) -> str:
        return ""

    @expose
    def list_all(self, page: int = 1):
        return ""

    def hidden(self):
        return ""


class Root:
    def __init__(self):
        self.blog = Blog(self)

    @expose
    def index(self):
        return ""


def paths(site):
    return [(path, arguments) for path, arguments, _ in site.routes()]


def test_the_page_handlers_are_told_with_their_arguments(site):
    site.tree.mount(Root(), "/app")
    assert paths(site) == [
        ("/app/", "()"),
        ("/app/blog/", "()"),
        ("/app/blog/archive/{...}", ""),
        ("/app/blog/archive/", "(year=None)"),
        ("/app/blog/...", "(*path, **query)"),
        ("/app/blog/entry", "GET (key, lang='en')"),
        ("/app/blog/entry", "PUT (key, *, text)"),
        ("/app/blog/list_all", "(page=1)"),
    ]


def test_the_names_say_where_the_code_is(site):
    site.tree.mount(Root())
    names = {path: name for path, _, name in site.routes()}
    assert names["/"].endswith("test_routes.Root.index")
    assert names["/blog/entry"].endswith("test_routes.Entry")


def test_foreign_applications_are_told_as_such(site):
    def app(environ, start_response):
        return []

    site.tree.graft(app, "/other")
    ((path, arguments, name),) = site.routes()
    assert (path, arguments) == ("/other/...", "")
    assert name.startswith("WSGI: ")


def test_an_object_that_answers_itself_is_told(site):
    class Callable:
        exposed = True

        def __call__(self, x):
            return ""

    class Holder:
        page = Callable()

    site.tree.mount(Holder(), "", {"/": {"request.dispatch": MethodDispatcher()}})
    assert paths(site) == [("/page", "(x)")]
