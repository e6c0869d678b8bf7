import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core.ranges import MAX_RANGES, get_ranges


@pytest.mark.parametrize(
    ("field", "ranges"),
    [
        ("bytes=0-9", [(0, 10)]),
        ("bytes=3-6", [(3, 7)]),
        ("bytes=-5", [(95, 100)]),
        ("bytes=5-", [(5, 100)]),
        ("bytes=0-0,-1", [(0, 1), (99, 100)]),
        ("bytes=0-1000", [(0, 100)]),
        ("bytes=-1000", [(0, 100)]),
        ("bytes=1000-2000,0-1", [(0, 2)]),
        ("BYTES = 0-1", [(0, 2)]),
        ("bytes=, 0-1 ,,\t3-4,", [(0, 2), (3, 5)]),
        ("bytes=0-" + "9" * 10000, [(0, 100)]),
        ("bytes=" + "0" * 50 + "3-4", [(3, 5)]),
    ],
)
def test_ranges_are_fit_for_slicing(field, ranges):
    assert get_ranges(field, 100) == ranges


@pytest.mark.parametrize("field", ["bytes=100-", "bytes=200-300", "bytes=-0", "bytes=100-,-0"])
def test_ranges_that_cannot_be_satisfied_give_an_empty_list(field):
    assert get_ranges(field, 100) == []


@pytest.mark.parametrize(
    "field",
    [
        None, "", "bytes", "bytes=", "bytes=,", "bytes=x-y", "bytes=5-3", "bytes=-", "bytes=5",
        "bytes=0-1,abc", "chars=0-1", "bytes=+1-2", "bytes=1_0-20", "bytes=--5", "bytes=1-2-3",
        "bytes=٣-٤", "bytes=0x1-2", "bytes=1.0-2", "bytes=²-",
    ],
)  # fmt: skip
def test_a_field_that_is_not_understood_is_ignored(field):
    assert get_ranges(field, 100) is None


def test_a_flood_of_ranges_is_ignored():
    few = ",".join(f"{n}-{n}" for n in range(MAX_RANGES))
    assert len(get_ranges("bytes=" + few, 10**6)) == MAX_RANGES
    assert get_ranges("bytes=" + few + ",900-901", 10**6) is None


def test_more_than_two_overlapping_ranges_are_ignored():
    assert get_ranges("bytes=0-9,5-14,10-20", 100) == [(0, 10), (5, 15), (10, 21)]
    assert get_ranges("bytes=0-,0-,0-,0-", 100) is None


def test_nothing_has_no_ranges():
    assert get_ranges("bytes=0-", 0) == []
    assert get_ranges("bytes=-0", 0) == []
    assert get_ranges("bytes=-5", 0) is None


@given(st.text(alphabet="bytes=0123456789-, x", max_size=40) | st.text(), st.integers(0, 1000))
def test_no_field_raises_anything(field, length):
    for text in (field, "bytes=" + field):
        for start, stop in get_ranges(text, length) or ():
            assert 0 <= start < stop <= length
