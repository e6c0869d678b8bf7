import io
from types import SimpleNamespace

import pytest

from cherrypy_core.iterators import (
    file_generator,
    file_generator_limited,
    is_closable_iterator,
    is_iterator,
    set_vary_header,
)


class Endless:
    def __iter__(self):
        return self

    def __next__(self):
        return b"x"


@pytest.mark.parametrize(
    "obj", [iter([]), (n for n in ()), io.BytesIO(), Endless(), file_generator(io.BytesIO())]
)
def test_iterators_are_told_from_others(obj):
    assert is_iterator(obj)


@pytest.mark.parametrize("obj", [[], "abc", b"", {}, None, 5, Endless, SimpleNamespace(close=str)])
def test_others_are_told_from_iterators(obj):
    assert not is_iterator(obj)
    assert not is_closable_iterator(obj)


def test_a_closed_file_is_still_an_iterator():
    file = io.BytesIO()
    file.close()
    assert is_iterator(file)


def test_some_iterators_can_be_closed():
    assert is_closable_iterator(n for n in ())
    assert is_closable_iterator(io.BytesIO())
    assert is_closable_iterator(file_generator(io.BytesIO()))
    assert not is_closable_iterator(iter([]))
    assert not is_closable_iterator(Endless())


def test_a_file_is_read_in_chunks_and_closed_at_the_end():
    file = io.BytesIO(b"abcde")
    chunks = file_generator(file, 2)
    assert iter(chunks) is chunks
    assert chunks.next() == b"ab"
    assert not file.closed
    assert list(chunks) == [b"cd", b"e"]
    assert file.closed


def test_a_file_is_closed_if_it_is_not_read_to_the_end():
    file = io.BytesIO(b"abcde")
    chunks = file_generator(input=file, chunkSize=2)
    next(chunks)
    chunks.close()
    assert file.closed
    file = io.BytesIO(b"abcde")
    chunks = file_generator(file)
    del chunks
    assert file.closed


def test_something_that_can_only_be_read_is_enough():
    chunks = iter([b"ab", b""])
    source = SimpleNamespace(read=lambda size: next(chunks))
    assert list(file_generator(source)) == [b"ab"]


@pytest.mark.parametrize(
    ("count", "chunks"),
    [(0, []), (1, [b"a"]), (5, [b"ab", b"cd", b"e"]), (99, [b"ab", b"cd", b"ef"])],
)
def test_no_more_than_asked_for_is_read(count, chunks):
    file = io.BytesIO(b"abcdef")
    assert list(file_generator_limited(file, count, 2)) == chunks
    assert file.tell() == min(count, 6)
    assert not file.closed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "Accept"),
        ("", "Accept"),
        ("Cookie", "Cookie, Accept"),
        ("B,A", "B, A, Accept"),
        ("Cookie, accept", "Cookie, accept"),
        ("*", "*"),
    ],
)
def test_a_name_is_added_to_vary_once(before, after):
    headers = {} if before is None else {"Vary": before}
    response = SimpleNamespace(headers=headers)
    for _ in range(2):
        set_vary_header(response, "Accept")
        assert response.headers["Vary"] == after
