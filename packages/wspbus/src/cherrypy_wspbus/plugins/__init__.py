"""Plugins for the bus: signals, daemon, privileges, pid file, systemd, monitors, threads."""

from __future__ import annotations

from cherrypy_wspbus.plugins.autoreload import Autoreloader
from cherrypy_wspbus.plugins.signals import SignalHandler
from cherrypy_wspbus.plugins.simple import SimplePlugin
from cherrypy_wspbus.plugins.tasks import BackgroundTask, Monitor, PerpetualTimer
from cherrypy_wspbus.plugins.threads import ThreadManager
from cherrypy_wspbus.plugins.timeouts import TimeoutMonitor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_wspbus.plugins.daemon import Daemonizer
    from cherrypy_wspbus.plugins.notifier import Notifier
    from cherrypy_wspbus.plugins.pidfile import PIDFile
    from cherrypy_wspbus.plugins.privileges import DropPrivileges

__all__ = [
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
]

# PERF: most programs need none of them; together they cost 1 ms to import.
_LATER = {
    "Daemonizer": "daemon",
    "DropPrivileges": "privileges",
    "Notifier": "notifier",
    "PIDFile": "pidfile",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  (when it is needed)

    found = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = found
    return found
