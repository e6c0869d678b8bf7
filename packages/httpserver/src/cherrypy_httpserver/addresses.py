"""Addresses to listen on, written as text: `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH`."""

from __future__ import annotations

from cherrypy_httpserver.errors import SettingError

__all__ = ["HIGHEST_PORT", "parse_address"]

HIGHEST_PORT = 65535
"""TCP ports are 16 bits."""


def parse_address(text: str) -> tuple[str, int] | str:
    """Return what `Server.bind_addr` takes: (host, port), or the path of a Unix socket.

    Args:
        text: `127.0.0.1:8080`, `[::1]:8080` (the brackets of RFC 3986 section 3.2.2) or
            `unix:/run/site.sock`. Port 0 lets the system choose one.

    Raises:
        SettingError: if `text` is none of these.
    """
    if text.startswith("unix:"):
        path = text[len("unix:") :]
        if not path:
            raise SettingError("'unix:' must be followed by the path of the socket")
        return path
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise SettingError(f"{text!r}: write an IPv6 address in brackets, as in '[::1]:8080'")
    if not host:
        raise SettingError(
            f"{text!r} has no host: write HOST:PORT, '0.0.0.0:8080' for all interfaces"
        )
    if not (port.isascii() and port.isdigit()) or int(port) > HIGHEST_PORT:
        raise SettingError(f"{text!r}: the port must be a number from 0 to {HIGHEST_PORT}")
    return host, int(port)
