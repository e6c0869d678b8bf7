"""systemd's side of a service: the sockets it opens for us, and what we tell it.

Neither needs a library: sockets come as file descriptors from 3 on (sd_listen_fds(3)),
notifications go as datagrams to a Unix socket (sd_notify(3)). Without systemd nothing happens.
"""

from __future__ import annotations

import os
import time

from cherrypy_wspbus.reexec import activation_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket

__all__ = ["ActivatedSocket", "activated_sockets", "notify", "reloading", "watchdog_interval"]

_UNNAMED = "unknown"
"""What systemd calls a socket that has no name."""

_SECOND = 1_000_000
"""Microseconds."""


class ActivatedSocket:
    """A listening socket that systemd has opened for this process.

    Attributes:
        name: `FileDescriptorName=` of the socket unit, by default that unit's name; "unknown"
            where systemd passes no names.
        fd: the file descriptor.
    """

    __slots__ = ("fd", "name")

    def __init__(self, name: str, fd: int) -> None:
        self.name = name
        self.fd = fd

    def open(self) -> socket:
        """Return a new socket object for it.

        It has a descriptor of its own: closing it leaves systemd's open, so that a server may be
        stopped and started again.

        Raises:
            OSError: if systemd passed something that is not a socket.
        """
        import socket  # noqa: PLC0415  (slow to import)

        return socket.socket(fileno=os.dup(self.fd))

    def __repr__(self) -> str:
        return f"ActivatedSocket({self.name!r}, {self.fd})"


def activated_sockets(environ: Mapping[str, str] | None = None) -> list[ActivatedSocket]:
    """Return the sockets that systemd has opened for this very process, in its order.

    Args:
        environ: where to look for `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`; by default
            the environment of the process.
    """
    variables = os.environ if environ is None else environ
    files = sorted(activation_files(variables))
    names = variables.get("LISTEN_FDNAMES", "").split(":")
    if len(names) != len(files):
        # Names are all or none; sd_listen_fds_with_names(3) refuses anything else.
        names = [_UNNAMED] * len(files)
    return [ActivatedSocket(name or _UNNAMED, fd) for name, fd in zip(names, files, strict=True)]


def notify(*states: str, environ: Mapping[str, str] | None = None) -> bool:
    """Tell systemd something: `notify("READY=1", "STATUS=3 workers")`.

    Args:
        states: assignments as in sd_notify(3); line breaks in them become blanks.
        environ: where to look for `NOTIFY_SOCKET`; by default that of the process.

    Returns:
        True if it was sent; False if nobody wants to know (`NOTIFY_SOCKET` is not set) or the
        socket cannot be reached: a service must not fail because of that.
    """
    address = (os.environ if environ is None else environ).get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False

    import socket  # noqa: PLC0415  (slow to import)

    if address.startswith("@"):
        address = f"\0{address[1:]}"
    message = "\n".join(" ".join(state.splitlines()) for state in states)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            # A manager that does not read must not stop the service either.
            client.settimeout(1)
            client.connect(address)
            client.sendall(message.encode())
    except (AttributeError, OSError):
        return False
    return True


def reloading() -> tuple[str, str]:
    """Return the two assignments that announce a reload (Type=notify-reload)."""
    microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    return "RELOADING=1", f"MONOTONIC_USEC={microseconds}"


def watchdog_interval(environ: Mapping[str, str] | None = None) -> float | None:
    """Return the seconds within which systemd wants a sign of life, None if it does not.

    Args:
        environ: where to look for `WATCHDOG_USEC` and `WATCHDOG_PID`; by default the
            environment of the process.
    """
    variables = os.environ if environ is None else environ
    if variables.get("WATCHDOG_PID") not in (None, str(os.getpid())):
        return None
    microseconds = variables.get("WATCHDOG_USEC", "")
    if not (microseconds.isascii() and microseconds.isdigit()) or not int(microseconds):
        return None
    return int(microseconds) / _SECOND
