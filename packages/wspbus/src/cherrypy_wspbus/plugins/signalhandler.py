"""The signal handler, under the name that its module has in magicbus."""

from __future__ import annotations

from cherrypy_wspbus.plugins.signals import SignalHandler

__all__ = ["SignalHandler"]
