"""Listening sockets that a process gets from outside and hands on when it is replaced.

A client that connects while the process is replaced waits in the queue of the open socket
and is served by the new process: no connection is refused.
"""

from __future__ import annotations

import os

from cherrypy_wspbus.systemd import activated_sockets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from socket import socket

    from cherrypy_wspbus.systemd import ActivatedSocket

    Address = tuple[str | None, int | None] | str | None

__all__ = ["VARIABLE", "InheritedSockets", "address_key"]

VARIABLE = "WSPBUS_SOCKETS"
"""The environment variable that tells the next process: `PID;ADDRESS=FD;ADDRESS=FD`."""

_ANY_PROCESS = "*"


class InheritedSockets:
    """The listening sockets of others that the servers of a bus may use.

    There are two kinds: those that systemd opened, found by name or by address, and those that
    the process before this one handed on with `keep`, found by the address that was
    configured there (also if that had port 0).

    Args:
        environ: the environment; by default that of the process.
    """

    def __init__(self, environ: MutableMapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        # What the next process gets: key of address and name -> descriptors of ours.
        self._kept: dict[str, list[int]] = {}
        # Who has got which of systemd's sockets: a server that starts again gets its own.
        self._assigned: dict[tuple[str, str | None], int] = {}

    def take(self, address: Address, name: str | None = None) -> socket | None:
        """Return the listening socket for a server, None if the server has to make one.

        The caller owns it and closes it. What `take_over` finds comes before what `activated`
        finds.

        Args:
            address: what the server is configured to listen on.
            name: see `activated`.
        """
        return self.take_over(address, name) or self.activated(address, name)

    def take_over(self, address: Address, name: str | None = None) -> socket | None:
        """Return the socket that was kept, or that the process before handed on.

        Args:
            address: what its server was configured to listen on.
            name: what it was kept with.
        """
        key = _key(address, name)
        if self._kept.get(key):
            return _adopt(self._kept[key].pop(0))
        return self._take_handed_on(key)

    def activated(self, address: Address, name: str | None = None) -> socket | None:
        """Return the socket that systemd opened for a server.

        Args:
            address: what the server is configured to listen on.
            name: `FileDescriptorName=` of the socket unit. None for a server without a name: it
                gets the socket that listens on its address, or else the first one that
                nobody has taken.
        """
        chosen = self._choose(activated_sockets(self._environ), address, name)
        return None if chosen is None else chosen.open()

    def _choose(
        self, sockets: list[ActivatedSocket], address: Address, name: str | None
    ) -> ActivatedSocket | None:
        server = (address_key(address), name)
        own = self._assigned.get(server)
        free = [each for each in sockets if each.fd not in self._assigned.values()]
        chosen = next((each for each in sockets if each.fd == own), None)
        if chosen is None and name is not None:
            chosen = next((each for each in free if each.name == name), None)
            if chosen is None:
                return None
        if chosen is None:
            chosen = next((each for each in free if _listens_on(each, address)), None)
        if chosen is None:
            chosen = next(iter(free), None)
        if chosen is not None:
            self._assigned[server] = chosen.fd
        return chosen

    def unused(self) -> list[ActivatedSocket]:
        """Return the sockets of systemd that no server has taken: nobody answers there."""
        taken = self._assigned.values()
        return [each for each in activated_sockets(self._environ) if each.fd not in taken]

    # From one process to the next

    def keep(self, address: Address, listening: socket, name: str | None = None) -> None:
        """Hand a listening socket on to the process that replaces this one.

        Args:
            address: what its server is configured to listen on; the next process asks for it.
            listening: the socket; it may be closed afterwards, a duplicate is kept.
            name: tells servers apart that are configured for the same address (port 0, say).
        """
        self._kept.setdefault(_key(address, name), []).append(os.dup(listening.fileno()))

    @property
    def kept_files(self) -> set[int]:
        """The descriptors of the sockets that are handed on."""
        return {fd for files in self._kept.values() for fd in files}

    def variable(self, pid: int | None = None) -> str:
        """Return the value of `VARIABLE` for the next process.

        Args:
            pid: its process id, None if that is not known before it runs.
        """
        from urllib.parse import quote  # noqa: PLC0415  (slow to import, needed at a restart)

        entries = [
            f"{quote(key, safe=':/[]@')}={fd}" for key, files in self._kept.items() for fd in files
        ]
        return ";".join([_ANY_PROCESS if pid is None else str(pid), *entries])

    def discard(self) -> None:
        """Close what was kept, and what was handed on but not taken (its server has gone)."""
        for fd in self.kept_files:
            _close(fd)
        self._kept.clear()
        for _key, fd in self._handed_on():
            _close(fd)
        self._environ.pop(VARIABLE, None)

    def _handed_on(self) -> list[tuple[str, int]]:
        """Return what the environment says, nothing if that is meant for another process."""
        value = self._environ.get(VARIABLE)
        if value is None:
            return []
        from urllib.parse import unquote  # noqa: PLC0415  (as above)

        pid, *entries = value.split(";")
        if pid not in (_ANY_PROCESS, str(os.getpid())):
            return []
        found = []
        for entry in entries:
            key, _, number = entry.rpartition("=")
            if number.isascii() and number.isdigit() and len(number) < 8:  # noqa: PLR2004  (sane)
                found.append((unquote(key), int(number)))
        return found

    def _take_handed_on(self, key: str) -> socket | None:
        for known, fd in self._handed_on():
            if known == key:
                # The environment is the register: it is common to all buses of the process.
                self._environ[VARIABLE] = _without(self._environ[VARIABLE], fd)
                return _adopt(fd)
        return None


def address_key(address: Address) -> str:
    """Return an address as text: `host:port`, the path of a Unix socket, or nothing."""
    if isinstance(address, tuple):
        host, port = address
        return f"{host or ''}:{'' if port is None else port}"
    return address or ""


def _key(address: Address, name: str | None) -> str:
    # No TCP address has a #, and in the environment variable it is quoted.
    return f"{address_key(address)}#{name}" if name else address_key(address)


def _without(variable: str, fd: int) -> str:
    return ";".join(entry for entry in variable.split(";") if not entry.endswith(f"={fd}"))


def _adopt(fd: int) -> socket | None:
    """Return a socket object that owns `fd`, None if that is no open socket."""
    import socket  # noqa: PLC0415  (slow to import)

    try:
        os.set_inheritable(fd, False)
        return socket.socket(fileno=fd)
    except OSError:
        return None


def _close(fd: int) -> None:
    try:
        os.close(fd)
    except OSError:
        # Whoever wrote the environment was wrong about it.
        return


def _listens_on(activated: ActivatedSocket, address: Address) -> bool:
    """Tell whether a socket is bound to an address, as far as that can be told from numbers."""
    try:
        with activated.open() as listening:
            bound = listening.getsockname()
    except OSError:
        return False
    if isinstance(address, tuple):
        if not isinstance(bound, tuple) or bound[1] != address[1]:
            return False
        everywhere = ("", "0.0.0.0", "::", None)  # noqa: S104  (compared, not bound)
        loopback = ("127.0.0.1", "::1", "localhost")
        host = address[0]
        return bound[0] == host or any(bound[0] in g and host in g for g in (everywhere, loopback))
    if isinstance(bound, bytes):
        # An abstract address is written with @ where people read it.
        bound = f"@{bound[1:].decode('utf-8', 'replace')}"
    return bool(address) and bound == address
