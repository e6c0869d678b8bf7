import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core.errors import HTTPError
from cherrypy_core.multipart import MultipartParser, PartStream
from cherrypy_core.partheader import (
    MAX_HEADER_SIZE,
    MAX_HEADERS,
    parse_headers,
    read_header_block,
)
from cherrypy_core.readers import SizedReader

BODY = b"--x\r\nA: 1\r\n\r\none\r\n--x\r\n\r\ntwo\r\n\r\n--x\r\nB: 2\r\n\r\n\r\n--x--\r\n"
PARTS = [({"A": "1"}, b"one"), ({}, b"two\r\n"), ({"B": "2"}, b"")]


def parts_of(pieces, boundary=b"x"):
    """Return the fields and the content of each part."""
    parser = MultipartParser(boundary)
    parts = []
    content = None
    for piece in pieces:
        for event in parser.feed(piece):
            if event is None:
                parts[-1] = (parts[-1][0], b"".join(content))
                content = None
            elif isinstance(event, bytes):
                assert event
                content.append(event)
            else:
                assert content is None
                content = []
                parts.append((dict(event), None))
    parser.close()
    return parts


def pieces_of(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def code_of(data, boundary=b"x"):
    """Return the status that *data* is refused with, whatever pieces it comes in."""
    codes = set()
    for size in (1, 7, len(data) or 1):
        with pytest.raises(HTTPError) as caught:
            parts_of(pieces_of(data, size), boundary)
        codes.add(caught.value.code)
    (code,) = codes
    return code


@pytest.mark.parametrize("size", [*range(1, 20), len(BODY)])
def test_the_pieces_a_body_comes_in_make_no_difference(size):
    assert parts_of(pieces_of(BODY, size)) == PARTS


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (b"", []),
        (b"--x--", []),
        (b"--x--\r\n", []),
        (b"--x-- \t \r\nepilogue\r\n--x\r\n", []),
        (b"preamble\r\n--x\r\n\r\na\r\n--x--", [({}, b"a")]),
        (b"pre\r\r\n\r\n--\r\n--x \t\r\n\r\na\r\n--x--", [({}, b"a")]),
        (b"--x\r\n\r\n\r\n--x--", [({}, b"")]),
        (b"--x\r\n\r\n--x--", [({}, b"")]),
        (b"--x\r\nA: b\r\n\r\n--x--", [({"A": "b"}, b"")]),
        (b"--x\r\n\r\n--y--\r\n--x--", [({}, b"--y--")]),
        (b"--x\r\n\r\n-\r\n--x--", [({}, b"-")]),
        (b"--x\r\n\r\n --x\n--x\r--x\r\n -x\r\n--x--", [({}, b" --x\n--x\r--x\r\n -x")]),
        (b"--x\r\n\r\n\r\n-\r\n--\r\n\r\r\n--x--", [({}, b"\r\n-\r\n--\r\n\r")]),
    ],
)
def test_parts_are_what_is_between_the_delimiters(body, parts):
    for size in (1, 2, 3, len(body) or 1):
        assert parts_of(pieces_of(body, size)) == parts


@pytest.mark.parametrize("body", [BODY, b"pre\r\n--x\r\n\r\na\r\n--x--"])
def test_a_body_that_ends_early_is_refused(body):
    last = body.rindex(b"--x--") + 5
    for end in range(1, last):
        assert code_of(body[:end]) == 400
    assert parts_of([body[:last]])


@pytest.mark.parametrize(
    "body",
    [
        b"--xx\r\n\r\na\r\n--x--",
        b"--x\r\n\r\na\r\n--xy\r\n--x--",
        b"--x\r\n\r\na\r\n--x-y\r\n--x--",
        b"--x\r\n\r\na\r\n--x--y",
        b"--x\r\n\r\n--xy\r\n--x--",
        b"--x\n\na\n--x--",
        b"--x\n\r\na\r\n--x--",
        b"--x \r \r\n\r\na\r\n--x--",
        b"--x--\n",
    ],
)
def test_no_line_but_a_delimiter_begins_with_the_boundary(body):
    assert code_of(body) == 400


@pytest.mark.parametrize(
    "boundary",
    [b"", b"x" * 71, b"a b ", b"a\r\nb", b"a\0", b"a;b", "é".encode(), b"a\\b", b"\n"],
)
def test_illegal_boundaries_are_refused(boundary):
    with pytest.raises(HTTPError) as caught:
        MultipartParser(boundary)
    assert caught.value.code == 400


@pytest.mark.parametrize("boundary", [b"0", b"-" * 70, b"a b", b"'()+_,-./:=?x", b"=_{x}*"])
def test_legal_boundaries_work(boundary):
    body = BODY.replace(b"--x", b"--" + boundary)
    for size in (1, 5, 1000):
        assert parts_of(pieces_of(body, size), boundary) == PARTS


def test_the_number_of_parts_is_limited():
    limit = MultipartParser.max_parts
    assert limit == 1000
    assert len(parts_of([b"--x\r\n\r\na\r\n" * limit + b"--x--"])) == limit
    with pytest.raises(HTTPError) as caught:
        parts_of([b"--x\r\n\r\na\r\n" * (limit + 1) + b"--x--"])
    assert caught.value.code == 413


def test_the_header_of_a_part_is_limited():
    name = b"A: "
    longest = name + b"b" * (MAX_HEADER_SIZE - len(name))
    whole = b"--x\r\n%b\r\n\r\n\r\n--x--"
    for size in (9, 100_000):
        assert len(parts_of(pieces_of(whole % longest, size))[0][0]["A"]) == MAX_HEADER_SIZE - 3
        with pytest.raises(HTTPError) as caught:
            parts_of(pieces_of(whole % (longest + b"b"), size))
        assert caught.value.code == 413
    with pytest.raises(HTTPError) as caught:
        parts_of([b"--x\r\n" + b"A" * 10_000])
    assert caught.value.code == 413


def test_what_is_outside_the_parts_is_limited():
    limit = MultipartParser.max_ignored
    for size in (1000, 100_000):
        for body in (b"p" * (limit - 50) + b"\r\n" + BODY, BODY + b"e" * (limit - 50)):
            assert parts_of(pieces_of(body, size)) == PARTS
        for body in (b"p" * limit + b"\r\n" + BODY, b"p" * 2 * limit, BODY + b"e" * 2 * limit):
            with pytest.raises(HTTPError) as caught:
                parts_of(pieces_of(body, size))
            assert caught.value.code == 400


def test_the_spaces_after_a_boundary_are_limited():
    limit = MultipartParser.max_padding
    assert parts_of([BODY.replace(b"--x\r\n", b"--x" + b" " * limit + b"\r\n")]) == PARTS
    assert code_of(BODY.replace(b"--x\r\n", b"--x" + b" " * (limit + 1) + b"\r\n")) == 400
    assert code_of(b"--x" + b" " * 10 * limit) == 400
    assert code_of(b"--x--" + b" " * 10 * limit) == 400


def test_content_is_passed_on_as_it_comes():
    parser = MultipartParser(b"x")
    parser.feed(b"--x\r\n\r\nbegin")
    block = b"a" * 65_536
    assert parser.feed(block)[0] is block
    assert parser.feed(b"b\r\n-") == [b"b"]
    assert parser.feed(b"-") == []
    assert parser.feed(b"y") == [b"\r\n--y"]


@pytest.mark.parametrize(
    ("block", "headers"),
    [
        (b"", {}),
        (b"content-TYPE:text/plain", {"Content-Type": "text/plain"}),
        (b"A:  b c \t", {"A": "b c"}),
        (b"A: b\r\n\tc\r\n  d\r\nE:", {"A": "b c d", "E": ""}),
        (b"A: b\r\na: c", {"A": "b, c"}),
        ("A: é日本".encode(), {"A": "é日本"}),
        (b"A: \xe9", {"A": "é"}),
    ],
)
def test_fields_become_a_map(block, headers):
    assert dict(parse_headers(block)) == headers


@pytest.mark.parametrize(
    "block",
    [
        b"no colon",
        b": no name",
        b"A : b",
        b" A: b",
        b"\xe9: b",
        b"A: b\nC: d",
        b"A: b\rC: d",
        b"A: b\0",
        b"\r\nA: b",
        b"Content-Type: a\r\ncontent-type: a",
        b"Content-Disposition: a\r\nContent-Disposition: b",
    ],
)
def test_malformed_fields_are_refused(block):
    with pytest.raises(HTTPError) as caught:
        parse_headers(block)
    assert caught.value.code == 400


def test_the_number_of_fields_is_limited():
    fields = [b"A%d: b" % number for number in range(MAX_HEADERS + 1)]
    assert len(parse_headers(b"\r\n".join(fields[1:]))) == MAX_HEADERS
    with pytest.raises(HTTPError) as caught:
        parse_headers(b"\r\n".join(fields))
    assert caught.value.code == 413


def test_a_header_can_be_read_from_a_file():
    file = io.BytesIO(b"A: b\r\nC: d\r\n\r\nrest")
    assert read_header_block(file) == b"A: b\r\nC: d"
    assert file.read() == b"rest"
    assert read_header_block(io.BytesIO(b"\r\nrest")) == b""


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", 400),
        (b"A: b", 400),
        (b"A: b\r\n", 400),
        (b"A: b\n\n", 400),
        (b"A" * 10000, 413),
        (b"A: b\r\n" * 2000, 413),
    ],
)
def test_a_header_in_a_file_must_be_complete_and_small(data, code):
    with pytest.raises(HTTPError) as caught:
        read_header_block(io.BytesIO(data))
    assert caught.value.code == code


def test_a_stream_gives_the_parts_one_after_the_other():
    stream = PartStream(io.BytesIO(BODY), MultipartParser(b"x"))
    assert [(dict(headers), reader.read()) for headers, reader in stream] == PARTS


def test_what_is_not_read_of_a_part_is_skipped():
    stream = PartStream(SizedReader(io.BytesIO(BODY), len(BODY), None), MultipartParser(b"x"))
    assert [reader.read(1) for _, reader in stream] == [b"o", b"t", b""]


def test_a_stream_reads_what_follows_the_last_part():
    file = io.BytesIO(BODY + b"epilogue")
    assert len(list(PartStream(file, MultipartParser(b"x")))) == 3
    assert file.read() == b""


def test_a_stream_by_line_stays_where_the_part_ends():
    file = io.BytesIO(b"one\r\ntwo\r\n--x\r\nA: b\r\n")
    parser = MultipartParser(b"x", inside_part=True)
    stream = PartStream(file, parser, by_line=True)
    assert [stream.next_data() for _ in range(3)] == [b"one", b"\r\ntwo", b""]
    assert file.read() == b"A: b\r\n"
    assert not parser.complete


def test_a_stream_that_ends_within_a_part_is_refused():
    stream = PartStream(io.BytesIO(b"--x\r\n\r\nabc"), MultipartParser(b"x"))
    with pytest.raises(HTTPError) as caught:
        list(stream)
    assert caught.value.code == 400


CONTENTS = st.lists(
    st.lists(
        st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", b"\r\n--", b"\r\n--x", b"y", b"\0"]),
        max_size=12,
    ).map(b"".join)
    | st.binary(max_size=40),
    max_size=4,
)


@given(CONTENTS, st.lists(st.integers(1, 30), min_size=1))
def test_any_content_can_be_read_back_in_any_pieces(contents, sizes):
    # The contents above cannot hold this boundary, only its beginning.
    boundary = b"xyz:1"
    body = b"".join(b"--" + boundary + b"\r\nA: b\r\n\r\n" + one + b"\r\n" for one in contents)
    body += b"--" + boundary + b"--\r\n"
    pieces = []
    rest = body
    while rest:
        for size in sizes:
            pieces.append(rest[:size])
            rest = rest[size:]
    expected = [({"A": "b"}, one) for one in contents]
    assert parts_of([piece for piece in pieces if piece], boundary) == expected
    assert parts_of([body], boundary) == parts_of(pieces_of(body, 1), boundary) == expected


SOUP = st.lists(
    st.sampled_from(
        [
            b"--x",
            b"\r\n--x",
            b"--",
            b"\r\n",
            b"\r",
            b"\n",
            b" ",
            b"\t",
            b"A: b",
            b"\r\n\r\n",
            b"a",
            b":",
            b"Content-Type: a",
            b"\x00",
            b"\xff",
        ]
    ),
    max_size=30,
).map(b"".join)


def outcome(pieces):
    try:
        return parts_of(pieces)
    except HTTPError as error:
        return error.code


@given(SOUP | st.binary(max_size=60))
def test_any_bytes_are_parts_or_a_client_error_whatever_the_pieces(body):
    expected = outcome([body] if body else [])
    assert isinstance(expected, list) or expected in (400, 413)
    for size in (1, 2, 5):
        assert outcome(pieces_of(body, size)) == expected
