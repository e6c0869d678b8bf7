"""`expose(methods=...)`: pages that only some HTTP methods reach."""

import functools

import pytest

from cherrypy_core.expose import expose
from cherrypy_core.serving import request as current_request
from cherrypy_dispatch import MethodDispatcher

# ruff: noqa: RUF012  (class attributes that are dicts are the subject)


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return b"logged " + function(*args, **kwargs)

    return wrapper


class Root:
    @expose(methods=["GET"])
    def read(self, number="-"):
        return f"read {number}".encode()

    @expose(methods="post")
    def write(self, text=""):
        return f"written {text}".encode()

    @expose(["two.txt", "three"], methods=("GET", "PUT"))
    def two(self):
        return current_request.method.encode()

    @expose(methods={"OPTIONS", "DELETE"})
    def own(self, **params):
        return current_request.method.encode()

    @logged
    @expose(methods=["GET"])
    def inside(self):
        return b"read"

    @expose
    def free(self):
        return b"free"


@pytest.fixture
def client(site):
    root = Root()
    # On the object: in a class, a partial is going to be a method some day.
    root.bound = expose(functools.partial(lambda a, b: f"{a}{b}".encode(), "a"), methods=["GET"])
    return site(root)


@pytest.mark.parametrize(
    ("method", "url", "status", "text", "allow"),
    [
        ("GET", "/read?number=5", 200, "read 5", "GET, HEAD"),
        ("HEAD", "/read?number=5", 200, "", "GET, HEAD"),
        ("POST", "/read", 405, None, "GET, HEAD"),
        ("DELETE", "/read/5", 405, None, "GET, HEAD"),
        ("OPTIONS", "/read?number=5&x=1", 200, "", "GET, HEAD"),
        ("POST", "/write?text=a", 200, "written a", "POST"),
        ("GET", "/write", 405, None, "POST"),
        ("HEAD", "/write", 405, None, "POST"),
        ("PUT", "/two", 200, "PUT", "GET, HEAD, PUT"),
        ("PUT", "/two.txt", 200, "PUT", "GET, HEAD, PUT"),
        ("POST", "/three", 405, None, "GET, HEAD, PUT"),
        ("OPTIONS", "/own?a=1", 200, "OPTIONS", "DELETE, OPTIONS"),
        ("GET", "/inside", 200, "logged read", "GET, HEAD"),
        ("POST", "/inside", 405, None, "GET, HEAD"),
        ("GET", "/bound/b", 200, "ab", "GET, HEAD"),
        ("POST", "/bound/b", 405, None, "GET, HEAD"),
        ("POST", "/free", 200, "free", None),
        # What is not there at all is a 404, whatever the method.
        ("POST", "/nothing", 404, None, None),
    ],
)
def test_only_the_given_methods_reach_the_page(client, method, url, status, text, allow):
    answer = client(url, method)
    assert answer.status == status
    assert text is None or answer.text == text
    assert answer.headers.get("Allow") == allow


def test_arguments_are_checked_for_the_methods_that_are_allowed(client):
    assert client("/read?x=1").status == 404
    assert client("/write", "POST", "x=1").status == 400
    assert client("/write", "PUT", "x=1").status == 405


def test_other_configuration_of_the_page_is_kept(site):
    def page(self):
        return b""

    page._cp_config = {"x.a": 1}

    class Base:
        pass

    Base.page = expose(page, methods="GET")
    client = site(Base())
    assert client("/page").config["x.a"] == 1
    assert client("/page", "POST").status == 405


def test_a_class_restricts_all_below_it_unless_that_says_otherwise(site):
    @expose(methods=["GET"])
    class Page:
        @expose
        def below(self):
            return b"below"

        @expose(methods=["POST"])
        def own(self):
            return b"own"

        def __call__(self):
            return b"page"

    class Derived(Page):
        pass

    class Root:
        page = Page()
        derived = Derived()

    client = site(Root())
    for name in ("page", "derived"):
        assert client(f"/{name}").text == "page"
        assert client(f"/{name}", "POST").status == 405
        assert client(f"/{name}/below", "POST").status == 405
        assert client(f"/{name}/own", "POST").text == "own"
        assert client(f"/{name}/own").status == 405


def test_a_base_class_is_not_restricted_with_the_derived_one(site):
    class Base:
        _cp_config = {"x.a": 1}

        def __call__(self):
            return b"called"

    @expose(methods="GET")
    class Derived(Base):
        pass

    class Root:
        base = expose(Base())
        derived = Derived()

    client = site(Root())
    assert client("/base", "POST").text == "called"
    assert client("/derived", "POST").status == 405


def test_resources_may_be_restricted_too(site):
    @expose(methods=["GET"])
    class Note:
        def GET(self):
            return b"read"

        def PUT(self):
            raise AssertionError("not allowed")

    client = site(Note(), dispatch=MethodDispatcher())
    assert client("/").text == "read"
    assert client("/", "PUT").status == 405


@pytest.mark.parametrize("methods", [[], "", " ", ["GET", ""], ()])
def test_methods_must_be_named(methods):
    with pytest.raises(ValueError, match="must be named"):
        expose(methods=methods)
