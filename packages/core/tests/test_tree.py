# ruff: noqa: PLW0108  (what a page sees is to be looked up when it is called)
import pytest

from cherrypy_core.application import Application
from cherrypy_core.serving import request
from cherrypy_core.tree import Tree


def foreign(environ, start_response):
    """Answer with what the server says of the path: an application of another kind."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['SCRIPT_NAME']}|{environ['PATH_INFO']}".encode("latin-1")]


@pytest.fixture
def tree(make_app):
    """Give a tree with nested applications."""

    def page():
        return f"{request.script_name}|{request.path_info}".encode()

    tree = Tree()
    for script_name in ("", "/app", "/app/inner", "/ä"):
        app = make_app(index=page, page=page, script_name=script_name)
        tree.mount(app, script_name)
    tree.graft(foreign, "/foreign/")
    return tree


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/page", "|/page"),
        ("/", "|/"),
        ("", "|/"),
        ("/app", "/app|"),
        ("/app/", "/app|/"),
        ("/app/page", "/app|/page"),
        ("/app/inner/page", "/app/inner|/page"),
        ("//app//inner///page", "/app/inner|/page"),
        ("/\xc3\xa4/page", "/ä|/page"),
        ("/\xe4/page", "/ä|/page"),
        ("/foreign", "/foreign|"),
        ("/foreign/", "/foreign|/"),
        ("/foreign/x/y", "/foreign|/x/y"),
        ("//foreign//x", "/foreign|/x"),
        ("/foreign/\xc3\xa4", "/foreign|/ä"),
    ],
)
def test_the_longest_mount_serves_a_path(tree, call, path, answer):
    assert call(tree, path).text == answer


@pytest.mark.parametrize("path", ["/apple/page", "/app/innermost", "/foreigner", "/\xff"])
def test_a_part_of_a_name_is_no_mount(tree, call, path):
    assert call(tree, path).code == 404


def test_the_server_may_say_where_the_tree_is(tree, call):
    assert call(tree, "/page", SCRIPT_NAME="/app").text == "/app|/page"
    assert call(tree, "/inner/page", SCRIPT_NAME="/app").text == "/app/inner|/page"
    assert call(tree, "/x", SCRIPT_NAME="/foreign").text == "/foreign|/x"
    assert call(tree, "/page", SCRIPT_NAME="/elsewhere").code == 404


def test_the_environment_of_the_server_is_left_alone(tree, environ, new_reply):
    made = environ("/app/page")
    before = dict(made)
    tree(made, new_reply().start_response)
    assert made == before


def test_what_nothing_is_mounted_for_is_not_found(call):
    tree = Tree()
    reply = call(tree, "/x")
    assert (reply.status, reply.body) == ("404 Not Found", b"")
    tree.graft(foreign, "/foreign")
    assert call(tree, "/x").code == 404
    assert call(tree, "/foreign/x").code == 200


def test_an_object_is_mounted_as_an_application():
    tree = Tree()
    root = object()
    app = tree.mount(root, "/app/", {"/": {"own.key": 1}})
    assert isinstance(app, Application)
    assert tree.apps == {"/app": app}
    assert (app.root, app.script_name) == (root, "/app")
    assert app.config == {"/": {"own.key": 1}}


def test_an_application_is_mounted_where_it_was_made_for():
    tree = Tree()
    app = Application(None, "/app")
    assert tree.mount(app) is app
    assert tree.mount(app, "/app", {"/": {"own.key": 1}}) is app
    assert tree.apps == {"/app": app}
    assert app.config == {"/": {"own.key": 1}}
    with pytest.raises(ValueError, match="has been made for '/app'"):
        tree.mount(app, "/other")


def test_a_mount_needs_a_name():
    with pytest.raises(TypeError, match=r"tree\.graft"):
        Tree().mount(object(), None)


def test_a_later_mount_replaces_an_earlier_one(call):
    tree = Tree()
    tree.graft(foreign, "/x")
    tree.graft(lambda environ, start_response: start_response("204 No Content", []) and [], "/x")
    assert call(tree, "/x").code == 204


@pytest.mark.parametrize(
    ("path", "name"),
    [("/", ""), ("/app", "/app"), ("/app/inner/x", "/app/inner"), ("/app/x/inner", "/app")],
)
def test_the_mount_of_a_path_can_be_asked_for(tree, path, name):
    assert tree.script_name(path) == name


def test_the_mount_of_the_current_request_can_be_asked_for(tree, call):
    tree.apps["/app"].root.page = lambda: tree.script_name().encode()
    assert call(tree, "/app/page").text == "/app"
    assert tree.script_name() is None
    assert Tree().script_name("/x") is None


def test_a_grafted_application_may_be_one_that_asks_the_server(make_app, call):
    tree = Tree()
    app = make_app(
        page=lambda: f"{request.script_name}|{request.path_info}".encode(), script_name=None
    )
    tree.graft(app, "/deep/down")
    assert call(tree, "/deep/down/page").text == "/deep/down|/page"
