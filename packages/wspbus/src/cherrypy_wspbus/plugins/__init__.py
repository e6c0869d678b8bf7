"""Plugins for the bus: signals, daemon, privileges, pid file, monitors, reloading, threads."""

from cherrypy_wspbus.plugins.autoreload import Autoreloader
from cherrypy_wspbus.plugins.daemon import Daemonizer
from cherrypy_wspbus.plugins.pidfile import PIDFile
from cherrypy_wspbus.plugins.privileges import DropPrivileges
from cherrypy_wspbus.plugins.signals import SignalHandler
from cherrypy_wspbus.plugins.simple import SimplePlugin
from cherrypy_wspbus.plugins.tasks import BackgroundTask, Monitor, PerpetualTimer
from cherrypy_wspbus.plugins.threads import ThreadManager

__all__ = [
    "Autoreloader",
    "BackgroundTask",
    "Daemonizer",
    "DropPrivileges",
    "Monitor",
    "PIDFile",
    "PerpetualTimer",
    "SignalHandler",
    "SimplePlugin",
    "ThreadManager",
]
