import hashlib

import pytest

from cherrypy_core.expose import expose
from cherrypy_core.serving import response
from cherrypy_tools.conditional import split_etags, validate_since

WHEN = "Sun, 06 Nov 1994 08:49:37 GMT"
BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT"
AFTER = "Sunday, 06-Nov-94 08:49:38 GMT"


class Root:
    @expose
    def index(self, tag='"abc"'):
        response.headers["ETag"] = tag
        return "index"

    @expose
    def plain(self):
        return "plain"

    @expose
    def since(self):
        response.headers["Last-Modified"] = WHEN
        validate_since()
        return "since"

    @expose
    def undated(self):
        validate_since()
        response.headers["X"] = "y"
        validate_since()
        return "undated"

    @expose
    def stream(self):
        yield "stream"

    stream._cp_config = {"response.stream": True}  # noqa: RUF012

    @expose
    def file(self):
        response.headers["Content-Type"] = "application/x-own"
        response.headers["Content-Length"] = "4"
        return iter([b"file"])

    @expose
    def bad(self):
        response.headers["ETag"] = '"abc"'
        response.status = 404
        return "bad"


@pytest.fixture
def client(serve):
    return serve(Root(), site={"tools.etags.on": True})


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        ('"a"', ['"a"']),
        ('"a", W/"b" ,"c,d"', ['"a"', 'W/"b"', '"c,d"']),
        ("a, b", ["a", "b"]),
        ('"', []),
        ('"a', []),
        ('"a", "b', ['"a"']),
        ("", []),
        (",,", []),
    ],
)
def test_entity_tags_are_found(value, tags):
    assert split_etags(value) == tags


@pytest.mark.parametrize("field", ['"abc"', 'W/"abc"', '"x", "abc"', "*", '"x", W/"abc"'])
def test_a_client_that_has_the_page_gets_304(client, field):
    answer = client.get("/", headers={"If-None-Match": field})
    assert (answer.status, answer.body) == (304, b"")
    assert answer["Content-Type"] is None


def test_the_tag_of_a_304_is_the_one_the_client_has(client):
    assert client.get("/", headers={"If-None-Match": 'W/"abc"'})["ETag"] == 'W/"abc"'
    assert client.get("/", headers={"If-None-Match": '"abc"'})["ETag"] == '"abc"'


@pytest.mark.parametrize("field", ['"x"', "abc", '"ABC"'])
def test_a_client_that_has_another_one_gets_the_page(client, field):
    answer = client.get("/", headers={"If-None-Match": field})
    assert (answer.status, answer.text) == (200, "index")


def test_if_none_match_stops_methods_that_change_something(client):
    assert client.post("/", headers={"If-None-Match": '"abc"'}).status == 412
    assert client.post("/", headers={"If-None-Match": '"x"'}).status == 200


@pytest.mark.parametrize(
    ("field", "tag", "status"),
    [
        ('"abc"', '"abc"', 200),
        ('"x", "abc"', '"abc"', 200),
        ("*", '"abc"', 200),
        ('"x"', '"abc"', 412),
        ('W/"abc"', '"abc"', 412),
        ('W/"abc"', 'W/"abc"', 412),
        ('"abc"', 'W/"abc"', 412),
    ],
)
def test_if_match_compares_strongly(client, field, tag, status):
    assert client.post(f"/?tag={tag}", headers={"If-Match": field}).status == status


def test_a_page_without_a_tag_has_no_match(client):
    assert client.get("/plain", headers={"If-None-Match": '"a"'}).status == 200
    assert client.get("/plain", headers={"If-Match": '"a"'}).status == 412
    assert client.get("/plain", headers={"If-Match": "*"}).status == 200


def test_an_error_is_no_match(client):
    assert client.get("/bad", headers={"If-None-Match": '"abc"'}).status == 404


def test_tags_can_be_made_of_the_body(serve):
    client = serve(Root(), site={"tools.etags.on": True, "tools.etags.autotags": True})
    tag = client.get("/plain")["ETag"]
    assert tag == f'"{hashlib.md5(b"plain", usedforsecurity=False).hexdigest()}"'
    assert client.get("/plain", headers={"If-None-Match": tag}).status == 304
    assert client.get("/")["ETag"] == '"abc"'


@pytest.mark.parametrize("path", ["/stream", "/file"])
def test_no_tag_is_made_of_what_is_sent_piece_by_piece(serve, path):
    client = serve(Root(), site={"tools.etags.on": True, "tools.etags.autotags": True})
    answer = client.get(path)
    assert (answer.status, answer["ETag"]) == (200, None)


def test_a_compressed_page_is_recognised_by_its_weak_tag(serve):
    site = {
        "tools.etags.on": True,
        "tools.etags.autotags": True,
        "tools.etags.debug": True,
        "tools.gzip.on": True,
    }
    client = serve(Root(), site=site)
    headers = {"Accept-Encoding": "gzip"}
    tag = client.get("/plain", headers=headers)["ETag"]
    assert tag.startswith('W/"')
    again = client.get("/plain", headers={**headers, "If-None-Match": tag})
    assert (again.status, again["ETag"]) == (304, tag)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"If-Modified-Since": WHEN}, 304),
        ("HEAD", {"If-Modified-Since": WHEN}, 304),
        ("GET", {"If-Modified-Since": AFTER}, 304),
        ("GET", {"If-Modified-Since": BEFORE}, 200),
        ("GET", {"If-Modified-Since": "yesterday"}, 200),
        ("GET", {"If-Modified-Since": WHEN, "If-None-Match": '"x"'}, 200),
        ("POST", {"If-Modified-Since": WHEN}, 200),
        ("GET", {"If-Unmodified-Since": WHEN}, 200),
        ("GET", {"If-Unmodified-Since": BEFORE}, 412),
        ("POST", {"If-Unmodified-Since": BEFORE}, 412),
        ("GET", {"If-Unmodified-Since": "yesterday"}, 200),
        ("GET", {"If-Unmodified-Since": BEFORE, "If-Match": "*"}, 200),
    ],
)
def test_dates_are_compared(serve, method, headers, status):
    body = b"" if method == "POST" else None
    assert serve(Root()).get("/since", method, body, headers).status == status


def test_a_page_without_a_date_is_not_compared(serve):
    assert serve(Root()).get("/undated", headers={"If-Modified-Since": AFTER}).status == 200
