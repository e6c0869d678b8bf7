"""Requests without a pause while processes reload, are replaced and end: none may be lost.

    hatch run stress [--seconds 20] [--clients 32] [--workers 4]

Starts `cherryd` with a small application, sends requests all the time, over kept and over new
connections, and meanwhile does what operators do. For each it prints how many requests were
answered and how many were lost. Ends with 1 if any was.

A request is lost if its connection was accepted and no complete answer came. Not lost is one
that was sent on a kept connection which had just been closed: clients send it once more (RFC
9112 section 9.3.1). When a process has ended for good, connections are refused.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

Act = Callable[["Process"], object]

APP = """
import os, threading

def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        threading.Event().wait(0.2)
    body = str(os.getpid()).encode() * 100
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


class Load:
    """Clients that send requests until they are told to end."""

    def __init__(self, port: int, clients: int) -> None:
        self.port = port
        self.answered = 0
        self.retried = 0
        self.refused = 0
        self.lost: collections.Counter[str] = collections.Counter()
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(keep, slow))
            # New connections each time, kept ones, a few requests that take long.
            for keep, slow in [(False, False), (True, False), (True, False), (False, True)]
            for _ in range(clients // 4)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, keep: bool, slow: bool) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self._end.is_set():
            reused = connection is not None
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            if self._ask(connection, reused, "/slow" if slow else "/") and keep:
                continue
            connection.close()
            connection = None
        if connection is not None:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection, reused: bool, path: str) -> bool:
        """Send a request; return whether the connection can be used again."""
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
        except ConnectionRefusedError:
            with self._lock:
                self.refused += 1
            threading.Event().wait(0.05)
            return False
        except (OSError, http.client.HTTPException) as error:
            gone = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)
            with self._lock:
                if reused and isinstance(error, gone):
                    self.retried += 1
                else:
                    self.lost[type(error).__name__] += 1
            return False
        with self._lock:
            if answer.status == http.HTTPStatus.OK:
                self.answered += 1
            else:
                self.lost[f"status {answer.status}"] += 1
        return not answer.will_close

    def end(self) -> None:
        """Send no more, and wait for the last answers."""
        self._end.set()
        for thread in self._threads:
            thread.join()


class Process:
    """cherryd with the application."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        address = ["--bind", "127.0.0.1:0", "--control", "ctl", "--drain", "30"]
        command = [sys.executable, "-m", "cherryd", "stressed:app", *address, *options]
        self.log = (directory / "log").open("w+")
        self.popen = subprocess.Popen(command, cwd=directory, stderr=self.log)
        self.port = self._port()

    def _port(self) -> int:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.popen.poll() is None:
            found = re.search(r"Serving on http://127\.0\.0\.1:(\d+)", self._log_text())
            if found and (self.directory / "ctl").exists():
                return int(found[1])
            time.sleep(0.05)
        raise SystemExit(f"it does not start: {self._log_text()}")

    def _log_text(self) -> str:
        return (self.directory / "log").read_text()

    def ask(self, command: str) -> dict:
        """Return what the control socket answers."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(30)
            client.connect(str(self.directory / "ctl"))
            client.sendall(json.dumps({"command": command}).encode() + b"\n")
            return json.loads(client.makefile().readline())

    def workers(self) -> set[int]:
        """Return the workers that serve, none if nobody answers at the moment."""
        with contextlib.suppress(OSError, ValueError):
            return {w["pid"] for w in self.ask("status")["workers"] if w["phase"] == "serving"}
        return set()

    def end(self) -> int:
        """Have it end, and return its code."""
        self.popen.terminate()
        code = self.popen.wait(60)
        self.log.close()
        return code


def replace_workers(process: Process, number: int) -> None:
    """Send a signal and wait until every worker is another one."""
    before = process.workers()
    wanted = process.ask("status")["wanted"]
    process.popen.send_signal(number)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        now = process.workers()
        if len(now) >= wanted and not now & before:
            return
        time.sleep(0.05)
    raise SystemExit("the workers are not replaced")


def run(name: str, options: list[str], act: Act | None, clients: int, seconds: float) -> bool:
    """Do one thing again and again under load, then end; print a line; tell if all is well."""
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        (directory / "stressed.py").write_text(APP)
        process = Process(directory, *options)
        load = Load(process.port, clients)
        deadline = time.monotonic() + seconds
        times = 0
        while act is not None and time.monotonic() < deadline:
            act(process)
            times += 1
        if act is None:
            time.sleep(seconds / 4)
        if load.refused:
            load.lost["refused while it should serve"] = load.refused
        code = process.end()
        load.end()
    lost = sum(load.lost.values())
    print(
        f"{name:<34}{times:>6}{load.answered:>10}{load.retried:>9}{load.refused:>9}{lost:>6}"
        f"{code:>6}  {dict(load.lost) or ''}",
        flush=True,
    )
    return not lost and code == 0


def reload_alone(process: Process) -> None:
    """Have a process without workers replace itself, and wait until it answers again."""
    process.ask("reload")
    deadline = time.monotonic() + 60
    time.sleep(0.2)
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):
            if process.ask("status")["state"] == "STARTED":
                return
        time.sleep(0.05)
    raise SystemExit("it does not come back")


def kill_nobody(process: Process) -> None:
    """One worker more, one less."""
    process.popen.send_signal(signal.SIGTTIN)
    time.sleep(1)
    process.popen.send_signal(signal.SIGTTOU)
    time.sleep(1)


def main() -> int:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="for each part")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1))
    options = parser.parse_args()
    many = ["--workers", str(options.workers)]
    recycled = [*many, "--max-requests", "500"]
    parts = [
        ("end (SIGTERM)", [], None),
        ("end with workers", many, None),
        ("replace the process (ctl reload)", [], reload_alone),
        ("reload workers (SIGHUP)", many, lambda p: replace_workers(p, signal.SIGHUP)),
        ("replace the program (SIGUSR2)", many, lambda p: replace_workers(p, signal.SIGUSR2)),
        ("more and fewer workers", many, kill_nobody),
        ("recycle after 500 requests", recycled, lambda _: time.sleep(1)),
    ]
    print(
        f"{'':<34}{'times':>6}{'answered':>10}{'retried':>9}{'refused':>9}{'lost':>6}{'code':>6}"
    )
    results = [run(*part, options.clients, options.seconds) for part in parts]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
