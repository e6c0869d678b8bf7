"""A process bus: named channels, prioritised listeners, start and stop, plugins.

`Bus` is the bus. The plugins are in `cherrypy_wspbus.plugins`, the adapter that puts a
server on the bus in `cherrypy_wspbus.servers`. Importing has no effect but the names.
"""

from cherrypy_wspbus.__about__ import __version__
from cherrypy_wspbus._bus import Bus
from cherrypy_wspbus._state import State, states
from cherrypy_wspbus.failures import ChannelFailures, SetupError

ProcessBus = Bus
"""The name of a bus in magicbus."""

__all__ = ["Bus", "ChannelFailures", "ProcessBus", "SetupError", "State", "__version__", "states"]
