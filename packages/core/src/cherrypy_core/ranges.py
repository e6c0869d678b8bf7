"""The Range header field: RFC 9110 section 14."""

from __future__ import annotations

__all__ = ["MAX_RANGES", "get_ranges"]

#: A request for more ranges than this is answered with the whole (RFC 9110 section 14.2).
MAX_RANGES = 200

# So many ranges may overlap others: RFC 9110 section 14.2 calls more of them suspect.
_MAX_OVERLAPS = 2

# Positions of more digits are beyond the end of anything; converting them takes time.
_MAX_DIGITS = 20
_BEYOND = 10**_MAX_DIGITS


def get_ranges(headervalue: str | None, content_length: int) -> list[tuple[int, int]] | None:
    """Return the (start, stop) pairs that a Range header asks for, fit for slicing.

    `bytes=3-6` gives `[(3, 7)]`. No stop is beyond *content_length* (bytes).

    Returns:
        None if the header is to be ignored (send the whole, status 200): there is none,
        its unit is not bytes, it is malformed, or it asks for too many or overlapping
        ranges. An empty list if no range can be satisfied: answer 416.
    """
    if not headervalue:
        return None
    unit, equals, ranges = headervalue.partition("=")
    if not equals or unit.strip(" \t").lower() != "bytes" or ranges.count(",") >= MAX_RANGES:
        return None
    pairs = []
    seen = False
    for spec in ranges.split(","):
        spec = spec.strip(" \t")  # noqa: PLW2901
        if not spec:
            continue  # empty list elements are allowed: RFC 9110 section 5.6.1.2
        seen = True
        first, dash, last = spec.partition("-")
        pair = _resolve(first.strip(" \t"), last.strip(" \t"), content_length) if dash else None
        if pair is None:
            return None
        if pair[0] < pair[1]:
            pairs.append(pair)
    if not seen or _overlaps(pairs) > _MAX_OVERLAPS:
        return None
    return pairs


def _resolve(first: str, last: str, length: int) -> tuple[int, int] | None:
    """Return start and stop; they are equal if the range cannot be satisfied.

    None if it is malformed, or cannot be told (a suffix of nothing has no Content-Range).
    """
    if first:
        start = _position(first)
        stop = _position(last) if last else _BEYOND
        if start is None or stop is None or stop < start:
            return None
        return (0, 0) if start >= length else (start, min(stop + 1, length))
    suffix = _position(last)
    if suffix is None or (suffix and not length):
        return None
    return max(length - suffix, 0), length


def _position(digits: str) -> int | None:
    if not (digits.isascii() and digits.isdigit()):
        return None
    digits = digits.lstrip("0") or "0"
    return _BEYOND if len(digits) > _MAX_DIGITS else int(digits)


def _overlaps(pairs: list[tuple[int, int]]) -> int:
    """Return how many of the ranges begin within another one."""
    if len(pairs) <= _MAX_OVERLAPS:
        return 0
    end = count = 0
    for start, stop in sorted(pairs):
        count += start < end
        end = max(end, stop)
    return count
