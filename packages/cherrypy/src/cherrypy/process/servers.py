"""Servers on the bus."""

from __future__ import annotations

from cherrypy_httpserver.xcgi import FlupCGIServer, FlupFCGIServer, FlupSCGIServer
from cherrypy_wspbus.servers import (
    ServerAdapter,
    Timeouts,
    check_port,
    client_host,
    free_port_timeout,
    occupied_port_timeout,
    wait_for_free_port,
    wait_for_occupied_port,
)

__all__ = [
    "FlupCGIServer",
    "FlupFCGIServer",
    "FlupSCGIServer",
    "ServerAdapter",
    "Timeouts",
    "check_port",
    "client_host",
    "free_port_timeout",
    "occupied_port_timeout",
    "wait_for_free_port",
    "wait_for_occupied_port",
]
