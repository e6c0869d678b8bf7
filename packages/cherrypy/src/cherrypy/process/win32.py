"""The bus on Windows: console events, and a service that runs the default site."""

from __future__ import annotations

from cherrypy import engine
from cherrypy_wspbus.win32 import ConsoleCtrlHandler, Win32Bus, control_codes, signal_child
from cherrypy_wspbus.win32 import PyWebService as _PyWebService

__all__ = ["ConsoleCtrlHandler", "PyWebService", "Win32Bus", "control_codes", "signal_child"]


class PyWebService(_PyWebService):
    """A Windows service that runs `cherrypy.engine`."""

    bus = engine
