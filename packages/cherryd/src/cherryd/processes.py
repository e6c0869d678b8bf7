"""Making the process what the options say: a daemon, one with a pid file, one with signals."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from cherryd.errors import MISUSED, CommandError
from cherrypy_wspbus.plugins import Daemonizer, PIDFile
from cherrypy_wspbus.servers import check_port, client_host
from cherrypy_wspbus.sockets import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cherryd.drain import Drain
    from cherryd.site import Site
    from cherrypy_wspbus import Bus

__all__ = ["handle_signals", "prepare_process", "was_replaced"]


def was_replaced() -> bool:
    """Tell whether this process runs for the second time, after a restart.

    It then has its sockets still, and is a daemon if it ever was.
    """
    return os.environ.get(VARIABLE, "").startswith(f"{os.getpid()};")


def prepare_process(
    bus: Bus, daemonize: bool, pidfile: str | None, addresses: Iterable[Any]
) -> None:
    """Subscribe the plugins; check early what a daemon could not tell anybody any more.

    Args:
        bus: the bus.
        daemonize: True to detach from the terminal.
        pidfile: where to write the process id.
        addresses: what must be free for the process to start.

    Raises:
        CommandError: if something is in the way.
    """
    if pidfile is not None:
        _check_writable(pidfile)
        PIDFile(bus, pidfile).subscribe()
    if daemonize and not was_replaced():
        if not hasattr(os, "fork"):
            raise CommandError("this system has no daemons (-d): it has no fork()", MISUSED)
        for address in addresses:
            _check_address(address)
        Daemonizer(bus).subscribe()


def _check_writable(pidfile: str) -> None:
    path = os.path.abspath(pidfile)  # noqa: PTH100  # as in PIDFile
    directory = os.path.dirname(path)  # noqa: PTH120  # as above
    exists = os.path.lexists(path)
    if os.path.isdir(path):  # noqa: PTH112  # as above
        reason = "it is a directory"
    elif not os.path.isdir(directory):  # noqa: PTH112  # as above
        reason = f"there is no directory {directory!r}"
    elif not os.access(path if exists else directory, os.W_OK):
        reason = "permission denied"
    else:
        return
    raise CommandError(f"cannot write the pid file {pidfile!r}: {reason}")


def _check_address(address: Any) -> None:
    if isinstance(address, tuple) and address[0] and address[1]:
        try:
            check_port(client_host(address[0]), address[1])
        except OSError as error:
            raise CommandError(f"cannot start: {error}") from error


def handle_signals(site: Site, drain: Drain) -> None:
    """Handle signals from now on: SIGTERM and Ctrl-C begin the drain, unless re-mapped."""
    bus = site.bus
    plugin: Any = site.signal_handler
    # What subscribes all that has to do with signals has the handlers in another plugin.
    handlers = getattr(plugin, "handlers", None)
    if handlers is None:
        handlers = getattr(getattr(bus, "signal_handler", None), "handlers", None)
    if handlers is not None:
        if handlers.get("SIGTERM") in (bus.end, bus.exit):
            handlers["SIGTERM"] = drain.begin
        handlers.setdefault("SIGINT", drain.begin)
    plugin.subscribe()
