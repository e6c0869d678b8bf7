"""Error pages, and the errors behind their semi-private names."""

import sys

import cherrypy
from cherrypy import _cperror


def as_page(status, message, traceback, version):
    """An `error_page.default`, which asks for the traceback itself."""
    error = sys.exc_info()[1]
    kind = type(error).__name__
    shown = "traceback" if "Traceback" in _cperror.format_exc() else "none"
    return f"[{status}] {message} {kind} {shown} {version == cherrypy.__version__ or version}"


class Root:
    @cherrypy.expose
    def broken(self):
        raise ValueError("a secret")

    @cherrypy.expose
    def missing(self):
        raise _cperror.NotFound("/missing/thing")

    @cherrypy.expose
    def away(self):
        raise _cperror.HTTPRedirect("/elsewhere")

    @cherrypy.expose
    def own(self):
        cherrypy.response.status = 418
        return _cperror.get_error_page(418, message="short and <stout>")


def test_an_error_page_may_look_at_the_error(mount):
    client = mount(Root(), config={"/": {"error_page.default": as_page}})
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert answer.text.startswith("[500 Internal Server Error] The server")
    assert "ValueError traceback" in answer.text
    assert "NotFound" in client.get("/missing").text


def test_the_exceptions_have_their_old_names_too(mount):
    client = mount(Root())
    assert "/missing/thing" in client.get("/missing").text
    assert client.get("/away").headers["Location"] == "http://localhost/elsewhere"
    assert _cperror.HTTPRedirect is cherrypy.HTTPRedirect


def test_a_page_can_be_made_without_raising(mount):
    answer = mount(Root()).get("/own")
    assert answer.status_code == 418
    assert "short and &lt;stout&gt;" in answer.text


def test_without_an_error_there_is_no_traceback():
    assert _cperror.format_exc() in {"", None}
