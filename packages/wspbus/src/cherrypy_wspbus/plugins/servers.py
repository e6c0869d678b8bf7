"""Servers on the bus, under the names that they have in magicbus."""

from __future__ import annotations

from cherrypy_wspbus.ports import wait_for_free_port, wait_for_occupied_port
from cherrypy_wspbus.servers import ServerAdapter

__all__ = ["ServerPlugin", "wait_for_free_port", "wait_for_occupied_port"]


class ServerPlugin(ServerAdapter):
    """A `ServerAdapter`."""
