from email.utils import formatdate, parsedate_to_datetime
from time import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core import dates
from cherrypy_core.dates import HTTPDate, http_date, parse_http_date

EXAMPLE = 784111777


def test_a_time_is_written_as_an_http_date():
    assert http_date(EXAMPLE) == "Sun, 06 Nov 1994 08:49:37 GMT"
    assert http_date(EXAMPLE + 0.9) == HTTPDate(EXAMPLE) == http_date(EXAMPLE)
    assert http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT"


def test_without_a_time_it_is_now():
    before = int(time())
    assert before <= parse_http_date(http_date()) <= time()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e300, 253402300800, "x", []])
def test_what_is_not_a_time_is_refused(bad):
    with pytest.raises(ValueError, match=r"HTTP can express|invalid literal|NaN"):
        http_date(bad)


def test_the_dates_kept_are_bounded():
    for second in range(dates._MAX_DATES * 2):
        http_date(second)
    assert len(dates._dates) <= dates._MAX_DATES


@given(st.integers(0, 253402300799))
def test_a_date_is_the_one_that_the_library_writes_and_is_read_back(second):
    assert http_date(second) == formatdate(second, usegmt=True)
    assert parse_http_date(http_date(second)) == second
    assert parsedate_to_datetime(http_date(second)).timestamp() == second


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 6 Nov 1994 08:49:37 +0000",
        "06 Nov 1994 08:49:37",
        " Sun, 06 Nov 1994 08:49:37 GMT; length=123",
    ],
)
def test_a_date_is_read_in_all_formats(text):
    assert parse_http_date(text) == EXAMPLE


@pytest.mark.parametrize(
    "text",
    [
        None, "", "x", "0", "Sun, 06 Nov 1994", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08:49:37 CET",
        "Thu, 29 Feb 1900 00:00:00 GMT", "Sun, ٠٦ Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT" + " " * 99 + "x",
    ],
)  # fmt: skip
def test_what_is_no_date_is_none(text):
    assert parse_http_date(text) is None


def test_leap_days_and_seconds_are_dates():
    assert http_date(parse_http_date("Tue, 29 Feb 2000 12:00:00 GMT")).startswith(
        "Tue, 29 Feb 2000"
    )
    assert parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") == parse_http_date(
        "Sun, 01 Jan 2017 00:00:00 GMT"
    )


def test_a_year_of_two_digits_is_at_most_fifty_years_ahead():
    for year in range(100):
        full = parse_http_date(f"Sunday, 06-Nov-{year:02d} 08:49:37 GMT")
        assert full < time() + 51 * 366 * 86400
        assert full > time() - 51 * 366 * 86400


@given(st.text(max_size=100) | st.text(alphabet="SunMoNv, 0123456789:-GMT", max_size=40))
def test_no_text_raises_anything(text):
    parse_http_date(text)
