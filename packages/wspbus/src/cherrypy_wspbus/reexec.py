"""Replacing the process by a fresh one with the same interpreter flags and arguments."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

__all__ = [
    "activation_files",
    "close_files",
    "close_on_exec",
    "command_line",
    "current_directory",
    "flush_standard_streams",
    "replace_process",
]

_FIRST_ACTIVATION_FILE = 3
"""SD_LISTEN_FDS_START of systemd's sd-daemon.h; below it are the standard streams."""

_MOST_FILES = 20000
"""Descriptors above are not looked for where the system does not list the open ones."""


def current_directory() -> str | None:
    """Return the working directory, or None if it has been deleted."""
    try:
        return os.getcwd()  # noqa: PTH109  (pathlib costs 10 ms to import)
    except OSError:
        return None


def command_line() -> list[str]:
    """Return the command that started this process, interpreter and its flags included.

    `sys.orig_argv` has it as it was given: `-m package`, `-c code`, `-W` and `-X` flags, the
    path of a zipapp. Only the interpreter is replaced by its full path, so that a virtual
    environment stays in force and `PATH` is not searched again.

    Raises:
        RuntimeError: if Python is embedded in a program and does not know its command.
    """
    original = sys.orig_argv
    if not original:
        raise RuntimeError(
            "The process cannot be restarted: sys.orig_argv is empty, Python seems to be "
            "embedded in another program. Restart that program instead."
        )
    return [sys.executable or original[0], *original[1:]]


def activation_files(environ: Mapping[str, str] | None = None) -> set[int]:
    """Return the descriptors of the sockets that systemd opened for this very process.

    They stay valid in the new process, which has the same process id (sd_listen_fds(3)).

    Args:
        environ: where to look for `LISTEN_PID` and `LISTEN_FDS`; by default the environment
            of the process.
    """
    variables = os.environ if environ is None else environ
    if variables.get("LISTEN_PID") != str(os.getpid()):
        return set()
    count = variables.get("LISTEN_FDS", "")
    # Nobody passes thousands of sockets; a number like that is an error in the environment.
    number = int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 0  # noqa: PLR2004
    return set(range(_FIRST_ACTIVATION_FILE, _FIRST_ACTIVATION_FILE + number))


def close_on_exec(limit: int, kept: Collection[int] = ()) -> None:
    """Mark the open files above the standard streams to be closed in the new process.

    Python marks the files it opens by itself (PEP 446); C libraries often do not.

    Args:
        limit: descriptors from this number on are left as they are.
        kept: descriptors that the new process inherits.
    """
    for number in _open_files(limit):
        if number < _FIRST_ACTIVATION_FILE or number >= limit:
            continue
        _inherit(number, number in kept)


def _inherit(number: int, inherit: bool = True) -> None:
    try:
        os.set_inheritable(number, inherit)
    except OSError:
        # Not open, for example the one that the directory was listed with.
        return


def _open_files(limit: int) -> Collection[int]:
    """Return the numbers of the open files, or all numbers where that is not to be known."""
    try:
        return [int(name) for name in os.listdir("/dev/fd")]  # noqa: PTH208  (no pathlib)
    except (OSError, ValueError):
        return range(_FIRST_ACTIVATION_FILE, limit)


def close_files(first: int) -> None:
    """Close all open files from descriptor `first` on, whoever opened them."""
    for number in sorted(_open_files(_MOST_FILES)):
        if number >= first:
            try:
                os.close(number)
            except OSError:
                # Not open, for example the one that the directory was listed with.
                continue


def flush_standard_streams() -> None:
    """Write out what is buffered: neither `os._exit` nor `os.execv` does it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # noqa: PERF203  (two streams)
            # There is no such stream, or it has been closed.
            continue


def replace_process(
    command: Sequence[str],
    directory: str | None,
    limit: int = 0,
    kept: Collection[int] = (),
) -> None:
    """Replace the process by `command`; does not return.

    Args:
        command: full path of the program, then its arguments.
        directory: the working directory of the new process, None for the present one.
        limit: see `close_on_exec`; 0 leaves all files alone but for those in `kept`.
        kept: see `close_on_exec`.
    """
    if directory is not None:
        os.chdir(directory)
    arguments = list(command)
    if sys.platform == "win32":
        # The C library joins the arguments with blanks and does not quote them.
        from subprocess import list2cmdline  # noqa: PLC0415  (slow to import, Windows only)

        arguments = [list2cmdline([argument]) for argument in arguments]
    else:
        if limit:
            close_on_exec(limit, kept)
        for number in kept:
            _inherit(number)
    flush_standard_streams()
    os.execv(command[0], arguments)  # noqa: S606  (the very command of this process)
