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

# setsockopt(2), socket(7): a program of the Berkeley packet filter. It sees segments from the TCP
# header on, and drops those with the flag SYN (RFC 9293 section 3.1): a handshake that has begun
# is completed, or the client would be reset when it sends its request.
_ATTACH_FILTER = 26
_DETACH_FILTER = 27
_INSTRUCTIONS = (
    (0x30, 0, 0, 13),  # load the byte with the flags
    (0x45, 0, 1, 0x02),  # unless it has SYN, pass over the next instruction
    (0x06, 0, 0, 0),  # let nothing through
    (0x06, 0, 0, 0xFFFFFFFF),  # let everything through
)
_REFUSE = b"".join(struct.pack("HBBI", *each) for each in _INSTRUCTIONS)


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
    program = struct.pack("HL", len(_INSTRUCTIONS), ctypes.addressof(code))
    with contextlib.suppress(OSError):
        listening.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)


def heed_newcomers(listening: socket.socket) -> None:
    """Undo `ignore_newcomers()`, if somebody in this process has a copy of the socket.

    To be called just before the socket is closed. Without a copy the filter stays to the end:
    whoever came between its removal and the closing would be reset.

    Args:
        listening: a TCP socket.
    """
    linux = sys.platform.startswith("linux") and listening.family != socket.AF_UNIX
    if linux and _has_copy(listening.fileno()):
        # There may be none.
        with contextlib.suppress(OSError):
            listening.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)


def _has_copy(number: int) -> bool:
    """Tell whether another descriptor of this process is the same socket."""
    status = os.fstat(number)
    for name in os.listdir("/dev/fd"):  # noqa: PTH208  (as above)
        # Not open any more: the one that the directory was listed with.
        with contextlib.suppress(OSError):
            if int(name) != number and os.path.samestat(os.fstat(int(name)), status):
                return True
    return False


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
