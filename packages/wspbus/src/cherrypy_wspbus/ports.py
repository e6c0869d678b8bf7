"""Waiting until something listens on a TCP port, or nothing any more."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Timeouts",
    "check_port",
    "client_host",
    "free_port_timeout",
    "is_listening",
    "occupied_port_timeout",
    "wait_for_free_port",
    "wait_for_occupied_port",
]

free_port_timeout = 0.1
"""Seconds one attempt to connect may take while a port should be free (CherryPy 8)."""

occupied_port_timeout = 1.0
"""Seconds one attempt to connect may take while a port should be occupied (CherryPy 8)."""

# A server is up or gone within milliseconds; a refused local connection costs 50 us.
_PAUSE = 0.01

_ANY_ADDRESS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1"} | dict.fromkeys(  # noqa: S104
    ("::", "::0", "::0.0.0.0"), "::1"
)


class Timeouts:
    """How long to wait for a port, in seconds; assign to the class to change it.

    Attributes:
        free: until nobody listens any more.
        occupied: until somebody listens.
    """

    free: float = 1
    occupied: float = 5


def client_host(server_host: str) -> str:
    """Return the host to connect to for a server that listens on `server_host`.

    That is the loopback address for a server that listens on every interface.
    """
    return _ANY_ADDRESS.get(server_host, server_host)


def check_port(host: str, port: int, timeout: float = 1.0) -> None:
    """Make sure that nobody listens on a port.

    Args:
        host: the server's host.
        port: the server's port.
        timeout: seconds an attempt to connect may take.

    Raises:
        ValueError: if the host is empty.
        OSError: if somebody accepts connections there.
    """
    if not host:
        raise ValueError("Host values of '' or None are not allowed.")
    if is_listening(host, port, timeout):
        raise OSError(f"Port {port} is in use on {host}: another server listens there.")


def wait_for_free_port(host: str, port: int, timeout: float | None = None) -> None:
    """Wait until nobody listens on a port.

    Args:
        host: the server's host.
        port: the server's port.
        timeout: seconds to wait, by default `Timeouts.free`.

    Raises:
        ValueError: if the host is empty.
        OSError: if somebody still listens after that time.
    """
    if not host:
        raise ValueError("Host values of '' or None are not allowed.")
    limit = Timeouts.free if timeout is None else timeout
    if not _within(limit, lambda: not is_listening(host, port, free_port_timeout)):
        raise OSError(
            f"Port {port} not free on {host}: another server listens there. "
            "Stop it or choose another port."
        )


def wait_for_occupied_port(host: str, port: int, timeout: float | None = None) -> None:
    """Wait until somebody listens on a port.

    Args:
        host: the server's host.
        port: the server's port.
        timeout: seconds to wait, by default `Timeouts.occupied`.

    Raises:
        ValueError: if the host is empty.
        OSError: if nobody listens after that time.
    """
    if not host:
        raise ValueError("Host values of '' or None are not allowed.")
    limit = Timeouts.occupied if timeout is None else timeout
    if not _within(limit, lambda: is_listening(host, port, occupied_port_timeout)):
        raise OSError(f"Port {port} not bound on {host} after {limit} seconds.")


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Try until `condition()` is true or the time is over; return which of them it is."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_PAUSE)
    return True


def is_listening(host: str, port: int, timeout: float) -> bool:
    """Tell whether somebody accepts a connection on a port, at any of the host's addresses.

    Args:
        host: the server's host; that of every interface stands for the loopback address.
        port: the server's port.
        timeout: seconds an attempt to connect to one address may take.
    """
    import socket  # noqa: PLC0415  (slow to import)

    target = client_host(host)
    try:
        addresses = socket.getaddrinfo(target, port, type=socket.SOCK_STREAM)
    except OSError:
        # Nobody can listen at a name without an address.
        return False
    for family, kind, protocol, _name, address in addresses:
        with socket.socket(family, kind, protocol) as client:
            client.settimeout(timeout)
            if client.connect_ex(address) == 0:
                return True
    return False
