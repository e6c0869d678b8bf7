from __future__ import annotations

import pytest

from cherrypy_core.expose import expose
from cherrypy_site import Site
from cherrypy_testing import Client
from cherrypy_testing.errors import TooManyRedirects


def test_any_application_can_be_called(plain):
    client = Client(plain, strict=True)
    assert client.get("/x").text == "GET /x"
    for method in ("get", "post", "put", "patch", "delete", "options"):
        assert getattr(client, method)("/y").text == f"{method.upper()} /y"
    assert client.request("HEAD", "/").status == "200 OK"


def test_a_site_can_be_called(site, app):
    response = Client(site, strict=True).get("/")
    assert (response.status, response.status_code, response.text) == ("200 OK", 200, "hello {}")
    assert response.headers["content-type"] == "text/html;charset=utf-8"
    assert response.url == "http://localhost/"


def test_the_parts_of_a_site_can_be_called(site, app):
    assert Client(site.tree).get("/").text == Client(app).get("/").text == "hello {}"


def test_parameters_are_added_to_the_url(client, app):
    assert client.get("/", params={"a": "\u00e9 &", "b": [1, 2]}).text == (
        "hello {'a': '\u00e9 &', 'b': ['1', '2']}"
    )
    assert client.get("/?c=3", params=[("d", 4)]).text == "hello {'c': '3', 'd': '4'}"


def test_urls_are_escaped_where_they_need_it(client, app):
    assert client.get("/?a=b c\u00e9").text == "hello {'a': 'b c\u00e9'}"
    assert client.get("/?a=%2B#fragment").text == "hello {'a': '+'}"
    assert client.get("index").url == "http://localhost/index"


def test_forms_are_sent(client, app):
    assert client.post("/echo", data={"a": 1, "b": ["2", "3"]}).text == (
        "POST {'a': '1', 'b': ['2', '3']}"
    )
    assert client.put("/echo", data={"a": 1}).text == "PUT {'a': '1'}"


def test_files_are_sent(client, app):
    response = client.post(
        "/echo", data={"a": 1}, files={"f": ("x.txt", b"one\r\ntwo"), "g": ("y", "z", "x/y")}
    )
    assert response.text == (
        "POST {'a': '1', 'f': ('x.txt', 'text/plain', b'one\\r\\ntwo'), 'g': ('y', 'x/y', b'z')}"
    )


def test_json_is_sent_and_received(site):
    from cherrypy_core.serving import request

    class Root:
        @expose
        def index(self):
            return {"got": request.json}

    tools = {"tools.json_in.on": True, "tools.json_out.on": True}
    site.tree.mount(Root(), "", {"/": tools})
    assert Client(site).post("/", json={"a": [1]}).json() == {"got": {"a": [1]}}


def test_raw_bodies_are_sent(client, app):
    response = client.post("/raw", data=b"\0\xff", headers={"Content-Type": "x/y"})
    assert response.body == b"\0\xff"


def test_a_post_without_a_body_says_so(client, app):
    assert "Content-Length: 0" in client.post("/headers").text
    assert "Content-Length" not in client.get("/headers").text


def test_header_fields_are_sent(site, app):
    client = Client(site, headers={"X-Always": "1", "X-Mine": "1"})
    lines = client.get("/headers", headers=[("x-mine", "2"), ("X-Other", "3")]).text.split("\n")
    assert {"X-Always: 1", "X-Mine: 2", "X-Other: 3", "Host: localhost"} <= set(lines)


def test_the_environ_can_be_added_to(client, app):
    assert client.get("/user", environ={"REMOTE_USER": "me"}).text == "me"


def test_cookies_are_kept_between_requests(client, app):
    assert client.get("/bake").cookies == {"flavour": "oat"}
    assert client.get("/cookies").text == "{'flavour': 'oat'}"
    assert client.cookies["flavour"] == "oat"
    client.cookies.clear()
    assert client.get("/cookies").text == "{}"


def test_clients_do_not_share_cookies(site, app):
    one, two = Client(site), Client(site, cookies={"own": "1"})
    one.get("/bake")
    assert two.get("/cookies").text == "{'own': '1'}"
    assert one.get("/cookies", headers={"Cookie": "a=b"}).text == "{'a': 'b'}"


def test_sessions_work(client, app):
    assert [client.get("/count").text for _ in range(3)] == ["1", "2", "3"]


def test_redirects_are_followed_on_request(client, app):
    response = client.get("/go?to=/?a=1")
    assert response.status_code == 303
    response = client.get("/go?to=/?a=1", follow_redirects=True)
    assert response.text == "hello {'a': '1'}"
    assert response.url == "http://localhost/?a=1"
    assert [old.status_code for old in response.history] == [303]


def test_a_client_may_follow_all_redirects(site, app):
    client = Client(site, follow_redirects=True)
    assert client.get("/go").text == "hello {}"
    assert client.get("/go", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(("status", "method"), [(302, "GET"), (303, "GET"), (307, "POST")])
def test_the_status_says_with_which_method_to_follow(client, app, status, method):
    response = client.post(f"/go?to=/echo&status={status}", data={"a": 1}, follow_redirects=True)
    assert response.text.startswith(method)
    assert ("'a': '1'" in response.text) is (method == "POST")


def test_head_stays_head(client, app):
    response = client.head("/go", follow_redirects=True)
    assert (response.method, response.status_code, response.body) == ("HEAD", 200, b"")


def test_redirects_without_end_are_an_error(client, app):
    with pytest.raises(TooManyRedirects, match="/around"):
        client.get("/around", follow_redirects=True)


def test_unexpected_exceptions_come_through(site, app):
    for part in (site, site.tree, app):
        with pytest.raises(RuntimeError, match="broken"):
            Client(part).get("/fail")


def test_unexpected_exceptions_of_any_application_come_through():
    def application(environ, start_response):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        Client(application).get("/")


def test_reported_exceptions_come_through():
    import sys

    def fail():
        raise RuntimeError("broken")

    def application(environ, start_response):
        try:
            fail()
        except RuntimeError:
            start_response("500 Sorry", [("Content-Type", "text/plain")], sys.exc_info())
        return [b"sorry"]

    with pytest.raises(RuntimeError, match="broken"):
        Client(application).get("/")
    assert Client(application, raise_errors=False).get("/").text == "sorry"


def test_the_error_page_can_be_tested(site, app):
    response = Client(site, raise_errors=False).get("/fail")
    assert response.status == "500 Internal Server Error"
    assert "RuntimeError: broken" in response.text


def test_errors_that_a_page_asks_for_are_responses(client, app):
    assert client.get("/refuse").status_code == 500
    assert client.get("/nosuch/page").status_code == 404


def test_an_applications_own_answer_to_exceptions_is_a_response(site, root):
    from cherrypy_core.serving import response

    def answer():
        response.status = 503
        response.body = b"later"

    site.tree.mount(root, "", {"/": {"request.error_response": answer}})
    assert Client(site).get("/fail").body == b"later"


def test_watching_leaves_nothing_behind(site, app):
    client = Client(site)
    client.get("/")
    with pytest.raises(RuntimeError):
        client.get("/fail")
    assert not site.bus.listeners.get("before_request")


def test_an_exception_in_a_streamed_body_comes_through(site):
    class Root:
        @expose
        def index(self):
            yield "one"
            raise RuntimeError("broken")

    site.tree.mount(Root(), "", {"/": {"response.stream": True}})
    with pytest.raises(RuntimeError, match="broken"):
        Client(site).get("/")


def test_a_page_may_call_another_site_in_between(site, plain):
    from cherrypy_core.serving import request

    class Root:
        @expose
        def index(self):
            with Site() as other:
                other.tree.graft(plain)
                inner = Client(other).get("/inner").text
            return f"{inner} from {request.path_info}"

    site.tree.mount(Root())
    assert Client(site).get("/").text == "GET /inner from /"


def test_other_hosts_can_be_asked(site, app):
    client = Client(site, base_url="https://example.org")
    assert "Host: example.org" in client.get("/headers").text
    assert "Host: other" in client.get("http://other/headers").text


def test_broken_rules_are_told(plain):
    def application(environ, start_response):
        start_response("200 OK", [("X", "no\r\nheader")])
        return [b"x"]

    with pytest.raises(AssertionError):
        Client(application, strict=True).get("/")
