"""Whatever a client sends, an application with all the usual tools answers, and not with 500."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cherrypy
from cherrypy.lib.static import serve_file

MULTIPART = "multipart/form-data; boundary=x"
TOOLS = {
    "tools.accept.on": True,
    "tools.accept.media": ["text/plain", "text/html"],
    "tools.decode.on": True,
    "tools.encode.on": True,
    "tools.etags.on": True,
    "tools.etags.autotags": True,
    "tools.gzip.on": True,
    "tools.sessions.on": True,
    "request.show_tracebacks": False,
}


class Root:
    @cherrypy.expose
    def index(self, **params):
        request = cherrypy.request
        cherrypy.session["seen"] = repr(request.cookie)
        for value in params.values():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, cherrypy._cpreqbody.Part) and one.file is not None:
                    one.file.read()
        seen = [request.params, request.headers, request.base, request.remote, request.login]
        seen += [request.headers.elements(name) for name in request.headers]
        return repr(seen) + "." * 2000

    @cherrypy.expose
    @cherrypy.tools.json_in(force=False)
    @cherrypy.tools.json_out()
    def json(self, **params):
        return sorted(params)

    @cherrypy.expose
    @cherrypy.config(**{"request.process_request_body": False})
    def raw(self):
        return str(len(cherrypy.request.body.read()))

    @cherrypy.expose
    @cherrypy.config(**{"tools.accept.on": False})
    def file(self):
        return serve_file(__file__, "text/plain", "attachment")


@pytest.fixture(scope="module")
def app():
    application = cherrypy.Application(Root(), "", {"/": TOOLS})
    application.log.screen = False
    return application


def words(*texts):
    """Return pieces of a field's grammar in any order, and texts that have nothing of it."""
    latin_1 = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=20)
    return st.lists(st.sampled_from(texts), max_size=12).map("".join) | latin_1


FIELDS = {
    "ACCEPT": words("text/html", "*/*", "text/*", ";q=", "0.5", ",", ";", '"', "\\", " ", "="),
    "ACCEPT_CHARSET": words("utf-8", "iso-8859-1", "*", ";q=", "1", "0", ",", ";", "utf-7"),
    "ACCEPT_ENCODING": words("gzip", "x-gzip", "identity", "*", ";q=", "0", "1", ",", ";"),
    "AUTHORIZATION": words("Basic ", "Digest ", "YTph", "a:a", "=", ",", '"', "realm="),
    "CACHE_CONTROL": words("max-age=", "no-cache", "0", "-1", ",", ";", "=", "x"),
    "COOKIE": words("a=1", ";", "=", '"', "\\", "session_id=", "$Version", " ", ",", "0" * 40),
    "HOST": words("localhost", ":", "80", "[", "]", "@", "/", ",", ".."),
    "IF_MODIFIED_SINCE": words("Sun, 06 Nov 1994 ", "08:49:37", "GMT", " ", "99", ":", ";"),
    "IF_NONE_MATCH": words('"', "W/", "*", ",", "a", " ", "\\"),
    "IF_RANGE": words('"', "W/", "Sun, 06 Nov 1994 08:49:37 GMT", "a"),
    "RANGE": words("bytes", "=", "0", "-", ",", "99999", " ", "5"),
    "X_FORWARDED_FOR": words("1.2.3.4", ",", " ", "::1", "unknown"),
    "X_FORWARDED_HOST": words("a.b", ",", ":", "80", "/", "@"),
}
PARTS = st.lists(
    st.sampled_from(
        [
            b"--x",
            b"--x\r\n",
            b"--x--",
            b"\r\n",
            b"\r\n\r\n",
            b'Content-Disposition: form-data; name="a"',
            b'Content-Disposition: form-data; name="f"; filename="f"\r\n',
            b"Content-Type: multipart/mixed; boundary=y\r\n",
            b"Content-Type: text/plain; charset=utf-16\r\n",
            b"--y",
            b"a",
            b"\xff",
        ]
    ),
    max_size=12,
).map(b"".join)
TYPES = st.sampled_from(
    [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-16",
        MULTIPART,
        "multipart/mixed; boundary=x",
        "application/json",
        "text/plain",
    ]
)


def ask(app, path, method, query, fields, content_type, body):
    """Call the application; return the status."""
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
    }
    environ.update({f"HTTP_{name}": value for name, value in fields.items()})
    seen = []

    def start_response(status, headers, exc_info=None):
        seen.append(int(status[:3]))
        for name, value in headers:
            assert not set(name + value) & set("\r\n\0")

    result = app(environ, start_response)
    try:
        b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    assert len(seen) == 1
    return seen[0]


@pytest.mark.slow
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["/", "/json", "/raw", "/file", "/nothing"]),
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"]),
    words("a=1", "&", "=", "%", "%41", "%FF", "+", ";", "a", ",").filter(str.isascii),
    st.fixed_dictionaries({}, optional=FIELDS),
    TYPES,
    PARTS | st.binary(max_size=30),
)
def test_no_request_is_an_unexpected_error(app, path, method, query, fields, content_type, body):
    assert ask(app, path, method, query, fields, content_type, body) < 500


@pytest.mark.parametrize("path", ["/", "/file"])
def test_a_plain_request_gets_its_answer(app, path):
    assert ask(app, path, "GET", "", {}, "", b"") == 200
