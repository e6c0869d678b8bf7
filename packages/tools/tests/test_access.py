import pytest

from cherrypy_core.expose import expose
from cherrypy_tools.access import accept


class Root:
    @expose
    def index(self):
        return "index"

    @expose
    def chosen(self):
        return accept(["text/html", "text/plain", "application/json"])

    @expose
    def anything(self):
        return repr(accept())


@pytest.fixture
def client(serve):
    return serve(Root())


@pytest.mark.parametrize(
    ("methods", "allowed"),
    [
        (None, "GET, HEAD"),
        ("POST", "POST"),
        (["get", "Put"], "GET, PUT, HEAD"),
        (["HEAD", "GET"], "HEAD, GET"),
    ],
)
def test_allow_names_the_methods_and_refuses_others(serve, methods, allowed):
    client = serve(Root(), site={"tools.allow.on": True, "tools.allow.methods": methods})
    refused = client.get("/", "DELETE")
    assert (refused.status, refused["Allow"]) == (405, allowed)
    answer = client.get("/", allowed.split(", ")[0], body=b"")
    assert answer["Allow"] == allowed
    assert answer.status != 405


@pytest.mark.parametrize(
    ("field", "media"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        ("text/plain", "text/plain"),
        ("text/*;q=0.5, application/json", "application/json"),
        ("text/plain;q=0.3, text/*;q=0.2", "text/plain"),
        ("TEXT/PLAIN", "text/plain"),
        ("text/html;q=0, text/*", "text/plain"),
        ("image/png, */*;q=0.1", "text/html"),
        ("text/html;q=0.3, text/*;q=0.9", "text/plain"),
        ("text/*;q=0, */*", "application/json"),
    ],
)
def test_accept_returns_the_best_media_type(client, field, media):
    assert client.get("/chosen", headers={"Accept": field} if field else None).text == media


@pytest.mark.parametrize("field", ["image/png", "text/html;q=0", "*/*;q=0", "te*", "garbage"])
def test_accept_refuses_what_the_client_cannot_take(client, field):
    answer = client.get("/chosen", headers={"Accept": field})
    assert answer.status == 406
    assert "text/html, text/plain, application/json" in answer.text


def test_accept_without_media_tests_nothing(client):
    assert client.get("/anything", headers={"Accept": "image/png"}).text == "None"


def test_accept_can_be_a_tool(serve):
    site = {"tools.accept.on": True, "tools.accept.media": "text/html", "tools.accept.debug": True}
    client = serve(Root(), site=site)
    assert client.get("/", headers={"Accept": "text/*"}).status == 200
    assert client.get("/", headers={"Accept": "image/*"}).status == 406


def test_allow_logs_what_it_decides(serve, caplog):
    with caplog.at_level("INFO"):
        serve(Root(), site={"tools.allow.on": True, "tools.allow.debug": True}).get("/")
    assert "TOOLS.ALLOW" in caplog.text
