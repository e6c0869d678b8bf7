"""The scenarios: each measures one running server for a short while."""

from __future__ import annotations

import contextlib
import resource
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from contenders import FILE_SIZE, Running
from load import Held, download, wrk

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SCENARIOS", "Scenario", "allow_many_files"]

HELD = 1000
CONNECTIONS = 64
MEBIBYTE = 1 << 20

Figures = dict[str, float]


class Scenario(NamedTuple):
    """What is measured, in words, and the function that does it."""

    summary: str
    measure: Callable[[Running, float], Figures]
    lacks: tuple[str, ...] = ()
    """Servers for which it makes no sense."""


def loaded(  # as many as wrk takes
    server: Running, path: str, connections: int, seconds: float, *fields: str, upload: int = 0
) -> Figures:
    """Put load on a server; return the usual figures."""
    before = server.cpu_seconds()
    load = wrk(server.url + path, connections, seconds, *fields, upload=upload)
    used = server.cpu_seconds() - before
    return {
        "CPU µs": used / max(load.requests, 1) * 1e6,
        "per s": load.requests / load.seconds,
        "p50 ms": load.p50,
        "p99 ms": load.p99,
        "errors": load.errors,
    }


def hello(server: Running, seconds: float) -> Figures:
    """Ask for a short page."""
    return loaded(server, "/", CONNECTIONS, seconds)


def connecting(server: Running, seconds: float) -> Figures:
    """Ask for a short page, on a new connection each time."""
    return loaded(server, "/", 16, seconds, "Connection: close")


def uploading(server: Running, seconds: float) -> Figures:
    """Post a mebibyte."""
    return loaded(server, "/upload", 8, seconds, upload=MEBIBYTE)


def downloading(server: Running, seconds: float) -> Figures:
    """Fetch the big file again and again."""
    before, began = server.cpu_seconds(), time.monotonic()
    count = 0
    while time.monotonic() - began < seconds:
        length = download(server.address, "/big")
        if length < FILE_SIZE:
            raise SystemExit(f"{server.name}: a download of {length} bytes")
        count += 1
    taken = time.monotonic() - began
    return {
        "CPU ms": (server.cpu_seconds() - before) / count * 1000,
        "MB/s": count * FILE_SIZE / 1e6 / taken,
    }


def starting(server: Running, _seconds: float) -> Figures:
    """Start another one: the time until its first answer."""
    other = Running(server.name)
    used = other.cpu_seconds()
    memory = other.memory()
    other.stop()
    return {"ms": other.start_seconds * 1000, "CPU ms": used * 1000, "MB": memory}


def holding(server: Running, seconds: float) -> Figures:
    """Ask for a short page while many connections are idle."""
    alone = loaded(server, "/", CONNECTIONS, seconds)
    with contextlib.closing(Held(server.address, HELD)) as held:
        together = loaded(server, "/", CONNECTIONS, seconds)
        memory = server.memory()
        answering = held.answering()
    return {
        "CPU µs": together["CPU µs"],
        "more CPU %": (together["CPU µs"] / alone["CPU µs"] - 1) * 100,
        "per s": together["per s"],
        "p99 ms": together["p99 ms"],
        "answering": answering,
        "MB": memory,
    }


def idling(server: Running, seconds: float) -> Figures:
    """Do nothing."""
    time.sleep(0.5)
    before = server.cpu_seconds()
    time.sleep(seconds)
    return {"CPU ms/s": (server.cpu_seconds() - before) * 1000 / seconds}


def sleeping(server: Running, seconds: float) -> Figures:
    """Ask for a page that sleeps."""
    figures = loaded(server, "/sleep", 2 * server.threads, seconds)
    ideal = server.threads / 0.05
    return {"% of ideal": figures["per s"] / ideal * 100, **figures}


def computing(server: Running, seconds: float) -> Figures:
    """Ask for a short page while another client asks for one that computes."""
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            download(server.address, "/compute")

    client = threading.Thread(target=ask)
    client.start()
    try:
        return loaded(server, "/", 4, max(seconds, 2))
    finally:
        done.set()
        client.join()


SCENARIOS = {
    "hello": Scenario(f"hello world, {CONNECTIONS} connections kept alive", hello),
    "connecting": Scenario("hello world, a connection for each request, 16 at a time", connecting),
    "upload": Scenario("1 MiB posted and read, 8 connections", uploading),
    "download": Scenario("a file of 100 MB, one client", downloading),
    "start": Scenario("from the command to the first answer", starting),
    "held": Scenario(f"hello world beside {HELD:,} idle connections", holding),
    "idle": Scenario("nothing to do", idling),
    # granian chooses the number of its threads by itself.
    "sleep": Scenario(
        "handlers that sleep 50 ms, two connections a thread", sleeping, ("granian",)
    ),
    "compute": Scenario(
        "hello world, 4 connections, beside a handler that computes for a second", computing
    ),
}


def allow_many_files() -> None:
    """Raise the limit of open files as far as one may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
