from __future__ import annotations

import pytest

from cherrypy_core.errors import HTTPError, HTTPRedirect
from cherrypy_core.expose import expose
from cherrypy_core.serving import request, response, serving


class Root:
    """An application with a page for everything that a client may want to do."""

    @expose
    def index(self, **params):
        return f"hello {params}"

    @expose
    def echo(self, **params):
        fields = {
            name: (value.filename, str(value.content_type), value.file.read())
            if hasattr(value, "filename")
            else value
            for name, value in params.items()
        }
        return f"{request.method} {fields}"

    @expose
    def raw(self):
        return request.body.fp.read()

    @expose
    def headers(self):
        response.headers["Content-Type"] = "text/plain"
        return "\n".join(f"{name}: {value}" for name, value in sorted(request.headers.items()))

    @expose
    def bake(self, name="flavour", value="oat", path="/"):
        response.cookie[name] = value
        response.cookie[name]["path"] = path
        return "baked"

    @expose
    def cookies(self):
        return str({name: morsel.value for name, morsel in request.cookie.items()})

    @expose
    def go(self, to="/", status=303, **_):
        raise HTTPRedirect(to, int(status))

    @expose
    def around(self):
        raise HTTPRedirect("/around")

    @expose
    def fail(self):
        raise RuntimeError("broken")

    @expose
    def refuse(self):
        raise HTTPError(500, "on purpose")

    @expose
    def count(self):
        serving.session["n"] = serving.session.get("n", 0) + 1
        return str(serving.session["n"])

    @expose
    def user(self):
        return str(request.login)

    @expose
    def latin(self):
        response.headers["Content-Type"] = 'text/plain; charset="iso-8859-1"'
        return "h\u00e9".encode("latin-1")


@pytest.fixture
def root():
    return Root()


@pytest.fixture
def app(site, root):
    """The application at the root of the site of this test."""
    config = {
        "/count": {"tools.sessions.on": True},
        "/raw": {"request.process_request_body": False},
    }
    return site.tree.mount(root, "", config)


@pytest.fixture
def plain():
    """A WSGI application that has nothing to do with the framework."""

    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}".encode()]

    return application
