"""Uploads, through a whole application."""

from __future__ import annotations

import gc
import logging
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import cherrypy
from cherrypy import _cpreqbody
from cherrypy_testing import Client, LiveServer

FORM_DATA = "multipart/form-data; boundary=x"
DESCRIPTORS = Path("/proc/self/fd")


def client(root, config=None):
    return Client(cherrypy.Application(root, "", config), raise_errors=False)


class TestOwnParts:
    """An application with a class of parts that writes uploads where it wants them."""

    def test_files_go_where_the_application_says(self, tmp_path):
        made = []

        class FieldStorage(_cpreqbody.Part):
            maxrambytes = 0

            def make_file(self):
                made.append((tmp_path / f"{len(made)}.upload").open("w+b"))
                return made[-1]

        def hook():
            cherrypy.request.body.part_class = FieldStorage

        class Upload:
            @cherrypy.expose
            def index(self, data, title):
                assert isinstance(data, _cpreqbody.Part)
                return f"{title}: {data.filename} {data.content_type} {len(data.file.read())}"

        body = (
            b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nHarbour\r\n'
            b'--x\r\nContent-Disposition: form-data; name="data"; filename="a.txt"\r\n'
            b"Content-Type: text/plain\r\n\r\ntext\r\n--x--\r\n"
        )
        upload = client(Upload(), {"/": {"hooks.before_request_body": hook}})
        assert (
            upload.post("/", data=body, headers={"Content-Type": FORM_DATA}).text
            == "Harbour: a.txt text/plain 4"
        )
        (file,) = made
        assert not file.closed
        file.close()
        assert (tmp_path / "0.upload").read_bytes() == b"text"


def test_a_body_that_cannot_be_read_is_a_400():
    class Broken:
        def read(self, size=-1):
            raise ValueError("no chunk size")

    class Reading:
        @cherrypy.expose
        @cherrypy.config(**{"request.process_request_body": False})
        def index(self):
            cherrypy.request.body.fp = Broken()
            return cherrypy.request.body.read()

    assert client(Reading()).post("/", data=b"x").status_code == 400


def test_malformed_chunks_are_a_400_also_where_nobody_processes_the_body():
    class Reading:
        @cherrypy.expose
        @cherrypy.config(**{"request.process_request_body": False})
        def index(self):
            return b"%d" % len(cherrypy.request.body.read())

    def answer(body):
        head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        with socket.create_connection((address.hostname, address.port), timeout=10) as sock:
            sock.sendall(head + body)
            with sock.makefile("rb") as file:
                return file.readline().split()[1]

    app = cherrypy.Application(Reading(), "")
    app.log.screen = False
    with LiveServer(app) as server:
        address = urlsplit(server.url)
        assert answer(b"3\r\nabc\r\n0\r\n\r\n") == b"200"
        assert answer(b"3\r\nabc\r\nnonsense\r\n\r\n") == b"400"


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="needs the list of open files")
@pytest.mark.parametrize(
    ("error", "status"),
    [(None, 200), (cherrypy.HTTPError(403), 403), (RuntimeError("unexpected"), 500)],
)
def test_the_file_of_an_upload_is_gone_when_the_request_is_over(error, status):
    class Upload:
        @cherrypy.expose
        @cherrypy.config(**{"request.body.spool_limit": 0})
        def index(self, data):
            assert len(list(DESCRIPTORS.iterdir())) == before + 1
            if error is not None:
                raise error
            return data.file.read()

    head = b'--x\r\nContent-Disposition: form-data; name="data"; filename="a"\r\n\r\n'
    body = head + b"x" * 100_000 + b"\r\n--x--\r\n"
    upload = client(Upload())
    before = len(list(DESCRIPTORS.iterdir()))
    # Whoever reports errors keeps their tracebacks: in tests, pytest does.
    logging.disable()
    gc.disable()
    try:
        answer = upload.post("/", data=body, headers={"Content-Type": FORM_DATA})
        assert answer.status_code == status
        if error is not None:
            error.__traceback__ = None
        assert len(list(DESCRIPTORS.iterdir())) == before
    finally:
        gc.enable()
        logging.disable(logging.NOTSET)


class Unread:
    """A body that nobody may read."""

    def read(self, size=-1):
        pytest.fail("the body has been read")

    readline = readlines = __iter__ = read


def status(app, path, media_type):
    """Post a body that nobody may read; return the status."""
    seen = []
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": media_type,
        "CONTENT_LENGTH": "500",
        "wsgi.url_scheme": "http",
        "wsgi.input": Unread(),
    }
    body = app(environ, lambda status, headers, exc_info=None: seen.append(status[:3]))
    b"".join(body)
    if hasattr(body, "close"):
        body.close()
    return seen


class TestRefusedRequests:
    """Nothing of a body is read for a request that is refused before anybody looks."""

    @pytest.fixture
    def app(self):
        class Resource:
            exposed = True

            def GET(self):
                return "got"

        class Root:
            resource = Resource()

            @cherrypy.expose(methods=["GET"])
            def read_only(self):
                return "got"

            @cherrypy.expose
            @cherrypy.tools.json_in()
            def guarded(self, **params):
                return "never"

            @cherrypy.expose
            def moved(self):
                return "never"

        def refuse():
            raise cherrypy.HTTPError(401)

        def redirect():
            raise cherrypy.HTTPRedirect("/elsewhere")

        def adjust():
            cherrypy.request.body.maxbytes = 1_000
            cherrypy.request.body.processors.pop("multipart", None)

        config = {
            "/guarded": {"hooks.before_handler": refuse, "hooks.before_request_body": adjust},
            "/resource": {"request.dispatch": cherrypy.dispatch.MethodDispatcher()},
            "/moved": {"hooks.before_handler": redirect},
        }
        app = cherrypy.Application(Root(), "", config)
        app.log.screen = False

        return app

    @pytest.mark.parametrize(
        "media_type",
        [
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json",
        ],
    )
    def test_nothing_is_read(self, app, media_type):
        assert status(app, "/nothing", media_type) == ["404"]
        assert status(app, "/resource", media_type) == ["405"]
        assert status(app, "/read_only", media_type) == ["405"]
        assert status(app, "/guarded", media_type) == ["401"]
        assert status(app, "/moved", media_type) == ["303"]
