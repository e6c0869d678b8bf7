"""Plugins for the bus."""

from __future__ import annotations

from cherrypy_wspbus.plugins import (
    Autoreloader,
    BackgroundTask,
    Daemonizer,
    DropPrivileges,
    Monitor,
    Notifier,
    PerpetualTimer,
    PIDFile,
    SignalHandler,
    SimplePlugin,
    ThreadManager,
    TimeoutMonitor,
)

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
