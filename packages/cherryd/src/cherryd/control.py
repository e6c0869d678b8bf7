"""The control socket: what `cherryd ctl` talks to.

A client sends a line, a JSON object with the key `command`, and gets a line, a JSON object,
back. Who may open the socket's file (mode 600) may do everything.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

from cherryd.binds import Bind, open_socket, servers_of
from cherryd.insight import describe_process, stacks
from cherrypy_wspbus.plugins import SimplePlugin

if TYPE_CHECKING:
    from collections.abc import Callable

    from cherryd.drain import Drain
    from cherrypy_wspbus import Bus

    Handle = Callable[[str], dict[str, Any]]

__all__ = ["COMMANDS", "ControlPlugin", "ControlSocket"]

COMMANDS = ("status", "threads", "reload", "stop")

_LONGEST = 4096
"""Bytes of a command; they are much shorter."""

_TIMEOUT = 2.0
"""Seconds that a client may take to send its line or to take the answer."""


class ControlSocket:
    """A Unix socket that answers commands.

    Args:
        path: where.

    Raises:
        SetupError: if there is something else, or somebody answers there already.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)  # noqa: PTH100  # goes to the socket functions
        self._listening = open_socket(Bind(path, 0o600), 16)
        status = os.stat(self.path)  # noqa: PTH116  # as above
        self._own = (status.st_dev, status.st_ino)

    def fileno(self) -> int:
        """Return the descriptor, for a selector."""
        return self._listening.fileno()

    def serve_one(self, handle: Handle) -> bool:
        """Answer the next client; wait for it if there is none yet.

        Args:
            handle: called with the name of the command, returns the answer.

        Returns:
            False if the socket has been closed.
        """
        try:
            client, _ = self._listening.accept()
        except OSError:
            return False
        with client:
            try:
                client.settimeout(_TIMEOUT)
                with client.makefile("rwb") as stream:
                    answer = _answer(stream.readline(_LONGEST), handle)
                    stream.write(json.dumps(answer).encode() + b"\n")
            except OSError:
                # The client has gone, or it is none of ours.
                return True
        return True

    def close(self, remove: bool = True) -> None:
        """Answer no more, and remove the socket's file if it is still the own one."""
        if remove:
            # Wakes up the thread that waits for a client. Not every system can do that.
            with contextlib.suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        if not remove:
            return
        try:
            status = os.stat(self.path)  # noqa: PTH116  # as above
            if (status.st_dev, status.st_ino) == self._own:
                os.unlink(self.path)  # noqa: PTH108  # as above
        except OSError:
            # Somebody has cleaned up already.
            return


def _answer(line: bytes, handle: Handle) -> dict[str, Any]:
    try:
        request = json.loads(line)
        command = request["command"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return {"error": "this is not a command"}
    if command not in COMMANDS:
        return {"error": f"there is no command {command!r:.100}: {', '.join(COMMANDS)}"}
    return handle(command)


class ControlPlugin(SimplePlugin):
    """A plugin that has a process controlled by `cherryd ctl`.

    Args:
        bus: the bus.
        path: of the socket.
        drain: what ends the process.
    """

    def __init__(self, bus: Bus, path: str, drain: Drain) -> None:
        super().__init__(bus)
        self.path = path
        self.drain = drain
        self._socket: ControlSocket | None = None

    def start(self) -> None:
        """Listen for commands, in a thread."""
        if self._socket is None:
            self._socket = ControlSocket(self.path)
            threading.Thread(
                target=self._serve, args=(self._socket,), name="Control", daemon=True
            ).start()

    # After a Daemonizer, whose fork no thread survives, and a change of the user.
    start.priority = 78  # type: ignore[attr-defined]  # read by Bus.subscribe

    def exit(self) -> None:
        """Listen no more."""
        opened, self._socket = self._socket, None
        if opened is not None:
            opened.close()

    def _serve(self, opened: ControlSocket) -> None:
        while opened.serve_one(self._handle):
            pass

    def _handle(self, command: str) -> dict[str, Any]:
        self.bus.log(f"Told to {command} by the control socket", level=logging.DEBUG)
        if command == "status":
            return describe_process(self.bus, servers_of(self.bus))
        if command == "threads":
            return {"pid": os.getpid(), "threads": stacks(servers_of(self.bus))}
        if command == "reload":
            threading.Thread(target=self.bus.restart, name="Reload", daemon=True).start()
        else:
            # The main thread is where a process ends.
            os.kill(os.getpid(), signal.SIGTERM)
        return {"done": command}
