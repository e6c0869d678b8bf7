"""Clients that put load on a server: wrk, and sockets that stay open."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

__all__ = ["Held", "Load", "download", "require_wrk", "wrk"]

MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
PATIENCE = 10
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Load(NamedTuple):
    """What wrk has counted."""

    requests: int
    seconds: float
    p50: float
    """Milliseconds that half of the answers took at most."""
    p99: float
    errors: int
    """Answers other than 2xx and 3xx, time-outs, and connections that broke."""


def require_wrk() -> None:
    """End with a clear message if wrk is missing."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: on Debian and Ubuntu, apt-get install wrk")


def wrk(
    url: str,
    connections: int,
    seconds: float,
    *fields: str,
    upload: int = 0,
    script: Path | None = None,
) -> Load:
    """Have wrk keep *connections* busy for some seconds.

    Args:
        url: what to ask for.
        connections: how many at a time.
        seconds: how long.
        fields: header fields to send.
        upload: bytes of a body to post; 0 for GET.
        script: makes the requests instead; see the manual of wrk.
    """
    words = ["wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds:.0f}", "--timeout", "10"]
    for field in fields:
        words += ["-H", field]
    with tempfile.TemporaryDirectory() as directory:
        if upload:
            script = Path(directory) / "upload.lua"
            script.write_text(f'wrk.method = "POST"\nwrk.body = string.rep("x", {upload})\n')
        if script is not None:
            words += ["-s", str(script)]
        done = subprocess.run([*words, url], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"wrk failed: {done.stderr or done.stdout}")
    return parse(done.stdout)


def parse(text: str) -> Load:
    """Return what the report of wrk says."""
    counted = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m),", text)
    assert counted is not None, text
    percentiles = {
        number: float(value) * MILLISECONDS[unit]
        for number, value, unit in re.findall(
            r"^ +(\d+)% +([\d.]+)(us|ms|s|m)$", text, re.MULTILINE
        )
    }
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    errors = int(bad[1]) if bad else 0
    errors += sum(map(int, broken.groups())) if broken else 0
    seconds = float(counted[2]) * MILLISECONDS[counted[3]] / 1000
    return Load(int(counted[1]), seconds, percentiles["50"], percentiles["99"], errors)


def download(address: tuple[str, int], path: str) -> int:
    """Fetch *path* once; return the bytes of the answer, head included."""
    buffer = bytearray(1 << 20)
    length = 0
    with socket.create_connection(address, 60) as client:
        client.sendall(b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % path.encode())
        while received := client.recv_into(buffer):
            length += received
    return length


class Held:
    """Connections that have been answered once and then say nothing.

    A server that is slow to take them, or to answer, has ten seconds for all of them.
    """

    def __init__(self, address: tuple[str, int], number: int) -> None:
        self.sockets: list[socket.socket] = []
        end = time.monotonic() + PATIENCE
        with contextlib.suppress(OSError):
            while len(self.sockets) < number and time.monotonic() < end:
                self.sockets.append(socket.create_connection(address, 1))
        self.opened = self.answering()

    def answering(self) -> int:
        """Ask on each connection; return how many answer."""
        good = 0
        end = time.monotonic() + PATIENCE
        for client in self.sockets:
            with contextlib.suppress(OSError):
                client.settimeout(max(0.01, min(1, end - time.monotonic())))
                client.sendall(GET)
                good += client.recv(65536).startswith(b"HTTP/1.1 200")
        return good

    def close(self) -> None:
        """Close them all."""
        for client in self.sockets:
            client.close()
        time.sleep(0.2)
