"""Windows, faked at its edge: kernel32.dll and the modules of pywin32."""

import ctypes
import importlib
import sys
import types

import pytest

from cherrypy_wspbus import Bus, states, win32
from cherrypy_wspbus._kernel32 import Kernel32


class Library:
    """kernel32.dll, as far as it is used. `calls` is what it was asked for."""

    def __init__(self):
        self.calls = []
        self.handlers = []
        self.works = True
        self.events = {}
        self.while_waiting = lambda: None

    def SetConsoleCtrlHandler(self, handler, add):
        self.calls.append(("SetConsoleCtrlHandler", add))
        if self.works:
            (self.handlers.append if add else self.handlers.remove)(handler)
        return self.works

    def CreateEventW(self, security, manual, is_set, name):
        handle = 100 + len(self.events)
        self.events[handle] = bool(is_set)
        assert (security, manual, name) == (None, 1, None)
        return handle if self.works else 0

    def SetEvent(self, handle):
        self.events[handle] = True

    def ResetEvent(self, handle):
        self.events[handle] = False

    def WaitForMultipleObjects(self, number, handles, all_of_them, milliseconds):
        self.calls.append(("Wait", number, list(handles), all_of_them, milliseconds))
        self.while_waiting()


@pytest.fixture
def library():
    return Library()


@pytest.fixture
def kernel(library):
    return Kernel32(library, ctypes.CFUNCTYPE)


def test_where_there_is_no_windows_it_says_so(monkeypatch):
    monkeypatch.delattr(ctypes, "WinDLL", raising=False)
    with pytest.raises(OSError, match="This system is not Windows"):
        Kernel32().create_event(True)


def test_the_library_is_loaded_when_it_is_needed(monkeypatch, library):
    asked = []
    loader = lambda name, **options: asked.append((name, options)) or library  # noqa: E731
    monkeypatch.setattr(ctypes, "WinDLL", loader, raising=False)
    monkeypatch.setattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE, raising=False)
    kernel = Kernel32()
    assert asked == []
    kernel.set_console_handler(lambda event: 1)
    kernel.set_console_handler(None)
    kernel.set_console_handler(None)
    assert asked == [("kernel32", {"use_last_error": True})]
    assert library.calls == [("SetConsoleCtrlHandler", 1), ("SetConsoleCtrlHandler", 0)]


@pytest.mark.parametrize("event", win32.CONSOLE_EVENTS)
def test_a_console_event_exits_the_bus(bus, kernel, library, event):
    handler = win32.ConsoleCtrlHandler(bus, kernel)
    handler.subscribe()
    bus.start()
    (installed,) = library.handlers
    exited = []
    bus.subscribe("exit", lambda: exited.append(library.handlers[:]))
    assert installed(event) == 1
    assert bus.state is states.EXITING
    # The handler had gone before: a second Ctrl-C is not waited for.
    assert exited == [[]]
    assert f"Console event {win32.CONSOLE_EVENTS[event]}: shutting down bus" in bus.text


def test_other_console_events_are_left_to_windows(bus, kernel, library):
    win32.ConsoleCtrlHandler(bus, kernel).subscribe()
    bus.start()
    assert library.handlers[0](77) == 0
    assert bus.state is states.STARTED


def test_a_handler_is_set_and_removed_once(bus, kernel, library):
    handler = win32.ConsoleCtrlHandler(bus, kernel)
    handler.start()
    handler.start()
    assert "already set" in bus.text
    handler.stop()
    handler.stop()
    assert not handler.is_set
    assert library.handlers == []
    assert len(library.calls) == 2


def test_a_process_without_a_console_says_so(bus, kernel, library):
    library.works = False
    handler = win32.ConsoleCtrlHandler(bus, kernel)
    with pytest.raises(OSError, match="no console"):
        handler.start()
    assert not handler.is_set
    library.works = True
    handler.start()
    library.works = False
    handler.stop()
    assert "the handler was not known" in bus.text


@pytest.fixture
def win32_bus(kernel):
    bus = win32.Win32Bus(kernel)
    bus.may_exit_process = False
    yield bus
    bus.exit()


def test_the_states_are_event_objects(win32_bus, library):
    started, stopped = win32_bus.event(states.STARTED), win32_bus.event(states.STOPPED)
    assert library.events == {started: False, stopped: True}
    assert win32_bus.event(states.STARTED) == started
    win32_bus.start()
    assert library.events == {started: True, stopped: False}
    win32_bus.stop()
    assert library.events == {started: False, stopped: True}


def test_waiting_is_done_by_windows(win32_bus, library):
    published = []
    win32_bus.subscribe("main", lambda: published.append(win32_bus.state))

    def while_waiting():
        if len(published) == 2:
            win32_bus.exit()

    library.while_waiting = while_waiting
    win32_bus.start()
    win32_bus.block(interval=0.25)
    assert published == [states.STARTED] * 2
    exiting = win32_bus.event(states.EXITING)
    assert library.calls == [("Wait", 1, [exiting], 0, 250)] * 3


def test_an_exit_is_not_missed_when_the_bus_starts_again_at_once(win32_bus, library):
    library.while_waiting = lambda: (win32_bus.exit(), win32_bus.start())
    win32_bus.start()
    win32_bus.wait((states.EXITING, states.STOPPED))
    assert win32_bus.state is states.STARTED


def test_windows_can_run_out_of_handles(win32_bus, library):
    library.works = False
    with pytest.raises(OSError, match="CreateEvent failed"):
        win32_bus.event(states.STARTED)


@pytest.fixture
def pywin32(monkeypatch):
    """win32serviceutil and win32service; `calls` is what they were asked for."""
    calls = []

    class ServiceFramework:
        def __init__(self, args):
            self.args = args

        def ReportServiceStatus(self, status):
            calls.append(("status", status))

    utilities = types.ModuleType("win32serviceutil")
    utilities.ServiceFramework = ServiceFramework
    for name in ("StopService", "RestartService", "ControlService"):
        setattr(utilities, name, lambda *args, name=name: calls.append((name, *args)))
    service = types.ModuleType("win32service")
    service.SERVICE_STOP_PENDING = 3
    monkeypatch.setitem(sys.modules, "win32serviceutil", utilities)
    monkeypatch.setitem(sys.modules, "win32service", service)
    utilities.calls = calls
    return utilities


@pytest.fixture
def service_class(pywin32, monkeypatch):
    """The class as it is where pywin32 is installed."""
    name = "cherrypy_wspbus.win32"
    monkeypatch.delitem(sys.modules, name)
    module = importlib.import_module(name)
    monkeypatch.setattr(sys.modules["cherrypy_wspbus"], "win32", module)
    return module.PyWebService


def test_without_pywin32_the_service_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "win32serviceutil", None)
    with pytest.raises(ImportError, match=r"pip install 'cherrypy-wspbus\[windows\]'"):
        win32.PyWebService([])


def test_a_service_runs_its_bus_until_the_manager_stops_it(service_class, pywin32, in_thread):
    bus = Bus()

    class Service(service_class):
        pass

    Service.bus = bus
    service = Service(["argument"])
    running = in_thread(service.SvcDoRun)
    bus.wait(states.STARTED)
    assert bus.may_exit_process is False
    service.SvcStop()
    running.finish()
    assert bus.state is states.EXITING
    assert pywin32.calls == [("status", 3)]


def test_a_service_publishes_its_control_codes(service_class, bus):
    service_class.bus = bus
    reloaded = []
    bus.subscribe("graceful", lambda: reloaded.append(1))
    service = service_class([])
    service.SvcOther(138)
    service.SvcOther(200)
    assert reloaded == [1]
    assert "Unknown control code 200" in bus.text


def test_a_service_without_a_bus_says_what_is_missing(service_class):
    with pytest.raises(RuntimeError, match=r"PyWebService\.bus is None"):
        service_class([]).SvcDoRun()


@pytest.mark.parametrize(
    ("command", "call"),
    [
        ("stop", ("StopService", "web")),
        ("restart", ("RestartService", "web")),
        ("graceful", ("ControlService", "web", 138)),
    ],
)
def test_a_service_can_be_told_something(pywin32, command, call):
    win32.signal_child("web", command)
    assert pywin32.calls == [call]


def test_an_unknown_command_is_refused():
    with pytest.raises(ValueError, match="'dance'; there are graceful, restart, stop"):
        win32.signal_child("web", "dance")
