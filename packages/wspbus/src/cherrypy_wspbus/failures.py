"""The error that carries the failures of all listeners of one publication."""

from __future__ import annotations

import sys

__all__ = ["ChannelFailures", "SetupError"]


class SetupError(OSError):
    """Something outside of the program is not as it has to be: a file, a port, a right.

    Its message is one line that says it all, so it is logged without a traceback.
    """

    @classmethod
    def because(cls, problem: str, error: OSError) -> SetupError:
        """Return an error that says what could not be done, and the system's reason."""
        made = cls(f"{problem}: {error.strerror or error}")
        made.errno = error.errno
        return made


class ChannelFailures(Exception):
    """The failures of the listeners of one publication, raised after all of them ran.

    The first failure is its `__cause__`, so that its traceback is shown as well.
    """

    delimiter = "\n"
    """Stands between the failures in the text of the error."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self._failures: list[BaseException] = []

    def handle_exception(self) -> None:
        """Append the exception that is being handled; to be called in an `except` block."""
        error = sys.exc_info()[1]
        if error is not None:
            self._failures.append(error)

    def get_instances(self) -> list[BaseException]:
        """Return the failures in the order in which they happened, as a new list."""
        return self._failures[:]

    @property
    def explained(self) -> bool:
        """True if every failure is a `SetupError`: there is no need to look into the code."""
        return all(isinstance(failure, SetupError) for failure in self._failures)

    def __str__(self) -> str:
        return self.delimiter.join(map(repr, self._failures))

    __repr__ = __str__

    def __bool__(self) -> bool:
        return bool(self._failures)
