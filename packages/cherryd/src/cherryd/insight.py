"""What a process is doing at this moment, as plain values."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cherrypy_wspbus import Bus

__all__ = ["describe_process", "memory", "requests_in_flight", "stacks"]

_MIB = 1024 * 1024


def describe_process(bus: Bus, servers: Iterable[Any]) -> dict[str, Any]:
    """Return the state of the bus, the servers and the requests under way."""
    serving = list(servers)
    return {
        "pid": os.getpid(),
        "state": bus.state.name,
        "serving": [server.description for server in serving if server.running],
        "memory_mib": memory(os.getpid()),
        "requests": requests_in_flight(serving),
    }


def requests_in_flight(servers: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the requests under way in `servers`, the oldest first."""
    found: list[dict[str, Any]] = []
    for server in servers:
        tell = getattr(server.httpserver, "in_flight", None)
        # A server of someone else's does not know them.
        if tell is not None and server.running:
            found += [request._asdict() for request in tell()]
    for request in found:
        request["age"] = round(request["age"], 3)
    return sorted(found, key=lambda request: -request["age"])


def stacks(servers: Iterable[Any]) -> list[dict[str, Any]]:
    """Return name and stack of every thread, and the request that it is busy with."""
    requests = {request["thread"]: request for request in requests_in_flight(servers)}
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    found = []
    for ident, frame in sys._current_frames().items():  # noqa: SLF001  # documented by Python
        name = names.get(ident, f"thread {ident}")
        found.append(
            {
                "name": name,
                "request": requests.get(name),
                "stack": [line.rstrip() for line in traceback.format_stack(frame)],
            }
        )
    return sorted(found, key=lambda thread: str(thread["name"]))


def memory(pid: int) -> int | None:
    """Return the resident memory of a process in MiB, None where that is not to be had.

    Source: proc_pid_statm(5); the second number counts pages.
    """
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123  # no file of ours
            pages = int(file.read().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") // _MIB
    except (OSError, ValueError, IndexError, AttributeError):
        return None
