"""Signals of the operating system as channels of the bus."""

from __future__ import annotations

import logging
import os
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cherrypy_wspbus._bus import Bus

    Listener = Callable[[], Any] | str | int | None

__all__ = ["SignalHandler"]


class _SignalNames:
    """Number of a signal -> its name, made on first use: `signal` costs 1 ms to import."""

    def __get__(self, _instance: object, owner: type[SignalHandler]) -> dict[int, str]:
        import signal  # noqa: PLC0415  (slow to import)

        names: dict[int, str] = {}
        for name in sorted(vars(signal)):
            if name.startswith("SIG") and not name.startswith("SIG_"):
                # SIGCHLD and SIGCLD are one number: the first in the alphabet is the usual name.
                names.setdefault(int(getattr(signal, name)), name)
        owner.signals = names
        return names


class SignalHandler:
    """A plugin that publishes a signal to a channel of its name and runs what handles it.

    By default SIGTERM ends the bus (`Bus.end`: a second one hurries), SIGUSR1 makes it graceful
    and SIGHUP restarts a daemon but exits a process in the foreground. Ctrl-C (SIGINT) needs no
    handler: `Bus.block` sees to it. Change `handlers` before `subscribe`, or call `set_handler` at
    any time.

    Attributes:
        bus: the bus.
        handlers: name of a signal -> a listener without arguments, None to publish the
            signal only, or "SIG_DFL" or "SIG_IGN" to have the system treat it.
        signals: number of a signal -> its name.
    """

    handlers: dict[str, Listener]
    signals: dict[int, str] = _SignalNames()  # type: ignore[assignment]  # becomes the dict

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.handlers = {"SIGTERM": bus.end}
        if os.name == "posix":
            self.handlers["SIGHUP"] = self.handle_SIGHUP
            self.handlers["SIGUSR1"] = bus.graceful
        # number of a signal -> what handled it before; None stands for something not from Python.
        self._previous_handlers: dict[int, Any] = {}
        self._subscribed: list[tuple[str, Callable[[], Any]]] = []
        self._original_pid = os.getpid()

    def subscribe(self) -> None:
        """Install the handlers. In any thread but the main one this only logs a warning."""
        if threading.current_thread() is not threading.main_thread():
            name = threading.current_thread().name
            message = f"Signals are not handled: subscribed in {name!r}, not in the main thread."
            self.bus.log(message, level=logging.WARNING)
            return
        for signal, listener in self.handlers.items():
            try:
                self.set_handler(signal, listener)
            except ValueError as error:  # noqa: PERF203  (the other signals are wanted)
                self.bus.log(str(error), level=logging.WARNING)

    def unsubscribe(self) -> None:
        """Restore the handlers that were there before; harmless if none are installed."""
        import signal  # noqa: PLC0415  (slow to import)

        for number, handler in list(self._previous_handlers.items()):
            name = self.signals[number]
            if handler is None:
                self.bus.log(f"Restoring {name} handler to SIG_DFL: it was not set from Python.")
                handler = signal.SIG_DFL  # noqa: PLW2901  (what there is to restore)
            else:
                self.bus.log(f"Restoring {name} handler {handler!r}.")
            try:
                signal.signal(number, handler)
            except ValueError:
                message = f"Unable to restore {name} handler {handler!r}."
                self.bus.log(message, level=logging.ERROR, traceback=True)
            else:
                del self._previous_handlers[number]
        while self._subscribed:
            self.bus.unsubscribe(*self._subscribed.pop())

    def set_handler(self, signal: int | str, listener: Listener = None) -> None:
        """Publish `signal` to the channel of its name from now on.

        Args:
            signal: its number or its name, such as "SIGUSR2".
            listener: subscribed to the channel; None for no more than the publication;
                "SIG_DFL" or "SIG_IGN" to publish no more, but let the system treat the signal.

        Raises:
            ValueError: if the system has no such signal.
        """
        import signal as signals  # noqa: PLC0415  (slow to import)

        name, number = self._identify(signal)
        action: Any = self._handle_signal
        if listener in ("SIG_DFL", "SIG_IGN", signals.SIG_DFL, signals.SIG_IGN):
            action = getattr(signals, listener) if isinstance(listener, str) else listener
            listener = None
        try:
            previous = signals.signal(number, action)
        except ValueError as error:
            self.bus.log(f"Not listening for {name}: {error}.", level=logging.WARNING)
            return
        self._previous_handlers.setdefault(number, previous)
        if action != self._handle_signal:
            self.bus.log(f"{name} is left to the system.")
            return
        if callable(listener):
            self.bus.subscribe(name, listener)
            if (name, listener) not in self._subscribed:
                self._subscribed.append((name, listener))
        self.bus.log(f"Listening for {name}.")

    def _identify(self, signal: int | str) -> tuple[str, int]:
        """Return name and number of a signal that is given by one of them."""
        for number, name in self.signals.items():
            if signal in (number, name):
                return name, number
        raise ValueError(f"No such signal: {signal!r}")

    def _handle_signal(self, number: int, _frame: object) -> None:
        self.bus.call_between_logs(lambda: self._publish(self.signals[number]))

    def _publish(self, name: str) -> None:
        self.bus.log(f"Caught signal {name}.")
        self.bus.publish(name)

    def handle_SIGHUP(self) -> None:  # noqa: N802  (the historical name)
        """Restart the bus if the process is a daemon; exit if its terminal has gone.

        A process counts as a daemon if it has forked since this object was made, or if a
        `Daemonizer` has detached it.
        """
        from cherrypy_wspbus.plugins.daemon import is_daemon  # noqa: PLC0415  (not at the start)

        if os.getpid() == self._original_pid and not is_daemon():
            self.bus.log("SIGHUP caught but not daemonized. Exiting.")
            self.bus.exit()
        else:
            self.bus.log("SIGHUP caught while daemonized. Restarting.")
            self.bus.restart()
