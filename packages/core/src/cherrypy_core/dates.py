"""HTTP dates: RFC 9110 section 5.6.7."""

from __future__ import annotations

import re
from time import gmtime, time

__all__ = ["HTTPDate", "http_date", "parse_http_date"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_MONTH_NUMBERS = {name.lower(): number for number, name in enumerate(_MONTHS, start=1)}
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

# Dates by second. It holds "now" and the modification times of the files served; when it
# is full it starts anew.
_MAX_DATES = 512
_dates: dict[int, str] = {}

# No date is longer; Internet Explorer appended "; length=N" to If-Modified-Since.
_MAX_LENGTH = 64
# Patterns are compiled on first use (by re, which keeps them): that is time saved on import.
_TIME = r"([0-9]{2}):([0-9]{2}):([0-9]{2})"
# Sun, 06 Nov 1994 08:49:37 GMT and Sunday, 06-Nov-94 08:49:37 GMT
_RFC_1123_OR_850 = (
    r"(?:[a-z]{3,9}, {0,3})?([0-9]{1,2})[ -]([a-z]{3})[ -]([0-9]{4}|[0-9]{2}) {1,3}"
    + _TIME
    + r"(?: {1,3}(?:gmt|utc|[+-]0000))?"
)
# Sun Nov  6 08:49:37 1994
_ASCTIME = r"[a-z]{3} ([a-z]{3}) {1,2}([0-9]{1,2}) " + _TIME + r" ([0-9]{4})"


def http_date(timestamp: float | None = None) -> str:
    """Return a date such as `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate).

    Args:
        timestamp: seconds since 1970, fractions are dropped; None for now.

    Raises:
        ValueError: the year has not four digits, or *timestamp* is not a number.
    """
    # PERF: 0.15 us if the second has been asked for before.
    try:
        second = int(time() if timestamp is None else timestamp)
        return _dates[second]
    except KeyError:
        return _format(second)
    except (OverflowError, TypeError) as error:
        raise ValueError(f"{timestamp!r} is not a time that HTTP can express.") from error


#: The historical name of `http_date`.
HTTPDate = http_date


def _format(second: int) -> str:
    try:
        year, month, day, hour, minute, sec, weekday, _, _ = gmtime(second)
    except (OverflowError, ValueError, OSError) as error:
        raise ValueError(f"{second!r} is not a time that HTTP can express.") from error
    if not 0 <= year <= 9999:  # noqa: PLR2004  (four digits)
        raise ValueError(f"The year {year} is not one that HTTP can express.")
    text = (
        f"{_DAYS[weekday]}, {day:02d} {_MONTHS[month - 1]} {year:04d} "
        f"{hour:02d}:{minute:02d}:{sec:02d} GMT"
    )
    if len(_dates) >= _MAX_DATES:
        _dates.clear()
    _dates[second] = text
    return text


def parse_http_date(text: str | None) -> int | None:
    """Return the seconds since 1970 of an HTTP date in any of its three formats.

    The day of the week is not checked, case does not matter and a missing zone is GMT.

    Returns:
        None if *text* is not a date: a recipient ignores the header field then.
    """
    if not text:
        return None
    text = text.partition(";")[0].strip(" \t").lower()
    if len(text) > _MAX_LENGTH:
        return None
    match = re.fullmatch(_RFC_1123_OR_850, text)
    if match:
        day, month, year, *clock = match.groups()
    else:
        match = re.fullmatch(_ASCTIME, text)
        if not match:
            return None
        month, day, *clock, year = match.groups()
    number = _MONTH_NUMBERS.get(month)
    if number is None:
        return None
    return _timestamp(_full_year(year), number, int(day), *map(int, clock))


def _full_year(year: str) -> int:
    """Return a year of four digits; of two digits, the one not over 50 years ahead."""
    if len(year) == 4:  # noqa: PLR2004
        return int(year)
    this_year = gmtime().tm_year
    full = this_year - this_year % 100 + int(year)
    return full - 100 if full > this_year + 50 else full


def _timestamp(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int | None:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    last = 28 if month == 2 and not leap else _DAYS_IN_MONTH[month - 1]  # noqa: PLR2004
    if not (1 <= day <= last and hour < 24 and minute < 60 and second <= 60):  # noqa: PLR2004
        return None
    # The days since 1970-01-01 in the Gregorian calendar, counted in years that begin
    # with March, so that a leap day is the last one of its year.
    years = year - 1 if month <= 2 else year  # noqa: PLR2004
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days = years * 365 + years // 4 - years // 100 + years // 400 + day_of_year - 719468
    return ((days * 24 + hour) * 60 + minute) * 60 + second
