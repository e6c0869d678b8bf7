"""Patterns of URLs, with the package Routes."""

import importlib.util
import subprocess
import sys
import time

import pytest

if importlib.util.find_spec("routes") is None:
    pytest.skip("the extra `routes` is not installed", allow_module_level=True)

import routes

from cherrypy_core.serving import request as current_request
from cherrypy_dispatch import LateParamPageHandler, RoutesDispatcher, VirtualHost

# ruff: noqa: RUF012  (class attributes that are dicts are the subject)


def settings():
    """Return the configuration of the current request that begins with `x.`."""
    return {k: v for k, v in current_request.config.items() if k.startswith("x.")}


class City:
    constant = 5

    def __init__(self, name="nowhere"):
        self.name = name

    def index(self, **params):
        return f"{self.name} index {sorted(params.items())}".encode()

    def show(self, number, **params):
        return f"{self.name} show {number} {sorted(params.items())}".encode()

    def strict(self, number):
        return f"strict {number}".encode()

    def _secret(self, **params):
        return b"secret"

    def goto(self, **params):
        routes.redirect_to("city", action="show", number=4)

    def link(self, **params):
        return routes.url_for("city", action="show", number=4).encode()

    def __call__(self, **params):
        return f"called {sorted(params.items())}".encode()


@pytest.fixture
def dispatcher():
    dispatcher = RoutesDispatcher()
    dispatcher.connect("hounslow", "/hounslow", City("Hounslow"), action="index")
    dispatcher.connect(
        "surbiton", "/surbiton", City("Surbiton"), action="index", conditions={"method": ["GET"]}
    )
    dispatcher.mapper.connect(
        "/surbiton", controller="surbiton", action="strict", conditions={"method": ["POST"]}
    )
    dispatcher.connect("city", "/city/{action}/{number}", City("London"))
    dispatcher.connect("class", "/class/{action}", City)
    dispatcher.connect("itself", "/itself", City())
    dispatcher.connect("secret", "/secret", City(), action="_secret")
    dispatcher.connect("constant", "/constant", City(), action="constant")
    dispatcher.connect("missing", "/missing", City(), action="missing")
    dispatcher.mapper.connect("/any/{controller}/{action}")
    return dispatcher


@pytest.fixture
def client(site, dispatcher):
    return site(None, {"/": {"request.dispatch": dispatcher}})


@pytest.mark.parametrize(
    ("method", "url", "text"),
    [
        ("GET", "/hounslow", "Hounslow index []"),
        ("GET", "/hounslow?a=1", "Hounslow index [('a', '1')]"),
        ("GET", "/surbiton", "Surbiton index []"),
        ("POST", "/surbiton?number=1", "strict 1"),
        ("GET", "/city/show/5?a=1", "London show 5 [('a', '1')]"),
        ("GET", "/city/strict/a%20b", "strict a%20b"),
        ("GET", "/city/strict/\xe9", "strict \xe9"),
        ("GET", "/class/index", "nowhere index []"),
        ("GET", "/itself?a=1", "called [('a', '1')]"),
        ("GET", "/any/hounslow/index", "Hounslow index []"),
        # What the route itself says is the developer's choice.
        ("GET", "/secret", "secret"),
    ],
)
def test_a_pattern_leads_to_a_method(client, method, url, text):
    answer = client(url, method)
    assert (answer.status, answer.text) == (200, text)
    assert isinstance(answer.request.handler, LateParamPageHandler)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "/"),
        ("GET", "/nothing"),
        ("GET", "/hounslow/"),
        ("PUT", "/surbiton"),
        ("GET", "/missing"),
        ("GET", "/constant"),
        ("GET", "/city/constant/5"),
        ("GET", "/city/missing/5"),
        ("GET", "/any/nobody/index"),
        # Arguments are checked as for every page handler.
        ("GET", "/city/strict/5?a=1"),
        # What the client says never reaches a private name.
        ("GET", "/city/_secret/5"),
        ("GET", "/city/__init__/5"),
        ("GET", "/city/__class__/5"),
        ("GET", "/any/hounslow/_secret"),
    ],
)
def test_without_a_method_there_is_nothing(client, method, url):
    assert client(url, method).status == 404


def test_head_is_served_where_get_is_wanted(client):
    answer = client("/surbiton?a=1", "HEAD")
    assert (answer.status, answer.text) == (200, "")
    assert client("/hounslow", "HEAD").status == 200


def test_the_query_does_not_choose(client):
    assert client("/hounslow?action=show&controller=city").text.startswith("Hounslow index")


def test_the_full_result_has_controller_and_action_too(site):
    dispatcher = RoutesDispatcher(full_result=True)
    dispatcher.connect("city", "/city/{action}/{number}", City("London"))
    client = site(None, dispatch=dispatcher)
    wanted = "London show 5 [('action', 'show'), ('controller', 'city')]"
    assert client("/city/show/5").text == wanted


def test_options_of_the_mapper_can_be_given(site):
    assert RoutesDispatcher(explicit=False).mapper.explicit is False
    with pytest.raises(TypeError):
        RoutesDispatcher(nonsense=1)


class TestConfiguration:
    def test_it_comes_from_the_root_the_sections_the_controller_and_its_method(self, site):
        class Controller:
            _cp_config = {"x.a": "controller", "x.b": "controller", "x.c": "controller"}

            def show(self, number):
                return repr(settings()).encode()

            show._cp_config = {"x.a": "method"}

        class Root:
            _cp_config = {"x.a": "root", "x.d": "root", "x.g": "root"}

        dispatcher = RoutesDispatcher()
        dispatcher.connect("gen", "/gen/{action}/{number}", Controller())
        config = {
            "/": {"request.dispatch": dispatcher, "x.d": "/"},
            "/gen": {"x.b": "section", "x.e": "section"},
            "/gen/show": {"x.a": "section", "x.f": "section"},
            "/gen/show/5": {"x.c": "page"},
        }
        client = site(Root(), config)
        wanted = {
            "x.a": "method",
            "x.b": "controller",
            "x.c": "page",
            "x.d": "/",
            "x.e": "section",
            "x.f": "section",
            "x.g": "root",
        }
        assert client("/gen/show/5").config == wanted
        assert client("/gen/show/6").config == {**wanted, "x.c": "controller"}
        assert client("/nothing").config == {"x.a": "root", "x.d": "/", "x.g": "root"}

    def test_a_controller_that_is_the_handler_counts_once(self, site):
        class Controller:
            _cp_config = {"x.a": "controller"}

            def __call__(self):
                return b""

        dispatcher = RoutesDispatcher()
        dispatcher.connect("it", "/it", Controller())
        assert site(None, dispatch=dispatcher)("/it").config == {"x.a": "controller"}

    def test_a_change_is_seen_by_the_next_request(self, client, dispatcher):
        controller = dispatcher.controllers["hounslow"]
        controller._cp_config = {"x.a": 1}
        assert client("/hounslow").config == {"x.a": 1}
        controller._cp_config["x.a"] = 2
        assert client("/hounslow").config == {"x.a": 2}


class TestRoutesItself:
    def test_urls_can_be_made_in_page_handlers(self, client):
        assert client("/city/link/1").text == "/city/show/4"

    def test_urls_know_where_the_application_is(self, site, dispatcher):
        client = site(None, dispatch=dispatcher)
        client.app.script_name = "/mnt"
        answer = client("/city/link/1", environ={"SCRIPT_NAME": "/mnt"})
        assert answer.text == "/mnt/city/show/4"

    def test_redirects_can_be_made_in_page_handlers(self, client):
        answer = client("/city/goto/1")
        assert answer.status == 303
        assert answer.headers["Location"] == "http://example.com/city/show/4"


def test_routes_and_controllers_may_be_added_while_serving(client, dispatcher):
    assert client("/new").status == 404
    dispatcher.connect("new", "/new", City("New"), action="index")
    assert client("/new").text == "New index []"
    dispatcher.controllers["new"] = City("Newer")
    assert client("/new").text == "Newer index []"
    del dispatcher.controllers["new"]
    assert client("/new").status == 404


def test_virtual_hosts_may_come_before(site, dispatcher):
    client = site(None, dispatch=VirtualHost(dispatcher, **{"a.example": "/city"}))
    assert client("/strict/5", headers={"Host": "a.example"}).text == "strict 5"
    assert client("/strict/5").status == 404


def test_without_the_package_the_error_names_the_extra():
    code = (
        "import sys; sys.modules['routes'] = None\n"
        "from cherrypy_dispatch import RoutesDispatcher\n"
        "try: RoutesDispatcher()\n"
        "except ImportError as error: print(error.name, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("routes ")
    assert "cherrypy-dispatch[routes]" in done.stdout


@pytest.mark.parametrize(
    "path",
    [
        "*",
        "city/strict/5",
        "//",
        "//city//strict/5",
        "/city/strict/" + "x" * 20_000,
        "/city/" * 3_000,
        "/city/strict/\x00",
        "/city/strict/\xff\xfe",
        "/city/strict/%",
        "/city/{action}/5",
        "/any/hounslow/" + "_" * 5_000,
        "/city/strict/a;b",
        "/city/\n/5",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "X"])
def test_odd_paths_do_no_harm(client, path, method):
    assert client(path, method).status in {200, 404}


@pytest.mark.parametrize("host", ["", "[", "a:b:c", "\xff", "a" * 10_000, ":", "a, b"])
def test_odd_hosts_do_no_harm(client, host):
    for path in ("/hounslow", "/city/link/1", "/nothing"):
        assert client(path, headers={"Host": host}).status in {200, 404}


def test_routes_may_depend_on_the_host(site):
    dispatcher = RoutesDispatcher()
    dispatcher.mapper.sub_domains = True
    conditions = {"sub_domain": ["shop"]}
    dispatcher.connect("shop", "/", City("Shop"), action="index", conditions=conditions)
    client = site(None, dispatch=dispatcher)
    assert client("/", headers={"Host": "shop.example.com"}).status == 200
    assert client("/", headers={"Host": "www.example.com"}).status == 404


def test_the_time_for_a_path_is_linear(client, dispatcher):
    dispatcher.connect("deep", "/deep/{a}/{b}/{c:.*}/end", City("Deep"), action="index")
    client("/hounslow")

    def seconds(length):
        best = 1e9
        for _ in range(5):
            started = time.thread_time()
            dispatcher.mapper.routematch("/deep/a/b/" + "x/" * length, {"REQUEST_METHOD": "GET"})
            best = min(best, time.thread_time() - started)
        return best

    assert min(seconds(40_000) / seconds(10_000) for _ in range(3)) < 7
