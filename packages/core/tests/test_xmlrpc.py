"""The XML-RPC codec."""

import time
import xmlrpc.client
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cherrypy_core.xmlrpc import MAX_DEPTH, dump_fault, dump_value, load_call, patched_path


@pytest.mark.parametrize(
    ("path", "patched"),
    [
        ("/RPC2", "/"),
        ("/RPC2/", "/"),
        ("/RPC2/a", "/a/"),
        ("/a", "/a/"),
        ("/a/", "/a/"),
        ("/a/RPC2", "/a/RPC2/"),
        ("/RPC23", "/RPC23/"),
        ("/", "/"),
        ("", "/"),
    ],
)
def test_the_path_of_calls_is_patched(path, patched):
    assert patched_path(path) == patched


values = st.recursive(
    st.booleans()
    | st.integers(-(2**31), 2**31 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc", "Cn"))),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)


class TestCalls:
    @settings(max_examples=40)
    @given(st.lists(values, max_size=4).map(tuple))
    def test_what_a_client_sends_comes_out_again(self, params):
        data = xmlrpc.client.dumps(params, "a.b").encode()
        assert load_call(data) == (params, "a.b")

    def test_dates_and_bytes_are_those_of_the_client_library(self):
        when = datetime(2026, 1, 2)  # noqa: DTZ001  (XML-RPC knows no time zones)
        data = xmlrpc.client.dumps((when, b"\0\xff"), "m").encode()
        date, binary = load_call(data)[0]
        assert date == when
        assert binary.data == b"\0\xff"

    def test_the_document_says_in_which_charset_it_is(self):
        text = xmlrpc.client.dumps(("é",), "m", encoding="iso-8859-1")
        assert load_call(text.encode("iso-8859-1")) == (("é",), "m")

    @given(st.binary(max_size=200))
    def test_anything_else_is_a_value_error(self, data):
        with pytest.raises(ValueError, match="no XML-RPC call"):
            load_call(data)

    @given(st.text("<>/ abdeilmnoprstuvy0", max_size=80))
    def test_nearly_anything_is_a_value_error(self, middle):
        data = f"<methodCall><methodName>m</methodName><params>{middle}</params></methodCall>"
        try:
            params, name = load_call(data.encode())
        except ValueError:
            return
        assert name == "m"
        assert isinstance(params, tuple)

    @pytest.mark.parametrize(
        "value",
        [
            "<int>x</int>",
            "<int>" + "9" * 5000 + "</int>",
            "<boolean>2</boolean>",
            "<double>x</double>",
            "<base64>x</base64>",
            "<struct><member><name>a</name></member></struct>",
            "<struct><value><int>1</int></value></struct>",
            "<nonsense>1</nonsense>",
            "<array><data><value><int>1</int></value></array></data>",
            "<bigdecimal>x</bigdecimal>",
        ],
    )
    def test_values_that_are_none_are_a_value_error(self, value):
        data = f"<methodCall><methodName>m</methodName><params><param><value>{value}</value>"
        data += "</param></params></methodCall>"
        with pytest.raises(ValueError, match="no XML-RPC call"):
            load_call(data.encode())

    def test_entities_cannot_be_declared(self):
        data = (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cccc">]><methodCall>&b;</methodCall>'
        )
        with pytest.raises(ValueError, match="document type"):
            load_call(data)

    def test_a_fault_is_no_call(self):
        with pytest.raises(ValueError, match="no XML-RPC call"):
            load_call(dump_fault(Exception("x")))

    def test_nesting_has_a_limit(self):
        def nested(depth):
            inside = "<array><data><value>" * depth + "1" + "</value></data></array>" * depth
            data = f"<methodCall><methodName>m</methodName><params><param><value>{inside}"
            return (data + "</value></param></params></methodCall>").encode()

        assert load_call(nested(MAX_DEPTH))[1] == "m"
        with pytest.raises(ValueError, match="nested deeper"):
            load_call(nested(MAX_DEPTH + 1))
        with pytest.raises(ValueError, match="nested deeper"):
            load_call(nested(100_000))
        with pytest.raises(ValueError, match="nested deeper"):
            load_call(b"<a>" * 100_000)

    @pytest.mark.slow
    @pytest.mark.parametrize("piece", ["<value>x</value>", "x\n", "&lt;", "<a/>", "<a><b/></a>"])
    def test_the_time_is_linear(self, piece):
        def seconds(count):
            data = (f"<methodCall><methodName>m</methodName>{piece * count}").encode()
            best = 1e9
            for _ in range(3):
                started = time.thread_time()
                with pytest.raises(ValueError, match="no XML-RPC call"):
                    load_call(data)
                best = min(best, time.thread_time() - started)
            return best

        # Four times the input: linear is 4, quadratic 16. Only our own time is counted.
        assert min(seconds(20_000) / seconds(5_000) for _ in range(3)) < 7


class TestResponses:
    @settings(max_examples=40)
    @given(values)
    def test_a_client_gets_what_was_returned(self, value):
        assert xmlrpc.client.loads(dump_value(value)) == ((value,), None)

    def test_tuples_are_arrays(self):
        assert xmlrpc.client.loads(dump_value((1, (2, 3)))) == (([1, [2, 3]],), None)

    def test_none_has_to_be_allowed(self):
        with pytest.raises(TypeError, match="None"):
            dump_value(None)
        assert xmlrpc.client.loads(dump_value(None, allow_none=True)) == ((None,), None)

    def test_what_the_charset_lacks_is_written_as_a_number(self):
        data = dump_value("é€", "iso-8859-1")
        assert b"\xe9&#8364;" in data
        assert xmlrpc.client.loads(data) == (("é€",), None)

    def test_what_cannot_be_said_is_an_error(self):
        with pytest.raises(OverflowError):
            dump_value(2**40)
        with pytest.raises(TypeError):
            dump_value(object())

    def test_a_fault_that_is_returned_stays_one(self):
        with pytest.raises(xmlrpc.client.Fault, match="why"):
            xmlrpc.client.loads(dump_value(xmlrpc.client.Fault(42, "why")))


class TestFaults:
    @pytest.mark.parametrize(
        ("error", "code", "text"),
        [
            (Exception("a < b"), 1, "a < b"),
            (xmlrpc.client.Fault(43, "mine"), 43, "mine"),
            (KeyError("k"), 1, "'k'"),
            (ValueError("a\x00\x1bb"), 1, "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"),
        ],
    )
    def test_an_error_is_told(self, error, code, text):
        with pytest.raises(xmlrpc.client.Fault) as caught:
            xmlrpc.client.loads(dump_fault(error))
        assert (caught.value.faultCode, caught.value.faultString) == (code, text)
