"""The server's verdicts compared with those of h11, which was written by others.

Requests are put together from good and bad parts. Whatever h11 refuses the server must refuse,
and what both accept they must understand alike: where a request ends, above all. The server may
be the stricter one (of codings, Host and control characters it is), but not with good requests.
"""

from __future__ import annotations

import h11
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

BEHIND = b"GET /behind HTTP/1.1\r\nHost: behind\r\nConnection: close\r\n\r\n"

METHODS = st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH"])
TARGETS = st.sampled_from([b"/", b"/x", b"/x?y=z", b"//x", b"/a;b", b"/a:b@c"])
VERSIONS = st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0"])
PLAIN = st.sampled_from(
    [b"X-A: b", b"X-B:c", b"Accept: */*", b"X-C:", b"Cookie: a=b", b"TE: trailers", b"X-D: \xe9"]
)
LENGTHS = [b"0", b"3", b"03", b"10", b"+3", b"-3", b"0x3", b"3_0", b"3,3", b"", b"3 3", b"\xb2"]
CODINGS = [b"chunked", b"Chunked", b"identity", b"gzip, chunked", b"chunked, chunked", b"x", b""]
FRAMING = st.one_of(
    st.sampled_from(LENGTHS).map(lambda value: b"Content-Length: " + value),
    st.sampled_from(CODINGS).map(lambda value: b"Transfer-Encoding: " + value),
)
BAD = st.sampled_from(
    [
        b"X-A : b", b": b", b"X A: b", b"X-A: b\x00", b"X-A: b\rc", b" folded", b"\tfolded",
        b"no colon", b"Host: other", b"Content-Length : 3", b"Transfer-Encoding : chunked",
        b"X\x00A: b", b"X-A: b\x0bc", b"X(A): b", b"\xe9: b", b"X-A: b\x7f",
    ]
)  # fmt: skip
BODIES = st.one_of(
    st.sampled_from([b"", b"abc", b"abcdefghij", b"0\r\n\r\n", b"3\r\nabc\r\n0\r\n\r\n"]),
    st.lists(
        st.sampled_from(
            [
                b"3\r\nabc\r\n", b"1\r\nx\r\n", b"a;b=c\r\n0123456789\r\n", b"0\r\n\r\n",
                b"0\r\n", b"+3\r\nabc\r\n", b"0x3\r\nabc\r\n", b"-1\r\n", b"\r\n",
                b"X-T: u\r\n", b"3\nabc\r\n", b"3\r\nabc", b"3 \r\nabc\r\n",
                b"00000000000000003\r\nabc\r\n", b"3;\x00\r\nabc\r\n",
            ]
        ),
        max_size=5,
    ).map(b"".join),
)  # fmt: skip


@st.composite
def requests(draw):
    """Return the bytes of a request, most of them bad in one way or another."""
    line = b" ".join([draw(METHODS), draw(TARGETS), draw(VERSIONS)])
    fields = draw(st.lists(PLAIN, max_size=2))
    fields += draw(st.lists(FRAMING, max_size=2))
    fields += draw(st.lists(BAD, max_size=1)) if draw(st.booleans()) else []
    fields += [b"Host: a"] if draw(st.integers(0, 9)) else []
    head = b"\r\n".join([line, *draw(st.permutations(fields))])
    return head + b"\r\n\r\n" + draw(BODIES)


@st.composite
def good_requests(draw):
    """Return the bytes of a request that nobody may refuse, and its body."""
    line = b" ".join([draw(METHODS), draw(TARGETS), b"HTTP/1.1"])
    fields = [b"Host: a", *draw(st.lists(PLAIN, max_size=4))]
    body = draw(st.binary(max_size=300))
    kind = draw(st.sampled_from(["length", "chunks"] if body else ["length", "chunks", "none"]))
    sent = body
    if kind == "length":
        fields.append(b"Content-Length: %d" % len(body))
    elif kind == "chunks":
        fields.append(b"Transfer-Encoding: chunked")
        step = draw(st.integers(1, 100))
        parts = [body[start : start + step] for start in range(0, len(body), step)]
        sent = b"".join(b"%X\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    head = b"\r\n".join([line, *draw(st.permutations(fields))])
    return head + b"\r\n\r\n" + sent, body


def by_h11(data):
    """Return the complete requests that h11 finds in `data`."""
    # RFC 9112 section 2.2 would have an empty line ignored, as the server does.
    data = data.removeprefix(b"\r\n")
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=8192)
    connection.receive_data(data)
    connection.receive_data(b"")
    body = b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                begun = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                break
            else:
                return []
    except h11.RemoteProtocolError:
        return []
    complete = [(bytes(begun.method), bytes(begun.target), body)]
    connection.send(h11.Response(status_code=200, headers=[(b"Content-Length", b"0")]))
    connection.send(h11.EndOfMessage())
    if connection.our_state is h11.MUST_CLOSE:
        return complete
    return complete + by_h11(connection.trailing_data[0])


def by_server(server, data):
    """Return the requests that the server has accepted, and its answers."""
    answers = server.ask(data, half_close=True)
    if answers.connection == "keep":
        answers.append(answers.behind)
    accepted = []
    for answer in answers:
        if answer.status == 200:
            words, _, body = answer.body.partition(b" :")
            method, target, *_ = words.split(b" ")
            accepted.append((method, target, body))
    return accepted, answers


SEVERAL = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.slow
@SEVERAL
@given(requests())
@example(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc")
def test_nothing_is_accepted_that_h11_refuses_or_understands_otherwise(corpus_server, data):
    theirs = by_h11(data + BEHIND)
    ours, answers = by_server(corpus_server, data + BEHIND)
    # Stricter is right, so ours may end earlier; never later, and never with another content.
    assert ours == theirs[: len(ours)], answers


@pytest.mark.slow
@SEVERAL
@given(good_requests())
def test_what_is_good_is_accepted_and_understood_as_by_h11(corpus_server, sent_and_body):
    data, body = sent_and_body
    theirs = by_h11(data + BEHIND)
    ours, answers = by_server(corpus_server, data + BEHIND)
    assert ours == theirs, answers
    assert ours[0][2] == body
