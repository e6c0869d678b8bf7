"""Functions of the library that applications call themselves."""

import time

import pytest

import cherrypy
from cherrypy.lib import cptools, httputil, static


class Files:
    """Serves content that is no file: with dates, tags and ranges."""

    content = b"0123456789"

    @cherrypy.expose
    def read(self):
        headers = cherrypy.response.headers
        headers["Last-Modified"] = httputil.HTTPDate(1_000_000_000)
        cptools.validate_since()
        headers["Accept-Ranges"] = "bytes"
        ranges = httputil.get_ranges(cherrypy.request.headers.get("Range"), len(self.content))
        if not ranges:
            return self.content
        start, stop = ranges[0]
        cherrypy.response.status = "206 Partial Content"
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(self.content)}"
        return self.content[start:stop]

    @cherrypy.expose
    def tagged(self):
        cherrypy.response.headers["ETag"] = '"one"'
        cptools.validate_etags()
        return "tagged"

    @cherrypy.expose
    def negotiated(self):
        return cptools.accept(["application/json", "text/html"])

    @cherrypy.expose
    def listing(self, **_):
        cherrypy.request.remote = httputil.Host("192.0.2.1", 50000, "proxy")
        params = httputil.parse_query_string(cherrypy.request.query_string)
        return f"{cherrypy.request.remote.ip} {sorted(params.items())}"


@pytest.fixture
def client(mount):
    return mount(Files())


def test_dates_and_ranges(client):
    assert client.get("/read").headers["Last-Modified"] == "Sun, 09 Sep 2001 01:46:40 GMT"
    part = client.get("/read", headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.text) == (206, "234")
    since = {"If-Modified-Since": httputil.HTTPDate(time.time())}
    assert client.get("/read", headers=since).status_code == 304


def test_tags(client):
    assert client.get("/tagged").text == "tagged"
    assert client.get("/tagged", headers={"If-None-Match": '"one"'}).status_code == 304
    assert client.get("/tagged", headers={"If-Match": '"two"'}).status_code == 412


def test_media_types(client):
    assert client.get("/negotiated", headers={"Accept": "text/*"}).text == "text/html"
    assert client.get("/negotiated", headers={"Accept": "image/png"}).status_code == 406


def test_addresses_and_query_strings(client):
    assert client.get("/listing?a=1&a=2&b").text == "192.0.2.1 [('a', ['1', '2']), ('b', '')]"
    assert httputil.valid_status("404 Gone fishing")[:2] == (404, "Gone fishing")


def test_media_types_of_files_can_be_added(mount, tmp_path):
    (tmp_path / "book.mobi7").write_text("pages")
    static.mimetypes.types_map[".mobi7"] = "application/x-mobi7"
    try:
        config = {"/": {"tools.staticdir.on": True, "tools.staticdir.dir": str(tmp_path)}}
        answer = mount(None, "/books", config).get("/books/book.mobi7")
        assert answer.headers["Content-Type"].startswith("application/x-mobi7")
    finally:
        del static.mimetypes.types_map[".mobi7"]


def test_directories_are_served_by_hand(mount, tmp_path):
    (tmp_path / "a.txt").write_text("by hand")

    class Root:
        @cherrypy.expose
        def default(self, *path):
            if not static.staticdir(section="/", dir=str(tmp_path)):
                raise cherrypy.NotFound
            return cherrypy.response.body

    assert mount(Root()).get("/a.txt").text == "by hand"
    assert mount(Root()).get("/b.txt").status_code == 404
