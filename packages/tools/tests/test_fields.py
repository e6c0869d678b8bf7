from cherrypy_core.expose import expose
from cherrypy_core.serving import request, response


class Root:
    @expose
    def index(self):
        return request.headers.get("Range", "none")

    @expose
    def own(self):
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return "own"


def test_response_headers_are_set(serve):
    client = serve(
        Root(),
        {
            "/": {
                "tools.response_headers.on": True,
                "tools.response_headers.headers": [("X-Frame-Options", "DENY"), ("X-Number", 5)],
            }
        },
    )
    answer = client.get("/")
    assert (answer["X-Frame-Options"], answer["X-Number"]) == ("DENY", "5")
    assert client.get("/own")["X-Frame-Options"] == "SAMEORIGIN"


def test_response_headers_are_on_error_pages_too(serve):
    site = {
        "tools.response_headers.on": True,
        "tools.response_headers.headers": {"X-Frame-Options": "DENY"},
        "tools.response_headers.debug": True,
    }
    answer = serve(Root(), site=site).get("/nothing")
    assert (answer.status, answer["X-Frame-Options"]) == (404, "DENY")


def test_response_headers_without_any_change_nothing(serve):
    assert serve(Root(), site={"tools.response_headers.on": True}).get("/").status == 200


def test_a_line_break_in_a_response_header_is_no_new_field(serve):
    site = {
        "tools.response_headers.on": True,
        "tools.response_headers.headers": [("X-A", "a\r\nX-Evil: b")],
    }
    answer = serve(Root(), site=site).get("/")
    assert answer.status == 500
    assert answer["X-Evil"] is None


def test_request_headers_can_be_ignored(serve):
    client = serve(Root(), site={"tools.ignore_headers.on": True})
    assert client.get("/", headers={"Range": "bytes=0-1"}).text == "none"
    assert serve(Root()).get("/", headers={"Range": "bytes=0-1"}).text == "bytes=0-1"


def test_the_headers_to_ignore_can_be_named_in_any_case(serve):
    site = {
        "tools.ignore_headers.on": True,
        "tools.ignore_headers.headers": "rAnGe",
        "tools.ignore_headers.debug": True,
    }
    assert serve(Root(), site=site).get("/", headers={"Range": "bytes=0-1"}).text == "none"
