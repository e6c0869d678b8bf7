import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core.status import response_codes, valid_status

OK = (200, "OK", "Request fulfilled, document follows")


@pytest.mark.parametrize("status", [None, "", 200, "200", "200 OK", b"200", "200 ", 200.0])
def test_a_status_can_be_written_in_many_ways(status):
    assert valid_status(status) == OK


@pytest.mark.parametrize("status", [None, "", b"", 0])
def test_no_status_means_that_all_is_well(status):
    assert valid_status(status)[:2] == (200, "OK")


def test_a_phrase_of_ones_own_is_kept():
    assert valid_status("404  No such page ") == (
        404,
        "No such page",
        "Nothing matches the given URI",
    )
    assert valid_status(599) == (599, "", "")


@pytest.mark.parametrize(
    "status",
    ["abc", "x200", "200OK", " 200", "٢٠٠", "-200", "+200", [], float("nan"), float("inf")],
)
def test_a_status_without_a_number_is_refused(status):
    with pytest.raises(ValueError, match="non-numeric"):
        valid_status(status)


@pytest.mark.parametrize("status", [99, 600, 1, -5, True, "999 X", "9" * 10000])
def test_a_status_out_of_range_is_refused(status):
    with pytest.raises(ValueError, match="out of range"):
        valid_status(status)


@pytest.mark.parametrize("phrase", ["a\r\nX: y", "a\nb", "a\0b", "a\x7f"])
def test_a_phrase_that_could_split_the_response_is_refused(phrase):
    with pytest.raises(ValueError, match="control characters"):
        valid_status("200 " + phrase)


def test_all_codes_have_a_phrase():
    assert len(response_codes) == 62
    assert all(reason for reason, _ in response_codes.values())
    for code, (reason, message) in response_codes.items():
        assert valid_status(code) == valid_status(f"{code}") == (code, reason, message)


@given(st.text() | st.integers() | st.floats() | st.binary())
def test_nothing_else_than_value_errors_is_raised(status):
    try:
        code, reason, _ = valid_status(status)
    except ValueError:
        return
    assert 100 <= code <= 599
    assert "\n" not in reason
