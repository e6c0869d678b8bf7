"""Where paths lead: attributes, `index`, `default`, what is left of the path."""

import operator
import string
from types import ModuleType

import pytest

from cherrypy_core.expose import expose
from cherrypy_core.serving import request as current_request
from cherrypy_dispatch import Dispatcher, punctuation_to_underscores, validate_translator


@pytest.fixture
def tree(show):
    """A tree with every kind of node in it."""

    class Leaf:
        index = show("leaf.index")
        page = show("leaf.page")

        def hidden(self):
            raise AssertionError("it is not exposed")

    class Plain:
        leaf = Leaf()

    class WithDefault:
        leaf = Leaf()
        default = show("withdefault.default")

    class WithBoth:
        leaf = Leaf()
        index = show("both.index")
        default = show("both.default")

    class Root:
        index = show("root.index")
        page = show("root.page")
        leaf = Leaf()
        plain = Plain()
        withdefault = WithDefault()
        both = WithBoth()

        def hidden(self):
            raise AssertionError("it is not exposed")

    return Root()


class TestObjects:
    @pytest.mark.parametrize("path", ["", "/", "//", "///"])
    def test_the_root_is_served_by_its_index(self, site, tree, path):
        answer = site(tree)(path)
        assert answer.called == ("root.index",)
        assert answer.request.is_index is True

    @pytest.mark.parametrize(
        ("path", "called"),
        [
            ("/page", ("root.page",)),
            ("/page/a", ("root.page", "a")),
            ("/page/a/b/c", ("root.page", "a", "b", "c")),
            ("/index", ("root.index",)),
            ("/index/a", ("root.index", "a")),
            ("/leaf", ("leaf.index",)),
            ("/leaf/index", ("leaf.index",)),
            ("/leaf/page", ("leaf.page",)),
            ("/leaf/page/a", ("leaf.page", "a")),
            ("/plain/leaf", ("leaf.index",)),
            ("/plain/leaf/page/a/b", ("leaf.page", "a", "b")),
            ("/withdefault", ("withdefault.default",)),
            ("/withdefault/a", ("withdefault.default", "a")),
            ("/withdefault/a/b", ("withdefault.default", "a", "b")),
            ("/withdefault/leaf", ("leaf.index",)),
            ("/withdefault/leaf/a", ("withdefault.default", "leaf", "a")),
            ("/withdefault/leaf/hidden", ("withdefault.default", "leaf", "hidden")),
            ("/withdefault/leaf/page/a", ("leaf.page", "a")),
            ("/withdefault/default", ("withdefault.default",)),
            ("/withdefault/default/a", ("withdefault.default", "a")),
            ("/both", ("both.index",)),
            ("/both/a", ("both.default", "a")),
            ("/both/index/a", ("both.index", "a")),
        ],
    )
    def test_the_deepest_pagehandler_gets_the_rest_of_the_path(self, site, tree, path, called):
        assert site(tree)(path).called == called

    @pytest.mark.parametrize(
        "path",
        ["/nothing", "/nothing/at/all", "/leaf/nothing", "/plain", "/plain/nothing", "/plain/"],
    )
    def test_a_path_without_pagehandler_is_a_404(self, site, tree, path):
        answer = site(tree)(path)
        assert answer.status == 404
        assert path in answer.text
        assert answer.request.is_index is None

    @pytest.mark.parametrize(
        "path", ["/hidden", "/hidden/a", "/leaf/hidden", "/plain/leaf/hidden"]
    )
    def test_what_is_not_exposed_is_not_served(self, site, tree, path):
        assert site(tree)(path).status == 404

    def test_a_default_of_the_root_gets_every_path_that_nothing_else_serves(self, site, show):
        class Leaf:
            index = show("leaf.index")

        class Root:
            leaf = Leaf()
            default = show("default")

        client = site(Root())
        assert client("/").called == ("default",)
        assert client("/a/b").called == ("default", "a", "b")
        assert client("/leaf/a").called == ("default", "leaf", "a")
        assert client("/leaf").called == ("leaf.index",)

    def test_a_default_that_is_not_exposed_is_passed_over(self, site, show):
        class Node:
            def default(self, *args):
                raise AssertionError("it is not exposed")

        class Root:
            node = Node()
            default = show("root.default")

        assert site(Root())("/node/a").called == ("root.default", "node", "a")

    def test_a_default_may_be_an_object_that_can_be_called(self, site, show):
        class Default:
            exposed = True
            __call__ = show("called")

        class Root:
            default = Default()

        assert site(Root())("/a/b").called == ("called", "a", "b")

    @pytest.mark.parametrize("depth", [1, 2, 5, 20, 200])
    def test_objects_are_found_at_every_depth(self, site, show, depth):
        class Node:
            index = show("index")
            page = show("page")

        root = node = Node()
        for _ in range(depth):
            node.sub = node = Node()
        client = site(root)
        path = "/sub" * depth
        assert client(path).called == ("index",)
        assert client(path).request.is_index is True
        assert client(f"{path}/page/a").called == ("page", "a")
        assert client(f"{path}/nothing").status == 404

    def test_an_application_without_root_answers_404(self, site):
        assert site(None)("/").status == 404
        assert site(None)("/a/b").status == 404

    def test_a_function_may_be_the_root(self, site):
        root = expose(lambda *args: "-".join(args).encode())
        assert site(root)("/a/b").text == "a-b"
        assert site(root)("/").text == ""

    def test_changes_of_the_tree_count_from_the_next_request_on(self, site, show):
        class Root:
            pass

        root = Root()
        client = site(root)
        assert client("/new").status == 404
        Root.new = show("new")
        assert client("/new").called == ("new",)
        Root.new.exposed = False
        assert client("/new").status == 404
        del Root.new
        root.new = Root()
        assert client("/new").status == 404
        Root.index = show("index")
        assert client("/new").called == ("index",)
        client.app.root = None
        assert client("/new").status == 404


class TestCallables:
    def test_an_exposed_object_is_called(self, site, show):
        class Leaf:
            index = show("leaf.index")

        class Callable:
            exposed = True
            sub = Leaf()
            __call__ = show("called")

        class Root:
            node = Callable()

        client = site(Root())
        assert client("/node").called == ("called",)
        assert client("/node").request.is_index is False
        assert client("/node/a?b=1").called == ("called", "a", {"b": "1"})
        assert client("/node/sub").called == ("leaf.index",)

    def test_the_index_of_an_exposed_object_comes_first(self, site, show):
        class Callable:
            exposed = True
            index = show("index")
            __call__ = show("called")

        client = site(Callable())
        assert client("/").called == ("index",)
        assert client("/a").called == ("called", "a")

    def test_an_object_that_can_be_called_but_is_not_exposed_is_no_pagehandler(self, site, show):
        class Callable:
            __call__ = show("called")

        class Root:
            node = Callable()

        assert site(Root())("/node").status == 404

    def test_an_exposed_class_is_called_and_its_instance_is_the_body(self, site):
        class Root:
            @expose
            class Report:
                def __init__(self, name, size="1"):
                    self.parts = [name, size]

                def __iter__(self):
                    return iter(part.encode() for part in self.parts)

        client = site(Root())
        assert client("/Report/a").text == "a1"
        assert client("/Report/a?size=2").text == "a2"
        assert client("/Report").status == 404
        assert client("/Report/a?colour=2").status == 404

    def test_static_methods_and_class_methods_are_pagehandlers(self, site):
        class Root:
            @staticmethod
            @expose
            def static(name):
                return name.encode()

            @classmethod
            @expose
            def of_class(cls, name):
                return (cls.__name__ + name).encode()

        assert site(Root())("/static/a").text == "a"
        assert site(Root())("/of_class/a").text == "Roota"

    def test_exposed_as_an_attribute_is_as_good_as_the_decorator(self, site):
        class Root:
            def page(self):
                return b"page"

            page.exposed = True
            function = staticmethod(lambda: b"function")

        root = Root()
        root.function.exposed = True
        assert site(root)("/page").text == "page"
        assert site(root)("/function").text == "function"

    def test_the_method_of_a_class_that_nobody_instantiated_is_an_error_in_the_program(self, site):
        class Root:
            class Node:
                @expose
                def index(self):
                    return b""

        assert site(Root())("/Node").status == 500


class TestNames:
    @pytest.mark.parametrize("mark", sorted(set(string.punctuation) - set("/?_")))
    def test_punctuation_in_a_path_is_an_underscore_in_a_name(self, site, show, mark):
        class Root:
            robots_txt = show("robots")

        assert site(Root())(f"/robots{mark}txt").called == ("robots",)

    def test_what_is_left_of_the_path_is_not_translated(self, site, show):
        class Root:
            default = show("default")

        assert site(Root())("/a.b/c-d").called == ("default", "a.b", "c-d")

    def test_a_slash_that_the_server_left_quoted_arrives_as_a_slash(self, site, show):
        class Root:
            default = show("default")
            page = show("page")

        client = site(Root())
        assert client("/page/a%2Fb/c").called == ("page", "a/b", "c")
        assert client("/%2F").called == ("default", "/")

    def test_empty_parts_of_a_path_do_not_count(self, site, tree):
        client = site(tree)
        assert client("//page///a//b").called == ("root.page", "a", "b")
        assert client("/leaf//").called == ("leaf.index",)

    def test_names_may_be_those_of_other_languages(self, site, show):
        class Root:
            pass

        name = "größe"
        setattr(Root, name, show("size"))
        # As a server passes it on: each character stands for a byte (PEP 3333).
        path = "/größe/größe".encode().decode("latin-1")
        assert site(Root())(path).called == ("size", "größe")

    @pytest.mark.parametrize("path", ["/\udcff", "/a\x00b", "/\uffff", "/ ", "/\n", "/\\"])
    def test_strange_characters_are_no_error(self, site, tree, path):
        assert site(tree)(path).status == 404

    def test_a_table_of_ones_own_translates_letters_too(self, site, show):
        class Root:
            abc = show("abc")
            home = show("home")

        table = {ord("z"): "abc", ord("-"): None, **dict(zip(b"index", "home_", strict=False))}
        client = site(Root(), dispatch=Dispatcher(translate=table))
        assert client("/z").called == ("abc",)
        assert client("/a-b-c").called == ("abc",)
        assert client("/a.b.c").status == 404

    def test_a_table_may_not_lead_to_special_names(self, site, show):
        class Root:
            index = show("index")

        client = site(Root(), dispatch=Dispatcher(translate={ord("z"): "__class__"}))
        assert client("/z/index").status == 404

    @pytest.mark.parametrize("table", ["abc", None, [], 5])
    def test_a_table_has_to_be_a_dict(self, table):
        with pytest.raises(ValueError, match="dict"):
            Dispatcher(translate=table)
        with pytest.raises(ValueError, match="dict"):
            validate_translator(table)

    def test_the_default_table_has_all_punctuation(self):
        assert string.punctuation.translate(punctuation_to_underscores) == "_" * 32
        assert Dispatcher().translate is punctuation_to_underscores
        validate_translator(punctuation_to_underscores)

    @pytest.mark.parametrize(
        "path",
        [
            "/__class__",
            "/__class__/index",
            "/__dict__",
            "/__init__",
            "/index/__func__",
            "/index/__self__/index",
            "/leaf/__class__/index",
            "/--class--",
            "/..class..",
            "/..class../index",
        ],
    )
    def test_special_names_of_python_cannot_be_reached(self, site, path):
        class Leaf:
            @expose
            def index(self):
                return b"leaf"

        class Root:
            leaf = Leaf()

            @expose
            def index(self):
                return b"index"

        Root.index.__func__ = Root.index
        assert site(Root())(path).status == 404

    def test_special_names_are_ordinary_arguments(self, site, show):
        class Root:
            default = show("default")

        assert site(Root())("/__class__/__init__").called == ("default", "__class__", "__init__")

    def test_a_private_name_is_served_if_it_is_exposed(self, site, show):
        class Root:
            _page = show("private")

            def _hidden(self):
                raise AssertionError("it is not exposed")

        assert site(Root())("/_page").called == ("private",)
        assert site(Root())("/-page").called == ("private",)
        assert site(Root())("/_hidden").status == 404


class TestIsIndex:
    @pytest.mark.parametrize(
        ("path", "is_index"),
        [
            ("/", True),
            ("/index", False),
            ("/index/", False),
            ("/page", False),
            ("/page/", False),
            ("/page/a", False),
            ("/page/a/", False),
            ("/leaf", True),
            ("/leaf/", True),
            ("/leaf/index", False),
            ("/leaf/page/", False),
            # Whether a default method is the index of anything cannot be known; it is
            # taken to be what the client believes.
            ("/withdefault", False),
            ("/withdefault/", True),
            ("/withdefault/a", False),
            ("/withdefault/a/", True),
        ],
    )
    def test_only_the_index_of_an_object_is_an_index(self, site, tree, path, is_index):
        answer = site(tree)(path)
        assert answer.status == 200
        assert answer.request.is_index is is_index


class Everything:
    """Has every attribute that anybody asks for, as some proxies do."""

    def __getattr__(self, name):
        return Everything()


class Himself:
    """Is every attribute of his own."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __call__(self, *args):
        return b"%d" % len(args)


class TestStrangeNodes:
    @pytest.mark.parametrize(
        "node",
        [None, "text", 5, {"a": 1}, [1], (), len, "x".upper, int, operator, ModuleType("m")],
        # Not repr: an address in a name keeps pytest-xdist from matching its workers' tests.
        ids=lambda node: type(node).__name__,
    )
    @pytest.mark.parametrize("path", ["/node", "/node/", "/node/upper", "/node/a/b", "/node/real"])
    def test_what_is_no_node_leads_nowhere(self, site, show, node, path):
        class Root:
            pass

        root = Root()
        root.node = node
        assert site(root)(path).status == 404
        Root.default = show("default")
        assert site(root)(path).called == ("default", *path.strip("/").split("/"))

    @pytest.mark.parametrize(
        "root", [5, "text", {}, [], len, object()], ids=lambda root: type(root).__name__
    )
    def test_what_is_no_node_may_even_be_the_root(self, site, root):
        for path in ("/", "/upper", "/keys", "/a/b"):
            assert site(root)(path).status == 404

    def test_a_module_is_a_node_like_any_other(self, site):
        module = ModuleType("module")
        module.index = expose(lambda: b"index")

        class Root:
            pass

        root = Root()
        root.module = module
        assert site(root)("/module").text == "index"

    def test_an_object_that_has_every_attribute_can_be_served(self, site):
        class Root:
            himself = Himself()

        # `default` and `exposed` are among the attributes that there are.
        client = site(Root())
        assert client("/himself").text == "0"
        assert client("/himself/a/b").text == "0"

    def test_an_object_whose_attributes_cannot_be_called_is_an_error_in_the_program(self, site):
        class Root:
            everything = Everything()

        assert site(Root())("/everything").status == 500

    def test_an_object_that_has_none_for_every_attribute_is_empty(self, site):
        class Nothing:
            def __getattr__(self, name):
                return None

        class Root:
            nothing = Nothing()

        for path in ("/nothing", "/nothing/", "/nothing/a/b"):
            assert site(Root())(path).status == 404

    def test_a_property_that_fails_is_a_500(self, site, show):
        class Root:
            index = show("index")

            @property
            def broken(self):
                raise ValueError("broken")

            @property
            def missing(self):
                raise AttributeError("missing")

        assert site(Root())("/broken").status == 500
        assert site(Root())("/missing").status == 404
        assert site(Root())("/").status == 200

    def test_objects_may_lead_to_each_other_in_a_circle(self, site, show):
        class Node:
            index = show("index")

        root, child = Node(), Node()
        root.child, child.parent = child, root
        assert site(root)("/child/parent/child/parent").called == ("index",)


class TestFindHandler:
    def test_outside_of_an_application_nothing_is_found(self):
        assert Dispatcher().find_handler("/a/b") == (None, [])

    def test_a_dispatcher_without_application_answers_that_nothing_was_found(self):
        Dispatcher()("/a/b")
        assert current_request.handler.code == 404
