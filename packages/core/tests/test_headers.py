import codecs
import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core import headers
from cherrypy_core.headers import (
    CaseInsensitiveDict,
    HeaderMap,
    canonical_name,
    decode_TEXT,
    decode_TEXT_maybe,
    environ_name,
)

NAMES = ["content-type", "CONTENT-TYPE", "Content-Type", "cOnTeNt-TyPe"]


@pytest.mark.parametrize("name", NAMES)
def test_the_case_of_a_name_does_not_matter(name):
    fields = CaseInsensitiveDict({name: "text/html"})
    assert list(fields) == ["Content-Type"]
    for other in NAMES:
        assert other in fields
        assert fields[other] == fields.get(other) == "text/html"


@pytest.mark.parametrize(
    ("key", "name"),
    [("etag", "Etag"), ("x-my-own", "X-My-Own"), (b"x-bytes", "X-Bytes"), (5, "5")],
)
def test_a_name_is_spelled_as_str_title_has_it(key, name):
    assert canonical_name(key) == CaseInsensitiveDict.transform_key(key) == name


def test_every_well_known_name_is_spelled_as_str_title_has_it():
    for spelling, name in list(headers._canonical.items()):
        assert name == str(spelling).title()


@given(st.text(max_size=30))
def test_a_key_that_was_set_is_found(key):
    fields = CaseInsensitiveDict()
    fields[key] = 1
    assert key in fields
    assert fields[key] == 1


def test_hostile_names_do_not_fill_the_memory():
    for number in range(headers._MAX_MEMO + 500):
        canonical_name(f"x-hostile-{number}")
        environ_name(f"HTTP_X_HOSTILE_{number}")
    assert len(headers._canonical) <= headers._MAX_CANONICAL
    assert len(headers._from_environ) <= headers._MAX_FROM_ENVIRON
    assert canonical_name("x-after-the-flood") == "X-After-The-Flood"
    assert environ_name("HTTP_X_AFTER_THE_FLOOD") == "X-After-The-Flood"
    canonical_name("a" * 100000)
    assert "a" * 100000 not in headers._canonical


def test_the_whole_dict_interface_ignores_case():
    fields = CaseInsensitiveDict([("a-b", 1)], c=2)
    assert fields == {"A-B": 1, "C": 2}
    fields |= {"A-b": 3}
    fields.update({"d": 4}, e=5)
    fields.update([("D", 6)])
    assert fields.setdefault("C", 0) == 2
    assert fields.setdefault("f") is None
    assert fields.pop("F") is None
    assert fields.pop("nothing", 7) == 7
    with pytest.raises(KeyError):
        fields.pop("nothing")
    del fields["E"]
    assert fields == {"A-B": 3, "C": 2, "D": 6}
    assert CaseInsensitiveDict.fromkeys(["a", "A", "b"], 1) == {"A": 1, "B": 1}


def test_merged_and_copied_maps_keep_their_class():
    fields = HeaderMap({"a": 1})
    for other in (
        fields | {"A": 2},
        {"a": 3} | fields,
        fields.copy(),
        copy.copy(fields),
        copy.deepcopy(fields),
        pickle.loads(pickle.dumps(fields)),
        HeaderMap.fromkeys(["a"]),
    ):
        assert type(other) is HeaderMap
        assert list(other) == ["A"]
    assert (fields | {"a": 2})["a"] == 2
    assert ({"a": 3} | fields)["a"] == 1
    with pytest.raises(TypeError):
        fields | [("a", 1)]


def test_a_map_of_canonical_names_is_taken_as_it_is():
    source = {"Content-Type": "text/html", "Date": "today"}
    fields = HeaderMap.from_canonical(source)
    assert type(fields) is HeaderMap
    assert fields == source
    fields["date"] = "tomorrow"
    assert source["Date"] == "today"


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("HTTP_ACCEPT_ENCODING", "Accept-Encoding"),
        ("HTTP_X_MY_OWN", "X-My-Own"),
        ("CONTENT_TYPE", "Content-Type"),
        ("CONTENT_LENGTH", "Content-Length"),
        ("SERVER_NAME", ""),
        ("wsgi.input", ""),
    ],
)
def test_a_key_of_an_environ_is_translated(key, name):
    assert environ_name(key) == name
    assert environ_name(key) == name


@pytest.mark.parametrize("key", ["HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE"])
def test_a_key_that_could_pose_as_the_body_s_length_is_no_header(key):
    assert environ_name(key) == ""


def test_elements_and_values_of_a_field_are_sorted():
    fields = HeaderMap({"accept": "text/plain;q=0.5, text/html", "x": 5})
    assert [element.value for element in fields.elements("ACCEPT")] == ["text/html", "text/plain"]
    assert fields.values("accept") == ["text/html", "text/plain"]
    assert fields.elements("nothing") == fields.values("nothing") == []
    assert fields.values("x") == ["5"]


def test_output_is_pairs_of_bytes():
    fields = HeaderMap({"content-type": "text/html", "x-number": 5, "x-bytes": b"\xff"})
    assert fields.output() == [
        (b"Content-Type", b"text/html"),
        (b"X-Number", b"5"),
        (b"X-Bytes", b"\xff"),
    ]


def test_text_beyond_the_charsets_becomes_an_encoded_word():
    assert HeaderMap.encode("für") == b"f\xfcr"
    assert HeaderMap.encode("\u20ac") == b"=?utf-8?b?4oKs?="
    assert decode_TEXT(HeaderMap.encode("\u20ac" * 50).decode()) == "\u20ac" * 50


def test_without_encoded_words_text_beyond_the_charsets_is_refused():
    class Old(HeaderMap):
        protocol = (1, 0)

    class Plain(HeaderMap):
        use_rfc_2047 = False

    class Modern(HeaderMap):
        encodings = ["ascii", "utf-8"]  # noqa: RUF012

    for cls in (Old, Plain):
        with pytest.raises(ValueError, match="Could not encode"):
            cls.encode("\u20ac")
    assert Modern.encode("\u20ac") == b"\xe2\x82\xac"


@pytest.mark.parametrize("bad", ["\r\nX: y", "\n", "\r", "\0", b"a\nb", b"\0"])
def test_a_field_that_could_split_the_response_is_refused(bad):
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        HeaderMap.encode(bad)
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        HeaderMap.encode_header_item(bad)
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        HeaderMap({"Location": bad}).output()
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        HeaderMap.encode_header_items([(bad, "value")])


def test_harmless_control_characters_are_left_out():
    assert HeaderMap.encode_header_item("a\x01b\x7f") == b"ab"


@given(st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=5))
def test_whatever_is_sent_has_no_line_break(fields):
    try:
        output = HeaderMap(fields).output()
    except ValueError:
        return
    assert not any(mark in part for pair in output for part in pair for mark in b"\r\n\0")


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("=?utf-8?q?f=C3=BCr?=", "für"),
        ("=?utf-8*de?q?f=C3=BCr?=", "für"),
        ("=?iso-8859-1?b?4Q==?= b", "á b"),
        ("a =?utf-8?q?b?= =?utf-8?q?c?=", "a bc"),
        ("plain", "plain"),
        ("=?bad", "=?bad"),
        ("=?nonsense?q?a?=", "=?nonsense?q?a?="),
        ("=?utf-8?b?****?=", ""),
        ("=?utf-8?q?=FF?=", "=?utf-8?q?=FF?="),
        ("=?idna?q?a?=", "=?idna?q?a?="),
        ("=?a\0b?q?a?=", "=?a\0b?q?a?="),
    ],
)
def test_encoded_words_are_decoded_as_far_as_possible(text, decoded):
    assert decode_TEXT(text) == decode_TEXT_maybe(text) == decoded


@given(st.text(), st.sampled_from("bBqQ"), st.text())
def test_decoding_raises_nothing(charset, kind, text):
    decode_TEXT(text)
    decode_TEXT(f"=?{charset}?{kind}?{text}?=")


def test_python_does_not_look_for_what_is_no_charset():
    asked = []
    look = asked.append
    codecs.register(look)
    try:
        assert decode_TEXT("=?bogus-2?q?a?=") == "=?bogus-2?q?a?="
    finally:
        codecs.unregister(look)
    assert asked == []
