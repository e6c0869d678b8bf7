import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core.elements import HeaderElement
from cherrypy_core.entity import Entity, Part, RequestBody
from cherrypy_core.errors import HTTPError
from cherrypy_core.forms import (
    process_multipart,
    process_multipart_form_data,
    process_urlencoded,
)
from cherrypy_core.headers import HeaderMap
from cherrypy_core.readers import SizedReader

FORM = "application/x-www-form-urlencoded"


def body_of(data, content_type=FORM, **headers):
    fields = HeaderMap()
    if content_type is not None:
        fields["Content-Type"] = content_type
    fields["Content-Length"] = str(len(data))
    for name, value in headers.items():
        if value is None:
            fields.pop(name.replace("_", "-"), None)
        else:
            fields[name.replace("_", "-")] = value
    return RequestBody(io.BytesIO(data), fields, request_params={})


def params_of(data, content_type=FORM):
    body = body_of(data, content_type)
    body.process()
    return body.params


def code_of(body):
    with pytest.raises(HTTPError) as caught:
        body.process()
    return caught.value.code


def test_the_documented_defaults_hold():
    assert Entity.attempt_charsets == RequestBody.attempt_charsets == ["utf-8"]
    assert Part.attempt_charsets == ["us-ascii", "utf-8"]
    assert Entity.default_content_type == FORM
    assert (Part.default_content_type, RequestBody.default_content_type) == ("text/plain", "")
    assert (Part.maxrambytes, Part.boundary) == (1000, None)
    assert (RequestBody.bufsize, RequestBody.maxbytes) == (8192, None)
    assert Entity.part_class is Part
    assert Entity.processors == {
        FORM: process_urlencoded,
        "multipart/form-data": process_multipart_form_data,
        "multipart": process_multipart,
    }
    for name in ("charset", "content_type", "filename", "fp", "headers", "length", "name"):
        assert getattr(Entity, name) is None
    assert Entity.params is None
    assert Entity.parts is None


def test_an_entity_knows_its_header():
    entity = Entity(
        None,
        {
            "Content-Type": 'Text/HTML; charset="latin-1"',
            "Content-Length": "12",
            "Content-Disposition": 'attachment; name=n; filename="a b"',
        },
    )
    assert isinstance(entity.content_type, HeaderElement)
    assert (entity.content_type.value, entity.length) == ("Text/HTML", 12)
    assert entity.type is entity.content_type
    assert (entity.name, entity.filename) == ("n", "a b")
    assert entity.attempt_charsets == ["latin-1", "utf-8"]
    assert (entity.params, entity.parts) == ({}, [])


def test_an_entity_without_a_header_has_defaults():
    entity = Entity(None, {}, {"a": "b"}, ["part"])
    assert (entity.content_type.value, entity.length) == (FORM, None)
    assert (entity.name, entity.filename) == (None, None)
    assert (entity.params, entity.parts) == ({"a": "b"}, ["part"])


def test_entities_do_not_share_what_one_may_change():
    one, other = Entity(None, {}), Entity(None, {})
    one.processors.clear()
    one.attempt_charsets.clear()
    one.params["a"] = "b"
    one.parts.append(None)
    assert other.processors == Entity.processors != {}
    assert other.attempt_charsets == ["utf-8"]
    assert (other.params, other.parts) == ({}, [])


@pytest.mark.parametrize(
    ("content_type", "charsets"),
    [
        ("text/plain", ["utf-8", "ISO-8859-1"]),
        ("TEXT/plain; charset=Latin-1", ["Latin-1", "utf-8", "ISO-8859-1"]),
        ("text/plain; charset=iso-8859-1", ["iso-8859-1", "utf-8"]),
        ("application/json; charset=utf-8", ["utf-8"]),
        ("application/json; charset=bogus", ["utf-8"]),
        ("application/json; charset=punycode", ["utf-8"]),
        (None, ["utf-8"]),
    ],
)
def test_the_charset_of_the_content_type_is_tried_first(content_type, charsets):
    assert body_of(b"", content_type).attempt_charsets == charsets


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        ("a; filename*=UTF-8''%e2%82%ac.txt", "€.txt"),
        ("a; filename=\"e.txt\"; filename*=UTF-8'en'%e2%82%ac.txt", "€.txt"),
        ("a; filename*=ISO-8859-1''a%e9+b", "aé+b"),
        ("a; filename=e.txt; filename*=UTF-8''%ff", "e.txt"),
        ("a; filename=e.txt; filename*=bogus''x", "e.txt"),
        ("a; filename=e.txt; filename*=x", "e.txt"),
        ("a; filename*=utf-8''%ff", "utf-8''%ff"),
        (r'a; filename="C:\dir\x.txt"', r"C:\dir\x.txt"),
        (r'a; filename="\"a\";b"', '"a";b'),
        ('a; filename="../../etc/passwd"', "../../etc/passwd"),
        ("a; filename=", ""),
        ('a; filename=""', ""),
        ("a", None),
    ],
)
def test_the_file_name_is_what_the_client_wrote(disposition, filename):
    assert Entity(None, {"Content-Disposition": disposition}).filename == filename


@pytest.mark.parametrize("text", ["", "x", "-1", "+5", "5, 5", "٣", "9" * 5000, "0x5", "5 "])
def test_a_length_that_is_no_number_is_a_client_error(text):
    assert Entity(None, {"Content-Length": text}).length is None
    with pytest.raises(HTTPError) as caught:
        RequestBody(None, {"Content-Length": text})
    assert caught.value.code == 400


def test_with_a_transfer_encoding_the_length_does_not_count():
    body = body_of(b"a=1", Transfer_Encoding="chunked", Content_Length="99")
    body.process()
    assert (body.length, body.params) == (None, {"a": "1"})
    body = body_of(b"a=1", Transfer_Encoding="chunked", Content_Length=None)
    body.process()
    assert body.params == {"a": "1"}


def test_a_body_of_unknown_length_is_refused():
    assert code_of(body_of(b"a=1", Content_Length=None)) == 411


def test_a_body_that_is_too_large_is_refused_before_it_is_read():
    body = body_of(b"a=1")
    body.maxbytes = 2
    body.fp = None
    assert code_of(body) == 413


def test_a_body_that_turns_out_too_large_is_refused():
    body = body_of(b"a=1", Transfer_Encoding="chunked")
    body.maxbytes = 2
    assert code_of(body) == 413


@pytest.mark.parametrize("maxbytes", [0, 3, None])
def test_a_body_within_the_limit_is_processed(maxbytes):
    body = body_of(b"a=1")
    body.maxbytes = maxbytes
    body.process()
    assert body.params == {"a": "1"}


@pytest.mark.parametrize("content_type", [FORM, FORM.upper(), FORM + "; charset=UTF-8"])
def test_a_form_goes_into_the_parameters(content_type):
    body = body_of(b"a=1&b=2&a=3", content_type)
    body.request_params.update({"a": "0", "c": "9"})
    body.process()
    assert body.params == {"a": ["1", "3"], "b": "2"}
    assert body.request_params == {"a": ["0", "1", "3"], "b": "2", "c": "9"}
    assert body.fp.done


def test_the_charset_of_a_form_is_noted():
    body = body_of(b"a=%e9", FORM + "; charset=latin-1")
    body.process()
    assert (body.params, body.charset) == ({"a": "é"}, "latin-1")


@pytest.mark.parametrize("content_type", [FORM, FORM + "; charset=bogus"])
def test_a_form_in_no_known_charset_is_a_client_error(content_type):
    assert code_of(body_of(b"a=%e9", content_type)) == 400


def test_the_size_of_a_form_is_limited():
    for name in ("Content-Length", "Transfer-Encoding"):
        headers = {"Content-Type": FORM, name: "12"}
        body = RequestBody(io.BytesIO(b"a=" + b"x" * 10), headers)
        body.max_form_size = 12
        body.process()
        assert body.params == {"a": "x" * 10}
        body = RequestBody(io.BytesIO(b"a=" + b"x" * 10), headers)
        body.max_form_size = 11
        assert code_of(body) == 413


def test_the_number_of_fields_of_a_form_is_limited():
    body = body_of(b"a&b&c")
    body.max_fields = 2
    assert code_of(body) == 413


@pytest.mark.parametrize("content_type", [None, "", "foo", "application/json", ";;", "a/b/c"])
def test_a_body_without_a_processor_stays_for_the_application(content_type):
    body = body_of(b'{"a": 1}', content_type)
    body.process()
    assert isinstance(body.fp, SizedReader)
    assert body.params == body.request_params == {}
    assert body.read(3) == b'{"a'
    assert body.fp.bytes_read == 3
    out = io.BytesIO()
    body.fp.read(fp_out=out)
    assert out.getvalue() == b'": 1}'


def test_processors_can_be_replaced():
    seen = []
    body = body_of(b"abc", "Application/JSON; charset=utf-8")
    body.processors.clear()
    body.processors["application"] = lambda entity: seen.append(entity.fp.read())
    body.process()
    body = body_of(b"def", "application/json")
    body.processors["application"] = body.default_proc
    body.processors["application/json"] = lambda entity: seen.append(entity.fp.read())
    body.process()
    assert seen == [b"abc", b"def"]


def test_an_error_can_stand_in_for_the_default_processor():
    body = body_of(b"abc", "text/plain")
    body.default_proc = HTTPError(415, "Expected JSON")
    assert code_of(body) == 415


def test_a_processor_can_call_the_one_for_forms():
    body = body_of(b"a=1", "application/x-other")
    body.processors["application/x-other"] = process_urlencoded
    body.process()
    assert body.params == {"a": "1"}


def test_an_entity_reads_like_a_file():
    body = body_of(b"a\nbb\nc\nd\ne", "text/plain")
    body.process()
    assert body.readline() == b"a\n"
    assert body.readline(1) == b"b"
    assert next(body) == b"b\n"
    assert body.next() == b"c\n"
    assert body.readlines(1) == [b"d\n"]
    assert body.readlines() == [b"e"]
    assert list(body) == []


def test_an_entity_over_a_plain_file_can_be_read_too():
    entity = Entity(io.BytesIO(b"a\nbcd"), {})
    out = io.BytesIO()
    assert entity.readline() == b"a\n"
    assert entity.read(1) == b"b"
    assert entity.read(1, out) is None
    assert entity.read() == b"d"
    assert out.getvalue() == b"c"


def test_content_can_be_read_into_a_file():
    body = body_of(b"abc", "text/plain")
    body.process()
    out = io.BytesIO()
    assert body.read_into_file(out) is out
    assert out.getvalue() == b"abc"
    body = body_of(b"abc", "text/plain")
    body.process()
    with body.read_into_file() as file:
        assert file.tell() == 3
        file.seek(0)
        assert file.read() == b"abc"


def test_content_that_cannot_be_read_leaves_no_file_open():
    files = []

    class Body(RequestBody):
        def make_file(self):
            files.append(super().make_file())
            return files[-1]

    body = Body(io.BytesIO(b"ab"), {"Content-Type": "text/plain", "Content-Length": "3"})
    body.process()
    with pytest.raises(HTTPError):
        body.read_into_file()
    assert files[0].closed


def test_the_whole_value_is_text():
    body = body_of("é".encode(), "text/plain")
    body.process()
    assert body.fullvalue() == body.fullvalue() == "é"
    assert body.charset == "utf-8"
    body = body_of(b"\xe9", "application/x-unknown")
    body.process()
    with pytest.raises(HTTPError) as caught:
        body.fullvalue()
    assert caught.value.code == 400


def test_fields_after_the_body_can_be_had():
    class Chunked(io.BytesIO):
        def read_trailer_lines(self):
            yield b"X-Sum: 1\r\n"

    body = body_of(b"", FORM, Transfer_Encoding="chunked", Trailer="X-Sum")
    body.fp = Chunked(b"a=1")
    body.process()
    assert body.fp.trailers == {"X-Sum": "1"}


TYPES = st.sampled_from(
    [
        FORM,
        "multipart/form-data; boundary=x",
        "multipart/mixed;boundary=x",
        "multipart/a",
        "text/a",
    ]
) | st.text(max_size=30)


@given(st.binary(max_size=60), TYPES, st.integers(0, 80))
def test_any_body_is_processed_or_a_client_error(data, content_type, length):
    body = body_of(data, content_type, Content_Length=str(length))
    code = 400
    try:
        body.process()
        body.fullvalue()
    except HTTPError as error:
        code = error.code
    assert code in (400, 413)
