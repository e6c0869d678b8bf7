import contextlib
import io
import os
import sys
import zipfile

import pytest

from cherrypy_core.expose import expose
from cherrypy_core.serving import response
from cherrypy_tools import static
from cherrypy_tools.files import absolute_path
from cherrypy_tools.static import serve_download, serve_file, serve_fileobj, staticdir

WHEN = 784111777
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
LARGE = bytes(range(256)) * 1024

posix = pytest.mark.skipif(os.name == "nt", reason="a matter of POSIX file systems")


@pytest.fixture
def folder(tmp_path):
    """A directory with files, below another that is private."""
    (tmp_path / "private.txt").write_text("private")
    folder = tmp_path / "static"
    (folder / "sub").mkdir(parents=True)
    (folder / "dir.txt").mkdir()
    files = {
        "a.txt": b"0123456789",
        "style.css": b"body {}",
        "empty.txt": b"",
        "large.bin": LARGE,
        "100%.txt": b"percent",
        "%2e%2e": b"dots",
        ".hidden": b"hidden",
        "index.html": b"index",
        "sub/index.html": b"sub",
        "sub/own.html": b"own",
        "README": b"readme",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
        os.utime(folder / name, (WHEN, WHEN))
    return folder


class Root:
    @expose
    def index(self):
        return "root"

    @expose
    def static(self, *path):
        return "handler"


@pytest.fixture
def client(serve, folder):
    config = {"/static": {"tools.staticdir.on": True, "tools.staticdir.dir": str(folder)}}
    return serve(None, config)


def test_a_file_is_served(client):
    answer = client.get("/static/a.txt")
    assert (answer.status, answer.body) == (200, b"0123456789")
    assert answer["Content-Type"] == "text/plain"
    assert answer["Content-Length"] == "10"
    assert answer["Last-Modified"] == DATE
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["ETag"].startswith('"')


@pytest.mark.parametrize(
    "name", ["/sub/own.html", "/empty.txt", "/large.bin", "/.hidden", "/README"]
)
def test_files_of_all_sizes_and_names_are_served(client, folder, name):
    answer = client.get("/static" + name)
    assert answer.body == (folder / name[1:]).read_bytes()
    assert answer["Content-Length"] == str(len(answer.body))


def test_names_are_percent_decoded_once(client):
    # The server has decoded "100%25.txt" and "%252e%252e" already.
    assert client.get("/static/100%.txt").body == b"percent"
    assert client.get("/static/%2e%2e").body == b"dots"


@pytest.mark.parametrize(
    "path",
    [
        "/static/nothing",
        "/static/sub/nothing",
        "/static/sub",
        "/static/sub/",
        "/static/",
        "/static",
        "/static/dir.txt",
        "/static/dir.txt/",
        "/static/a.txt/",
        "/static/a.txt/x",
        "/static/../private.txt",
        "/static//../private.txt",
        "/static/sub/../../private.txt",
        "/static/sub/../a.txt",
        "/static/./a.txt",
        "/static/..\\private.txt",
        "/static/sub\\own.html",
        "/static/a.txt\0",
        "/static/a.txt\0.css",
        "/static/\0",
        "/static/" + "x" * 5000,
        "/static/" + "x/" * 5000,
        "/static/\xff\xfe",
        "/staticx/a.txt",
        "/private.txt",
    ],
)
def test_everything_else_is_not_found(client, path):
    assert client.get(path).status == 404


def test_an_absolute_path_in_the_url_is_below_the_directory(client, folder):
    assert client.get(f"/static/{folder}/a.txt").status == 404
    assert client.get("/static//etc/passwd").status == 404


def test_only_get_and_head_are_for_files(client, serve, folder):
    assert client.post("/static/a.txt").status == 404
    head = client.get("/static/a.txt", "HEAD")
    assert (head.status, head.body, head["Content-Length"]) == (200, b"", "10")
    large = client.get("/static/large.bin", "HEAD")
    assert (large.body, large["Content-Length"]) == (b"", str(len(LARGE)))


def test_what_is_no_file_goes_to_the_handler(serve, folder):
    config = {"/static": {"tools.staticdir.on": True, "tools.staticdir.dir": str(folder)}}
    client = serve(Root(), config)
    assert client.get("/static/a.txt").body == b"0123456789"
    assert client.get("/static/nothing").text == "handler"
    assert client.post("/static/a.txt").text == "handler"


def test_a_directory_may_be_the_whole_site(serve, folder):
    config = {
        "/": {
            "tools.staticdir.on": True,
            "tools.staticdir.root": str(folder.parent),
            "tools.staticdir.dir": folder.name,
            "tools.staticdir.index": "index.html",
        }
    }
    client = serve(None, config)
    assert client.get("/a.txt").body == b"0123456789"
    assert client.get("/").body == b"index"
    assert client.get("/nothing").status == 404


def test_settings_of_a_directory_reach_below_it(serve, folder):
    config = {
        "/": {"tools.staticdir.root": str(folder.parent)},
        "/static": {"tools.staticdir.on": True, "tools.staticdir.dir": "static"},
        "/static/sub": {
            "tools.response_headers.on": True,
            "tools.response_headers.headers": [("X-Sub", "yes")],
        },
    }
    client = serve(None, config)
    assert client.get("/static/sub/own.html")["X-Sub"] == "yes"
    assert client.get("/static/a.txt")["X-Sub"] is None
    # A second name for it would come without the settings of the first.
    assert client.get("/static/./sub/own.html").status == 404
    assert client.get("/static//sub/own.html")["X-Sub"] == "yes"


def with_index(folder, **more):
    return {
        "/static": {
            "tools.staticdir.on": True,
            "tools.staticdir.dir": str(folder),
            "tools.staticdir.index": "index.html",
            **more,
        }
    }


def test_a_directory_can_have_an_index(serve, folder):
    client = serve(None, with_index(folder))
    assert client.get("/static/").body == b"index"
    assert client.get("/static/sub/").body == b"sub"
    assert client.get("/static/sub/")["Content-Type"] == "text/html"
    assert client.get("/static/dir.txt/").status == 404
    assert client.get("/static/a.txt/").status == 404


@pytest.mark.parametrize("path", ["/static", "/static/sub"])
def test_a_directory_without_its_slash_is_redirected(serve, folder, path):
    answer = serve(None, with_index(folder)).get(path + "?a=1")
    assert (answer.status, answer["Location"]) == (301, f"http://example.com{path}/?a=1")
    assert answer["Last-Modified"] is None


@pytest.mark.parametrize(
    "setting", [{"tools.trailing_slash.on": False}, {"tools.trailing_slash.missing": False}]
)
def test_without_redirects_the_index_is_served_at_once(serve, folder, setting):
    assert serve(None, with_index(folder, **setting)).get("/static/sub").body == b"sub"


def test_only_paths_that_match_are_served(serve, folder):
    config = {
        "/static": {
            "tools.staticdir.on": True,
            "tools.staticdir.dir": str(folder),
            "tools.staticdir.match": r"\.css$",
        }
    }
    client = serve(None, config)
    assert client.get("/static/style.css").status == 200
    assert client.get("/static/a.txt").status == 404


def test_media_types_can_be_set_for_a_directory(serve, folder):
    config = {
        "/static": {
            "tools.staticdir.on": True,
            "tools.staticdir.dir": str(folder),
            "tools.staticdir.content_types": {"txt": "text/x-own"},
            "tools.staticdir.debug": True,
        }
    }
    assert serve(None, config).get("/static/a.txt")["Content-Type"] == "text/x-own"


@pytest.mark.parametrize(
    "settings",
    [
        {"tools.staticdir.dir": "static"},
        {"tools.staticdir.dir": "static", "tools.staticdir.root": "relative"},
    ],
)
def test_relative_directories_are_a_mistake_that_is_named(serve, caplog, settings):
    client = serve(None, {"/static": {"tools.staticdir.on": True, **settings}})
    with caplog.at_level("ERROR"):
        assert client.get("/static/a.txt").status == 500
    assert "tools.staticdir" in caplog.text
    assert "absolute path" in caplog.text


def test_a_tilde_is_the_home_directory(serve, folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("USERPROFILE", str(folder.parent))
    absolute_path.cache_clear()
    config = {"/static": {"tools.staticdir.on": True, "tools.staticdir.dir": "~/static"}}
    try:
        assert serve(None, config).get("/static/a.txt").status == 200
    finally:
        absolute_path.cache_clear()


# Links and other oddities of file systems


@posix
def test_links_are_followed_unless_they_are_not_to_be(serve, folder):
    (folder / "link.txt").symlink_to(folder.parent / "private.txt")
    (folder / "linked").symlink_to(folder / "sub")
    (folder / "sub" / "index.html").unlink()
    (folder / "sub" / "index.html").symlink_to(folder.parent / "private.txt")
    for follow, status in ((True, 200), (False, 404)):
        config = {
            "/static": {
                "tools.staticdir.on": True,
                "tools.staticdir.dir": str(folder),
                "tools.staticdir.follow_symlinks": follow,
                "tools.staticdir.index": "index.html",
            }
        }
        client = serve(None, config)
        assert client.get("/static/sub/").status == status
        assert client.get("/static/").status == 200
        assert client.get("/static/link.txt").status == status
        assert client.get("/static/linked/own.html").status == status
        assert client.get("/static/a.txt").status == 200
        assert client.get("/static/sub/own.html").status == 200


@posix
def test_the_directory_itself_may_be_a_link(serve, folder):
    link = folder.parent / "current"
    link.symlink_to(folder)
    config = {
        "/static": {
            "tools.staticdir.on": True,
            "tools.staticdir.dir": str(link),
            "tools.staticdir.follow_symlinks": False,
        }
    }
    assert serve(None, config).get("/static/a.txt").status == 200


@posix
def test_a_fifo_is_no_file_and_nobody_waits_for_it(client, folder):
    os.mkfifo(folder / "fifo")
    assert client.get("/static/fifo").status == 404


@contextlib.contextmanager
def without_privileges(folder):
    """Be somebody who may not read everything, and may come to *folder* all the same."""
    if os.geteuid() != 0:
        yield
        return
    for path in (folder, *folder.parents):
        if path.owner() == "root" and path.stat().st_mode & 0o711 != 0o711:
            path.chmod(path.stat().st_mode | 0o711)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@posix
def test_an_unreadable_file_is_not_found(client, folder):
    (folder / "a.txt").chmod(0)
    (folder / "style.css").chmod(0o644)
    with without_privileges(folder):
        assert client.get("/static/a.txt").status == 404
        assert client.get("/static/style.css").status == 200


def test_no_descriptor_is_left_open(client, folder, monkeypatch):
    opened = []
    closed = []
    real_open, real_close = os.open, os.close
    monkeypatch.setattr(os, "open", lambda *a: opened.append(real_open(*a)) or opened[-1])
    monkeypatch.setattr(os, "close", lambda fd: (closed.append(fd), real_close(fd)))
    tag = client.get("/static/a.txt")["ETag"]
    client.get("/static/sub")
    client.get("/static/large.bin")
    client.get("/static/large.bin", "HEAD")
    client.get("/static/a.txt", headers={"If-None-Match": tag})
    client.get("/static/a.txt", headers={"If-Match": '"x"'})
    client.get("/static/large.bin", headers={"If-Match": '"x"'})
    client.get("/static/large.bin", headers={"Range": "bytes=1-2"})
    client.get("/static/large.bin", headers={"Range": f"bytes={len(LARGE)}-"})
    begun = client.start("/static/large.bin")
    next(iter(begun.chunks))
    begun.close()
    ours = [fd for fd in closed if fd in opened]
    assert len(opened) == len(ours) > 8


# Conditions and ranges


@pytest.mark.parametrize("name", ["a.txt", "large.bin"])
def test_a_client_that_has_the_file_gets_304(client, name):
    path = f"/static/{name}"
    tag = client.get(path)["ETag"]
    for headers in (
        {"If-None-Match": tag},
        {"If-None-Match": f"W/{tag}"},
        {"If-Modified-Since": DATE},
        {"If-None-Match": tag, "If-Modified-Since": "Sat, 05 Nov 1994 08:49:37 GMT"},
    ):
        answer = client.get(path, headers=headers)
        assert (answer.status, answer.body) == (304, b"")
        assert answer["ETag"] == headers.get("If-None-Match", tag)
        assert answer["Last-Modified"] == DATE
        assert answer["Content-Type"] is answer["Content-Length"] is None


def test_a_file_that_has_changed_has_another_tag(client, folder):
    tag = client.get("/static/a.txt")["ETag"]
    (folder / "a.txt").write_bytes(b"other text")
    answer = client.get("/static/a.txt", headers={"If-None-Match": tag})
    assert (answer.status, answer.body) == (200, b"other text")


@pytest.mark.parametrize(
    "headers",
    [{"If-Match": '"x"'}, {"If-Unmodified-Since": "Sat, 05 Nov 1994 08:49:37 GMT"}],
)
def test_a_failed_precondition_is_412(client, headers):
    answer = client.get("/static/a.txt", headers=headers)
    assert answer.status == 412
    assert answer["ETag"] is None


@pytest.mark.parametrize(
    ("field", "content", "content_range"),
    [
        ("bytes=0-4", b"01234", "bytes 0-4/10"),
        ("bytes=2-", b"23456789", "bytes 2-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=5-999", b"56789", "bytes 5-9/10"),
        ("bytes=0-0", b"0", "bytes 0-0/10"),
    ],
)
def test_a_part_can_be_had(client, field, content, content_range):
    answer = client.get("/static/a.txt", headers={"Range": field})
    assert (answer.status, answer.body) == (206, content)
    assert answer["Content-Range"] == content_range
    assert answer["Content-Length"] == str(len(content))


def test_a_part_of_a_large_file_can_be_had(client):
    answer = client.get("/static/large.bin", headers={"Range": "bytes=1000-200000"})
    assert answer.body == LARGE[1000:200001]


def test_several_parts_come_as_one_multipart_body(client):
    answer = client.get("/static/a.txt", headers={"Range": "bytes=0-1,8-"})
    assert answer.status == 206
    assert answer["Content-Range"] is None
    assert answer["Content-Length"] == str(len(answer.body))
    media, _, boundary = answer["Content-Type"].partition("; boundary=")
    assert media == "multipart/byteranges"
    parts = answer.body.split(b"--" + boundary.encode())
    assert parts[0] == b""
    assert parts[1] == (
        b"\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n"
    )
    assert parts[2] == (
        b"\r\nContent-Type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n"
    )
    assert parts[3] == b"--\r\n"


@pytest.mark.parametrize("field", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_part_that_is_not_there_is_416(client, field):
    answer = client.get("/static/a.txt", headers={"Range": field})
    assert (answer.status, answer["Content-Range"]) == (416, "bytes */10")
    assert answer["Last-Modified"] is None


@pytest.mark.parametrize(
    "field", ["bytes=", "lines=1-2", "bytes=a-b", "bytes=3-1", "x", "bytes=" + "0-0," * 300]
)
def test_a_range_that_makes_no_sense_is_ignored(client, field):
    answer = client.get("/static/a.txt", headers={"Range": field})
    assert (answer.status, answer.body) == (200, b"0123456789")


def test_ranges_are_for_get_and_http_1_1(client):
    headers = {"Range": "bytes=0-1"}
    assert client.get("/static/a.txt", "HEAD", headers=headers).status == 200
    old = client.get("/static/a.txt", headers=headers, SERVER_PROTOCOL="HTTP/1.0")
    assert (old.status, old.body) == (200, b"0123456789")


def test_if_range_sends_the_whole_of_a_changed_file(client):
    tag = client.get("/static/a.txt")["ETag"]
    for field, status in (
        (tag, 206),
        (DATE, 206),
        (f"W/{tag}", 200),
        ('"x"', 200),
        ("Sat, 05 Nov 1994 08:49:37 GMT", 200),
        ("nonsense", 200),
    ):
        headers = {"Range": "bytes=0-1", "If-Range": field}
        assert client.get("/static/a.txt", headers=headers).status == status


# Files that change while they are sent


def test_a_small_file_that_shrinks_is_sent_as_it_is(client, folder, monkeypatch):
    real = os.fstat

    def fstat(fd):
        status = real(fd)
        (folder / "a.txt").write_bytes(b"012")
        return status

    monkeypatch.setattr(os, "fstat", fstat)
    answer = client.get("/static/a.txt")
    assert (answer.body, answer["Content-Length"]) == (b"012", "3")


def test_a_large_file_that_shrinks_ends_with_an_error_not_silently(client, folder):
    begun = client.start("/static/large.bin")
    chunks = iter(begun.chunks)
    next(chunks)
    os.truncate(folder / "large.bin", 70_000)
    with pytest.raises(Exception, match="ended"):
        list(chunks)
    begun.close()


def test_a_large_file_that_grows_is_sent_as_announced(client, folder):
    begun = client.start("/static/large.bin")
    chunks = iter(begun.chunks)
    first = next(chunks)
    with (folder / "large.bin").open("ab") as file:
        file.write(b"more")
    assert first + b"".join(chunks) == LARGE
    begun.close()


# staticfile


def test_a_single_file_is_served_at_its_path(serve, folder):
    config = {
        "/favicon.ico": {
            "tools.staticfile.on": True,
            "tools.staticfile.filename": str(folder / "a.txt"),
        },
        "/style": {
            "tools.staticfile.on": True,
            "tools.staticfile.root": str(folder),
            "tools.staticfile.filename": "style.css",
            "tools.staticfile.content_types": {"css": "text/x-own"},
            "tools.staticfile.debug": True,
        },
        "/gone": {
            "tools.staticfile.on": True,
            "tools.staticfile.filename": str(folder / "gone"),
        },
        "/match": {
            "tools.staticfile.on": True,
            "tools.staticfile.filename": str(folder / "a.txt"),
            "tools.staticfile.match": "x$",
        },
    }
    client = serve(None, config)
    assert client.get("/favicon.ico").body == b"0123456789"
    assert client.get("/style")["Content-Type"] == "text/x-own"
    assert client.get("/gone").status == 404
    assert client.post("/favicon.ico").status == 404
    assert client.get("/match").status == 404
    assert client.get("/match/x").status == 200


def test_a_relative_file_is_a_mistake_that_is_named(serve, caplog):
    config = {"/": {"tools.staticfile.on": True, "tools.staticfile.filename": "a.txt"}}
    with caplog.at_level("ERROR"):
        assert serve(None, config).get("/").status == 500
    assert "tools.staticfile.filename must be an absolute path" in caplog.text


# Functions for page handlers


class Files:
    def __init__(self, folder):
        self.folder = folder

    @expose
    def file(self, name="a.txt", content_type=None, disposition=None, as_name=None):
        return serve_file(str(self.folder / name), content_type, disposition, as_name, debug=True)

    @expose
    def relative(self):
        return serve_file("a.txt")

    @expose
    def download(self, name=None):
        return serve_download(self.folder / "a.txt", name)

    @expose
    def memory(self, skip=0):
        file = io.BytesIO(b"0123456789")
        file.seek(int(skip))
        return serve_fileobj(file, "text/plain", "inline", "n.txt", debug=True)

    @expose
    def opened(self):
        return serve_fileobj((self.folder / "large.bin").open("rb"))

    @expose
    def zipped(self):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", b"0123456789" * 100)
        return serve_fileobj(zipfile.ZipFile(data).open("a.txt"), "text/plain")

    @expose
    def pipe(self):
        class Pipe:
            closed = False
            chunks = [b"one", b"two"]  # noqa: RUF012

            def read(self, size):
                return self.chunks.pop(0) if self.chunks else b""

        return serve_fileobj(Pipe(), "text/plain")

    @expose
    def own_tag(self):
        response.headers["ETag"] = '"mine"'
        return serve_file(str(self.folder / "a.txt"))


@pytest.fixture
def files(serve, folder):
    return serve(Files(folder))


def test_serve_file_guesses_the_type(files):
    answer = files.get("/file")
    assert answer.body == b"0123456789"
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["Content-Disposition"] is None
    assert files.get("/file?content_type=text/x-own")["Content-Type"].startswith("text/x-own")


def test_serve_file_proposes_a_name(files):
    answer = files.get("/file?disposition=attachment")
    assert answer["Content-Disposition"] == 'attachment; filename="a.txt"'
    answer = files.get("/file?disposition=inline&as_name=b.txt")
    assert answer["Content-Disposition"] == 'inline; filename="b.txt"'


@pytest.mark.parametrize("name", ["nothing", "sub", "a.txt/x", "a%00b"])
def test_serve_file_of_what_is_no_file_is_a_404(files, name):
    answer = files.get(f"/file?name={name}")
    assert answer.status == 404
    assert "/file" in answer.text


def test_serve_file_refuses_relative_paths(files, caplog):
    with caplog.at_level("ERROR"):
        assert files.get("/relative").status == 500
    assert "serve_file needs an absolute path, not 'a.txt'" in caplog.text


def test_serve_download_is_for_saving(files):
    answer = files.get("/download")
    assert answer["Content-Type"] == "application/x-download"
    assert answer["Content-Disposition"] == 'attachment; filename="a.txt"'
    assert "b.txt" in files.get("/download?name=b.txt")["Content-Disposition"]


def test_a_large_text_file_is_not_collected_by_the_encode_tool(files, folder):
    (folder / "large.txt").write_bytes(b"text\n" * 50_000)
    begun = files.start("/file?name=large.txt")
    assert dict(begun.fields)["Content-Length"] == "250000"
    assert len(next(iter(begun.chunks))) == 65_536
    begun.close()


def test_a_tag_of_the_applications_own_counts(files):
    assert files.get("/own_tag")["ETag"] == '"mine"'
    assert files.get("/own_tag", headers={"If-None-Match": '"mine"'}).status == 304


def test_serve_fileobj_sends_from_where_the_file_is(files):
    answer = files.get("/memory")
    assert answer.body == b"0123456789"
    assert answer["Content-Disposition"] == 'inline; filename="n.txt"'
    answer = files.get("/memory?skip=4")
    assert (answer.body, answer["Content-Length"]) == (b"456789", "6")


def test_serve_fileobj_knows_ranges(files):
    answer = files.get("/memory?skip=4", headers={"Range": "bytes=1-2"})
    assert (answer.status, answer.body) == (206, b"56")
    assert answer["Content-Range"] == "bytes 1-2/6"
    assert files.get("/memory", headers={"Range": "bytes=99-"}).status == 416


def test_serve_fileobj_tells_when_the_file_was_changed(files):
    answer = files.get("/opened")
    assert (answer.body, answer["Last-Modified"]) == (LARGE, DATE)
    assert files.get("/opened", headers={"If-Modified-Since": DATE}).status == 304
    headers = {"If-Unmodified-Since": "Sat, 05 Nov 1994 08:49:37 GMT"}
    assert files.get("/opened", headers=headers).status == 412


def test_serve_fileobj_takes_the_members_of_archives(files):
    assert files.get("/zipped").body == b"0123456789" * 100
    assert files.get("/zipped", headers={"Range": "bytes=10-12"}).body == b"012"


def test_serve_fileobj_streams_what_cannot_seek(files):
    begun = files.start("/pipe")
    assert "Content-Length" not in dict(begun.fields)
    assert list(begun.chunks) == [b"one", b"two"]
    begun.close()
    assert files.get("/pipe", headers={"Range": "bytes=1-2"}).status == 200


def test_an_open_file_is_closed_whatever_becomes_of_the_response(serve):
    files = []

    class Root:
        @expose
        def index(self, stream=None):
            file = io.BytesIO(b"x" * 10)
            if stream:
                file.seek = None
            files.append(file)
            return serve_fileobj(file)

    class Unseekable(io.BytesIO):
        def seek(self, *args):
            raise OSError("no")

    Root.other = expose(lambda self: files.append(Unseekable(b"x")) or serve_fileobj(files[-1]))
    client = serve(Root())
    for url in ("/", "/other"):
        client.get(url)
        client.get(url, "HEAD")
        client.get(url, headers={"If-Match": '"x"'})
        client.get(url, headers={"If-None-Match": "*"})
        client.get(url, headers={"Range": "bytes=50-"})
    assert len(files) == 10
    assert all(file.closed for file in files)


def test_a_static_tool_can_be_a_page_handler(serve, tools, folder):
    class Root:
        nav = tools.staticdir.handler(section="/nav", dir="static", root=str(folder.parent))

    client = serve(Root(), toolbox=tools)
    assert client.get("/nav/a.txt").body == b"0123456789"
    assert client.get("/nav/large.bin").body == LARGE
    assert client.get("/nav/nothing").status == 404


def test_the_module_of_media_types_can_be_reached_through_this_one():
    assert static.mimetypes is sys.modules["mimetypes"]
    with pytest.raises(AttributeError):
        _ = static.nonsense


def test_the_section_of_the_global_configuration_is_the_root(serve, folder):
    class Root:
        @expose
        def default(self, *path):
            if staticdir(section="global", dir=str(folder)):
                return response.body
            return "none"

    assert serve(Root()).get("/a.txt").body == b"0123456789"
