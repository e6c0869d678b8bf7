import pytest

from cherrypy_core.linking import normalize_path, url
from cherrypy_core.serving import request


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("", ""),
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/a/./b", "/a/b"),
        ("/a/../b", "/b"),
        ("/../../b", "/b"),
        ("/a/.", "/a/"),
        ("/a/..", "/"),
        ("/a/b/..", "/a/"),
        ("/..", "/"),
        ("/.", "/"),
        ("/a/b?x=../c", "/a/b?x=../c"),
        ("/a/../b?x=/../c", "/b?x=/../c"),
        ("/a/../", "/"),
        ("a/../b", "b"),
        ("/.../a", "/.../a"),
        ("/.hidden/x", "/.hidden/x"),
        ("/v1./x", "/v1./x"),
    ],
)
def test_dots_are_resolved_and_never_climb_above_the_root(path, normal):
    assert normalize_path(path) == normal


@pytest.fixture
def url_at(make_app, call):
    """Give a function that calls url() while the page at a path is being served."""

    def url_at(at, *args, is_index=None, script_name="", **kwargs):
        def page():
            request.is_index = is_index
            return url(*args, **kwargs).encode()

        class Root:
            def __getattr__(self, name):
                if name.startswith("_"):
                    raise AttributeError(name)
                return self

            def __call__(self, **params):
                return page()

        app = make_app(Root(), script_name=script_name)
        return call(app, script_name + at).text

    return url_at


def test_without_a_request_the_site_says_where_it_is():
    assert url("/a", qs="x=1") == "/a?x=1"
    assert url("a") == "/a"
    assert url("") == ""
    assert url("/a", script_name="/app") == "/app/a"
    assert url("/a", base="https://example.com") == "https://example.com/a"
    assert url("/a", site_base=lambda: "http://site") == "http://site/a"


@pytest.mark.parametrize(
    ("at", "args", "expected"),
    [
        ("/page", (), "http://example.com/page"),
        ("/page", ("/other",), "http://example.com/other"),
        ("/dir/page", ("other",), "http://example.com/dir/other"),
        ("/dir/page", ("../other",), "http://example.com/other"),
        ("/dir/page", ("../../../other",), "http://example.com/other"),
        ("/page", ("", "a=1"), "http://example.com/page?a=1"),
        ("/dir/page", ("?a=1",), "http://example.com/dir/page?a=1"),
        ("/dir/page", ("#part",), "http://example.com/dir/page#part"),
        ("/dir/page", (".",), "http://example.com/dir/"),
        ("/dir/page", ("..",), "http://example.com/"),
        ("/page", ("", {"a": "ä b"}), "http://example.com/page?a=%C3%A4+b"),
        ("/page", ("", [("a", 1), ("a", 2)]), "http://example.com/page?a=1&a=2"),
    ],
)
def test_a_path_is_relative_to_the_page_or_the_application(url_at, at, args, expected):
    assert url_at(at, *args) == expected


def test_a_mounted_application_puts_its_name_in_front(url_at):
    assert url_at("/page", "/x", script_name="/app") == "http://example.com/app/x"
    assert url_at("/page", "x", script_name="/app") == "http://example.com/app/x"
    assert url_at("/page", "/x", script_name="/app", base="") == "/app/x"


def test_an_index_is_a_directory_and_a_page_is_none(url_at):
    assert url_at("/dir", "x", is_index=True) == "http://example.com/dir/x"
    assert url_at("/dir/page/", "x", is_index=False) == "http://example.com/dir/x"


@pytest.mark.parametrize(
    ("at", "path", "expected"),
    [
        ("/dir/page", "/dir/other", "other"),
        ("/dir/page", "/x/y", "../x/y"),
        ("/dir/deep/page", "/dir/x", "../x"),
        ("/page", "/", ""),
    ],
)
def test_urls_may_be_relative_to_the_page(url_at, at, path, expected):
    assert url_at(at, path, relative=True) == expected


def test_urls_may_leave_out_scheme_and_host(url_at):
    assert url_at("/page", "/x/y", relative="server") == "/x/y"
    assert url_at("/page", "/x", "a=1", relative="server", script_name="/app") == "/app/x?a=1"


def test_the_application_decides_what_urls_are_by_default(make_app, call):
    app = make_app(page=lambda: url("/x").encode())
    app.relative_urls = "server"
    assert call(app, "/page").text == "/x"


@pytest.mark.parametrize("path", ["//evil.example/x", "///evil.example", "/\\evil.example", "//"])
@pytest.mark.parametrize("at", ["/", "/page", "/dir/page"])
def test_no_url_leads_to_another_host(url_at, at, path):
    for options in ({"relative": "server"}, {"base": ""}, {"relative": True}):
        made = url_at(at, path, **options)
        assert made[:2] not in {"//", "/\\", "\\/", "\\\\"}
    assert url_at(at, path).startswith("http://example.com/")


def test_no_relative_url_has_a_scheme(url_at):
    assert url_at("/page", "/javascript:alert(1)", relative=True) == "./javascript:alert(1)"
