import gc
import io
import tracemalloc
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core.entity import Entity, Part, RequestBody
from cherrypy_core.errors import HTTPError
from cherrypy_core.forms import process_multipart
from cherrypy_core.readers import SizedReader

FORM_DATA = "multipart/form-data; boundary=x"
MIXED = "multipart/mixed; boundary=x"
DESCRIPTORS = Path("/proc/self/fd")


def field(name, value, **more):
    """Return a part of a form: fields in a row, an empty line and the value."""
    extra = "".join(f'; {key}="{text}"' for key, text in more.items() if key != "type")
    kind = f"Content-Type: {more['type']}\r\n" if "type" in more else ""
    head = f'Content-Disposition: form-data; name="{name}"{extra}\r\n{kind}\r\n'
    return head.encode() + value


def wrap(*parts, boundary=b"x"):
    lines = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return lines + b"--" + boundary + b"--\r\n"


def body_of(data, content_type=FORM_DATA, **attributes):
    headers = {"Content-Type": content_type, "Content-Length": str(len(data))}
    body = RequestBody(io.BytesIO(data), headers, request_params={})
    for name, value in attributes.items():
        setattr(body, name, value)
    return body


def processed(*parts, content_type=FORM_DATA, **attributes):
    body = body_of(wrap(*parts), content_type, **attributes)
    body.process()
    return body


def refused(body):
    with pytest.raises(HTTPError) as caught:
        body.process()
    return caught.value


@pytest.fixture
def recorder():
    """A class of parts that notes the files it makes."""

    class Recorder(Part):
        made: ClassVar = []

        def make_file(self):
            self.made.append(super().make_file())
            return self.made[-1]

    return Recorder


def test_fields_are_texts_and_files_are_parts():
    body = processed(
        field("a", b"hello"),
        field("f", b"data", filename="x.bin", type="image/png"),
        field("a", "é".encode()),
    )
    assert body.request_params == body.params
    assert body.params["a"] == ["hello", "é"]
    part = body.params["f"]
    assert isinstance(part, Part)
    assert (part.name, part.filename, part.value) == ("f", "x.bin", None)
    assert part.content_type.value == "image/png"
    assert part.boundary == b"--x"
    assert part.headers["content-type"] == "image/png"
    assert part.file.read() == b"data"
    assert part.fullvalue() == part.fullvalue() == "data"
    assert body.parts == []
    assert body.fp.done


def test_a_file_field_that_was_left_empty_is_a_part_without_a_file():
    part = processed(field("f", b"", filename="", type="application/octet-stream")).params["f"]
    assert (part.filename, part.value, part.file) == ("", b"", None)


def test_parts_without_a_name_are_kept_aside():
    body = processed(b"\r\nabc", field("a", b"1"))
    assert body.params == {"a": "1"}
    assert [part.fullvalue() for part in body.parts] == ["abc"]


def test_parts_of_other_multipart_bodies_are_parameters_too():
    body = processed(
        b"\r\nabc", field("a", b"1"), b"Content-Type: text/html\r\n\r\ndef", content_type=MIXED
    )
    assert body.params == {"parts": ["abc", "def"], "a": "1"}
    assert [part.value for part in body.parts] == [b"abc", b"1", b"def"]


def test_names_are_utf_8_or_latin_1():
    assert list(processed(field("é", b"")).params) == ["é"]
    raw = field("#", b"").replace(b"#", b"\xe9")
    assert list(processed(raw).params) == ["é"]


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("text/plain; charset=latin-1", b"\xe9", "é"),
        ("text/plain; charset=bogus", b"\xc3\xa9", "é"),
        ("text/plain; charset=utf-16", "é".encode("utf-16"), "é"),
        ("application/json", b"{}", "{}"),
        ("application/x-www-form-urlencoded", b"a=1&b=2", "a=1&b=2"),
        ("", b"abc", "abc"),
        ("nonsense", b"abc", "abc"),
    ],
)
def test_fields_are_text_whatever_type_the_client_claims(kind, value, text):
    assert processed(field("a", value, type=kind)).params == {"a": text}


def test_a_field_in_no_charset_is_a_client_error(recorder):
    body = body_of(wrap(field("f", b"x", filename="f"), field("a", b"\xff")), part_class=recorder)
    error = refused(body)
    assert error.code == 400
    assert "['us-ascii', 'utf-8']" in error.args[1]
    assert body.request_params == {}
    assert [file.closed for file in recorder.made] == [True]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/related"])
def test_a_file_is_a_file_whatever_type_the_client_claims(kind):
    part = processed(field("f", b"a=1", filename="saved.mht", type=kind)).params["f"]
    assert part.file.read() == b"a=1"


def test_several_files_can_be_wrapped_in_one_part():
    files = wrap(
        b'Content-Disposition: file; filename="1.txt"\r\n\r\none',
        b'Content-Disposition: file; filename="2.txt"\r\n\r\ntwo',
        b"\r\nthree",
        boundary=b"y",
    )
    body = processed(field("f", files, type="multipart/mixed; boundary=y"), field("a", b"1"))
    one, two, three = body.params["f"]
    assert (one.filename, one.file.read()) == ("1.txt", b"one")
    assert (two.filename, two.file.read()) == ("2.txt", b"two")
    assert (three, body.params["a"]) == ("three", "1")
    empty = wrap(boundary=b"y")
    assert processed(field("f", empty, type="multipart/mixed; boundary=y")).params == {}


def nested(depth):
    data = b"\r\ninnermost"
    for level in range(depth):
        boundary = b"b%d" % level
        data = (
            b"Content-Type: multipart/mixed; boundary="
            + boundary
            + b"\r\n\r\n"
            + wrap(data, boundary=boundary)
        )
    return data


def test_the_depth_of_nesting_is_limited():
    body = processed(nested(Entity.max_depth - 1), content_type=MIXED)
    assert body.params == {"parts": "innermost"}
    assert refused(body_of(wrap(nested(Entity.max_depth)), MIXED)).code == 400


def test_limits_count_nested_parts_too():
    pair = wrap(b"\r\n1", b"\r\n2", boundary=b"y")
    part = field("f", pair, type="multipart/mixed; boundary=y")
    assert processed(part, part, max_parts=6).params == {"f": ["1", "2", "1", "2"]}
    assert refused(body_of(wrap(part, part), max_parts=5)).code == 413
    assert refused(body_of(wrap(part, part), max_form_size=3)).code == 413


def test_the_number_of_parts_is_limited():
    parts = [field("a", b"1")] * 4
    assert processed(*parts, max_parts=4).params == {"a": ["1"] * 4}
    assert refused(body_of(wrap(*parts), max_parts=3)).code == 413
    assert refused(body_of(b"--x\r\n\r\n\r\n" * 50_000)).code == 413


def test_the_number_of_files_is_limited(recorder):
    parts = [field("f", b"1", filename="f")] * 3
    assert len(processed(*parts, max_files=3).params["f"]) == 3
    assert refused(body_of(wrap(*parts), max_files=2, part_class=recorder)).code == 413
    assert [file.closed for file in recorder.made] == [True, True]


@pytest.mark.parametrize("content_type", [FORM_DATA, MIXED])
def test_the_size_of_a_field_is_limited(content_type):
    part = field("a", b"x" * 2000)
    body = processed(part, content_type=content_type, max_field_size=2000)
    assert body.params == {"a": "x" * 2000}
    assert refused(body_of(wrap(part), content_type, max_field_size=1999)).code == 413


def test_the_size_of_all_fields_together_is_limited():
    parts = [field("a", b"x" * 10)] * 3
    assert processed(*parts, max_form_size=30).params == {"a": ["x" * 10] * 3}
    assert refused(body_of(wrap(*parts), max_form_size=29)).code == 413
    file = field("f", b"x" * 5000, filename="f")
    assert processed(*parts, file, max_form_size=30, max_field_size=10)


def test_large_fields_of_forms_need_no_file(recorder):
    body = processed(field("a", b"x" * 5000), part_class=recorder)
    assert body.params == {"a": "x" * 5000}
    assert recorder.made == []


def test_large_parts_that_are_no_fields_go_to_a_file(recorder):
    class OnDisk(recorder):
        maxrambytes = 10

    data = wrap(b"\r\n0123456789", b"\r\n0123456789a")
    entity = Entity(io.BytesIO(data), {"Content-Type": MIXED})
    entity.part_class = OnDisk
    process_multipart(entity)
    small, large = entity.parts
    assert (small.value, small.file) == (b"0123456789", None)
    assert (large.value, large.file) == (None, recorder.made[0])
    assert large.file.read() == b"0123456789a"
    assert large.fullvalue() == "0123456789a"


def test_a_part_can_be_refused_before_it_is_stored(recorder):
    class Picky(recorder):
        def accept(self):
            assert self.fp.bytes_read == 0
            if self.filename == "bad":
                raise HTTPError(415, "No.")

    good, bad = (field("f", b"1", filename=name) for name in ("good", "bad"))
    assert processed(good, field("a", b"1"), part_class=Picky).params["a"] == "1"
    recorder.made.clear()
    assert refused(body_of(wrap(good, bad), part_class=Picky)).code == 415
    assert [file.closed for file in recorder.made] == [True]


def test_a_part_within_a_part_can_be_refused_too(recorder):
    class Picky(recorder):
        def accept(self):
            if self.filename:
                raise HTTPError(415, "No.")

    inner = wrap(b"Content-Disposition: file; filename=a\r\n\r\n1", boundary=b"y")
    part = field("f", inner, type="multipart/mixed; boundary=y")
    assert refused(body_of(wrap(part), part_class=Picky)).code == 415
    assert recorder.made == []


def test_a_part_can_be_limited_in_size(recorder):
    class Small(recorder):
        def accept(self):
            self.maxbytes = 100

    file = field("f", b"x" * 100, filename="f")
    assert processed(file, part_class=Small).params["f"].file.read() == b"x" * 100
    recorder.made.clear()
    assert refused(body_of(wrap(file, file + b"x"), part_class=Small)).code == 413
    assert [file.closed for file in recorder.made] == [True]
    recorder.made.clear()
    long = field("f", b"x" * 300_000, filename="f")
    assert refused(body_of(wrap(file, long), part_class=Small)).code == 413
    assert all(file.closed for file in recorder.made)


@pytest.mark.parametrize(
    "data",
    [
        wrap(field("f", b"1", filename="f"))[:-9],
        wrap(field("f", b"1", filename="f"), b"nocolon\r\n\r\n"),
        wrap(field("f", b"1", filename="f"), field("f", b"\r\n--xx")),
        wrap(field("f", b"1", filename="f"), field("g", b"1", filename="g"))[:-9],
    ],
)
@pytest.mark.parametrize("content_type", [FORM_DATA, MIXED])
def test_after_an_error_no_file_is_open(recorder, data, content_type):
    class Dripping(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 1))

    body = body_of(data, content_type, part_class=recorder, fp=Dripping(data))
    assert refused(body).code == 400
    assert recorder.made
    assert all(file.closed for file in recorder.made)


@pytest.mark.parametrize(("size", "room"), [(5_000, 10), (400_000, 10), (400_000, 200_000)])
def test_a_file_that_cannot_be_written_is_an_error(size, room):
    class Full(io.BytesIO):
        def write(self, data):
            if self.tell() + len(data) > room:
                raise OSError(28, "No space left on device")
            return super().write(data)

    class OnFull(Part):
        def make_file(self):
            return Full()

    body = body_of(wrap(field("f", b"x" * size, filename="f")), part_class=OnFull)
    with pytest.raises(OSError, match="No space left"):
        body.process()
    assert body.params == {}


def test_files_of_the_application_are_left_alone(tmp_path):
    made = []

    class Keeper(Part):
        def make_file(self):
            made.append((tmp_path / str(len(made))).open("w+b"))
            return made[-1]

    data = wrap(field("f", b"1", filename="f"), field("f", b"2", filename="f"))
    body = body_of(data, part_class=Keeper)
    body.process()
    assert [part.file for part in body.params["f"]] == made
    body.close()
    with pytest.raises(HTTPError):
        body_of(data[:-9], part_class=Keeper).process()
    assert len(made) == 4
    for file in made:
        assert not file.closed
        file.close()


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="needs the list of open files")
def test_files_are_gone_with_their_last_reference():
    gc.disable()
    try:
        before = list(DESCRIPTORS.iterdir())
        body = processed(*[field("f", b"x" * 5000, filename="f")] * 5, spool_limit=0)
        assert len(list(DESCRIPTORS.iterdir())) == len(before) + 5
        kept = body.params["f"][0].file
        del body
        assert len(list(DESCRIPTORS.iterdir())) == len(before) + 1
        assert kept.read(1) == b"x"
        kept.close()
    finally:
        gc.enable()


def test_files_are_in_memory_as_long_as_all_of_them_are_small(recorder):
    parts = [field("f", b"x" * 400, filename="f")] * 4
    for part_class in (Part, recorder):
        body = processed(*parts, spool_limit=1000, part_class=part_class)
        sizes = [part.file.memory_size for part in body.params["f"]]
        assert sizes == [400, 400, 0, 0]
        assert [part.file.read() for part in body.params["f"]] == [b"x" * 400] * 4


def test_a_file_that_is_kept_does_not_keep_what_came_with_it_in_memory():
    # Several files in one block: each has bytes of its own.
    files = [field("f", b"x" * 50_000, filename="f"), field("g", b"y", filename="g")]
    tracemalloc.start()
    try:
        kept = processed(*files).params["g"].file
        assert tracemalloc.get_traced_memory()[0] < 45_000
        assert kept.read() == b"y"
    finally:
        tracemalloc.stop()


class TestFields:
    """Simple fields of a form, which become texts without becoming parts first."""

    FORM: ClassVar = [
        field("a", b"1"),
        field("f", b"data", filename="f"),
        field("a", "é".encode()),
        field("b", b""),
        b'Content-Disposition: form-data; name="a;b"\r\n\r\n2',
        b'Content-Disposition: form-data; name="q\\"q"\r\n\r\n3',
        b"Content-Disposition: form-data; name=plain\r\n\r\n4",
        b'content-disposition: form-data; name="lower"\r\n\r\n5',
        b'Content-Disposition: form-data; name="e"; name="f"\r\n\r\n6',
        b'Content-Disposition: form-data; name=""\r\n\r\n7',
        field("a", b"x" * 300_000),
    ]

    def test_they_are_what_they_would_be_as_parts(self):
        class Full(Part):
            def accept(self):
                """Be needed."""

        assert Full.is_needed_for_fields()
        assert not Part.is_needed_for_fields()
        plain, full = (processed(*self.FORM, part_class=cls).params for cls in (Part, Full))
        assert [*plain] == [*full]
        for name, value in plain.items():
            if name != "f":
                assert value == full[name]
        assert [len(text) for text in plain["a"]] == [1, 1, 300_000]
        assert plain['q"q'] == "3"
        assert plain["f"][0].file.read() == b"data"

    def test_they_are_parts_for_classes_that_look_at_them(self):
        class Processing(Part):
            processors: ClassVar = {**Part.processors, "text/plain": lambda part: part.file}

        class Limited(Part):
            maxbytes = 2

        assert isinstance(processed(self.FORM[0], part_class=Processing).params["a"], Processing)
        assert refused(body_of(wrap(field("a", b"123")), part_class=Limited)).code == 413

    @pytest.mark.parametrize("name", ["fullvalue", "decode_entity"])
    def test_a_class_may_make_their_texts(self, name):
        def shouting(part, *args):
            return getattr(Part, name)(part, *args).upper()

        loud = type("Loud", (Part,), {name: shouting})
        assert processed(self.FORM[0], part_class=loud).params == {"a": "1"}
        assert processed(field("a", b"x"), part_class=loud).params == {"a": "X"}

    def test_a_class_may_read_their_content(self):
        class Short(Part):
            def read_lines_to_boundary(self, fp_out=None):
                return super().read_lines_to_boundary(fp_out)[:2]

        assert processed(field("a", b"12345"), part_class=Short).params == {"a": "12"}

    def test_a_class_may_have_its_own_charsets_and_files(self, recorder):
        class Latin(recorder):
            attempt_charsets: ClassVar = ["latin-1"]

        assert not Latin.is_needed_for_fields()
        body = processed(*self.FORM[:3], part_class=Latin)
        assert body.params["a"] == ["1", "Ã©"]
        assert body.params["f"].file is recorder.made[0]

    def test_a_method_that_has_been_replaced_is_used(self, monkeypatch):
        monkeypatch.setattr(Part, "default_proc", lambda part: setattr(part, "value", b"new"))
        assert processed(self.FORM[0]).params == {"a": "new"}


def test_a_part_that_is_kept_does_not_keep_the_request():
    gc.disable()
    try:
        body = processed(field("f", b"x", filename="f"))
        part = body.params["f"]
        finished = []

        class Watched(io.BytesIO):
            def __del__(self):
                finished.append(True)

        body = body_of(wrap(field("f", b"x", filename="f")))
        body.fp = Watched(body.fp.read())
        body.process()
        part = body.params["f"]
        del body
        assert finished == [True]
        assert part.file.read() == b"x"
    finally:
        gc.enable()


def test_the_parts_of_a_body_can_be_closed():
    body = processed(b"Content-Disposition: a; filename=f\r\n\r\n1", content_type=MIXED)
    (part,) = body.parts
    body.close()
    assert part.file.closed


def test_parts_have_processors_of_their_own():
    class Json(Part):
        processors: ClassVar = {**Part.processors, "application/json": lambda part: part.load()}

        def load(self):
            self.loaded = self.fp.read()

    body = processed(
        field("a", b"{}", type="application/json"),
        field("f", b"[]", type="application/json", filename="f"),
        field("g", b"[]", filename="g"),
        part_class=Json,
    )
    assert body.params["a"].loaded == b"{}"
    assert body.params["f"].loaded == b"[]"
    assert body.params["f"].file is None
    assert body.params["g"].file.read() == b"[]"


def test_a_processor_may_leave_content_unread():
    class Lazy(Part):
        def default_proc(self):
            self.begin = self.read(2)

    body = processed(field("a", b"x" * 100_000, filename="f"), field("b", b"yz"), part_class=Lazy)
    assert [body.params[name].begin for name in "ab"] == [b"xx", b"yz"]


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/mixed; boundary=",
        "multipart/x; boundary=" + "b" * 71,
        'multipart/x; boundary="a\x00b"',
        "multipart/x; boundary=é€",
    ],
)
def test_a_body_without_a_legal_boundary_is_a_client_error(content_type):
    assert refused(body_of(wrap(b"\r\n"), content_type)).code == 400


@pytest.mark.parametrize("content_type", [FORM_DATA, MIXED, FORM_DATA.replace("form", "Form")])
def test_an_empty_body_has_no_parts(content_type):
    for data in (b"", wrap()):
        body = body_of(data, content_type)
        body.process()
        assert (body.params, body.parts) == ({}, [])


def test_a_part_can_be_read_from_a_file():
    data = b"A: b\r\n\r\nbo\r\ndy\r\n--x\r\nC: d\r\n\r\nlast\r\n--x--\r\nrest"
    for fp in (io.BytesIO(data), SizedReader(io.BytesIO(data), len(data), None)):
        part = Part.from_fp(fp, b"--x")
        assert dict(part.headers) == {"A": "b"}
        part.process()
        assert (part.value, part.fullvalue(), part.charset) == (
            b"bo\r\ndy",
            "bo\r\ndy",
            "us-ascii",
        )
        assert not getattr(fp, "done", False)
        part = Part.from_fp(fp, b"--x")
        out = io.BytesIO()
        assert part.read_lines_to_boundary(out) is out
        assert out.read() == b"last"
        assert getattr(fp, "done", True)
    assert dict(Part.read_headers(io.BytesIO(b"E: f\r\n\r\n"))) == {"E": "f"}


def test_a_part_from_a_file_is_spooled_above_the_limit():
    part = Part.from_fp(io.BytesIO(b"\r\n" + b"x" * 1001 + b"\r\n--x--"), b"--x")
    part.process()
    assert part.value is None
    assert part.file.read() == b"x" * 1001
    part = Part.from_fp(io.BytesIO(b"\r\n" + b"x" * 1000 + b"\r\n--x--"), b"--x")
    part.process()
    assert part.value == b"x" * 1000
    part = Part(io.BytesIO(b"abc\r\n--x--"), {}, b"--x")
    out = io.BytesIO()
    assert part.read_into_file(out).read() == b"abc"


def test_a_part_from_a_file_must_be_complete():
    with pytest.raises(HTTPError) as caught:
        Part.from_fp(io.BytesIO(b"A: b\r\n"), b"--x")
    assert caught.value.code == 400
    part = Part.from_fp(io.BytesIO(b"\r\nabc"), b"--x")
    with pytest.raises(HTTPError) as caught:
        part.process()
    assert caught.value.code == 400
    with pytest.raises(HTTPError) as caught:
        Part.from_fp(io.BytesIO(b"\r\nabc"), b"").process()
    assert caught.value.code == 400


CONTENT = st.binary(max_size=50) | st.sampled_from([b"\r\n", b"\r\n--", b"--xyz:", b"\r\n--xyz:"])
FIELDS = st.lists(
    st.tuples(st.sampled_from("abc"), st.none() | st.sampled_from(["f", "g h"]), CONTENT),
    max_size=6,
)


@given(FIELDS)
def test_every_form_can_be_read_back(fields):
    class AnyText(Part):
        attempt_charsets: ClassVar = ["latin-1"]

    parts = [
        field(name, content, **({} if filename is None else {"filename": filename}))
        for name, filename, content in fields
    ]
    data = wrap(*parts, boundary=b"xyz:1")
    body = body_of(data, 'multipart/form-data; boundary="xyz:1"', part_class=AnyText)
    body.process()
    found = []
    for name, value in body.params.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                found.append((name, None, one.encode("latin-1")))
            else:
                found.append((name, one.filename, one.file.read()))
    assert sorted(found, key=repr) == sorted(fields, key=repr)
