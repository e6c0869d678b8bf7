"""The error of this package."""

from __future__ import annotations

__all__ = ["FAILED", "MISUSED", "CommandError"]

FAILED = 1
"""Exit code for what went wrong: a file, an import, the start."""

MISUSED = 2
"""Exit code for a command that makes no sense, as of argparse."""


class CommandError(Exception):
    """What was asked for cannot be done; the message is one line for the user.

    Attributes:
        code: the exit code for the shell, `FAILED` or `MISUSED`.
    """

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(" ".join(message.split()))
        self.code = code
