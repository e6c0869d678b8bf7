import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core.elements import (
    MAX_ELEMENTS,
    AcceptElement,
    HeaderElement,
    header_elements,
    parse_header,
)

SOUP = st.text(alphabet='abq;=,"\\ \t./*01é\x00', max_size=60)


@pytest.mark.parametrize(
    ("line", "value", "params"),
    [
        ("text/html", "text/html", {}),
        ('text/html; charset="utf;8"; x=1', "text/html", {"charset": "utf;8", "x": "1"}),
        ("", "", {}),
        (";a=b", "", {"a": "b"}),
        ("a; b", "a", {}),
        ("a; =b", "a", {}),
        ("a;B=c", "a", {"b": "c"}),
        ("a;b=1;b=2", "a", {"b": "2"}),
        ('a; b="x', "a", {"b": '"x'}),
        ('d; name="a\\"b"; filename="c:\\\\d"', "d", {"name": 'a"b', "filename": "c:\\d"}),
        ('d; filename="C:\\dir\\file"', "d", {"filename": "C:\\dir\\file"}),
        ('d; a="\\";b"; c=e', "d", {"a": '";b', "c": "e"}),
    ],
)
def test_a_header_is_split_into_value_and_parameters(line, value, params):
    assert parse_header(line) == HeaderElement.parse(line) == (value, params)


def test_an_element_is_shown_as_it_can_be_read():
    element = HeaderElement.from_str('a; b="c, \\"d\\""; e=f')
    assert str(element) == 'a;b="c, \\"d\\"";e=f'
    assert bytes(element) == str(element).encode()
    assert HeaderElement.parse(str(element)) == ("a", element.params)
    assert HeaderElement("x").params == {}
    assert repr(HeaderElement("x")) == "HeaderElement('x', {})"


@given(
    st.text(st.characters(codec="ascii", exclude_characters=';"\\'), max_size=5).map(str.strip),
    st.dictionaries(st.sampled_from(["a", "b-c"]), st.text(max_size=20), max_size=2),
)
def test_an_element_survives_the_way_out_and_in(value, params):
    element = HeaderElement.from_str(str(HeaderElement(value, params)))
    assert (element.value, element.params) == (value, params)


def test_elements_of_an_accept_field_come_best_first():
    field = "text/*;q=0.3, text/html;q=0.7, text/html;level=1, */*;q=0.5"
    assert [str(element) for element in header_elements("Accept", field)] == [
        "text/html;level=1",
        "text/html;q=0.7",
        "*/*;q=0.5",
        "text/*;q=0.3",
    ]


def test_of_equal_weight_the_more_specific_element_comes_first():
    field = "*/*, text/*, text/html, text/html;level=1"
    values = [str(element) for element in header_elements("accept", field)]
    assert values == ["text/html;level=1", "text/html", "text/*", "*/*"]


@pytest.mark.parametrize("name", ["Accept", "accept-encoding", "TE", "Accept-Charset"])
def test_fields_that_have_weights_are_known(name):
    (element,) = header_elements(name, "gzip;q=0.5")
    assert isinstance(element, AcceptElement)
    assert element.qvalue == 0.5


def test_other_fields_come_by_value_backwards():
    elements = header_elements("If-None-Match", '"a", W/"b", "c,d"')
    assert [element.value for element in elements] == ['W/"b"', '"c,d"', '"a"']
    assert {type(element) for element in elements} == {HeaderElement}


@pytest.mark.parametrize("value", [None, "", " ", ",", " , ,"])
def test_empty_elements_do_not_count(value):
    assert header_elements("Accept", value) == []


def test_what_follows_the_weight_belongs_to_it():
    element = AcceptElement.from_str("text/html;level=1;q=0.3;ext=1;b=2")
    assert element.params["level"] == "1"
    assert element.params["q"].params == {"ext": "1", "b": "2"}
    assert element.qvalue == 0.3
    assert str(element) == "text/html;level=1;q=0.3;ext=1;b=2"


@pytest.mark.parametrize(
    ("text", "weight"),
    [("a", 1), ("a;q=1", 1), ("a;Q=0.25", 0.25), ("a;q=.2", 0.2), ("a;q=0", 0), ("a;q=1.", 1)],
)
def test_a_weight_is_read(text, weight):
    assert AcceptElement.from_str(text).qvalue == weight


@pytest.mark.parametrize(
    "text", ["x", "-1", "1.001", "nan", "inf", "1e3", "", "\u0660.\u0665", "9" * 9999]
)
def test_a_weight_out_of_syntax_counts_as_none(text):
    assert AcceptElement.from_str(f"a;q={text}").qvalue == 0


def test_elements_can_be_compared():
    low, high = AcceptElement.from_str("a;q=0.1"), AcceptElement.from_str("a;q=0.2")
    assert low < high
    assert sorted([high, low]) == [low, high]
    assert (low.__cmp__(high), high.__cmp__(low), low.__cmp__(low)) == (-1, 1, 0)
    assert low < HeaderElement("a")
    a, b = HeaderElement("a"), HeaderElement("b")
    assert a < b
    assert (a.__cmp__(b), b.__cmp__(a), a.__cmp__(a)) == (-1, 1, 0)


@given(st.sampled_from(["Accept", "X"]), SOUP | st.text())
def test_no_field_raises_anything(name, field):
    for element in header_elements(name, field):
        assert isinstance(str(element), str)
        assert element.value or element.params or not element.value
    parse_header(field)


@given(st.lists(SOUP.filter(lambda text: '"' not in text and "," not in text), max_size=5))
def test_as_many_elements_come_out_as_there_are(texts):
    filled = [text for text in texts if text.strip()]
    assert len(header_elements("X", ",".join(texts))) == len(filled)


@pytest.mark.parametrize("unit", ["a,", '"a",', "a;b=c,", '"'])
def test_the_number_of_elements_is_bounded(unit):
    assert len(header_elements("Accept", unit * (MAX_ELEMENTS + 100))) <= MAX_ELEMENTS
    assert len(parse_header('x="";' + "a=b;" * 5000)[1]) <= MAX_ELEMENTS
