"""Resources: the path names an object, the HTTP method its method."""

import pytest

from cherrypy_core.errors import HTTPError
from cherrypy_core.expose import expose
from cherrypy_core.serving import request as current_request
from cherrypy_dispatch import Dispatcher, MethodDispatcher, PageHandler, popargs

# ruff: noqa: RUF012  (class attributes that are dicts are the subject)


def tell(tag, *args, **params):
    return repr((tag, *args, *sorted(params.items()))).encode()


class Note:
    exposed = True

    #: None of these is a method of HTTP.
    CONSTANT = 5
    NOTHING = None

    def GET(self, *args, **params):
        return tell("GET", *args, **params)

    def POST(self, text="-"):
        return tell("POST", text)

    def DELETE(self, name):
        return tell("DELETE", name)

    def helper(self):
        raise AssertionError("it is not an HTTP method")

    def _PRIVATE(self):
        raise AssertionError("it is private")

    def __SPECIAL__(self):
        raise AssertionError("it is special")


class Own:
    exposed = True

    def HEAD(self):
        current_request.response_served.headers["X-Head"] = "own"
        return b""

    def GET(self):
        raise AssertionError("there is a HEAD")

    def OPTIONS(self, **params):
        return tell("OPTIONS", **params)

    def PROPFIND(self):
        return tell("PROPFIND")


class Hidden:
    note = Note()

    def GET(self):
        raise AssertionError("the object is not exposed")


@expose
class Root:
    note = Note()
    own = Own()
    hidden = Hidden()

    def GET(self, *args):
        return tell("root", *args)


class Bare:
    note = Note()
    hidden = Hidden()


@pytest.fixture
def client(site):
    return site(Root(), {"/": {"request.dispatch": MethodDispatcher()}})


@pytest.fixture
def bare(site):
    return site(Bare(), dispatch=MethodDispatcher())


class TestMethods:
    @pytest.mark.parametrize(
        ("method", "url", "text"),
        [
            ("GET", "/", "('root',)"),
            ("GET", "/a/b", "('root', 'a', 'b')"),
            ("GET", "/note", "('GET',)"),
            ("GET", "/note/", "('GET',)"),
            ("GET", "/note/a%2Fb?c=1", "('GET', 'a/b', ('c', '1'))"),
            ("POST", "/note?text=x", "('POST', 'x')"),
            ("POST", "/note/x", "('POST', 'x')"),
            ("DELETE", "/note/x", "('DELETE', 'x')"),
            ("PROPFIND", "/own", "('PROPFIND',)"),
            ("GET", "/hidden/note", "('GET',)"),
        ],
    )
    def test_the_method_of_the_request_is_called(self, client, method, url, text):
        answer = client(url, method)
        assert (answer.status, answer.text) == (200, text)

    def test_parameters_come_from_a_body_too(self, client):
        assert client("/note", "POST", "text=x").text == "('POST', 'x')"

    @pytest.mark.parametrize("path", ["/", "/hidden", "/hidden/x", "/nothing"])
    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
    def test_without_an_exposed_object_there_is_nothing(self, bare, path, method):
        answer = bare(path, method)
        assert answer.status == 404
        assert "Allow" not in answer.headers

    def test_an_exposed_object_above_gets_the_rest_of_the_path(self, client):
        assert client("/hidden/x").text == "('root', 'hidden', 'x')"

    @pytest.mark.parametrize(
        ("url", "method", "body", "status"),
        [
            ("/note", "DELETE", None, 404),
            ("/note/a/b", "DELETE", None, 404),
            ("/note/a?x=1", "DELETE", None, 404),
            ("/note", "POST", "x=1", 400),
            ("/note/a", "POST", "text=1", 400),
        ],
    )
    def test_arguments_have_to_fit(self, client, url, method, body, status):
        answer = client(url, method, body)
        assert answer.status == status
        assert answer.headers["Allow"] == "DELETE, GET, HEAD, POST"

    def test_an_index_is_an_object_like_any_other(self, site):
        class Root:
            exposed = True
            index = Note()

            def PUT(self):
                return tell("PUT")

        client = site(Root(), dispatch=MethodDispatcher())
        assert client("/", "GET").text == "('GET',)"
        assert client("/", "PUT").status == 405
        assert client("/").request.is_index is True

    def test_a_default_is_an_object_like_any_other(self, site):
        class Root:
            default = Note()

        client = site(Root(), dispatch=MethodDispatcher())
        assert client("/a", "GET").text == "('GET', 'a')"
        assert client("/a", "PUT").status == 405

    def test_names_of_the_path_may_be_popped(self, site):
        client = site(popargs("id")(Note)(), dispatch=MethodDispatcher())
        del Note._cp_dispatch
        assert client("/").text == "('GET',)"
        client = site(popargs("id")(type("Sub", (Note,), {}))(), dispatch=MethodDispatcher())
        assert client("/7").text == "('GET', ('id', '7'))"
        assert client("/7", "PUT").status == 405

    def test_the_handler_is_a_page_handler(self, client):
        handler = client("/note/a").request.handler
        assert isinstance(handler, PageHandler)
        assert list(handler.args) == ["a"]

    def test_an_exposed_class_is_no_object(self, site):
        class Root:
            Note = Note

        client = site(Root(), dispatch=MethodDispatcher())
        assert client("/Note", "DELETE").status == 500

    def test_objects_may_make_their_methods_up(self, site):
        class Proxy:
            exposed = True

            def __getattr__(self, name):
                if name in {"GET", "REPORT"}:
                    return lambda: tell(name)
                raise AttributeError(name)

            def __dir__(self):
                return ["GET", "REPORT", "MISSING"]

        client = site(Proxy(), dispatch=MethodDispatcher())
        assert client("/", "REPORT").text == "('REPORT',)"
        assert client("/", "PUT").headers["Allow"] == "GET, HEAD, REPORT"


class TestAllow:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS", "PATCH", "X"])
    def test_every_response_says_what_there_is(self, client, method):
        answer = client("/note", method)
        assert answer.headers["Allow"] == "DELETE, GET, HEAD, POST"

    def test_methods_beyond_http_are_in_it(self, client):
        assert client("/own", "PUT").headers["Allow"] == "GET, HEAD, OPTIONS, PROPFIND"

    def test_there_is_no_head_without_get(self, site):
        class Root:
            exposed = True

            def POST(self):
                return b""

        client = site(Root(), dispatch=MethodDispatcher())
        assert client("/", "POST").headers["Allow"] == "POST"
        assert client("/", "HEAD").status == 405
        assert client("/", "OPTIONS").headers["Allow"] == "POST"

    def test_an_object_without_methods_allows_none(self, site):
        class Root:
            exposed = True

        answer = site(Root(), dispatch=MethodDispatcher())("/")
        assert (answer.status, answer.headers["Allow"]) == (405, "")

    def test_changes_of_the_object_are_seen(self, site):
        class Root:
            exposed = True

            def GET(self):
                return b""

        root = Root()
        client = site(root, dispatch=MethodDispatcher())
        assert client("/", "PUT").status == 405
        Root.PUT = lambda self: b"put"
        assert client("/", "PUT").text == "put"
        root.POST = lambda: b"post"
        assert client("/", "POST").headers["Allow"] == "GET, HEAD, POST, PUT"
        del Root.PUT
        assert client("/", "PUT").status == 405


class TestMissing:
    @pytest.mark.parametrize(
        "method", ["PUT", "PATCH", "PROPFIND", "X", "CONSTANT", "NOTHING", "M-SEARCH"]
    )
    def test_a_method_that_the_object_lacks_is_a_405(self, client, method):
        assert client("/note", method).status == 405

    @pytest.mark.parametrize(
        "method", ["helper", "_PRIVATE", "__SPECIAL__", "__INIT__", "__class__", "1", "!", "-"]
    )
    def test_no_method_of_a_request_reaches_what_is_not_meant_for_it(self, client, method):
        assert client("/note", method).status == 405

    def test_a_property_that_is_no_method_does_no_harm(self, site):
        class Root:
            exposed = True

            def GET(self):
                return b"get"

            @property
            def MISSING(self):
                raise AttributeError("MISSING")

        client = site(Root(), dispatch=MethodDispatcher())
        assert client("/").headers["Allow"] == "GET, HEAD"
        assert client("/", "MISSING").status == 405


class TestHeadAndOptions:
    def test_head_is_served_by_get_without_its_body(self, client):
        answer = client("/note/a?b=1", "HEAD")
        assert (answer.status, answer.text) == (200, "")
        assert answer.headers["Content-Length"] == str(len("('GET', 'a', ('b', '1'))"))

    def test_an_own_head_comes_first(self, client):
        answer = client("/own", "HEAD")
        assert answer.status == 200
        assert answer.headers["X-Head"] == "own"

    @pytest.mark.parametrize("url", ["/note", "/note/", "/note?a=1", "/note/x/y?a=1&text=2"])
    def test_options_is_answered_with_the_allow_header(self, client, url):
        answer = client(url, "OPTIONS")
        assert (answer.status, answer.text) == (200, "")
        assert answer.headers["Allow"] == "DELETE, GET, HEAD, POST"
        assert answer.headers["Content-Length"] == "0"

    def test_an_own_options_comes_first(self, client):
        answer = client("/own?a=1", "OPTIONS")
        assert answer.text == "('OPTIONS', ('a', '1'))"

    def test_hooks_run_for_the_answer_to_options(self, site):
        def refuse():
            raise HTTPError(401)

        client = site(
            Root(),
            {"/note": {"hooks.before_handler": refuse}},
            MethodDispatcher(),
        )
        assert client("/note", "OPTIONS").status == 401
        assert client("/own", "OPTIONS").status == 200


class TestConfiguration:
    @pytest.fixture
    def tree(self):
        class Resource:
            exposed = True
            _cp_config = {"who": "resource", "resource": 1}

            def GET(self, *args):
                return b""

            def POST(self):
                return b""

            GET._cp_config = {"who": "GET", "GET": 1}

        class Root:
            resource = Resource()

        return Root()

    def test_that_of_the_method_comes_last(self, site, tree):
        client = site(tree, {"/resource": {"who": "/resource"}}, MethodDispatcher())
        assert client("/resource").config == {"who": "GET", "resource": 1, "GET": 1}
        assert client("/resource/a").config == {"who": "GET", "resource": 1, "GET": 1}
        assert client("/resource", "HEAD").config == {"who": "GET", "resource": 1, "GET": 1}
        assert client("/resource", "POST").config == {"who": "/resource", "resource": 1}
        assert client("/resource", "PUT").config == {"who": "/resource", "resource": 1}

    def test_edits_count_from_the_next_request_on(self, site, tree):
        client = site(tree, dispatch=MethodDispatcher())
        config = tree.resource.GET._cp_config
        assert client("/resource").config["GET"] == 1
        config["GET"] = 2
        assert client("/resource").config["GET"] == 2
        config.clear()
        assert "GET" not in client("/resource").config

    def test_hooks_of_the_method_run(self, site, tree):
        def refuse():
            raise HTTPError(401)

        tree.resource.GET._cp_config["hooks.before_handler"] = refuse
        client = site(tree, dispatch=MethodDispatcher())
        assert client("/resource").status == 401
        assert client("/resource", "POST").status == 200

    def test_a_find_handler_that_sets_the_configuration_itself_is_completed(self, site, tree):
        class Setting(MethodDispatcher):
            def find_handler(self, path):
                current_request.config = {"own": 1, "who": "own"}
                return tree.resource, []

        client = site(tree, dispatch=Setting())
        assert client("/anything").config == {"own": 1, "who": "GET", "GET": 1}
        assert client("/anything", "POST").config == {"own": 1, "who": "own"}

    def test_a_find_handler_that_looks_at_the_configuration_does_no_harm(self, site, tree):
        seen = []

        class Looking(MethodDispatcher):
            def find_handler(self, path):
                found = super().find_handler(path)
                seen.append(current_request.config["who"])
                return found

        client = site(tree, dispatch=Looking())
        assert client("/resource").config == {"who": "GET", "resource": 1, "GET": 1}
        assert seen == ["resource"]

    def test_it_may_serve_a_part_of_the_tree_only(self, site):
        class Tree:
            note = Note()

            @expose
            def page(self):
                return b"page"

        client = site(Tree(), {"/note": {"request.dispatch": MethodDispatcher()}})
        assert client("/page").text == "page"
        assert client("/page", "PUT").text == "page"
        assert client("/note", "PUT").status == 405
        assert client("/note/a").text == "('GET', 'a')"

    def test_it_takes_the_arguments_of_the_dispatcher(self, site):
        class Root:
            note = Note()

            def choose(self, vpath):
                vpath.pop(0)
                return self.note

        dispatcher = MethodDispatcher("choose", translate={ord("z"): "note"})
        client = site(Root(), dispatch=dispatcher)
        assert client("/x").text == "('GET',)"
        assert client("/z").text == "('GET',)"
        assert isinstance(dispatcher, Dispatcher)
