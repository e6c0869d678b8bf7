"""Opening regular files, and telling what else a path can be."""

from __future__ import annotations

import os
from functools import lru_cache
from stat import S_ISDIR, S_ISREG

__all__ = ["absolute_path", "has_link", "is_directory", "open_file"]

# Not to wait for a writer of a FIFO, nor to make a terminal ours; and on Windows, bytes.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOINHERIT", 0)
)


def open_file(path: str) -> tuple[int, os.stat_result] | None:
    """Open a regular file for reading; return its descriptor and what `os.fstat` says.

    Returns:
        None, if there is none, it cannot be opened, or it is something else: a directory, a
        FIFO, a device.
    """
    try:
        fd = os.open(path, _FLAGS)
    except (OSError, ValueError):  # ValueError: the path has a NUL
        return None
    try:
        status = os.fstat(fd)
    except BaseException:
        os.close(fd)
        raise
    if S_ISREG(status.st_mode):
        return fd, status
    os.close(fd)
    return None


def is_directory(path: str) -> bool:
    """Tell whether *path* is a directory."""
    try:
        return S_ISDIR(os.stat(path).st_mode)  # noqa: PTH116  (fast)
    except (OSError, ValueError):
        return False


def has_link(root: str, path: str) -> bool:
    """Tell whether there is a symbolic link in *path* below *root*."""
    real_root = os.path.realpath(root)
    below = os.path.normpath(path[len(root) :].lstrip("/"))
    return os.path.realpath(path) != os.path.normpath(os.path.join(real_root, below))  # noqa: PTH118


@lru_cache(maxsize=1000)
def absolute_path(path: str, root: str, setting: str, root_setting: str) -> str:
    """Return *path*, or *path* below *root*, if that is absolute.

    Args:
        path: `~` is a home.
        root: the same; "" for none.
        setting: what *path* is called in the configuration.
        root_setting: what *root* is called there.

    Raises:
        ValueError: it is not.
    """
    path = os.path.expanduser(path)  # noqa: PTH111
    if not os.path.isabs(path):  # noqa: PTH117
        if not root:
            raise ValueError(
                f"{setting} must be an absolute path, or {root_setting} must be set to one; "
                f"it is {path!r}"
            )
        path = os.path.join(os.path.expanduser(root), path)  # noqa: PTH111, PTH118
        if not os.path.isabs(path):  # noqa: PTH117
            raise ValueError(f"{root_setting} must be an absolute path, not {root!r}")
    return path
