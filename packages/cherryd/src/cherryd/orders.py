"""What cherryd is asked to do, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cherryd.binds import Bind

__all__ = ["Orders", "WorkerSettings"]


@dataclass(frozen=True)
class WorkerSettings:
    """How a site is served by several processes.

    Attributes:
        count: the number of processes.
        timeout: seconds without a sign of life after which a worker is replaced.
        max_requests: requests after which a worker is replaced; None for no limit.
        max_age: seconds after which a worker is replaced; None for no limit.
        max_memory: resident MiB above which a worker is replaced (Linux); None for no limit.
        jitter: per cent by which the limits vary from worker to worker, upwards.
        drain: seconds that requests under way may take to finish when a worker ends.
        lame_duck: seconds to go on accepting after SIGTERM, while not ready.

    Raises:
        ValueError: a number is none, or not above 0.
    """

    count: int = 1
    timeout: float = 60.0
    max_requests: int | None = None
    max_age: float | None = None
    max_memory: int | None = None
    jitter: int = 10
    drain: float = 5.0
    lame_duck: float = 0.0

    def __post_init__(self) -> None:
        for name in ("count", "timeout", "max_requests", "max_age", "max_memory"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, (int, float)) and value > 0):
                shown = "the number of workers" if name == "count" else name
                raise ValueError(f"{shown} must be a number above 0, not {value!r}")


@dataclass(frozen=True)
class Orders:
    """Everything that the options say (see `cherryd.start`).

    Attributes:
        configfiles: config files, later ones prevail.
        environment: name of a config environment.
        imports: names of modules to import.
        application: `MODULE:NAME` of what to serve at "/".
        binds: where to listen, instead of what is configured.
        gateway: "fastcgi", "scgi" or "cgi" instead of HTTP.
        health: None for no answers to /livez and /readyz, "" for the main port, or an address.
        drain: seconds that requests under way may take to finish; None for the setting.
        lame_duck: seconds to go on accepting after SIGTERM, while not ready.
    """

    configfiles: tuple[str, ...] = ()
    environment: str | None = None
    imports: tuple[str, ...] = ()
    application: str | None = None
    binds: tuple[Bind, ...] = ()
    gateway: str | None = None
    health: Bind | str | None = None
    drain: float | None = None
    lame_duck: float = 0.0
