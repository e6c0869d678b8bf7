"""Who is at the other end of a Unix socket."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

__all__ = ["peer_credentials", "peer_environ"]

_FORMAT = "3i"


def peer_credentials(sock: socket.socket) -> tuple[int, int, int]:
    """Return (process, user, group) id of the client at the time it connected (unix(7)).

    Raises:
        OSError: if the system cannot tell.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        raise OSError("This system does not tell who the client of a Unix socket is")
    data = sock.getsockopt(socket.SOL_SOCKET, option, struct.calcsize(_FORMAT))
    process, user, group = struct.unpack(_FORMAT, data)
    return process, user, group


def peer_environ(sock: socket.socket, *, resolve: bool) -> dict[str, Any]:
    """Return the keys of the environ that cheroot has for it, none if the system cannot tell.

    Args:
        sock: the connection.
        resolve: look up the names, too.
    """
    try:
        process, user, group = peer_credentials(sock)
    except OSError:
        return {}
    environ = {
        "X_REMOTE_PID": str(process),
        "X_REMOTE_UID": str(user),
        "X_REMOTE_GID": str(group),
    }
    if resolve:
        names = _names(user, group)
        if names is not None:
            environ["X_REMOTE_USER"] = environ["REMOTE_USER"] = names[0]
            environ["X_REMOTE_GROUP"] = names[1]
    return environ


def _names(user: int, group: int) -> tuple[str, str] | None:
    try:
        import grp  # noqa: PLC0415  (not everywhere)
        import pwd  # noqa: PLC0415

        return pwd.getpwuid(user).pw_name, grp.getgrgid(group).gr_name
    except (ImportError, KeyError):
        # A container has ids without names.
        return None
