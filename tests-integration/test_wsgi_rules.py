"""Everything that is a WSGI application keeps to the rules (PEP 3333), whatever happens."""

from __future__ import annotations

import pytest

import cherrypy
from cherrypy_core.accesslog import AccessLog
from cherrypy_site import Site
from cherrypy_testing import Client


class Root:
    @cherrypy.expose
    def index(self):
        return "page"

    @cherrypy.expose
    def stream(self):
        cherrypy.response.stream = True
        return (str(n) for n in range(3))

    @cherrypy.expose
    def broken_stream(self):
        cherrypy.response.stream = True
        cherrypy.response.headers["Content-Type"] = "text/plain"
        yield ""
        raise RuntimeError

    @cherrypy.expose
    def nothing(self):
        cherrypy.response.status = 204

    @cherrypy.expose
    def error(self, status="409"):
        raise cherrypy.HTTPError(status, "a <message>")

    @cherrypy.expose
    def crash(self):
        raise RuntimeError("ä")

    @cherrypy.expose
    def away(self):
        raise cherrypy.HTTPRedirect("/ä")

    @cherrypy.expose
    def inside(self):
        raise cherrypy.InternalRedirect("/error?status=410")

    @cherrypy.expose
    def form(self, name="", file=None):
        return f"{name} {file and file.filename}"

    @cherrypy.expose("ünïcode")
    def beyond_ascii(self):
        return cherrypy.request.path_info


@pytest.fixture
def site():
    with Site({"environment": "test_suite"}) as made:
        made.tree.mount(Root(), "", {"/": {"tools.gzip.on": True, "tools.etags.autotags": True}})
        made.tree.mount(Root(), "/mounted")
        yield made


def alone(site):
    return cherrypy.Application(Root())


def behind_a_pipeline(site):
    wsgi = cherrypy.wsgi
    return wsgi.ExceptionTrapper(wsgi.InternalRedirector(cherrypy.Application(Root())))


def by_its_host(site):
    return cherrypy.wsgi.VirtualHost(site.tree, {"localhost": cherrypy.Application(Root())})


def logged(site):
    return AccessLog(site.tree, site.log)


APPLICATIONS = [lambda site: site, alone, behind_a_pipeline, by_its_host, logged]

REQUESTS = [
    ("GET", "/", 200),
    ("GET", "/stream", 200),
    ("GET", "/broken_stream", 500),
    ("GET", "/nothing", 204),
    ("GET", "/error", 409),
    ("GET", "/error?status=503", 503),
    ("GET", "/crash", 500),
    ("GET", "/away", 303),
    ("GET", "/inside", 410),
    ("GET", "/nowhere/ä", 404),
    ("GET", "/form?name=%C3%A4", 200),
    ("GET", "/form?unknown=1", 404),
    ("GET", "/ünïcode", 200),
    ("OPTIONS", "/", 200),
]


@pytest.mark.parametrize("make", APPLICATIONS)
@pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
def test_the_rules_are_kept(site, make, method, path, status):
    client = Client(make(site), strict=True, raise_errors=False)
    for accept in ("text/html", "text/plain", "application/json"):
        assert client.request(method, path, headers={"Accept": accept}).status_code == status
    if path != "/broken_stream":
        # (There, nobody has asked for the part that fails.)
        head = client.head(path) if method == "GET" else client.request(method, path)
        assert head.status_code == status
        assert method != "GET" or head.body == b""


@pytest.mark.parametrize("make", APPLICATIONS)
def test_forms_and_files(site, make):
    client = Client(make(site), strict=True)
    assert client.post("/form", data={"name": "ä"}).text == "ä None"
    answer = client.post("/form", files={"file": ("a.txt", b"x" * 5000)})
    assert answer.text == " a.txt"


@pytest.mark.parametrize("path", ["/mounted/", "/mounted/error", "/mounted"])
def test_mounted_applications_too(site, path):
    client = Client(site, strict=True, follow_redirects=True)
    assert client.get(path).status_code == (409 if "error" in path else 200)


def test_nothing_is_mounted(site):
    site.tree.apps.clear()
    assert Client(site, strict=True).get("/").status_code == 404
