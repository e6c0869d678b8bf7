"""Running a bus from the command line: what people get to read, and a code for the shell."""

from __future__ import annotations

import logging
import sys

from cherrypy_httpserver.errors import ServerError
from cherrypy_wspbus import Bus, ChannelFailures
from cherrypy_wspbus.plugins import SignalHandler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cherrypy_httpserver.server import Server

__all__ = ["Console", "StartError", "say", "serve", "start"]


class StartError(ServerError):
    """What is on the bus could not be started; the message is one line with the cause."""


class Console:
    """A listener that writes warnings and errors of a bus to standard error.

    Until `started` is set to true errors are held back: whoever starts the bus reports the one
    that matters, in one line.

    Args:
        bus: the bus whose channel `log` to listen to.
    """

    def __init__(self, bus: Bus) -> None:
        self.started = False
        bus.subscribe("log", self.write)

    def write(self, message: str, level: int = logging.INFO) -> None:
        """Write one message, or pass over it."""
        if level >= logging.ERROR and not self.started:
            return
        if level >= logging.WARNING:
            say(message)


def say(text: str) -> None:
    """Write one line to standard error, at once."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def start(bus: Bus) -> None:
    """Start `bus`; on failure have everything stopped again.

    Raises:
        StartError: if anything on the bus failed to start.
    """
    may_exit_process, bus.may_exit_process = bus.may_exit_process, False
    try:
        bus.start()
    except ChannelFailures as failures:
        first = failures.get_instances()[0]
        text = " ".join(str(first).split()) or type(first).__name__
        raise StartError(f"cannot start: {text}") from first
    finally:
        bus.may_exit_process = may_exit_process


def serve(server: Server, *others: Server) -> None:
    """Run servers until SIGTERM or Ctrl-C; what the main thread of a process does.

    Args:
        server: the first one.
        others: more, on the same bus. If one cannot be started, none is.

    Raises:
        StartError: if one cannot be started.
    """
    bus = server.bus
    console = Console(bus)
    servers = (server, *others)
    for each in servers:
        each.subscribe()
    SignalHandler(bus).subscribe()
    try:
        start(bus)
        console.started = True
        for each in servers:
            say(f"Serving on {each.description}")
    except KeyboardInterrupt:
        # Before block() could see it. In the midst of it start() has seen to that.
        if not bus.exiting:
            bus.end()
    bus.block()
