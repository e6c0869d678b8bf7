"""Functions that are called again and again in a thread of their own."""

from __future__ import annotations

import logging
import threading

from cherrypy_wspbus._priority import priority
from cherrypy_wspbus._state import State
from cherrypy_wspbus.plugins.simple import SimplePlugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from cherrypy_wspbus._bus import Bus

__all__ = ["BackgroundTask", "Monitor", "PerpetualTimer"]


class PerpetualTimer(threading.Timer):
    """A `threading.Timer` that calls its function again and again until it is cancelled.

    Takes the arguments of `threading.Timer` and `bus`: with a bus, an error of the function
    is logged and the timer goes on, without one it ends the thread as usual.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.bus: Bus | None = kwargs.pop("bus", None)
        super().__init__(*args, **kwargs)

    def run(self) -> None:
        """Call the function every `interval` seconds."""
        while not self.finished.wait(self.interval):
            try:
                self.function(*self.args, **self.kwargs)
            except Exception:  # noqa: BLE001, PERF203  (logged; the next call may work)
                _log_or_raise(self.bus, "perpetual timer", self.function)


class BackgroundTask(threading.Thread):
    """A daemon thread that calls a function every so many seconds.

    Args:
        interval: seconds between two calls; the first call comes after one interval.
        function: what to call.
        args: its positional arguments.
        kwargs: its keyword arguments.
        bus: where to log an error of the function; the task then goes on. Without a
            bus the error ends the thread as usual.
    """

    def __init__(
        self,
        interval: float,
        function: Callable[..., Any],
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        bus: Bus | None = None,
    ) -> None:
        super().__init__(daemon=True)
        self.interval = interval
        self.function = function
        self.args = args
        self.kwargs = {} if kwargs is None else kwargs
        self.bus = bus
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """End the thread: at once if it waits, else after the running call."""
        self._cancelled.set()

    def run(self) -> None:
        """Call the function every `interval` seconds."""
        while not self._cancelled.wait(self.interval):
            try:
                self.function(*self.args, **self.kwargs)
            except Exception:  # noqa: BLE001, PERF203  (logged; the next call may work)
                _log_or_raise(self.bus, "background task thread", self.function)


def _log_or_raise(bus: Bus | None, what: str, function: Callable[..., Any]) -> None:
    """Log the exception that is being handled, or raise it again if there is no bus."""
    if bus is None:
        raise  # noqa: PLE0704  (called from an `except` block)
    message = f"Error in {what} function {function!r}."
    bus.log(message, level=logging.ERROR, traceback=True)


class Monitor(SimplePlugin):
    """A plugin that calls a function every so many seconds while the bus is started.

    Args:
        bus: the bus.
        callback: called without arguments, in the monitor's own daemon thread.
        frequency: seconds between two calls; 0 or less to do nothing.
        name: of the thread; by default the name of the class.

    Attributes:
        thread: the thread that calls, None while stopped.
    """

    callback: Callable[[], Any]
    frequency: float = 60
    thread: BackgroundTask | None = None

    def __init__(
        self,
        bus: Bus,
        callback: Callable[[], Any],
        frequency: float = 60,
        name: str | None = None,
    ) -> None:
        super().__init__(bus)
        self.callback = callback
        self.frequency = frequency
        self.thread = None
        self.name = name

    @priority(70)
    def start(self) -> None:
        """Start calling, unless the thread runs already."""
        if self.frequency <= 0:
            return
        name = self.name or type(self).__name__
        if self.thread is not None:
            self.bus.log(f"Monitor thread {name!r} already started.")
            return
        thread = self._make_thread()
        thread.name = name
        self.thread = thread
        thread.start()
        self.bus.log(f"Started monitor thread {name!r}.")

    def _make_thread(self) -> BackgroundTask:
        return BackgroundTask(self.frequency, self.callback, bus=self.bus)

    def stop(self) -> None:
        """Stop calling. Does not wait for a call that is running."""
        thread, self.thread = self.thread, None
        if thread is not None:
            thread.cancel()
            self.bus.log(f"Stopped thread {thread.name!r}.")

    def graceful(self) -> None:
        """Start a new thread, with the present `callback` and `frequency`.

        Not for a bus that is stopped.
        """
        self.stop()
        if self.bus.state in (State.STARTING, State.STARTED):
            self.start()


def __getattr__(name: str) -> Any:
    # magicbus has it here; our autoreloader is built on this module.
    if name == "Autoreloader":
        from cherrypy_wspbus.plugins.autoreload import Autoreloader  # noqa: PLC0415  (a cycle)

        return Autoreloader
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
