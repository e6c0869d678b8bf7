import inspect

import pytest

from cherrypy_core import httputil

# As CherryPy 18.10 has them.
SIGNATURES = {
    "decode_TEXT": "value",
    "decode_TEXT_maybe": "value",
    "get_ranges": "headervalue content_length",
    "header_elements": "fieldname fieldvalue",
    "parse_query_string": "query_string keep_blank_values encoding max_fields",
    "protocol_from_http": "protocol_str",
    "urljoin": "atoms",
    "urljoin_bytes": "atoms",
    "valid_status": "status",
    "parse_header": "line",
    "Host": "ip port name",
    "HeaderElement": "value params",
    "AcceptElement": "value params",
}
OTHERS = [
    "CaseInsensitiveDict", "HTTPDate", "HeaderMap", "SanitizedHost",
    "header_translate_deletechars", "header_translate_table", "response_codes",
]  # fmt: skip


def test_the_historical_names_are_all_there():
    assert sorted(httputil.__all__) == sorted([*SIGNATURES, *OTHERS])
    assert all(hasattr(httputil, name) for name in httputil.__all__)


@pytest.mark.parametrize(("name", "parameters"), SIGNATURES.items())
def test_parameters_have_their_historical_names(name, parameters):
    assert list(inspect.signature(getattr(httputil, name)).parameters) == parameters.split()


def test_control_characters_are_what_is_deleted():
    assert len(httputil.header_translate_deletechars) == 33
    assert httputil.header_translate_table is None
