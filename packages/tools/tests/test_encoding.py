import codecs
import io

import pytest

from cherrypy_core.expose import expose
from cherrypy_core.serving import request, response
from cherrypy_tools.encoding import UTF8StreamEncoder, prepare_iter


class Root:
    @expose
    def index(self):
        return "\u20ac"

    @expose
    def empty(self):
        return ""

    @expose
    def none(self):
        return None

    @expose
    def raw(self):
        return b"\xe2\x82\xac"

    @expose
    def pieces(self):
        yield "a\u20ac"
        yield b"b"

    @expose
    def stream(self):
        yield "a\u20ac"
        yield b"b"

    stream._cp_config = {"response.stream": True}  # noqa: RUF012

    @expose
    def typed(self, media):
        response.headers["Content-Type"] = media
        return "\u20ac" if media.startswith("text") else b"\xff\xfe"

    @expose
    def surrogate(self):
        return "\ud800"

    @expose
    def file(self):
        return io.BytesIO(b"file")

    @expose
    def form(self, name):
        return name


@pytest.fixture
def client(serve):
    return serve(Root())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/", "\u20ac"),
        ("/empty", ""),
        ("/none", ""),
        ("/raw", "\u20ac"),
        ("/pieces", "a\u20acb"),
        ("/stream", "a\u20acb"),
        ("/file", "file"),
    ],
)
def test_text_is_sent_as_utf_8(client, path, body):
    answer = client.get(path)
    assert answer.text == body
    assert answer["Content-Type"] == "text/html;charset=utf-8"


def test_a_stream_keeps_the_length_that_it_was_given(serve):
    # As a download does: the header first, then the bytes.
    def download():
        response.headers["Content-Length"] = "3"
        return iter([b"abc"])

    root = Root()
    root.download = expose(download)
    root.download._cp_config = {"response.stream": True}
    assert serve(root).get("/download")["Content-Length"] == "3"


def test_bytes_that_are_no_text_have_no_charset(client):
    answer = client.get("/typed?media=image/png")
    assert (answer.body, answer["Content-Type"]) == (b"\xff\xfe", "image/png")


@pytest.mark.parametrize(
    ("accept", "charset"),
    [
        ("utf-8", "utf-8"),
        ("iso-8859-15", "iso-8859-15"),
        ("iso-8859-15;q=0.5, utf-16;q=0.9", "utf-16"),
        ("*", "utf-8"),
        ("ascii, utf-8;q=0.1", "utf-8"),
        ("nonsense, utf-8;q=0.1", "utf-8"),
    ],
)
def test_the_client_may_choose_the_charset(client, accept, charset):
    answer = client.get("/", headers={"Accept-Charset": accept})
    assert answer["Content-Type"] == f"text/html;charset={charset}"
    assert answer.body.decode(charset) == "\u20ac"


def test_python_does_not_look_for_what_is_no_charset(client):
    asked = []
    look = asked.append
    codecs.register(look)
    try:
        answer = client.get("/", headers={"Accept-Charset": "bogus-1, utf-7, utf-8;q=0.5"})
    finally:
        codecs.unregister(look)
    assert answer["Content-Type"] == "text/html;charset=utf-8"
    assert asked == []


def test_so_many_charsets_are_tried_and_no_more(client):
    without_euro = "ascii cp437 cp850 cp852 cp855 cp860 cp861 cp862 cp863 cp865"
    others = [f"{charset};q=0.5" for charset in without_euro.split()]
    accept = ", ".join([*others, "utf-8;q=0.1"])
    assert client.get("/", headers={"Accept-Charset": accept}).status == 406
    accept = ", ".join([*others[:-1], "utf-8;q=0.1"])
    assert client.get("/", headers={"Accept-Charset": accept}).status == 200


def test_a_charset_of_the_applications_own_is_known_to_its_clients(serve):
    client = serve(Root(), site={"tools.encode.default_encoding": "UTF-7"})
    answer = client.get("/", headers={"Accept-Charset": "utf-7"})
    assert answer.body.decode("utf-7") == "\u20ac"


def test_a_client_that_accepts_no_charset_that_will_do_gets_406(client):
    assert client.get("/", headers={"Accept-Charset": "ascii"}).status == 406


def test_a_charset_of_the_handlers_own_counts(client):
    answer = client.get("/typed?media=text/plain;charset=iso-8859-15")
    assert answer.body == b"\xa4"


def test_the_configuration_may_insist(serve):
    client = serve(Root(), site={"tools.encode.encoding": "iso-8859-15"})
    assert client.get("/").body == b"\xa4"
    assert client.get("/", headers={"Accept-Charset": "utf-8"}).status == 406
    assert serve(Root(), site={"tools.encode.encoding": "ascii"}).get("/").status == 500


def test_the_charset_need_not_be_told(serve):
    client = serve(Root(), site={"tools.encode.add_charset": False})
    assert client.get("/")["Content-Type"] == "text/html"


def test_other_media_types_may_be_encoded_too(serve):
    client = serve(Root(), site={"tools.encode.text_only": False})
    answer = client.get("/typed?media=application/x-own")
    assert answer["Content-Type"] == "application/x-own;charset=utf-8"


def test_text_that_no_charset_has_is_refused(client):
    assert client.get("/surrogate").status == 406


def test_a_stream_encoder_closes_what_it_encodes():
    closed = []

    def chunks():
        try:
            yield "a"
            yield b"b"
        finally:
            closed.append(True)

    encoder = UTF8StreamEncoder(chunks())
    assert [next(encoder), encoder.next()] == [b"a", b"b"]
    assert encoder.gi_running is False
    encoder.close()
    assert closed == [True]


class Ticks:
    """A body that notes whether it has been closed."""

    def __init__(self):
        self.closed = False

    def __iter__(self):
        return self

    def __next__(self):
        return "tick"

    def close(self):
        self.closed = True


@pytest.mark.parametrize(
    "config", [{}, {"tools.encode.on": True, "tools.encode.encoding": "latin-1"}]
)
def test_a_stream_of_which_nothing_is_sent_is_closed_all_the_same(serve, config):
    ticks = Ticks()

    class Endless:
        @expose
        def index(self):
            return ticks

    client = serve(Endless(), {"/": {"response.stream": True, **config}})
    assert client.get("/", "HEAD").status == 200
    assert ticks.closed


def test_what_a_handler_returns_becomes_an_iterable():
    assert prepare_iter("") == prepare_iter(None) == []
    assert prepare_iter("a") == ["a"]
    assert list(prepare_iter(io.BytesIO(b"a"))) == [b"a"]


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"tools.decode.encoding": "utf-16"}, 400),
        ({"tools.decode.encoding": ["iso-8859-1"]}, 200),
        ({"tools.decode.default_encoding": "iso-8859-1"}, 200),
        ({}, 200),
        ({"tools.decode.on": False}, 400),
    ],
)
def test_the_charsets_of_a_form_can_be_set(serve, settings, status):
    site = {"tools.decode.on": True, "tools.decode.default_encoding": ["cp1252"], **settings}
    client = serve(Root(), site=site)
    answer = client.post("/form", b"name=%E9", "application/x-www-form-urlencoded")
    assert answer.status == status
    if status == 200:
        assert answer.text == "\u00e9"
    assert request.headers.get("X") is None
