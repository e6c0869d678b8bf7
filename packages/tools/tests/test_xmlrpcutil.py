"""XML-RPC calls, as Python's own client makes them."""

import xmlrpc.client
from datetime import datetime

import pytest

from cherrypy_core.errors import HTTPError, HTTPRedirect
from cherrypy_core.expose import expose
from cherrypy_dispatch import XMLRPCDispatcher
from cherrypy_tools import xmlrpcutil
from cherrypy_tools.xmlrpcutil import XMLRPCController

DATE = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001  (XML-RPC knows no time zones)


class Blog:
    @expose
    def post(self, *args):
        return list(args)


class Calls(XMLRPCController):
    blog = Blog()

    @expose
    def add(self, a, b):
        return a + b

    @expose
    async def multiply(self, a, b):
        return a * b

    @expose
    def show(self, *args, **kwargs):
        return [list(args), kwargs]

    @expose
    def give(self, what):
        return {
            "tuple": (1, (2, 3)),
            "date": DATE,
            "bytes": b"\0\xff",
            "text": "é€",
            "none": None,
            "big": 2**40,
            "fault": xmlrpc.client.Fault(42, "returned"),
        }[what]

    @expose
    def fail(self, how):
        raise {
            "fault": xmlrpc.client.Fault(43, "raised"),
            "error": ValueError("a < b"),
            "http": HTTPError(403, "not you"),
            "redirect": HTTPRedirect("/elsewhere"),
        }[how]

    def hidden(self):
        raise AssertionError("not exposed")

    @expose
    def _private(self):
        raise AssertionError("private")


class Root:
    calls = Calls()

    @expose
    def index(self):
        return "a page for people"


CONFIG = {"/": {"request.dispatch": XMLRPCDispatcher()}}


@pytest.fixture
def client(serve):
    return serve(Root(), CONFIG)


def call(client, name, *params, path="/calls"):
    """Call a method; return the value, or raise the fault."""
    body = xmlrpc.client.dumps(params, name, allow_none=True).encode()
    answer = client.post(path, body, "text/xml")
    assert answer.status == 200, answer.text
    assert answer["Content-Type"].partition(";")[0] == "text/xml"
    assert int(answer["Content-Length"]) == len(answer.body)
    return xmlrpc.client.loads(answer.body, use_builtin_types=True)[0][0]


def fault(client, name, *params):
    with pytest.raises(xmlrpc.client.Fault) as caught:
        call(client, name, *params)
    return caught.value.faultCode, caught.value.faultString


@pytest.mark.parametrize("path", ["/calls", "/calls/", "/RPC2/calls"])
def test_a_method_is_called(client, path):
    assert call(client, "add", 1, 2, path=path) == 3


def test_an_asynchronous_method_is_called(client):
    assert call(client, "multiply", 2, 3) == 6


def test_names_lead_over_attributes(client):
    assert call(client, "blog.post", "x", {"a": [1]}) == ["x", {"a": [1]}]


def test_the_rest_of_the_path_and_the_query_are_arguments_too(client):
    assert call(client, "show", 1, path="/calls/x/y?a=b") == [["x", "y", 1], {"a": "b"}]


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("tuple", [1, [2, 3]]),
        ("date", DATE),
        ("bytes", b"\0\xff"),
        ("text", "é€"),
    ],
)
def test_values_arrive(client, what, value):
    assert call(client, "give", what) == value


@pytest.mark.parametrize(
    ("name", "params", "code", "text"),
    [
        ("give", ["fault"], 42, "returned"),
        ("fail", ["fault"], 43, "raised"),
        ("fail", ["error"], 1, "a < b"),
        ("add", [1], 1, "missing 1 required positional argument"),
        ("give", ["none"], 1, "cannot marshal None"),
        ("give", ["big"], 1, "exceeds"),
        ("hidden", [], 1, 'method "hidden" is not supported'),
        ("nothing", [], 1, 'method "nothing" is not supported'),
        ("blog", [], 1, 'method "blog" is not supported'),
        ("add.exposed", [], 1, "is not supported"),
        ("_private", [], 1, "is not supported"),
        ("__class__.__init__", [], 1, "is not supported"),
        ("", [], 1, "is not supported"),
    ],
)
def test_errors_are_faults(client, name, params, code, text):
    found_code, found_text = fault(client, name, *params)
    assert found_code == code
    assert text in found_text


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "text/xml"),
        (b"<nonsense", "text/xml"),
        (b"a=1", "application/x-www-form-urlencoded"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><methodCall/>", "text/xml"),
        (b"\xff\xfe\x00", "text/xml"),
    ],
)
def test_what_is_no_call_is_a_fault(client, body, content_type):
    answer = client.post("/calls", body, content_type)
    assert answer.status == 200
    with pytest.raises(xmlrpc.client.Fault, match="ERRORMETHOD"):
        xmlrpc.client.loads(answer.body)


def test_http_errors_and_redirects_stay_what_they_are(client):
    body = xmlrpc.client.dumps(("http",), "fail").encode()
    assert client.post("/calls", body, "text/xml").status == 403
    body = xmlrpc.client.dumps(("redirect",), "fail").encode()
    assert client.post("/calls", body, "text/xml")["Location"] == "http://example.com/elsewhere"


def test_pages_for_people_live_in_the_same_tree(client):
    assert client.get("/").text == "a page for people"
    assert client.get("/calls")["Location"] == "http://example.com/calls/"


def test_none_and_another_charset_are_settings(serve):
    config = {
        "/": {"request.dispatch": XMLRPCDispatcher()},
        "/calls": {"tools.xmlrpc.allow_none": True, "tools.xmlrpc.encoding": "iso-8859-1"},
    }
    client = serve(Root(), config)
    assert call(client, "give", "none") is None
    body = xmlrpc.client.dumps(("text",), "give").encode()
    assert b"\xe9&#8364;" in client.post("/calls", body, "text/xml").body


def test_the_controller_needs_no_dispatcher_of_its_own(serve):
    client = serve(Calls())
    assert call(client, "add", 1, 2, path="/") == 3


def test_the_tool_makes_faults_of_the_errors_of_any_page(serve):
    class Page:
        @expose
        def index(self):
            raise ValueError("why")

    answer = serve(Page(), {"/": {"tools.xmlrpc.on": True}}).get("/")
    assert answer.status == 200
    with pytest.raises(xmlrpc.client.Fault, match="why"):
        xmlrpc.client.loads(answer.body)


def test_the_client_library_is_at_hand():
    assert xmlrpcutil.get_xmlrpclib() is xmlrpc.client
    assert xmlrpcutil.patched_path("/RPC2/a") == "/a/"
