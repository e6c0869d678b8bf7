from __future__ import annotations

import struct
import zlib

import pytest

import cherrypy
from cherrypy._favicon import favicon


class Root:
    @cherrypy.expose
    def index(self):
        return "hello"


class Own(Root):
    @cherrypy.expose(["favicon.ico"])
    def icon(self):
        return b"mine"


def test_a_root_application_has_an_icon(call):
    app = cherrypy.tree.mount(Root())
    answer = call(cherrypy.tree, "/favicon.ico")
    assert answer.status == "200 OK"
    assert answer.headers["Content-Type"] == "image/x-icon"
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert answer.body == favicon()
    assert app.config == {}
    assert vars(app.root) == {}


def test_head_has_the_icons_length(call):
    cherrypy.tree.mount(Root())
    answer = call(cherrypy.tree, "/favicon.ico", REQUEST_METHOD="HEAD")
    assert answer.headers["Content-Length"] == str(len(favicon()))
    assert answer.body == b""


def test_a_handler_replaces_it(call):
    cherrypy.tree.mount(Own())
    assert call(cherrypy.tree, "/favicon.ico").body == b"mine"


def test_a_default_handler_replaces_it(call):
    class Catches(Root):
        @cherrypy.expose
        def default(self, *path):
            return repr(path)

    cherrypy.tree.mount(Catches())
    assert call(cherrypy.tree, "/favicon.ico").text == "('favicon.ico',)"


def test_a_static_file_replaces_it(call, tmp_path):
    file = tmp_path / "mine.ico"
    file.write_bytes(b"from a file")
    settings = {"tools.staticfile.on": True, "tools.staticfile.filename": str(file)}
    cherrypy.tree.mount(Root(), "", {"/favicon.ico": settings})
    assert call(cherrypy.tree, "/favicon.ico").body == b"from a file"


def test_a_static_file_that_is_missing_is_not_replaced(call, tmp_path):
    settings = {
        "tools.staticfile.on": True,
        "tools.staticfile.filename": str(tmp_path / "missing.ico"),
    }
    cherrypy.tree.mount(Root(), "", {"/favicon.ico": settings})
    assert call(cherrypy.tree, "/favicon.ico").status == "404 Not Found"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_other_methods_find_nothing(call, method):
    cherrypy.tree.mount(Root())
    assert call(cherrypy.tree, "/favicon.ico", REQUEST_METHOD=method).status == "404 Not Found"


def test_an_application_elsewhere_has_none(call):
    cherrypy.tree.mount(Root(), "/app")
    assert call(cherrypy.tree, "/app/favicon.ico").status == "404 Not Found"
    assert call(cherrypy.tree, "/favicon.ico").status == "404 Not Found"


def test_an_application_without_root_has_none(call):
    app = cherrypy.Application(None)
    assert call(app, "/favicon.ico").status == "404 Not Found"


def test_another_site_has_none(call):
    from cherrypy_site import Site

    site = Site()
    site.tree.mount(Root())
    assert call(site, "/favicon.ico").status == "404 Not Found"


def test_the_icon_has_two_sizes_and_intact_pictures():
    data = favicon()
    reserved, kind, count = struct.unpack_from("<HHH", data)
    assert (reserved, kind, count) == (0, 1, 2)
    for number, size in enumerate((16, 32)):
        width, height, *_, length, offset = struct.unpack_from("<BBBBHHII", data, 6 + 16 * number)
        assert width == height == size
        picture = data[offset : offset + length]
        assert picture.startswith(b"\x89PNG\r\n\x1a\n")
        position, pixels = 8, b""
        while position < length:
            chunk_length, name = struct.unpack_from(">I4s", picture, position)
            content = picture[position + 8 : position + 8 + chunk_length]
            (checksum,) = struct.unpack_from(">I", picture, position + 8 + chunk_length)
            assert checksum == zlib.crc32(name + content)
            if name == b"IDAT":
                pixels += content
            position += 12 + chunk_length
        assert len(zlib.decompress(pixels)) == size * (4 * size + 1)
