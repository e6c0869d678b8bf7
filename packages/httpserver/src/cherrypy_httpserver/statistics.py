"""The counters of a server in `logging.statistics`, which the cpstats tool shows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

__all__ = ["counters", "publish", "withdraw"]


def counters(server: Any) -> dict[str, Any]:
    """Return the counters of a server that has not been started."""

    def rate(stats: dict[str, Any]) -> float:
        return float(stats["Accepts"] / (server.runtime() or 1e-6))

    return {
        "Enabled": False,
        "Bind Address": lambda _: repr(server.bind_addr),
        "Run time": lambda s: server.runtime() if s["Enabled"] else -1,
        "Accepts": 0,
        "Accepts/sec": rate,
        "Queue": lambda _: server.requests.qsize,
        "Threads": lambda _: len(server.requests._threads),  # noqa: SLF001  (ours; cheroot's name)
        "Threads Idle": lambda _: server.requests.idle,
        "Socket Errors": 0,
        "Requests": -1,
        "Bytes Read": -1,
        "Bytes Written": -1,
        "Work Time": -1,
        "Read Throughput": -1,
        "Write Throughput": -1,
        "Worker Threads": {},
    }


def publish(server: Any) -> None:
    """Put the counters of `server` among those of the process, and keep them up to date.

    A function there is called with the dictionary that it is in. Those that cost something give
    -1 while `stats["Enabled"]` is false, as with cheroot.
    """
    stats: dict[str, Any] = server.stats
    pool = server.requests

    def enabled(count: Any) -> Any:
        return lambda s: count() if s["Enabled"] else -1

    stats.update(
        {
            "Requests": enabled(lambda: pool.requests),
            "Bytes Read": enabled(lambda: _moved(server, "bytes_read")),
            "Bytes Written": enabled(lambda: _moved(server, "bytes_written")),
            "Work Time": enabled(lambda: pool.work_time),
            "Read Throughput": enabled(
                lambda: _moved(server, "bytes_read") / (pool.work_time or 1e-6)
            ),
            "Write Throughput": enabled(
                lambda: _moved(server, "bytes_written") / (pool.work_time or 1e-6)
            ),
            "Connections": lambda _: len(server.front.open),
            "Queue Time": lambda _: pool.queue_time,
            "Queue Time Max": lambda _: pool.queue_time_max,
            "Threads Max": lambda _: pool.peak,
            "Rejected": lambda _: pool.rejected,
            "Refused": lambda _: sum(server.front.refusals.values()),
            "Shed Connections": lambda _: server.front.shed_connections,
            "Worker Threads": _Workers(pool),
        }
    )
    _registry()[_key(server)] = stats


def withdraw(server: Any) -> None:
    """Take the counters of a server out of those of the process."""
    _registry().pop(_key(server), None)


def _registry() -> dict[str, Any]:
    if not hasattr(logging, "statistics"):
        logging.statistics = {}  # type: ignore[attr-defined]  # where cheroot and cpstats look
    registry: dict[str, Any] = logging.statistics  # type: ignore[attr-defined]  # as above
    return registry


def _key(server: Any) -> str:
    return f"Cheroot HTTPServer {id(server)}"


def _moved(server: Any, name: str) -> int:
    front = server.front
    total: int = getattr(front, name)
    for connection in list(front.open):
        total += getattr(connection, name)
    return total


class _Workers(dict):  # type: ignore[type-arg]  # what it has is made when it is looked at
    """Thread name -> counters, of the workers that there are now."""

    def __init__(self, pool: Any) -> None:
        super().__init__()
        self._pool = pool

    def _current(self) -> dict[str, Any]:
        return {
            worker.name: {
                "Requests": lambda _, w=worker: w.requests,
                "Work Time": lambda _, w=worker: w.work_time,
            }
            for worker in list(self._pool._threads)  # noqa: SLF001  (ours; cheroot's name)
        }

    def items(self) -> Any:
        """Return pairs of thread name and counters."""
        return self._current().items()

    def values(self) -> Any:
        """Return the counters of each thread."""
        return self._current().values()

    def keys(self) -> Any:
        """Return the names of the threads."""
        return self._current().keys()

    def __iter__(self) -> Any:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._pool._threads)  # noqa: SLF001  (as above)
