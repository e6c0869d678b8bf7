import gzip
import io
import zlib

import pytest

from cherrypy_core.expose import expose
from cherrypy_core.serving import request, response
from cherrypy_tools.compression import compress, decompress, wants_gzip

TEXT = "Hello, world! " * 100


class Root:
    @expose
    def index(self):
        return TEXT

    @expose
    def short(self):
        return "x"

    @expose
    def empty(self):
        return ""

    @expose
    def typed(self, media):
        response.headers["Content-Type"] = media
        return TEXT.encode()

    @expose
    def encoded(self):
        response.headers["Content-Encoding"] = "br"
        return b"already"

    @expose
    def status(self, code):
        response.status = int(code)
        return TEXT

    @expose
    def cached(self):
        request.cached = True
        return TEXT

    @expose
    def vary(self):
        response.headers["Vary"] = "Cookie"
        return TEXT

    @expose
    def tagged(self, tag):
        response.headers["ETag"] = tag
        return TEXT

    @expose
    def stream(self):
        yield "Hello, "
        yield ""
        yield "world!"

    stream._cp_config = {"response.stream": True}  # noqa: RUF012

    @expose
    def generated(self):
        yield from ("Hello, ", "world!")

    @expose
    def file(self):
        response.headers["Content-Type"] = "application/x-own"
        response.headers["Content-Length"] = str(len(TEXT))
        return io.BytesIO(TEXT.encode())


@pytest.fixture
def client(serve):
    return serve(Root(), site={"tools.gzip.on": True})


GZIP = {"Accept-Encoding": "gzip"}


def test_text_is_compressed_for_clients_that_accept_it(client):
    answer = client.get("/", headers=GZIP)
    assert answer["Content-Encoding"] == "gzip"
    assert answer["Vary"] == "Accept-Encoding"
    assert answer["Content-Length"] == str(len(answer.body))
    assert len(answer.body) < 100
    assert gzip.decompress(answer.body).decode() == TEXT


def test_a_short_body_is_compressed_too(client):
    assert gzip.decompress(client.get("/short", headers=GZIP).body) == b"x"


def test_others_get_the_text_and_caches_are_told(client):
    answer = client.get("/")
    assert answer["Content-Encoding"] is None
    assert answer["Vary"] == "Accept-Encoding"
    assert answer.text == TEXT


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("deflate, gzip;q=0.1", True),
        ("*", True),
        ("br;q=1.0, *;q=0.5", True),
        ("deflate", False),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("identity", False),
        ("identity, gzip;q=0.5", False),
        ("gzip;q=0.5, identity;q=0.5", True),
        ("identity;q=0", None),
        ("*;q=0", None),
        ("*;q=0, identity", False),
        ("gzip;q=0, identity;q=0", None),
        ("gzip;q=nonsense", False),
    ],
)
def test_the_weights_of_accept_encoding_count(field, wanted):
    assert wants_gzip(field) is wanted


def test_a_client_that_accepts_nothing_gets_406(client):
    answer = client.get("/", headers={"Accept-Encoding": "identity;q=0"})
    assert answer.status == 406
    assert "identity, gzip" in answer.text
    # An error stays the error that it is.
    assert client.get("/nothing", headers={"Accept-Encoding": "*;q=0"}).status == 404


@pytest.mark.parametrize(
    ("patterns", "media", "compressed"),
    [
        (["text/html", "text/plain"], "text/html;charset=utf-8", True),
        (["text/html", "text/plain"], "TEXT/Plain", True),
        (["text/html", "text/plain"], "text/css", False),
        (["text/*"], "text/css", True),
        (["text/*"], "application/json", False),
        (["application/*+xml"], "application/atom+xml", True),
        (["application/*+xml"], "application/xml", False),
        (["application/*+xml"], "image/svg+xml", False),
        (["*/*"], "image/png", True),
        ("text/css", "text/css", True),
        (["text/*"], "nonsense", False),
        ([], "text/html", False),
    ],
)
def test_the_media_types_are_patterns(serve, patterns, media, compressed):
    client = serve(Root(), site={"tools.gzip.on": True, "tools.gzip.mime_types": patterns})
    answer = client.get("/typed?media=" + media.replace("+", "%2B"), headers=GZIP)
    assert (answer["Content-Encoding"] == "gzip") is compressed
    assert answer["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/encoded", "/cached", "/status?code=206"])
def test_what_is_encoded_or_a_part_stays_as_it_is(client, path):
    answer = client.get(path, headers=GZIP)
    assert answer["Content-Encoding"] in {None, "br"}
    assert answer["Vary"] is None


@pytest.mark.parametrize("path", ["/empty", "/status?code=204", "/status?code=304"])
def test_nothing_is_not_compressed(client, path):
    answer = client.get(path, headers=GZIP)
    assert answer["Content-Encoding"] is None
    assert answer.body == b""


def test_an_error_page_is_compressed(client):
    answer = client.get("/nothing", headers=GZIP)
    assert b"404 Not Found" in gzip.decompress(answer.body)


def test_vary_is_added_to(client):
    assert client.get("/vary", headers=GZIP)["Vary"] == "Cookie, Accept-Encoding"


@pytest.mark.parametrize(("tag", "weak"), [('"a"', 'W/"a"'), ('W/"a"', 'W/"a"')])
def test_a_compressed_body_has_a_weak_etag(client, tag, weak):
    assert client.get(f"/tagged?tag={tag}", headers=GZIP)["ETag"] == weak
    assert client.get(f"/tagged?tag={tag}")["ETag"] == tag


def test_a_streamed_body_is_compressed_chunk_by_chunk(client):
    begun = client.start("/stream", headers=GZIP)
    unzip = zlib.decompressobj(31)
    chunks = iter(begun.chunks)
    assert unzip.decompress(next(chunks)) == b"Hello, "
    assert unzip.decompress(b"".join(chunks)) == b"world!"
    assert unzip.eof
    begun.close()
    assert "Content-Length" not in dict(begun.fields)


def test_a_streamed_body_that_is_not_wanted_any_more_is_closed():
    closed = []

    class Body:
        def __iter__(self):
            return self

        def __next__(self):
            return b"x"

        def close(self):
            closed.append(True)

    compressed = compress(Body(), 5)
    next(compressed)
    compressed.close()
    assert closed == [True]
    assert list(compressed) == []


def test_a_generated_body_is_collected_first(client):
    answer = client.get("/generated", headers=GZIP)
    assert gzip.decompress(answer.body) == b"Hello, world!"
    assert answer["Content-Length"] == str(len(answer.body))


def test_a_file_with_a_length_is_not_read_into_memory_at_once(serve):
    site = {"tools.gzip.on": True, "tools.gzip.mime_types": ["application/*"]}
    client = serve(Root(), site=site)
    begun = client.start("/file", headers=GZIP)
    assert "Content-Length" not in dict(begun.fields)
    assert gzip.decompress(b"".join(begun.chunks)).decode() == TEXT
    begun.close()


def test_head_has_the_headers_of_get(client):
    get, head = client.get("/", headers=GZIP), client.get("/", "HEAD", headers=GZIP)
    assert head.body == b""
    assert head["Content-Length"] == get["Content-Length"]


def test_the_level_counts_and_what_is_decided_can_be_logged(serve, caplog):
    site = {"tools.gzip.on": True, "tools.gzip.compress_level": 0, "tools.gzip.debug": True}
    with caplog.at_level("INFO"):
        answer = serve(Root(), site=site).get("/", headers=GZIP)
    assert len(answer.body) > len(TEXT)
    assert "TOOLS.GZIP" in caplog.text


def test_compress_and_decompress_are_inverse():
    assert decompress(b"".join(compress([b"a" * 1000, b"b"], 9))) == b"a" * 1000 + b"b"
    assert decompress(b"".join(compress([], 1))) == b""
    with pytest.raises((OSError, EOFError)):
        decompress(b"no gzip data")
