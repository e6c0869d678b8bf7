"""The bus on Windows: console events, states to wait for, and a service.

This module can be imported on every system. The service needs pywin32 (the extra `windows`).
"""

from __future__ import annotations

import logging
from importlib import import_module

from cherrypy_wspbus._bus import Bus
from cherrypy_wspbus._kernel32 import Kernel32
from cherrypy_wspbus._state import State
from cherrypy_wspbus.plugins.simple import SimplePlugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = [
    "CONSOLE_EVENTS",
    "ConsoleCtrlHandler",
    "PyWebService",
    "Win32Bus",
    "control_codes",
    "signal_child",
]

CONSOLE_EVENTS = {
    0: "CTRL_C_EVENT",
    1: "CTRL_BREAK_EVENT",
    2: "CTRL_CLOSE_EVENT",
    5: "CTRL_LOGOFF_EVENT",
    6: "CTRL_SHUTDOWN_EVENT",
}
"""Number -> name, as in HandlerRoutine of the Windows console documentation."""

control_codes: dict[str, int] = {"graceful": 138}
"""Channel -> the code that has a service publish to it; your own are from 128 to 255."""


class ConsoleCtrlHandler(SimplePlugin):
    """A plugin that exits the bus on Ctrl-C, Ctrl-Break, and when the console is closed.

    A second Ctrl-C, while the bus is exiting, ends the process at once.

    Args:
        bus: the bus.
        kernel: Windows; something else in tests.

    Attributes:
        is_set: true while the handler is installed.
    """

    def __init__(self, bus: Bus, kernel: Any = None) -> None:
        super().__init__(bus)
        self.is_set = False
        self._kernel = Kernel32() if kernel is None else kernel

    def start(self) -> None:
        """Install the handler."""
        if self.is_set:
            self.bus.log("Handler for console events already set.")
            return
        self._kernel.set_console_handler(self.handle)
        self.is_set = True
        self.bus.log("Set handler for console events.")

    def stop(self) -> None:
        """Leave console events to Windows again."""
        if not self.is_set:
            return
        self.is_set = False
        try:
            self._kernel.set_console_handler(None)
        except OSError as error:
            self.bus.log(str(error), level=logging.WARNING)
        else:
            self.bus.log("Removed handler for console events.")

    def handle(self, event: int) -> int:
        """Exit the bus, on a console event that means the end; called by Windows.

        Returns:
            1 if the event is dealt with, 0 to leave it to Windows. When the console is closed
            or the user leaves, Windows ends the process as soon as this returns:
            everything has been stopped by then.
        """
        name = CONSOLE_EVENTS.get(event)
        if name is None:
            return 0
        self.bus.log(f"Console event {name}: shutting down bus")
        # First, so that the next Ctrl-C is not waited for.
        self.stop()
        self.bus.exit()
        return 1


class Win32Bus(Bus):
    """A bus whose states are event objects of Windows, too.

    Args:
        kernel: Windows; something else in tests.

    Attributes:
        events: state -> handle of its event object, for those that somebody asked for.
    """

    def __init__(self, kernel: Any = None) -> None:
        self._kernel = Kernel32() if kernel is None else kernel
        self.events: dict[State, int] = {}
        super().__init__()

    @property
    def state(self) -> State:
        """The state the bus is in."""
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        before = self._state
        self._state = state
        self._waiters.wake()
        if before is not state and before in self.events:
            self._kernel.reset_event(self.events[before])
        if state in self.events:
            self._kernel.set_event(self.events[state])

    def event(self, state: State) -> int:
        """Return the handle of an event object that is set while the bus is in `state`."""
        with self._moving:
            if state not in self.events:
                self.events[state] = self._kernel.create_event(self._state is state)
            return self.events[state]

    def wait(
        self, state: State | Iterable[State], interval: float = 0.1, channel: str | None = None
    ) -> None:
        """Wait until the bus is in `state` or in one of several states.

        Args:
            state: a state or several of them.
            interval: seconds between two publications to `channel`, and two looks for Ctrl-C.
            channel: where to publish meanwhile; None for nowhere.
        """
        wanted = (state,) if isinstance(state, State) else tuple(state)
        handles = [self.event(each) for each in wanted]
        exits = self._exits if State.EXITING in wanted else None
        while self._state not in wanted and exits in (None, self._exits):
            self._kernel.wait(handles, interval)
            if channel is not None and self._state not in wanted:
                self.publish(channel)


def _service_framework() -> Any:
    try:
        return import_module("win32serviceutil").ServiceFramework
    except ImportError:
        return _NoServices


class _NoServices:
    """Stands in for the base of services where pywin32 is missing."""

    def __init__(self, *_args: object) -> None:
        raise ImportError("A service needs pywin32: pip install 'cherrypy-wspbus[windows]'")


class PyWebService(_service_framework()):  # type: ignore[misc]  # known at run time
    """A Windows service that runs a bus. Make a subclass that names the service and the bus.

    Example:
        class MyService(PyWebService):
            _svc_name_ = "MyService"
            _svc_display_name_ = "My service"
            bus = my_bus

        win32serviceutil.HandleCommandLine(MyService)

    Attributes:
        bus: the bus.
    """

    _svc_name_ = "PythonWebService"
    _svc_display_name_ = "Python Web Service"
    _svc_description_ = "A Python web service"

    bus: Bus | None = None

    def _bus(self) -> Bus:
        if self.bus is None:
            raise RuntimeError(f"{type(self).__name__}.bus is None: name the bus that it runs.")
        return self.bus

    def SvcDoRun(self) -> None:  # noqa: N802  (pywin32's name)
        """Start the bus and return when it has exited; called by the service manager."""
        bus = self._bus()
        # The service manager ends the process, and wants to know of errors.
        bus.may_exit_process = False
        bus.start()
        bus.block()

    def SvcStop(self) -> None:  # noqa: N802  (pywin32's name)
        """Exit the bus; called by the service manager."""
        self.ReportServiceStatus(import_module("win32service").SERVICE_STOP_PENDING)
        self._bus().exit()

    def SvcOther(self, control: int) -> None:  # noqa: N802  (pywin32's name)
        """Publish to the channel that `control_codes` has for a code."""
        for channel, code in control_codes.items():
            if code == control:
                self._bus().publish(channel)
                return
        self._bus().log(f"Unknown control code {control}", level=logging.WARNING)


def signal_child(service: str, command: str) -> None:
    """Tell a service something.

    Args:
        service: its name.
        command: "stop", "restart", or a channel in `control_codes`, such as "graceful".

    Raises:
        ValueError: if there is no such command.
        ImportError: if pywin32 is missing.
    """
    known = {"stop", "restart", *control_codes}
    if command not in known:
        raise ValueError(f"No such command: {command!r}; there are {', '.join(sorted(known))}.")
    win32serviceutil = import_module("win32serviceutil")
    if command == "stop":
        win32serviceutil.StopService(service)
    elif command == "restart":
        win32serviceutil.RestartService(service)
    else:
        win32serviceutil.ControlService(service, control_codes[command])
