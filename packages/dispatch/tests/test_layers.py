"""Which configuration a request gets: `_cp_config` of the objects, sections of the paths."""

# ruff: noqa: RUF012  (class attributes that are dicts are the subject)

import time
from random import Random

import pytest

from cherrypy_core.expose import expose
from cherrypy_core.hooks import Hook
from cherrypy_core.serving import request as current_request
from cherrypy_dispatch import Dispatcher


@pytest.fixture
def tree(show):
    """A tree whose nodes have configuration; `who` tells which of them came last."""

    class Leaf:
        _cp_config = {"who": "leaf", "leaf": 1}
        index = show("leaf.index")
        index._cp_config = {"who": "leaf.index", "leaf.index": 1}
        page = show("leaf.page")
        page._cp_config = {"who": "leaf.page", "leaf.page": 1}
        bare = show("leaf.bare")

    class Node:
        leaf = Leaf()
        page = show("node.page")

    class WithDefault:
        _cp_config = {"who": "withdefault", "withdefault": 1}
        default = show("default")
        default._cp_config = {"who": "default", "default": 1}
        leaf = Leaf()

    class Root:
        _cp_config = {"who": "root", "root": 1}
        index = show("root.index")
        node = Node()
        withdefault = WithDefault()

    return Root()


class TestObjects:
    @pytest.mark.parametrize(
        ("path", "who", "keys"),
        [
            ("/", "root", "root"),
            ("/node/page", "root", "root"),
            ("/node/leaf", "leaf.index", "root leaf leaf.index"),
            ("/node/leaf/", "leaf.index", "root leaf leaf.index"),
            ("/node/leaf/index", "leaf.index", "root leaf leaf.index"),
            ("/node/leaf/page", "leaf.page", "root leaf leaf.page"),
            ("/node/leaf/page/a/b", "leaf.page", "root leaf leaf.page"),
            ("/node/leaf/bare", "leaf", "root leaf"),
            ("/node/leaf/nothing", "leaf", "root leaf"),
            ("/nothing", "root", "root"),
            ("/withdefault", "default", "root withdefault default"),
            ("/withdefault/a/b", "default", "root withdefault default"),
            ("/withdefault/leaf", "leaf.index", "root withdefault leaf leaf.index"),
        ],
    )
    def test_deeper_objects_override_those_above(self, site, tree, path, who, keys):
        config = site(tree)(path).config
        assert config.pop("who") == who
        assert set(config) == set(keys.split())

    def test_the_configuration_of_a_default_method_comes_directly_after_its_object(
        self, site, tree
    ):
        # The path goes on from there to another object, which does not serve it.
        config = site(tree)("/withdefault/leaf/nothing").config
        assert config["who"] == "leaf"
        assert config["default"] == config["leaf"] == 1

    def test_the_configuration_may_be_an_attribute_of_the_instance(self, site, tree):
        tree.node._cp_config = {"who": "instance"}
        assert site(tree)("/node/page").config["who"] == "instance"

    def test_the_global_configuration_is_below_all_others(self, site, tree):
        client = site(tree, who="global", site=1)
        assert client("/").config == {"who": "root", "site": 1, "root": 1}

    @pytest.mark.parametrize("empty", [{}, None])
    def test_an_empty_configuration_changes_nothing(self, site, tree, empty):
        tree.node._cp_config = empty
        assert site(tree)("/node/page").config == {"who": "root", "root": 1}

    def test_an_exposed_class_brings_its_configuration(self, site):
        class Root:
            @expose
            class Page:
                _cp_config = {"page": 1}

                def __iter__(self):
                    return iter([b"page"])

        assert site(Root())("/Page").config == {"page": 1}


SECTIONS = {
    "/": {"who": "/", "/": 1},
    "/node": {"who": "/node", "/node": 1},
    "/node/leaf": {"who": "/node/leaf", "/node/leaf": 1},
    "/node/leaf/index": {"who": "/node/leaf/index", "/node/leaf/index": 1},
    "/node/leaf/page/a": {"who": "/node/leaf/page/a", "/node/leaf/page/a": 1},
    "/nothing/here": {"who": "/nothing/here", "/nothing/here": 1},
    "/withdefault/default": {"who": "/withdefault/default", "/withdefault/default": 1},
    "/a.b": {"who": "/a.b"},
    "Database": {"who": "Database"},
}


class TestSections:
    @pytest.mark.parametrize(
        ("path", "who", "sections"),
        [
            ("/", "/", "/"),
            ("/index", "/", "/"),
            ("/node/page", "/node", "/ /node"),
            ("/node/page/a", "/node", "/ /node"),
            ("/node/leaf", "/node/leaf/index", "/ /node /node/leaf /node/leaf/index"),
            ("/node/leaf/", "/node/leaf/index", "/ /node /node/leaf /node/leaf/index"),
            ("//node//leaf", "/node/leaf/index", "/ /node /node/leaf /node/leaf/index"),
            ("/node/leaf/index", "/node/leaf/index", "/ /node /node/leaf /node/leaf/index"),
            # The page's own configuration is deeper than the section of the object.
            ("/node/leaf/page", "leaf.page", "/ /node /node/leaf"),
            ("/node/leaf/page/a", "/node/leaf/page/a", "/ /node /node/leaf /node/leaf/page/a"),
            ("/node/leaf/page/ab", "leaf.page", "/ /node /node/leaf"),
            ("/nothing", "/", "/"),
            ("/nothing/here", "/nothing/here", "/ /nothing/here"),
            ("/nothing/here/too", "/nothing/here", "/ /nothing/here"),
            ("/a.b", "/a.b", "/"),
            ("/a_b", "/", "/"),
            # The section is for a path that says so, not for the method.
            ("/withdefault/a", "default", "/"),
            ("/withdefault/default", "/withdefault/default", "/ /withdefault/default"),
        ],
    )
    def test_sections_override_the_objects_of_their_path(self, site, tree, path, who, sections):
        config = site(tree, SECTIONS)(path).config
        assert config["who"] == who
        assert {key for key in config if key.startswith("/")} == set(sections.split())

    def test_what_protects_the_page_of_an_object_protects_it_under_each_of_its_names(
        self, site, tree
    ):
        client = site(tree, {"/node/leaf/index": {"protected": True}})
        for path in ("/node/leaf", "/node/leaf/", "/node//leaf", "/node/leaf/index"):
            assert client(path).config["protected"], path

    def test_sections_count_where_there_is_no_root_object(self, site):
        client = site(None, {"/": {"a": 1}, "/b": {"b": 1}, "/b/index": {"index": 1}})
        assert client("/").config == {"a": 1}
        assert client("/b/c").config == {"a": 1, "b": 1}
        assert client("/b").config == {"a": 1, "b": 1, "index": 1}

    def test_sections_count_for_paths_that_a_default_method_serves(self, site, show):
        class Root:
            default = show("default")

        client = site(Root(), {"/a/b": {"b": 1}})
        assert client("/a/b/c").called == ("default", "a", "b", "c")
        assert client("/a/b/c").config == {"b": 1}
        assert client("/a/c").config == {}

    def test_hooks_of_a_section_run(self, site, tree):
        calls = []
        client = site(tree, {"/node": {"hooks.before_handler": Hook(lambda: calls.append(1))}})
        client("/")
        assert not calls
        client("/node/leaf")
        assert calls == [1]


class TestStaticSection:
    """`tools.staticdir.section` becomes the path for which the directory was given."""

    def test_it_is_the_path_of_the_section(self, site, tree):
        client = site(tree, {"/node": {"tools.staticdir.dir": "static"}})
        for path in ("/node", "/node/page", "/node/a/b/c"):
            assert client(path).config["tools.staticdir.section"] == "/node"
        assert "tools.staticdir.section" not in client("/").config

    def test_it_is_the_path_of_the_object(self, site, tree):
        tree.node.leaf._cp_config = {"tools.staticdir.dir": "static"}
        tree.node.other = tree.node.leaf
        client = site(tree)
        assert client("/node/leaf/a").config["tools.staticdir.section"] == "/node/leaf"
        assert client("/node/other/a").config["tools.staticdir.section"] == "/node/other"

    def test_it_is_that_of_the_deepest(self, site, tree):
        client = site(
            tree,
            {
                "/": {"tools.staticdir.dir": "static"},
                "/node/leaf": {"tools.staticdir.dir": "leaf"},
            },
        )
        assert client("/").config["tools.staticdir.section"] == "/"
        assert client("/node").config["tools.staticdir.section"] == "/"
        assert client("/node/leaf/a").config["tools.staticdir.section"] == "/node/leaf"


class TestChanges:
    """Nothing that decides about a request may be out of date."""

    def test_edits_of_an_objects_configuration_count_from_the_next_request_on(self, site, tree):
        client = site(tree)
        leaf = type(tree.node.leaf)
        assert client("/node/leaf/bare").config["leaf"] == 1
        leaf._cp_config["leaf"] = 2
        assert client("/node/leaf/bare").config["leaf"] == 2
        del leaf._cp_config["leaf"]
        assert "leaf" not in client("/node/leaf/bare").config
        leaf._cp_config = {"leaf": 3}
        assert client("/node/leaf/bare").config["leaf"] == 3
        leaf.bare._cp_config = {"leaf": 4}
        assert client("/node/leaf/bare").config["leaf"] == 4
        del leaf.bare._cp_config, leaf._cp_config
        assert "leaf" not in client("/node/leaf/bare").config

    def test_edits_of_the_sections_count_from_the_next_request_on(self, site, tree):
        client = site(tree)
        config = client.app.config
        assert client("/node/page").config["who"] == "root"
        config["/"] = {"who": "/"}
        assert client("/node/page").config["who"] == "/"
        config["/node"] = {"who": "/node"}
        assert client("/node/page").config["who"] == "/node"
        config["/node"]["who"] = "changed"
        assert client("/node/page").config["who"] == "changed"
        client.app.merge({"/node/page": {"who": "merged"}})
        assert client("/node/page").config["who"] == "merged"
        config.pop("/node/page")
        assert client("/node/page").config["who"] == "changed"
        config.clear()
        assert client("/node/page").config["who"] == "root"

    def test_a_request_may_change_its_copy(self, site, tree):
        @expose
        def changing():
            current_request.config["leaf"] = "changed"
            return b""

        tree.node.leaf.changing = changing
        client = site(tree)
        assert client("/node/leaf/changing").config["leaf"] == "changed"
        assert client("/node/leaf/bare").config["leaf"] == 1

    def test_replaced_objects_bring_their_own_configuration(self, site, tree, show):
        client = site(tree)
        for number in range(50):

            class Node:
                _cp_config = {"number": number}
                page = show("page")

            tree.node = Node()
            assert client("/node/page").config["number"] == number


class TestLongPaths:
    """A path costs no more than in proportion to its length, and nothing is kept of it."""

    def seconds(self, client, path):
        best = 9.0
        for _ in range(3):
            started = time.thread_time()
            assert client(path).status in {200, 404}
            best = min(best, time.thread_time() - started)
        return best

    @pytest.mark.parametrize("kind", ["nowhere", "default", "circle"])
    def test_time_is_linear(self, site, show, kind):
        class Root:
            _cp_config = {"a": 1}
            index = show("index")

        if kind == "default":
            Root.default = show("default")
        elif kind == "circle":
            Root.x = property(lambda self: self)
        client = site(Root(), {"/": {"b": 1}, "/x": {"c": 1}, "/x/x/x/x/x": {"d": 1}})
        short = self.seconds(client, "/x" * 2000)
        long = self.seconds(client, "/x" * 20000)
        # Ten times as long; quadratic would be a hundred times.
        assert long < 40 * short + 0.01

    def test_a_circle_of_objects_has_the_same_configuration_at_every_depth(self, site, show):
        class Node:
            index = show("index")
            default = show("default")
            default._cp_config = {"default": 1}

            def __init__(self, **config):
                self._cp_config = config

        root, child = Node(who="root", root=1), Node(who="child", child=1)
        root.down, child.up = child, root
        child._cp_config["tools.staticdir.dir"] = "static"
        client = site(root, {"/": {"/": 1}, "/down/up": {"/down/up": 1, "who": "/down/up"}})
        for depth in (1, 5, 40, 200):
            path = "/down/up" * depth
            config = client(path).config
            assert config["who"] == ("/down/up" if depth == 1 else "root")
            assert config["tools.staticdir.section"] == path[:-3]
            assert config["root"] == config["child"] == config["/"] == config["/down/up"] == 1
            assert "default" not in config
            answer = client(path + "/a/b")
            assert answer.called == ("default", "a", "b")
            assert answer.config == {**config, "default": 1}
            path += "/down"
            assert client(path).config["who"] == "child"
            assert client(path).config["tools.staticdir.section"] == path

    def test_nothing_is_kept_of_walks_in_circles(self, site, show):
        class Node:
            index = show("index")

            def __init__(self, name):
                self._cp_config = {name: 1}

        nodes = {name: Node(name) for name in "abc"}
        for node in nodes.values():
            vars(node).update(nodes)
        client = site(nodes["a"])
        random = Random(1)
        for _ in range(200):
            path = "/".join(["", *random.choices("abc", k=30)])
            assert set(client(path).config) == set("abc")
        plans, waiting = 0, [client.app.plans.root]
        while waiting:
            plans += 1
            waiting.extend(step[-1] for step in waiting.pop().steps.values())
        # As many as there are ways on which no object comes twice, and the first.
        assert plans <= 6

    def test_an_object_that_is_its_own_successor_is_no_circle(self, site, show):
        class Node:
            _cp_config = {"node": 1}
            index = show("index")

            def _cp_dispatch(self, vpath):
                vpath.pop(0)
                return self

        client = site(Node())
        first = client("/x").request.plan
        assert client("/x/y/z").request.plan is first
        assert client("/").request.plan is first


class TestTwoAttempts:
    """A dispatcher may try several paths: only the last one counts."""

    def test_nothing_is_left_of_the_first_attempt(self, site, tree, show):
        type(tree).plain = show("plain")
        del type(tree)._cp_config

        class Fallback(Dispatcher):
            def find_handler(self, path):
                func, vpath = super().find_handler(path)
                if func is None:
                    func, vpath = super().find_handler("/plain")
                return func, vpath

        client = site(tree, {"/nothing": {"nothing": 1}}, Fallback())
        for path in ("/nothing", "/node/leaf/nothing"):
            answer = client(path)
            assert answer.called == ("plain",)
            assert answer.config == {}

    def test_looking_at_the_configuration_in_between_does_not_keep_it(self, site, tree, show):
        type(tree).plain = show("plain")
        seen = []

        class Looking(Dispatcher):
            def __call__(self, path_info):
                super().__call__(path_info)
                seen.append(current_request.config["who"])
                super().__call__("/plain")
                seen.append(current_request.config["who"])

        client = site(tree, {"/": {"request.dispatch": Looking()}, "/plain": {"who": "/plain"}})
        answer = client("/node/leaf")
        assert seen == ["leaf.index", "/plain"]
        assert answer.called == ("plain",)
        assert answer.config["who"] == "/plain"
        assert "leaf" not in answer.config
