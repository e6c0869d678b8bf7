from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cherrypy_core.urls import (
    Host,
    SanitizedHost,
    parse_query_string,
    protocol_from_http,
    urljoin,
    urljoin_bytes,
)


@pytest.mark.parametrize(
    ("atoms", "url"),
    [
        ((), "/"),
        (("", ""), "/"),
        (("/a", "b"), "/a/b"),
        (("/a/", "/b"), "/a/b"),
        (("", "/b"), "/b"),
        (("/a", ""), "/a"),
        (("a", "b"), "a/b"),
        (("//a", "b", "", "c/"), "/a/b/c/"),
    ],
)
def test_parts_of_a_path_are_joined_with_one_slash(atoms, url):
    assert urljoin(*atoms) == url
    assert urljoin_bytes(*[atom.encode() for atom in atoms]) == url.encode()


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("", {}),
        ("a=1", {"a": "1"}),
        ("name=World&n=42", {"name": "World", "n": "42"}),
        ("a=1&a=2&a=3", {"a": ["1", "2", "3"]}),
        ("a", {"a": ""}),
        ("a&b=", {"a": "", "b": ""}),
        ("=v", {"": "v"}),
        ("&&a=1&", {"a": "1"}),
        ("a=b=c", {"a": "b=c"}),
        ("a+b=c+d", {"a b": "c d"}),
        ("x=1;y=2", {"x": "1;y=2"}),
        ("a=%zz%4%", {"a": "%zz%4%"}),
        ("a=%e2%82%AC", {"a": "\u20ac"}),
        ("a=%26%3d", {"a": "&="}),
        ("a=ü%41+", {"a": "üA "}),
        ("%61=1&a=2", {"a": ["1", "2"]}),
    ],
)
def test_a_query_string_is_read(query, params):
    assert parse_query_string(query) == params


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("3,4", {"x": 3, "y": 4}),
        ("03,4", {"x": 3, "y": 4}),
        ("3,4=", {"3,4": ""}),
        ("-3,4", {"-3,4": ""}),
        ("3,4,5", {"3,4,5": ""}),
        ("9999999999,1", {"9999999999,1": ""}),
        ("٣,٤", {"٣,٤": ""}),
        ("3,4\n", {"3,4\n": ""}),
    ],
)
def test_coordinates_of_an_image_map_are_numbers(query, params):
    assert parse_query_string(query) == params


def test_blank_values_can_be_left_out():
    assert parse_query_string("a=&b=1&c", keep_blank_values=False) == {"b": "1"}


def test_bytes_that_are_not_in_the_charset_are_an_error():
    for query in ("a=%ff", "%ff=a", "a=ü%ff"):
        with pytest.raises(UnicodeDecodeError):
            parse_query_string(query)
    assert parse_query_string("a=%ff", encoding="latin-1") == {"a": "ÿ"}
    # The second byte of a character in Shift JIS may be a letter, which is not encoded.
    assert parse_query_string("a=%83A", encoding="shift_jis") == {"a": b"\x83A".decode("sjis")}
    with pytest.raises(LookupError):
        parse_query_string("a=%ff", encoding="no-such-charset")


def test_the_number_of_fields_is_bounded():
    assert len(parse_query_string("&".join(f"a{n}" for n in range(1000)))) == 1000
    with pytest.raises(ValueError, match="more than 1000 fields"):
        parse_query_string("&" * 1000)
    with pytest.raises(ValueError, match="more than 2 fields"):
        parse_query_string("a&b&c", max_fields=2)


@given(st.text())
def test_no_query_string_raises_anything_but_decoding_errors(query):
    try:
        params = parse_query_string(query)
    except UnicodeDecodeError:
        return
    assert all(isinstance(name, str) for name in params)


@settings(max_examples=50)
@given(st.dictionaries(st.text(min_size=1), st.text() | st.lists(st.text(), min_size=2)))
def test_what_was_encoded_is_read(fields):
    query = urlencode(fields, doseq=True, errors="replace")
    expected = {}
    for name, value in fields.items():
        values = [value] if isinstance(value, str) else value
        values = [text.encode("utf-8", "replace").decode() for text in values]
        expected.setdefault(name.encode("utf-8", "replace").decode(), []).extend(values)
    params = parse_query_string(query)
    assert params == {k: v[0] if len(v) == 1 else v for k, v in expected.items()}


@pytest.mark.parametrize(
    ("text", "protocol"),
    [
        ("HTTP/1.1", (1, 1)),
        ("HTTP/1.0", (1, 0)),
        ("http/1.1", (1, 1)),
        ("HTTP/2.0", (2, 0)),
        ("HTTP/2", (2, 0)),
        ("HTTP/3", (3, 0)),
    ],
)
def test_a_protocol_version_is_read(text, protocol):
    assert protocol_from_http(text) == protocol


@pytest.mark.parametrize(
    "text", ["", "x", "1.1", "HTTP/12.34", "HTTP/1.1\n", "HTTP/\u0661.\u0661", "HTTP/"]
)
def test_what_is_no_protocol_version_is_refused(text):
    with pytest.raises(ValueError, match="is not an HTTP version"):
        protocol_from_http(text)


def test_a_host_without_a_name_is_known_by_its_address():
    host = Host("1.2.3.4", 80)
    assert (host.ip, host.port, host.name) == ("1.2.3.4", 80, "1.2.3.4")
    assert Host("1.2.3.4", 80, "n").name == "n"
    assert repr(host) == "httputil.Host('1.2.3.4', 80, '1.2.3.4')"
    assert (Host.ip, Host.port, Host.name) == ("0.0.0.0", 80, "unknown.tld")


def test_a_host_is_freed_from_line_breaks():
    clean = SanitizedHost("example.com")
    assert clean == "example.com"
    assert type(clean) is str
    dirty = SanitizedHost("example.com\r\nX: y")
    assert dirty == "example.comX: y"
    assert type(dirty) is SanitizedHost
