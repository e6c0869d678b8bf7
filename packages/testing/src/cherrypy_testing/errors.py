"""The errors of this package."""

from __future__ import annotations

__all__ = ["TestingError", "TooManyRedirects"]


class TestingError(Exception):
    """The base of the errors that this package raises on its own."""

    # Not a class of tests, whatever its name.
    __test__ = False


class TooManyRedirects(TestingError):
    """A client was sent on and on."""
