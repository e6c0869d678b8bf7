"""Plugins for the bus: signals, daemon, privileges, pid file, systemd, monitors, threads."""

from cherrypy_wspbus.plugins.autoreload import Autoreloader
from cherrypy_wspbus.plugins.daemon import Daemonizer
from cherrypy_wspbus.plugins.notifier import Notifier
from cherrypy_wspbus.plugins.pidfile import PIDFile
from cherrypy_wspbus.plugins.privileges import DropPrivileges
from cherrypy_wspbus.plugins.signals import SignalHandler
from cherrypy_wspbus.plugins.simple import SimplePlugin
from cherrypy_wspbus.plugins.tasks import BackgroundTask, Monitor, PerpetualTimer
from cherrypy_wspbus.plugins.threads import ThreadManager
from cherrypy_wspbus.plugins.timeouts import TimeoutMonitor

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
