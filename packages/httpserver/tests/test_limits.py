"""Every bound: that the table in the documentation has it, and what is beyond it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cherrypy_httpserver import SETTINGS, Server
from cherrypy_httpserver.limits import FIXED, Limits

PAGE = Path(__file__).parents[3] / "docs" / "limits.md"


def head(line=b"GET / HTTP/1.1", more=b""):
    return line + b"\r\nHost: a\r\nConnection: close\r\n" + more + b"\r\n"


def fields(size):
    """Return header fields with so many bytes altogether."""
    count, rest = divmod(size, 50_000)
    sizes = [50_000] * count + [rest]
    return b"".join(b"X-%02d: " % n + b"x" * (s - 8) + b"\r\n" for n, s in enumerate(sizes))


CHUNKED = head(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked\r\n")


def length(digits):
    return head(b"POST / HTTP/1.1", b"Content-Length: %b\r\n" % digits)


LINE, HEAD, COUNT, BODY = 65_536, 512_000, 100, 104_857_600
SMALL = len(head())


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (head(b"GET /" + b"x" * (LINE - 14) + b" HTTP/1.1"), 200),
        (head(b"GET /" + b"x" * (LINE - 13) + b" HTTP/1.1"), 414),
        (head(more=fields(HEAD - SMALL)), 200),
        (head(more=fields(HEAD - SMALL + 1)), 431),
        (head(more=b"X: y\r\n" * (COUNT - 2)), 200),
        (head(more=b"X: y\r\n" * (COUNT - 1)), 431),
        (length(b"%d" % (BODY + 1)), 413),
        (length(b"9" * 19), 413),
        (length(b"9" * 4000), 400),
        (CHUNKED + b"%x\r\n" % (BODY + 1), 413),
        (CHUNKED + b"0" * 14 + b"1\r\nx\r\n0\r\n\r\n", 200),
        (CHUNKED + b"0" * 15 + b"1\r\nx\r\n0\r\n\r\n", 400),
        (CHUNKED + b"1;" + b"x" * 510 + b"\r\nx\r\n0\r\n\r\n", 200),
        (CHUNKED + b"1;" + b"x" * 511 + b"\r\nx\r\n0\r\n\r\n", 400),
        (CHUNKED + (b"1;" + b"x" * 500 + b"\r\nx\r\n") * 32 + b"0\r\n\r\n", 200),
        (CHUNKED + (b"1;" + b"x" * 500 + b"\r\nx\r\n") * 33 + b"0\r\n\r\n", 400),
        (CHUNKED + b"0\r\nX: " + b"x" * 8189 + b"\r\n\r\n", 200),
        (CHUNKED + b"0\r\nX: " + b"x" * 8190 + b"\r\n\r\n", 431),
        (CHUNKED + b"0\r\n" + b"X: y\r\n" * 100 + b"\r\n", 200),
        (CHUNKED + b"0\r\n" + b"X: y\r\n" * 101 + b"\r\n", 431),
    ],
    ids=lambda value: value if isinstance(value, int) else f"{len(value)} bytes",
)
def test_each_bound_is_where_the_table_says_and_has_its_status(serving, connect, request_, status):
    client = connect(serving())
    client.send(request_)
    assert client.read().startswith(b"HTTP/1.1 %d " % status)


def test_the_times_of_a_transfer_grow_with_what_has_come():
    server = Server()
    limits = Limits(server)
    assert limits.transfer(0) == server.socket_timeout
    assert limits.transfer(2400) == server.socket_timeout + 10
    assert (limits.head, limits.handshake) == (10, 10)
    server.socket_timeout, server.head_timeout = 3, 4
    limits = Limits(server)
    assert (limits.idle, limits.head, limits.handshake) == (3, 4, 3)


def test_0_stands_for_no_limit():
    server = Server()
    for name in (
        "max_request_header_size",
        "max_request_line_size",
        "max_request_header_count",
        "max_request_body_size",
        "socket_timeout",
        "minimum_rate",
    ):
        setattr(server, name, 0)
    limits = Limits(server)
    assert min(limits.head_size, limits.line_size, limits.header_count, limits.body_size) > 1 << 60
    assert min(limits.idle, limits.head, limits.transfer(1)) > 1e8


def test_the_documented_limits_are_those_of_the_code():
    if not PAGE.exists():
        pytest.skip("the documentation is not here")
    text = PAGE.read_text()
    for limit in FIXED:
        row = next((line for line in text.splitlines() if f"| {limit.name} |" in line), None)
        assert row is not None, limit.name
        assert f"{limit.value:.10g}" == row.split("|")[2].strip()
        assert limit.outcome in row
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \| `([^`]+)`", text, re.MULTILINE)
    for name, default in rows:
        assert repr(getattr(Server, name)) == default, name
    limiting = re.compile("max_|timeout|thread_|accepted_|queue|rate")
    assert {name for name, _ in rows} == set(filter(limiting.search, SETTINGS))
