"""Several sites in one tree, told apart by the host."""

import pytest

from cherrypy_core.expose import expose
from cherrypy_core.linking import url
from cherrypy_core.serving import request as current_request
from cherrypy_dispatch import MethodDispatcher, VirtualHost

DOMAINS = {
    "one.example:8080": "/one",
    "two.example": "/two/",
    "Three.Example": "three",
    "deep.example": "/one/sub",
    "lost.example": "/nowhere",
    "plain.example": "",
}


@pytest.fixture
def root(show):
    class Part:
        index = show("index")
        default = show("default")

        @expose
        def where(self):
            request = current_request
            return f"{request.path_info} {request.script_name} {url()} {url('/x')}".encode()

    class Root(Part):
        pass

    root = Root()
    for name in ("one", "two", "three"):
        part = type(name, (), {"index": show(name), "default": show(name + "*")})()
        setattr(root, name, part)
    root.one.sub = type("Sub", (), {"index": show("sub")})()
    root.one.where = root.where
    return root


@pytest.fixture
def client(site, root):
    return site(root, {"/": {"request.dispatch": VirtualHost(**DOMAINS)}})


@pytest.mark.parametrize(
    ("host", "path", "called"),
    [
        ("one.example:8080", "/", ("one",)),
        ("one.example:8080", "/a/b", ("one*", "a", "b")),
        ("one.example:8080", "/sub", ("sub",)),
        ("two.example", "/a", ("two*", "a")),
        ("three.example", "/a", ("three*", "a")),
        ("deep.example", "/", ("sub",)),
        ("plain.example", "/", ("index",)),
        ("other.example", "/a", ("default", "a")),
        # The name without its port is another address.
        ("one.example", "/a", ("default", "a")),
        # A path to the part itself works everywhere: the hosts only choose where to start.
        ("other.example", "/one/a", ("one*", "a")),
    ],
)
def test_the_host_chooses_where_to_start(client, host, path, called):
    assert client(path, headers={"Host": host}).called == called


@pytest.mark.parametrize(
    "host", ["two.example", "TWO.Example", "two.example:80", "Two.example:80"]
)
def test_case_and_the_default_port_make_no_difference(client, host):
    assert client("/a", headers={"Host": host}).called == ("two*", "a")


@pytest.mark.parametrize(
    "host",
    ["two.example:8080", "two.example.", "x.two.example", "two.example:443", ":80", "[::1]", "é"],
)
def test_other_hosts_are_served_as_if_there_were_no_virtual_ones(client, host):
    assert client("/a", headers={"Host": host}).called == ("default", "a")


def test_https_has_another_default_port():
    dispatcher = VirtualHost(**DOMAINS)
    assert dispatcher.prefix("two.example:443", "https") == "/two/"
    assert dispatcher.prefix("two.example:80", "https") == ""


def test_a_prefix_that_leads_nowhere_is_a_404(client):
    assert client("/", headers={"Host": "lost.example"}).status == 200  # the root's default
    assert client("/", headers={"Host": "lost.example"}).called == ("default", "nowhere")


def test_the_client_never_sees_the_prefix(client):
    answer = client("/where", headers={"Host": "one.example:8080"})
    base = "http://one.example:8080"
    assert answer.text == f"/where  {base}/where {base}/x"


class TestForwarded:
    def test_what_a_front_was_asked_for_counts(self, client):
        headers = {"Host": "one.example:8080", "X-Forwarded-Host": "two.example"}
        assert client("/a", headers=headers).called == ("two*", "a")

    def test_the_first_of_several_fronts_knows_what_the_client_wanted(self, client):
        headers = {"Host": "one.example:8080", "X-Forwarded-Host": "two.example, in.example"}
        assert client("/a", headers=headers).called == ("two*", "a")

    def test_an_empty_field_says_nothing(self, client):
        headers = {"Host": "one.example:8080", "X-Forwarded-Host": " "}
        assert client("/a", headers=headers).called == ("one*", "a")

    def test_it_need_not_be_believed(self, site, root):
        dispatcher = VirtualHost(use_x_forwarded_host=False, **DOMAINS)
        client = site(root, dispatch=dispatcher)
        headers = {"Host": "one.example:8080", "X-Forwarded-Host": "two.example"}
        assert client("/a", headers=headers).called == ("one*", "a")


def test_sections_count_for_the_path_with_the_prefix(site, root):
    config = {
        "/": {"request.dispatch": VirtualHost(**DOMAINS)},
        "/one": {"x.part": "one"},
        "/one/a": {"x.page": "one"},
        "/a": {"x.page": "a"},
    }
    client = site(root, config)
    assert client("/a", headers={"Host": "one.example:8080"}).config == {
        "x.part": "one",
        "x.page": "one",
    }
    assert client("/a").config == {"x.page": "a"}


def test_any_dispatcher_may_follow(site):
    class Note:
        exposed = True

        def GET(self):
            return b"read"

    class Root:
        note = Note()

    client = site(Root(), dispatch=VirtualHost(MethodDispatcher(), **{"a.example": "/note"}))
    assert client("/", headers={"Host": "a.example"}).text == "read"
    assert client("/", "PUT", headers={"Host": "a.example"}).status == 405
    assert client("/").status == 404


def test_domains_may_change_while_serving(site, root):
    dispatcher = VirtualHost()
    client = site(root, dispatch=dispatcher)
    assert client("/a", headers={"Host": "new.example"}).called == ("default", "a")
    dispatcher.domains["new.example"] = "/one"
    assert client("/a", headers={"Host": "NEW.example"}).called == ("one*", "a")
    del dispatcher.domains["new.example"]
    assert client("/a", headers={"Host": "new.example"}).called == ("default", "a")


def test_it_tells_what_it_knows():
    assert repr(VirtualHost(**{"a.example": "/a"})) == "VirtualHost('a.example')"
