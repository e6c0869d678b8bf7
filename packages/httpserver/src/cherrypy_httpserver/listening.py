"""Sockets to listen on: Unix and abstract ones, and the files of the former."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

__all__ = ["SocketFile", "heed_newcomers", "ignore_newcomers", "listen_unix"]

# setsockopt(2), socket(7): a program of the Berkeley packet filter, here one instruction that
# lets nothing through.
_ATTACH_FILTER = 26
_DETACH_FILTER = 27
_REFUSE = struct.pack("HBBI", 6, 0, 0, 0)


def ignore_newcomers(listening: socket.socket) -> None:
    """Have the system ignore whoever connects from now on, but not who waits to be accepted.

    To be called before the last `accept()`: a connection that is made between that and the
    closing of the socket would be reset, and its request lost. Whoever is ignored tries again,
    and finds nobody or the next server. It holds for all processes that have the socket, until
    `heed_newcomers()`. Where the system cannot do it (it is Linux that can), nothing happens.

    Args:
        listening: a TCP socket.
    """
    if not sys.platform.startswith("linux") or listening.family == socket.AF_UNIX:
        return
    import ctypes  # noqa: PLC0415  (needed once, at the end of a process)

    code = ctypes.create_string_buffer(_REFUSE)
    program = struct.pack("HL", 1, ctypes.addressof(code))
    with contextlib.suppress(OSError):
        listening.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)


def heed_newcomers(listening: socket.socket) -> None:
    """Undo `ignore_newcomers()`, for others who may listen on the same socket.

    To be called just before the socket is closed.

    Args:
        listening: a TCP socket.
    """
    if sys.platform.startswith("linux") and listening.family != socket.AF_UNIX:
        # There may be none.
        with contextlib.suppress(OSError):
            listening.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)


class SocketFile:
    """The file of a Unix socket that this process has made, to be removed at the end.

    Args:
        path: where it is.
    """

    def __init__(self, path: str) -> None:
        status = os.stat(path)  # noqa: PTH116  (a path, given and used as text)
        self._path = path
        self._identity = (status.st_dev, status.st_ino)

    @classmethod
    def of(cls, path: str) -> SocketFile | None:
        """Return the file at `path`, None if that is an abstract address."""
        return None if path[:1] in ("\0", "@") else cls(path)

    def remove(self) -> None:
        """Remove the file, unless another server has put its own there.

        Raises:
            OSError: if it cannot be removed.
        """
        with contextlib.suppress(FileNotFoundError):
            status = os.stat(self._path)  # noqa: PTH116  (as above)
            if (status.st_dev, status.st_ino) == self._identity:
                os.unlink(self._path)  # noqa: PTH108  (as above)


def listen_unix(path: str) -> tuple[socket.socket, SocketFile | None]:
    """Return a bound Unix socket, and its file; any user of the machine may connect to it.

    Args:
        path: a path, whose socket is replaced if nobody listens there; a name that begins with
            NUL or `@` is an abstract one, without a file (Linux, unix(7)).

    Raises:
        OSError: if there is another kind of file, or a server listens there.
    """
    abstract = path[:1] in ("\0", "@")
    address: Any = f"\0{path[1:]}" if abstract else path
    if not abstract:
        _clear(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(address)
        if abstract:
            return bound, None
        os.chmod(path, 0o777)  # noqa: S103, PTH101  (as cheroot: the directory decides who comes in)
        return bound, SocketFile(path)
    except OSError as error:
        bound.close()
        raise OSError(error.errno, error.strerror or str(error), path) from error


def _clear(path: str) -> None:
    """Remove a socket that nobody serves; complain about anything else that is there."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(errno.EEXIST, "There is a file that is not a socket", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)  # noqa: PTH108  (as above)
            return
        except FileNotFoundError:
            return
        except OSError:
            # A full backlog, or no permission to ask: somebody is there.
            pass
    raise OSError(errno.EADDRINUSE, "Another server listens on this socket", path)
