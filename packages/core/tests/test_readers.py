import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core.errors import HTTPError
from cherrypy_core.readers import PartReader, SizedReader


class Source(io.BytesIO):
    """A file that notes how much it has been asked for."""

    def __init__(self, data):
        super().__init__(data)
        self.sizes = []

    def read(self, size=-1):
        self.sizes.append(size)
        return super().read(size)


class Failing:
    closed = False

    def __init__(self, error):
        self.error = error

    def read(self, size):
        raise self.error


class MaxSizeExceeded(Exception):
    pass


def sized(data, **kwargs):
    return SizedReader(io.BytesIO(data), len(data), None, **kwargs)


def blocks_of(data, size):
    blocks = iter([data[at : at + size] for at in range(0, len(data), size)])
    return PartReader(lambda: next(blocks, b""))


def test_a_sized_reader_ends_where_the_body_does():
    source = Source(b"body" + b"next request")
    reader = SizedReader(source, 4, None)
    assert reader.read() == b"body"
    assert reader.read() == reader.read(3) == reader.readline() == reader.read_block() == b""
    assert reader.done
    assert source.tell() == 4


def test_without_a_length_a_sized_reader_reads_to_the_end():
    reader = SizedReader(io.BytesIO(b"abc\ndef"), None, None)
    assert reader.readline() == b"abc\n"
    assert not reader.done
    assert reader.read() == b"def"
    assert reader.done


def test_no_line_asks_for_more_than_the_buffer_size_or_than_there_is():
    source = Source(b"x" * 25)
    assert SizedReader(source, 25, None, bufsize=10).readline() == b"x" * 25
    assert source.sizes == [10, 10, 5]


def test_a_read_asks_for_what_is_wanted_in_large_blocks():
    source = Source(b"x" * 200_000)
    reader = SizedReader(source, 200_000, None, bufsize=10)
    assert len(reader.read(60_000)) == 60_000
    assert len(reader.read()) == 140_000
    assert source.sizes[:-1] == [60_000, 65_536, 65_536]


def test_bytes_read_counts_what_has_been_handed_out():
    reader = sized(b"abc\ndef\nghi")
    counts = []
    for size in (1, 2):
        reader.read(size)
        counts.append(reader.bytes_read)
    reader.readline()
    counts.append(reader.bytes_read)
    reader.readline(2)
    counts.append(reader.bytes_read)
    reader.read()
    counts.append(reader.bytes_read)
    assert counts == [1, 3, 4, 6, 11]


def test_content_can_be_written_into_a_file():
    out = io.BytesIO()
    reader = sized(b"x" * 100, bufsize=8)
    assert reader.read(30, out) is None
    assert out.getvalue() == b"x" * 30
    assert reader.read(fp_out=out) is None
    assert out.getvalue() == b"x" * 100


def test_sizes_mean_what_they_mean_for_files():
    assert sized(b"abc").read(0) == b""
    assert sized(b"abc").read(-1) == sized(b"abc").read(None) == sized(b"abc").read(9) == b"abc"
    assert sized(b"abc\n").readline(0) == b""
    assert sized(b"abc\n").readline(-1) == sized(b"abc\n").readline(9) == b"abc\n"
    assert sized(b"abc\nd").readline(4) == b"abc\n"
    assert sized(b"a\nb\nc").readlines(3) == [b"a\n", b"b\n"]
    assert sized(b"a\nb\nc").readlines() == list(sized(b"a\nb\nc")) == [b"a\n", b"b\n", b"c"]
    with pytest.raises(StopIteration):
        next(sized(b""))


def test_a_body_that_is_too_large_is_refused_after_one_byte_too_many():
    source = Source(b"x" * 100)
    reader = SizedReader(source, None, 50)
    for _ in range(2):
        with pytest.raises(HTTPError) as caught:
            reader.read()
        assert caught.value.code == 413
    assert source.tell() == 51


@pytest.mark.parametrize("maxbytes", [None, 0, 5, 6])
def test_a_body_within_the_limit_is_not_refused(maxbytes):
    assert SizedReader(io.BytesIO(b"abcde"), None, maxbytes).read() == b"abcde"
    assert SizedReader(io.BytesIO(b"abcde"), 5, maxbytes).read() == b"abcde"


@pytest.mark.parametrize("method", ["read", "readline", "readlines", "read_block"])
def test_a_body_shorter_than_announced_is_an_error(method):
    reader = SizedReader(io.BytesIO(b""), 10, None)
    with pytest.raises(HTTPError) as caught:
        getattr(reader, method)()
    assert caught.value.code == 400
    assert "0 of the 10 bytes" in str(caught.value)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TimeoutError("timed out"), 408),
        (ConnectionResetError(), 400),
        (OSError("bad chunk"), 400),
        (ValueError("bad chunk"), 400),
        (MaxSizeExceeded(), 413),
    ],
)
def test_what_the_client_did_to_the_connection_is_a_client_error(error, code):
    with pytest.raises(HTTPError) as caught:
        SizedReader(Failing(error), None, None).read()
    assert caught.value.code == code
    assert caught.value.__cause__ is error


def test_mistakes_of_the_program_are_not_taken_for_the_clients():
    closed = io.BytesIO(b"abc")
    closed.close()
    with pytest.raises(ValueError, match="closed"):
        SizedReader(closed, None, None).read()
    with pytest.raises(ZeroDivisionError):
        SizedReader(Failing(ZeroDivisionError()), None, None).read()


class Chunked(io.BytesIO):
    trailer_lines = (b"X-Sum: 1\r\n", b"x-other:  2 \r\n", b"\r\n")

    def read_trailer_lines(self):
        yield from self.trailer_lines


def test_fields_after_the_body_are_read_at_its_end():
    reader = SizedReader(Chunked(b"abc"), None, None, has_trailers=True)
    assert reader.trailers == {}
    assert reader.read() == b"abc"
    assert reader.trailers == {"X-Sum": "1", "X-Other": "2"}
    reader.finish()


def test_fields_after_the_body_need_a_source_that_knows_them():
    reader = SizedReader(io.BytesIO(b"abc"), None, None, has_trailers=True)
    reader.read()
    assert reader.trailers == {}
    reader = SizedReader(Chunked(b"abc"), None, None)
    reader.read()
    assert reader.trailers == {}


@pytest.mark.parametrize(
    ("lines", "code"), [([b"no colon\r\n"], 400), ([b"a: " + b"b" * 5000 + b"\r\n"] * 2, 413)]
)
def test_faulty_fields_after_the_body_are_a_client_error(lines, code):
    source = Chunked(b"")
    source.trailer_lines = lines
    with pytest.raises(HTTPError) as caught:
        SizedReader(source, None, None, has_trailers=True).read()
    assert caught.value.code == code


def test_a_source_that_cannot_read_the_fields_is_a_client_error():
    class Broken(io.BytesIO):
        def read_trailer_lines(self):
            raise ValueError("Illegal end of headers.")

    with pytest.raises(HTTPError) as caught:
        SizedReader(Broken(), None, None, has_trailers=True).read()
    assert caught.value.code == 400


def test_a_part_reader_hands_out_blocks_as_they_come():
    reader = blocks_of(b"abcdefgh", 3)
    assert reader.read_block() == b"abc"
    assert reader.read_block(2) == b"de"
    assert reader.read_block() == b"f"
    assert reader.read() == b"gh"
    assert (reader.done, reader.bytes_read) == (True, 8)


def test_what_is_left_of_a_part_can_be_skipped():
    reader = blocks_of(b"abcdefgh", 3)
    reader.readline(1)
    reader.skip()
    assert (reader.done, reader.bytes_read, reader.read()) == (True, 8, b"")


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["read", "readline", "readlines"]), st.none() | st.integers(-1, 12)),
    max_size=12,
)


@given(st.text("ab\n", max_size=60), st.integers(1, 9), OPERATIONS)
def test_readers_read_what_a_file_would(text, bufsize, operations):
    data = text.encode()
    file = io.BytesIO(data)
    readers = [sized(data, bufsize=bufsize), blocks_of(data, bufsize)]
    for method, size in operations:
        expected = getattr(file, method)(size)
        for reader in readers:
            assert getattr(reader, method)(size) == expected
            assert reader.bytes_read == file.tell()
