"""The public names; a change here is a change for users."""

import importlib

import pytest

PUBLIC = {
    "cherrypy_wspbus": [
        "Bus",
        "ChannelFailures",
        "ProcessBus",
        "SetupError",
        "State",
        "__version__",
        "states",
    ],
    "cherrypy_wspbus.failures": ["ChannelFailures", "SetupError"],
    "cherrypy_wspbus.health": ["Health", "Report"],
    "cherrypy_wspbus.init": ["run_below_init"],
    "cherrypy_wspbus.plugins": [
        "Autoreloader",
        "BackgroundTask",
        "Daemonizer",
        "DropPrivileges",
        "Monitor",
        "Notifier",
        "PIDFile",
        "PerpetualTimer",
        "SignalHandler",
        "SimplePlugin",
        "ThreadManager",
        "TimeoutMonitor",
    ],
    "cherrypy_wspbus.plugins.servers": [
        "ServerPlugin",
        "wait_for_free_port",
        "wait_for_occupied_port",
    ],
    "cherrypy_wspbus.plugins.signalhandler": ["SignalHandler"],
    "cherrypy_wspbus.ports": [
        "Timeouts",
        "check_port",
        "client_host",
        "free_port_timeout",
        "is_listening",
        "occupied_port_timeout",
        "wait_for_free_port",
        "wait_for_occupied_port",
    ],
    "cherrypy_wspbus.reexec": [
        "activation_files",
        "close_files",
        "close_on_exec",
        "command_line",
        "current_directory",
        "flush_standard_streams",
        "replace_process",
    ],
    "cherrypy_wspbus.sockets": ["InheritedSockets", "VARIABLE", "address_key"],
    "cherrypy_wspbus.systemd": [
        "ActivatedSocket",
        "activated_sockets",
        "notify",
        "reloading",
        "watchdog_interval",
    ],
    "cherrypy_wspbus.win32": [
        "CONSOLE_EVENTS",
        "ConsoleCtrlHandler",
        "PyWebService",
        "Win32Bus",
        "control_codes",
        "signal_child",
    ],
    "cherrypy_wspbus.servers": [
        "ServerAdapter",
        "Timeouts",
        "check_port",
        "client_host",
        "free_port_timeout",
        "occupied_port_timeout",
        "wait_for_free_port",
        "wait_for_occupied_port",
    ],
}


@pytest.mark.parametrize("name", PUBLIC)
def test_the_public_names_of_a_module(name):
    module = importlib.import_module(name)
    assert sorted(module.__all__) == PUBLIC[name]
    assert all(hasattr(module, public) for public in PUBLIC[name])


def test_the_names_of_magicbus_are_there():
    from cherrypy_wspbus import Bus, ProcessBus, servers
    from cherrypy_wspbus.plugins import SignalHandler, signalhandler, tasks
    from cherrypy_wspbus.plugins import servers as plugins

    assert ProcessBus is Bus
    assert signalhandler.SignalHandler is SignalHandler
    assert issubclass(plugins.ServerPlugin, servers.ServerAdapter)
    assert tasks.Autoreloader.__name__ == "Autoreloader"
    assert tasks.Monitor in tasks.Autoreloader.__mro__
    with pytest.raises(AttributeError, match="'nothing'"):
        _ = tasks.nothing
