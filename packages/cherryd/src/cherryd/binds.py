"""Where to listen, as the option `--bind` says it: addresses, and sockets made for them."""

from __future__ import annotations

import errno
import os
import socket
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cherryd.errors import MISUSED, CommandError
from cherrypy_httpserver import SETTINGS, Server
from cherrypy_httpserver.addresses import parse_address
from cherrypy_httpserver.errors import SettingError
from cherrypy_wspbus import SetupError
from cherrypy_wspbus.servers import ServerAdapter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cherryd.site import Site

__all__ = ["Bind", "apply_binds", "open_socket", "parse_bind", "servers_of"]

_ADDRESS_SETTINGS = {"bind_addr", "socket_file", "socket_host", "socket_port", "httpserver"}
"""What two servers never have in common."""

_MODES = 0o777


@dataclass(frozen=True)
class Bind:
    """An address to listen on.

    Attributes:
        address: (host, port), or the path of a Unix socket.
        mode: permissions of the socket's file, None for those that the server gives it.
    """

    address: tuple[str, int] | str
    mode: int | None = None


def parse_bind(text: str) -> Bind:
    """Return what an argument of `--bind` means.

    Args:
        text: `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or `unix:PATH,mode=OCTAL`.

    Raises:
        CommandError: if it is none of these.
    """
    place, comma, word = text.rpartition(",mode=")
    if not comma:
        place = text
    mode = None
    if comma:
        if not place.startswith("unix:") or place.startswith("unix:@"):
            raise CommandError(f"--bind: {text!r}: only a socket file has a mode", MISUSED)
        mode = _mode(text, word)
    try:
        return Bind(parse_address(place), mode)
    except SettingError as error:
        raise CommandError(f"--bind: {error}", MISUSED) from error


def _mode(text: str, word: str) -> int:
    try:
        mode = int(word, 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= _MODES:
        raise CommandError(f"--bind: {text!r}: the mode is an octal number like 660", MISUSED)
    return mode


def servers_of(bus: Any) -> list[Any]:
    """Return the servers that start with `bus`, in the order in which they do."""
    owners = [getattr(listener, "__self__", None) for listener in bus.listeners.get("start", ())]
    # The set of listeners has no order of its own.
    found = [owner for owner in owners if isinstance(owner, ServerAdapter)]
    return sorted(found, key=lambda server: (str(server.bind_addr), server.socket_name or ""))


def apply_binds(site: Site, binds: Iterable[Bind]) -> None:
    """Have a site listen where `--bind` says: its server on the first, copies on the others."""
    for number, bind in enumerate(binds):
        server: Any = site.server if number == 0 else _copy(site.server)
        server.bind_addr = bind.address
        if bind.mode is not None:
            with open_socket(bind) as listening:
                site.bus.sockets.keep(bind.address, listening, server.socket_name)


def _copy(server: Server) -> Server:
    """Return a further server with the settings and the application of another one."""
    made = Server(server.bus, server.app)
    for name in SETTINGS - _ADDRESS_SETTINGS:
        setattr(made, name, getattr(server, name))
    made.subscribe()
    return made


def open_socket(bind: Bind, backlog: int = 1024) -> socket.socket:
    """Return a socket that listens.

    Args:
        bind: where.
        backlog: connections that the system holds until they are accepted.

    Raises:
        SetupError: if that address cannot be listened on.
    """
    if isinstance(bind.address, str):
        return _open_unix_socket(bind.address, bind.mode, backlog)
    host, port = bind.address
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise _refusal(error.errno, f"cannot listen on {shown}: {error.strerror}") from error
    family, kind, protocol, _, address = found[0]
    opened = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            # A port in TIME_WAIT is as good as a free one.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and host in ("::", "::0"):
            # All interfaces are those of IPv4, too.
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        opened.bind(address)
        opened.listen(backlog)
    except OSError as error:
        opened.close()
        raise _refusal(error.errno, f"cannot listen on {shown}: {error.strerror}") from error
    return opened


def _refusal(number: int | None, text: str) -> SetupError:
    made = SetupError(text)
    made.errno = number
    return made


def _open_unix_socket(path: str, mode: int | None, backlog: int) -> socket.socket:
    abstract = path.startswith("@")
    if not abstract:
        _remove_stale(path)
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        opened.bind("\0" + path[1:] if abstract else path)
        if not abstract:
            # Nobody can connect before listen(): the mode is never wider than asked for.
            os.chmod(path, _MODES if mode is None else mode)  # noqa: PTH101  # a path as text
        opened.listen(backlog)
    except OSError as error:
        opened.close()
        text = f"cannot listen on {path!r}: {error.strerror or error}"
        raise _refusal(error.errno, text) from error
    return opened


def _remove_stale(path: str) -> None:
    """Remove a socket file that nobody listens on; refuse anything else.

    Raises:
        SetupError: if there is another kind of file, or a server listens there.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(status.st_mode):
        raise _refusal(errno.EEXIST, f"{path!r} is a file that is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        if probe.connect_ex(path) == 0:
            raise _refusal(errno.EADDRINUSE, f"another server listens on {path!r}")
    os.unlink(path)  # noqa: PTH108  # as above
