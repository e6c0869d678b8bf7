from urllib.parse import quote_plus, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core.errors import HTTPError
from cherrypy_core.forms import add_param, parse_form, unquote_plus


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (b"", {}),
        (b"name=World&age=42", {"name": "World", "age": "42"}),
        (b"a=1&b=2&a=3&a=4", {"a": ["1", "3", "4"], "b": "2"}),
        (b"a&b=&=c", {"a": "", "b": "", "": "c"}),
        (b"&&a=1&", {"a": "1"}),
        (b"a=1;b=2", {"a": "1;b=2"}),
        (b"a=b=c", {"a": "b=c"}),
        (b"a+b=c+d%2B", {"a b": "c d+"}),
        (b"a=%26%3D%3b", {"a": "&=;"}),
        (b"a=50%&b=%zz&c=%4&d=%%41", {"a": "50%", "b": "%zz", "c": "%4", "d": "%A"}),
        (b"a=J%C3%BCrgen&a=x", {"a": ["Jürgen", "x"]}),
        ("ä=ö&b=+".encode(), {"ä": "ö", "b": " "}),
        (b"a=\r\n", {"a": "\r\n"}),
    ],
)
def test_a_form_becomes_values_by_name(data, fields):
    assert parse_form(data, ["utf-8"]) == fields


def test_charsets_are_tried_in_order():
    assert parse_form(b"a=%e9", ["utf-8", "iso-8859-1"]) == {"a": "é"}
    assert parse_form(b"a=\xe9", iter(["us-ascii", "utf-8", "iso-8859-1"])) == {"a": "é"}
    assert parse_form(b"a=%c3%a9", ["iso-8859-1", "utf-8"]) == {"a": "Ã©"}
    assert parse_form(b"a=1", ["bogus", "utf-8"]) == {"a": "1"}


def test_all_fields_are_in_the_same_charset():
    assert parse_form(b"a=%c3%a9&b=%e9", ["utf-8", "iso-8859-1"]) == {"a": "Ã©", "b": "é"}


def test_charsets_that_are_no_supersets_of_ascii_work():
    data = b"\xff\xfeq\x00=\xff\xfe\xa3\x00"
    assert parse_form(data, ["utf-16", "utf-8"]) == {"q": "£"}


@pytest.mark.parametrize("charsets", [["utf-8"], [], ["us-ascii", "utf-8"], ["bogus"]])
def test_a_form_in_no_charset_is_a_client_error(charsets):
    with pytest.raises(HTTPError) as caught:
        parse_form(b"a=%ff", charsets)
    assert caught.value.code == 400
    assert repr(charsets) in caught.value.args[1]


@pytest.mark.parametrize("value", [b"1", b"%31", b"\xc3\xa9"])
def test_the_number_of_fields_is_limited(value):
    form = b"&".join([b"a=" + value] * 1000)
    assert len(parse_form(form, ["utf-8"])["a"]) == 1000
    assert parse_form(form + b"&", ["utf-8"])
    for data in (form + b"&b=1", form + b"&&", b"&" * 2000):
        with pytest.raises(HTTPError) as caught:
            parse_form(data, ["utf-8"])
        assert caught.value.code == 413
    assert len(parse_form(b"a&b&c", ["utf-8"], 3)) == 3
    with pytest.raises(HTTPError):
        parse_form(b"a&b&c", ["utf-8"], 2)


def test_a_repeated_name_gets_a_list():
    params = {}
    for value in "xyz":
        add_param(params, "a", value)
    assert params == {"a": ["x", "y", "z"]}


def test_unquoting_keeps_what_is_no_escape():
    assert unquote_plus(b"a+b%2B%zz%e9%") == b"a b+%zz\xe9%"
    assert unquote_plus(b"%2%25%2525%aB%Ab") == b"%2%%25\xab\xab"


@given(st.binary(max_size=40))
def test_unquoting_agrees_with_the_standard_library(data):
    assert unquote_plus(data) == unquote_to_bytes(data.replace(b"+", b" "))


@pytest.mark.parametrize("offset", range(4))
@pytest.mark.parametrize("unit", [b"%41", b"%", b"%4", b"%%41", b"ab%C3"])
def test_long_values_are_unquoted_like_short_ones(unit, offset):
    data = b"x" * offset + unit * 12_000
    assert unquote_plus(data) == unquote_to_bytes(data)


NAMES = st.text(st.characters(codec="utf-8"), max_size=8)


@given(st.lists(st.tuples(NAMES, NAMES), max_size=8))
def test_every_form_can_be_read_back(fields):
    data = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in fields)
    expected = {}
    for name, value in fields:
        add_param(expected, name, value)
    assert parse_form(data.encode(), ["utf-8"]) == expected


@given(st.binary(max_size=80), st.sampled_from(["utf-8", "us-ascii", "utf-16", "shift_jis"]))
def test_any_bytes_are_a_form_or_a_client_error(data, charset):
    code = 400
    try:
        parse_form(data, [charset], 5)
    except HTTPError as error:
        code = error.code
    assert code in (400, 413)
