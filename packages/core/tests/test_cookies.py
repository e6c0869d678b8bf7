from http.cookies import SimpleCookie

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core.cookies import (
    MAX_COOKIE_HEADER,
    MAX_COOKIES,
    cookie_value,
    dump_cookies,
    new_response_cookie,
    parse_cookies,
)


def values(header):
    return {name: morsel.value for name, morsel in parse_cookies(header).items()}


def test_cookies_are_read():
    cookies = parse_cookies('a=1; b="two words"; c=d=e;f=')
    assert isinstance(cookies, SimpleCookie)
    assert values('a=1; b="two words"; c=d=e;f=') == {
        "a": "1",
        "b": "two words",
        "c": "d=e",
        "f": "",
    }
    assert cookies["b"].coded_value == '"two words"'
    assert cookies["a"].key == "a"


@pytest.mark.parametrize(
    "odd",
    [
        "a[b]=1", "a(b=1", "a/b=1", "a b=1", "ä=1", "=v", 'x="', 'x="a\\', "x", "", ";;", "a,b=1",
        "expires=never", "path=/", "a=\x01", "a\0=1", "x=\x7f", 'x="\\999"', "$Version=1", "=",
        "@=1", "{}=1", '"=1', "\u20ac=\u20ac",
    ],
)  # fmt: skip
def test_an_odd_cookie_does_not_disturb_its_neighbours(odd):
    for header in (f"before=1; {odd}; after=2", f"before=1;{odd};after=2"):
        found = values(header)
        assert found["before"] == "1"
        assert found["after"] == "2"
        assert cookie_value(header, "after") == "2"


@pytest.mark.parametrize("name", ["a[b]", "a(b", "a/b", "a b", "ä", "path", "expires", "@"])
def test_a_cookie_with_an_odd_name_can_be_read(name):
    assert values(f"{name}=1") == {name: "1"}
    assert cookie_value(f"{name}=1", name) == "1"


@pytest.mark.parametrize("attribute", ["$Version=1", "$Path=/", "$domain=x", "$Port=80"])
def test_attributes_of_old_clients_are_no_cookies(attribute):
    assert values(f"{attribute}; a=1; {attribute}") == {"a": "1"}
    assert cookie_value(f"{attribute}; a=1", attribute.partition("=")[0]) is None


@pytest.mark.parametrize(
    "header",
    [
        "=__Host-id=evil",
        " =__Host-id=evil",
        "__Host-id",
        "\u00a0__Host-id=evil",
        "\x0b__Host-id=evil",
        "\u2003__Host-id=evil",
        "x=1,__Host-id=evil",
        '"__Host-id"=evil',
    ],
)
def test_no_other_cookie_can_pose_as_one_with_a_protected_name(header):
    assert "__Host-id" not in parse_cookies(header)
    assert cookie_value(header, "__Host-id") is None


def test_of_cookies_with_the_same_name_the_first_counts():
    assert values("a=1; a=2") == {"a": "1"}
    assert cookie_value("a=1; a=2", "a") == "1"


def test_a_name_within_another_is_not_mistaken():
    header = "xa=1; a x=2; b=a; a=3"
    assert cookie_value(header, "a") == "3"
    assert cookie_value(header, "x") is None
    assert cookie_value("", "a") is None


@pytest.mark.parametrize("value", ["plain", 'q"uo\\te', "a,b;c", "ä", "line\nbreak", "tab\t", ""])
def test_what_http_cookies_writes_is_read(value):
    written = SimpleCookie({"name": value})["name"].coded_value
    if not written.isprintable():
        pytest.skip("this Python refuses it")
    assert cookie_value(f"name={written}", "name") == value


def test_number_and_size_are_bounded():
    header = ";".join(f"a{number}=1" for number in range(MAX_COOKIES + 10))
    assert len(parse_cookies(header)) == MAX_COOKIES
    assert cookie_value(header, f"a{MAX_COOKIES + 5}") is None
    header = "a=1;" + "b" * MAX_COOKIE_HEADER + "=1;c=2"
    assert values(header) == {"a": "1"}
    assert cookie_value(header, "c") is None


@given(st.lists(st.text(alphabet='ab="\\;$ \t\x00\x7f012é,[', max_size=12), max_size=6))
def test_a_single_cookie_is_the_same_as_among_all(texts):
    header = ";".join(texts)
    found = values(header)
    for name in {*found, "a", "b", ""}:
        assert cookie_value(header, name) == found.get(name)


@given(st.text())
def test_no_header_raises_anything(header):
    parse_cookies(header)
    cookie_value(header, "a")


@given(st.text(alphabet='ab="\\;$ \t\x00\x7f012é,[', max_size=30))
def test_no_neighbour_is_ever_lost(text):
    assert values(f"first=1; {text}; last=2")["last"] == "2"
    assert cookie_value(f"first=1; {text}; last=2", "last") == "2"


def test_cookies_are_written_with_their_attributes():
    cookie = new_response_cookie()
    cookie["a"] = "two words"
    cookie["a"]["path"] = "/"
    cookie["a"]["max-age"] = 3600
    cookie["a"]["httponly"] = True
    cookie["a"]["samesite"] = "Lax"
    cookie["b"] = 5
    assert dump_cookies(cookie) == [
        'a="two words"; HttpOnly; Max-Age=3600; Path=/; SameSite=Lax',
        "b=5",
    ]


def test_a_cookie_can_be_partitioned_in_every_python():
    cookie = new_response_cookie()
    cookie["a"] = "1"
    cookie["a"]["secure"] = True
    cookie["a"]["partitioned"] = True
    (text,) = dump_cookies(cookie)
    assert sorted(text.split("; ")) == ["Partitioned", "Secure", "a=1"]
    cookie["a"] = "2"
    assert "Partitioned" in cookie.output()
    assert cookie["a"].value == "2"


def test_cookies_of_http_cookies_can_be_written_too():
    cookie = SimpleCookie({"a": "1"})
    assert dump_cookies(cookie) == ["a=1"]
    other = new_response_cookie()
    other["a"] = cookie["a"]
    assert dump_cookies(other) == ["a=1"]
    assert dump_cookies(new_response_cookie()) == []


@pytest.mark.parametrize("path", ["/\r\nX: y", "/\n", "/\0", "/; Domain=example.com"])
def test_an_attribute_that_could_forge_others_is_refused(path):
    cookie = SimpleCookie({"a": "1"})
    # Newer Pythons refuse it on assignment.
    dict.__setitem__(cookie["a"], "path", path)
    with pytest.raises(ValueError, match=r"[Cc]ontrol|semicolon"):
        dump_cookies(cookie)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_was_set(text):
    cookies = new_response_cookie()
    cookies["a"] = text
    (sent,) = dump_cookies(cookies)
    sent.encode("latin-1")  # as WSGI and HTTP want it
    assert values(sent) == {"a": text}
    assert cookie_value(sent, "a") == text


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("\xe2\x82\xac", "\u20ac"),
        ('"\xc3\xbc\\351"', "\xfc\xe9"),
        ("\xfc", "\xfc"),
        ("\xff\xc3\xbc", "\xff\xc3\xbc"),
        ("\u20ac", "\u20ac"),
    ],
)
def test_values_that_are_utf_8_are_read_as_that(sent, value):
    assert values(f"a={sent}; b=2") == {"a": value, "b": "2"}
    assert cookie_value(f"a={sent}", "a") == value
    assert parse_cookies(f"a={sent}")["a"].coded_value == sent


def test_what_is_no_text_cannot_be_sent():
    cookies = new_response_cookie()
    cookies["a"] = "\ud800"
    with pytest.raises(ValueError, match="surrogates"):
        dump_cookies(cookies)
