"""The process above the workers: sockets, signals, commands, and its own replacement."""

from __future__ import annotations

import json
import logging
import os
import select
from typing import TYPE_CHECKING, Any

from cherryd.binds import Bind, open_socket
from cherryd.configuring import explained
from cherryd.control import ControlSocket
from cherryd.drain import Drain
from cherryd.errors import CommandError
from cherryd.prefork.logfile import LogFile
from cherryd.prefork.workers import Workers
from cherryd.processes import prepare_process
from cherrypy_httpserver.listening import ignore_newcomers
from cherrypy_httpserver.running import Console, say
from cherrypy_httpserver.running import start as start_bus
from cherrypy_wspbus import Bus, reexec
from cherrypy_wspbus.plugins import Notifier, SignalHandler
from cherrypy_wspbus.sockets import VARIABLE
from cherrypy_wspbus.systemd import activated_sockets, notify, reloading, watchdog_interval

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence

    from cherryd.orders import WorkerSettings
    from cherryd.prefork.worker import Link

    Sockets = list[tuple[Any, str | None, socket.socket]]
    Work = Callable[[Link, Sockets], None]

__all__ = ["Parent"]

_INTERVAL = 0.05
"""Seconds between two looks after the workers."""

_WORKERS_VARIABLE = "CHERRYD_WORKERS"
"""The environment variable that tells the next program in this process about its workers."""

_SOCKETS_PRIORITY = 72
"""On `start`: after a Daemonizer (65) and the pid file (70), before the workers (75)."""

_BEFORE_THE_WORKERS_END = 20
_CONTROL_PRIORITY = 78


def _tell_ready() -> None:
    notify("READY=1", f"MAINPID={os.getpid()}", "STATUS=Started")


class _Told(Notifier):
    """Tells systemd; without a thread of its own, which would be in the way of a fork."""

    def start(self) -> None:
        """Say that the service is ready."""
        _tell_ready()

    start.priority = 100  # type: ignore[attr-defined]  # read by Bus.subscribe


class Parent:
    """The process above the workers.

    Args:
        settings: how many workers, and when they are replaced.
        addresses: address, backlog and systemd's name (or None) of each socket.
        modes: permissions of socket files, by address.
        work: what a worker does with its link and the sockets.

    Attributes:
        log_file: path of a file that is told what the parent does, "" for none.
        try_out: called before the program is replaced; raises CommandError if the new one
            could not serve.
        reload_replaces: True if only a new program has new code.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        addresses: Sequence[tuple[Any, int, str | None]],
        modes: Mapping[Any, int | None],
        work: Work,
    ) -> None:
        self.bus = Bus()
        self.settings = settings
        self.log_file = ""
        self.try_out: Callable[[], object] = bool
        self.reload_replaces = False
        self._addresses = addresses
        self._modes = modes
        self._work = work
        self._sockets: Sockets = []
        self._control_path: str | None = None
        self._control: ControlSocket | None = None
        self._todo: list[Callable[[], object]] = []
        self._told_to_end = False
        self._startup_directory = reexec.current_directory()
        self.workers = Workers(self.bus, self._be_worker, settings)
        self.drain = Drain(self.bus, self.workers.board, settings.lame_duck)
        self.workers.reload_asked = self.reload
        self.workers.reload_ended = _tell_ready

    def run(self, daemonize: bool, pidfile: str | None, control: str | None) -> None:
        """Start everything and block until it ends.

        Raises:
            CommandError: if it cannot be started.
        """
        bus = self.bus
        console = Console(bus)
        if self.log_file:
            bus.subscribe("log", LogFile(self.log_file).write)
        prepare_process(bus, daemonize, pidfile, [address for address, _, _ in self._addresses])
        self._control_path = control
        self._adopt()
        bus.subscribe("start", self._listen, _SOCKETS_PRIORITY)
        bus.subscribe("start", self._open_control, _CONTROL_PRIORITY)
        self.workers.subscribe()
        self.drain.subscribe()
        bus.subscribe("main", self._step)
        bus.subscribe("stop", self._stop_listening, _BEFORE_THE_WORKERS_END)
        bus.subscribe("exit", self._close)
        _Told(bus).subscribe()
        self._handle_signals()
        try:
            with explained("cannot start"):
                start_bus(bus)
        except CommandError:
            if self._told_to_end:
                return
            raise
        console.started = True
        places = ", ".join(_shown(listening) for _, _, listening in self._sockets)
        say(f"Serving on {places} with {self.workers.wanted} workers, parent {os.getpid()}")
        bus.block(_INTERVAL)

    # Sockets

    def _listen(self) -> None:
        # Without all sockets there is nothing to start workers for.
        self.workers.abandoned = True
        for address, backlog, name in self._addresses:
            listening = self.bus.sockets.take(address, name)
            if listening is None:
                listening = open_socket(Bind(address, self._modes.get(address)), backlog)
            # NOTE: all processes share this property of the socket, and copies of the object
            # set it: one that blocks would have workers hang in accept().
            listening.setblocking(False)
            self._sockets.append((address, name, listening))
        self.workers.abandoned = False

    def _stop_listening(self) -> None:
        # From here on the sockets are open in workers only: with the last of them that has
        # answered everything they close, and nobody waits in vain.
        for _, _, listening in self._sockets:
            if not activated_sockets(os.environ):
                ignore_newcomers(listening)
            listening.close()

    def _be_worker(self, link: Link) -> None:
        if self._control is not None:
            self._control.close(remove=False)
        sockets = [(address, name, socket.dup()) for address, name, socket in self._sockets]
        for _, _, listening in self._sockets:
            listening.close()
        try:
            self._work(link, sockets)
        except CommandError as error:
            link.tell({"failure": str(error)})
            raise SystemExit(error.code) from error
        except Exception as error:  # a site may raise anything
            text = " ".join(str(error).split()) or type(error).__name__
            link.tell({"failure": text})
            raise SystemExit(1) from error

    # Signals and commands

    def _handle_signals(self) -> None:
        plugin = SignalHandler(self.bus)
        plugin.handlers = {
            "SIGTERM": self._end,
            "SIGINT": self._end,
            "SIGHUP": self._reload_or_hang_up,
            "SIGUSR1": lambda: self._todo.append(self.bus.graceful),
            "SIGUSR2": lambda: self._todo.append(self.replace),
            "SIGTTIN": lambda: self._todo.append(self.workers.more),
            "SIGTTOU": lambda: self._todo.append(self.workers.fewer),
        }
        self._had_terminal = _has_terminal()
        plugin.subscribe()

    def _end(self) -> None:
        """Treat SIGTERM; in a signal handler, where only the end itself may be hurried."""
        self.workers.abandoned = self._told_to_end = True
        if self.bus.exiting:
            self.drain.begin()
        else:
            self._todo.append(self.drain.begin)

    def _reload_or_hang_up(self) -> None:
        if self._had_terminal and not _has_terminal():
            # It has been closed.
            self._end()
        else:
            self._todo.append(self.reload)

    def _step(self) -> None:
        while self._todo and not self.bus.exiting:
            self._todo.pop(0)()
        if self.bus.exiting:
            return
        if watchdog_interval() is not None:
            notify("WATCHDOG=1")
        control = self._control
        if control is not None and select.select([control], [], [], 0)[0]:
            control.serve_one(self._handle)

    def _open_control(self) -> None:
        if self._control_path is not None:
            self._control = ControlSocket(self._control_path)

    def _handle(self, command: str) -> dict[str, Any]:
        if command in ("status", "threads"):
            return {
                "pid": os.getpid(),
                "state": self.bus.state.name,
                "serving": [_shown(listening) for _, _, listening in self._sockets],
                "wanted": self.workers.wanted,
                "workers": self.workers.ask(command),
            }
        self._todo.append(self.reload if command == "reload" else self.drain.begin)
        return {"done": command}

    def reload(self) -> None:
        """Replace all workers by ones with new code."""
        if self.reload_replaces:
            self.replace()
        else:
            notify(*reloading(), "STATUS=Replacing the workers")
            self.workers.reload()

    # A new program in this process

    def replace(self) -> None:
        """Replace the program of this process; the workers serve until the new one has its own.

        A new program that could not serve does not replace anything: that is logged.
        """
        notify(*reloading(), "STATUS=Replacing the program")
        try:
            self.try_out()
        except CommandError as error:
            self.bus.log(f"The program is not replaced: {error}", level=logging.WARNING)
            _tell_ready()
            return
        workers = self.workers.files()
        sockets = self.bus.sockets
        for address, name, listening in self._sockets:
            sockets.keep(address, listening, name)
        os.environ[VARIABLE] = sockets.variable(os.getpid())
        os.environ[_WORKERS_VARIABLE] = json.dumps({"parent": os.getpid(), "workers": workers})
        kept = (
            sockets.kept_files | {worker["file"] for worker in workers} | reexec.activation_files()
        )
        if self._control is not None:
            self._control.close()
        limit = self.bus.max_cloexec_files
        command = reexec.command_line()
        try:
            reexec.replace_process(command, self._startup_directory, limit, kept)
        except OSError as error:
            self.bus.log(f"The program cannot be replaced: {error}", level=logging.WARNING)
            sockets.discard()
            os.environ.pop(_WORKERS_VARIABLE, None)
            self._open_control()
            _tell_ready()

    def _adopt(self) -> None:
        """Take over the workers of the program that was here before, if there are any."""
        text = os.environ.pop(_WORKERS_VARIABLE, None)
        if text is None:
            return
        told = json.loads(text)
        if told["parent"] == os.getpid():
            self.workers.adopt(told["workers"])

    def _close(self) -> None:
        if self._control is not None:
            self._control.close()
        for address, _, _ in self._sockets:
            if isinstance(address, str) and not address.startswith("@"):
                try:
                    os.unlink(address)  # noqa: PTH108  # a path as text
                except OSError:
                    # Somebody has cleaned up already.
                    continue


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _shown(listening: socket.socket) -> str:
    """Return the address of a socket for people."""
    try:
        name = listening.getsockname()
    except OSError:
        return "nothing any more"
    if isinstance(name, tuple):
        host, port = name[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    text = (
        name.decode("utf-8", "replace").replace("\0", "@", 1) if isinstance(name, bytes) else name
    )
    return f"socket file: {text}"
