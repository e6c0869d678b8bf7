"""Parsers of what comes from the network take time in proportion to its length."""

import gc
import io
from contextlib import suppress
from itertools import count
from time import thread_time

import pytest

from cherrypy_core.configfile import Parser
from cherrypy_core.cookies import cookie_value, parse_cookies
from cherrypy_core.dates import parse_http_date
from cherrypy_core.elements import header_elements, parse_header
from cherrypy_core.entity import Part
from cherrypy_core.environ import header_map
from cherrypy_core.error_formats import preferred
from cherrypy_core.errors import HTTPError
from cherrypy_core.headers import canonical_name, decode_TEXT
from cherrypy_core.partheader import parse_headers
from cherrypy_core.ranges import get_ranges
from cherrypy_core.urls import parse_query_string, protocol_from_http

# Twice the length may take this many times the time. Measured over three doublings, as
# the sizes of caches and the like make steps: linear time gives some 8, quadratic 64.
RATIO = 2.5
DOUBLINGS = 3
# The shortest time (seconds) that can be compared.
SHORTEST = 0.001
# Of these many units, quadratic time would be seconds.
MANY = 64_000


def seconds(function, text):
    # Of the processor: other processes do not count.
    start = thread_time()
    with suppress(ValueError, HTTPError):
        function(text)
    return thread_time() - start


def is_linear(function, unit):
    """Compare the best of some runs at a length that is long enough, and at eight times that."""
    count = 500
    while min(seconds(function, unit * count) for _ in range(3)) < SHORTEST:
        count *= 2
        if count > MANY:
            return True
    for _ in range(5):
        short = min(seconds(function, unit * count) for _ in range(3))
        long = min(seconds(function, unit * count * 2**DOUBLINGS) for _ in range(3))
        if long < short * RATIO**DOUBLINGS:
            return True
    return False


def read_config(text):
    # As many different keys and sections as there are lines: the same one twice is an error.
    numbers = count()
    lines = [line.replace("%d", str(next(numbers))) for line in text.splitlines(keepends=True)]
    with suppress(RecursionError):
        Parser().dict_from_file(io.StringIO("[s]\n" + "".join(lines)))


CASES = {
    "elements": (
        lambda text: header_elements("Accept", text),
        ["a,", '"', '\\"', '"\\', "a;b=c,", ";", "a;q=0.5,", '"a,', ",", "a;q=", "=", " "],
    ),
    "error formats": (preferred, ["text/plain,", ",", "a;q=", "*/*;q=0.1,", "=", '"']),
    "parse_header": (parse_header, [";a=b", '"', '\\"', ';a="', ';a="\\"', ";", " ", "=", '";']),
    "ranges": (
        lambda text: get_ranges("bytes=" + text, 10**6),
        ["1-2,", "1", "-", ",", "0", "1-", " "],
    ),
    "parse_cookies": (parse_cookies, ["a=b;", ";", "=", '"', 'a="\\', "a", " ", "\\", "a=\t;"]),
    "cookie_value": (
        lambda text: cookie_value(text + ";name=1", "name"),
        ["a=b;", "name;", "name", " name ", ";", "=", '"', " ", "\\1"],
    ),
    "query string": (
        lambda text: parse_query_string(text, max_fields=10**9),
        ["a=b&", "&", "%", "%41", "+", "=", "a", ",", "1", "é%41", "a=1&a=2&"],
    ),
    "encoded words": (
        decode_TEXT,
        ["=?", "=?a?q?", "=?utf-8?q?a?= ", "?", "=", "=?a?q?a", " ", "?= =?", "=?a*", "*"],
    ),
    "dates": (parse_http_date, ["a", " ", "Sun, ", "0", ":", "-", ";"]),
    "names": (canonical_name, ["a", "-", "a-"]),
    "config file": (
        read_config,
        [
            "a%d = 1\n",
            "[s%d]\n",
            "a%d = [%d,\n  2]\n",
            "a%d = '%%(b)s'\n",
            "# a\n",
            "\n",
            "a%d = (1)\n",
        ],
    ),
    "config value": (
        lambda text: read_config("b = 1\na = " + text),
        ["1,", "'a'", "-", "(", "[", "1+", "%(a)s", "%(b)s", "%%", "%", "\n 1,", "a.", "# "],
    ),
    "part header": (
        lambda text: parse_headers(text.encode("latin-1")),
        ["A: b\r\n", "A", " ", ":", "\r\n ", "\r", "é", "Content-Type: a\r\n", "A:\r\n\t"],
    ),
    "part": (
        lambda text: Part(None, {"Content-Disposition": text}, b"x"),
        ['; name="a"', "; filename*=utf-8''%41", '"', "%41", ";", "\\", '; a="'],
    ),
    "file name": (
        lambda text: Part(None, {"Content-Disposition": "a; filename*=utf-8''" + text}, b"x"),
        ["%41", "%", "a", "'", "%e2%82%ac"],
    ),
    "header map": (
        lambda text: header_map({"HTTP_X": text, "HTTP_Y": "=?utf-8?q?" + text}),
        ["=?utf-8?q?a?= ", "=?", "a", "=?utf-8?b?", "?="],
    ),
    "protocol": (protocol_from_http, ["HTTP/", "1", "."]),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "unit"), [(name, unit) for name, (_, units) in CASES.items() for unit in units]
)
def test_the_time_grows_as_the_length(name, unit):
    gc.disable()
    try:
        assert is_linear(CASES[name][0], unit)
    finally:
        gc.enable()


@pytest.mark.slow
def test_the_comparison_finds_quadratic_time():
    def quadratic(text):
        for _ in text:
            text.count("\0")

    assert not is_linear(quadratic, "a")
