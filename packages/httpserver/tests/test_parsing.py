"""Request heads, read by both parsers: no head may have two meanings."""

from __future__ import annotations

import types

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cherrypy_httpserver import Server
from cherrypy_httpserver.errors import RequestError
from cherrypy_httpserver.limits import Limits
from cherrypy_httpserver.parsing import H11Parser, LlhttpParser

pytest.importorskip("httptools", reason="there is no httptools for this system")

LIMITS = Limits(Server())


def read(parser, head, scheme="http"):
    """Return the status of the refusal, or what has been understood."""
    exchange = types.SimpleNamespace(
        minor=1, length=0, chunked=False, keep_alive=True, expect=False, upgrade=False
    )
    environ = {"wsgi.url_scheme": scheme}
    try:
        parser.parse(head, exchange, environ)
    except RequestError as error:
        return error.status
    return vars(exchange) | environ


SEEDS = (
    b"GET /a?b=c HTTP/1.1\r\nHost: a.example:80\r\nAccept: */*\r\nX-A:\r\n\r\n",
    b"POST /%41/x HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nX_A: b\r\n\r\n",
    b"PUT http://a/b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTE: trailers \t\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nConnection: close, upgrade\r\nUpgrade: x\r\nhost: [::1]:8080\r\n\r\n",
    b"BREW /pot HTTP/1.0\r\nCookie: a=b\r\nCookie: c=d\r\nConnection: Keep-Alive\r\n\r\n",
)
PIECES = (
    b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b",", b"\x00", b"\x0b", b"\x7f", b"\xff", b"_", b"0",
    b"\r\n ", b"Host: b\r\n", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: x\r\n", b"chunked", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"/", b"*",
    b"https://b/", b"CONNECT ", b"Expect: 100-continue\r\n", b"+", b"%", b"[", b"]", b"X-A: b\r\n",
)  # fmt: skip


@st.composite
def spoilt_heads(draw):
    """Return a good head with a few things put in, taken out or replaced."""
    head = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(head)))
        gone = draw(st.sampled_from([0, 0, 1, 2, 8]))
        head = head[:at] + draw(st.sampled_from(PIECES)) + head[at + gone :]
    # The server looks for the empty line before it parses.
    return head[: (head + b"\r\n\r\n").index(b"\r\n\r\n")] + b"\r\n\r\n"


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(st.lists(spoilt_heads(), min_size=1, max_size=3))
@example([b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked \t \r\n\r\n"])
@example(
    [b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"]
)
@example([b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n"])
@example(
    [b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\nTransfer-Encoding: chunked\r\n\r\n"]
)
@example([b"GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r \r\n\r\n"])
@example([b"GET / HTTP/1.1\r\nHost: a\r\n \r\nContent-Length: 3\r\n\r\n"])
@example([b"GET / HTTP/1.1\r\nUpgrade: x\r\nConnection: upgrade\r\nTransfer-Encoding: x\r\n\r\n"])
def test_both_parsers_understand_the_same(heads):
    ours, theirs = LlhttpParser(LIMITS), H11Parser(LIMITS)
    for head in heads:
        # One parser for all of them: none may leave anything for the next.
        first, second = read(ours, head), read(theirs, head)
        # A head with several faults may be refused for any of them.
        assert first == second or (first, second) in ((400, 501), (501, 400)), head


@pytest.fixture(params=[LlhttpParser, H11Parser])
def parser(request):
    return request.param(LIMITS)


def test_what_clients_make_up_does_not_fill_the_memory(parser):
    for number in range(3000):
        long = b"x" * 1000 + b"%d" % number
        head = b"GET / HTTP/1.1\r\nHost: %b\r\nX-%d: a\r\n%b: a\r\n\r\n" % (long, number, long)
        assert isinstance(read(parser, head), dict)
    names, hosts = parser._names, parser._hosts
    assert sum(map(len, names)) < 100_000
    assert sum(map(len, hosts)) < 100_000


def test_a_url_with_https_needs_tls(parser):
    head = b"GET https://a/x HTTP/1.1\r\nHost: a\r\n\r\n"
    assert read(parser, head) == 421
    assert read(parser, head, "https")["PATH_INFO"] == "/x"


@pytest.mark.parametrize("host", [b"[:::::]", b"[1]", b"[::1%eth0]", b"[::1%25eth0]", b"[v1.x]"])
def test_what_is_in_brackets_must_be_an_address(parser, host):
    assert read(parser, b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % host) == 400
