import pytest

from cherrypy_core.expose import expose


class Page:
    @expose
    def index(self, **params):
        return "index"

    @expose
    def other(self, **params):
        return "other"


class Root(Page):
    def __init__(self):
        self.page = Page()


@pytest.fixture
def client(serve):
    return serve(Root())


def test_an_index_without_its_slash_is_redirected_for_good(client):
    answer = client.get("/page")
    assert (answer.status, answer["Location"]) == (301, "http://example.com/page/")


def test_the_query_is_kept_as_it_was(client):
    assert client.get("/page?a=%41&b=1+2")["Location"] == "http://example.com/page/?a=%41&b=1+2"


def test_the_right_url_is_served(client):
    assert client.get("/page/").text == "index"
    assert client.get("/page/other").text == "other"
    assert client.get("/").text == "index"


def test_an_extra_slash_does_no_harm_unless_it_is_said_to(client, serve):
    assert client.get("/page/other/").status == 200
    answer = serve(Root(), site={"tools.trailing_slash.extra": True}).get("/page/other/?x=1")
    assert (answer.status, answer["Location"]) == (301, "http://example.com/page/other?x=1")


def test_the_root_is_never_stripped_of_its_slash(serve):
    assert serve(Root(), site={"tools.trailing_slash.extra": True}).get("/").status == 200


def test_missing_slashes_may_be_tolerated(serve):
    client = serve(Root(), site={"tools.trailing_slash.missing": False})
    assert client.get("/page").text == "index"


def test_the_status_can_be_chosen(serve):
    assert serve(Root(), site={"tools.trailing_slash.status": 308}).get("/page").status == 308


def test_the_path_of_the_application_is_part_of_the_url(serve):
    client = serve(Root(), script_name="/app")
    answer = client.get("/page", SCRIPT_NAME="/app")
    assert answer["Location"] == "http://example.com/app/page/"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("//page", "http://example.com/page/"),
        ("////page", "http://example.com/page/"),
        ("//evil.example/%2e%2e", None),
        ("/\\evil.example", None),
        ("/page\r\nX: y", None),
    ],
)
def test_no_redirect_leads_to_another_host(client, path, location):
    found = client.get(path)["Location"]
    assert found == location


@pytest.mark.parametrize(
    ("segment", "quoted"),
    [
        ("\\evil", "%5Cevil"),
        ("a?b#c", "a%3Fb%23c"),
        ("a b%", "a%20b%25"),
        ("\u00fc", "%C3%BC"),
        ("x\r\nSet-Cookie: a", "x%0D%0ASet-Cookie:%20a"),
    ],
)
def test_the_path_is_quoted_again(serve, segment, quoted):
    class Any(Page):
        def _cp_dispatch(self, vpath):
            vpath.pop(0)
            return Page()

    raw = "/" + segment.encode().decode("latin-1")
    assert serve(Any()).get(PATH_INFO=raw)["Location"] == f"http://example.com/{quoted}/"


def test_a_path_that_is_not_there_is_not_redirected(client):
    assert client.get("/nothing").status == 404


def test_what_is_decided_can_be_logged(serve, caplog):
    with caplog.at_level("INFO"):
        serve(Root(), site={"tools.trailing_slash.debug": True}).get("/page/")
    assert "TOOLS.TRAILING_SLASH" in caplog.text
