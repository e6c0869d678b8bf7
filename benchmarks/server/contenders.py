"""The servers that are compared: how each is started, and what its processes use."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from environments import HOME, python_in

__all__ = ["CONTENDERS", "FILE_SIZE", "Running", "processes_of", "start"]

SITES = Path(__file__).with_name("sites")
FILE_SIZE = 100 * 1000 * 1000  # bytes of the download
PATIENCE = 30  # seconds until a server answers


class Contender(NamedTuple):
    """A server and the way it is started."""

    environment: str
    """Where it is installed, see environments.py."""

    command: str
    """What follows the interpreter's name; `{port}` and `{log}` are filled in."""

    threads: int
    """How many requests it works on at a time."""


CONTENDERS = {
    "ours, WSGI": Contender(
        "ours", "-m cherrypy_httpserver plain:app --bind 127.0.0.1:{port} --threads 10", 10
    ),
    "ours": Contender("ours", "framework.py {port}", 10),
    "ours, logging": Contender("ours", "framework.py {port} {log}", 10),
    "original": Contender("original", "framework.py {port}", 10),
    "cheroot": Contender("servers", "bare.py {port}", 10),
    "gunicorn 2x4": Contender(
        "servers", "-m gunicorn -k gthread -w 2 --threads 4 -b 127.0.0.1:{port} plain:app", 8
    ),
    "granian": Contender(
        "servers",
        "-m granian --interface wsgi --workers 1 --host 127.0.0.1 --port {port} plain:app",
        1,
    ),
}


def processes_of(pid: int) -> list[int]:
    """Return the process and all that descend from it."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


class Running:
    """A server that runs, with all its processes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.threads = CONTENDERS[name].threads
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = ("127.0.0.1", self.port)
        self.url = f"http://127.0.0.1:{self.port}"
        # Looking whether the environment is up to date is no part of the start.
        python = python_in(CONTENDERS[name].environment)
        began = time.monotonic()
        self._process = self._launch(python)
        try:
            self._wait(began + PATIENCE)
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.monotonic() - began

    def _launch(self, python: Path) -> subprocess.Popen[bytes]:
        contender = CONTENDERS[self.name]
        log = HOME / "access.log"
        log.unlink(missing_ok=True)
        words = contender.command.format(port=self.port, log=log).split()
        environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        environ["BENCHMARK_FILE"] = str(HOME / "big")
        # Users' installations have their modules compiled.
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        with (HOME / "servers.log").open("ab") as output:
            return subprocess.Popen(
                [str(python), *words],
                cwd=SITES,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def _wait(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise SystemExit(f"{self.name} has ended: see {HOME / 'servers.log'}")
            with contextlib.suppress(OSError), socket.create_connection(self.address, 5) as probe:
                probe.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                if probe.recv(12) == b"HTTP/1.1 200":
                    return
            time.sleep(0.002)
        raise SystemExit(f"{self.name} does not answer: see {HOME / 'servers.log'}")

    def cpu_seconds(self) -> float:
        """Return the CPU time that all its processes have used so far."""
        nanoseconds = 0
        for pid in processes_of(self._process.pid):
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    with contextlib.suppress(OSError):
                        nanoseconds += int((task / "schedstat").read_text().split()[0])
        return nanoseconds / 1e9

    def memory(self) -> float:
        """Return the resident memory of all its processes, in MB, shared pages shared out."""
        total = 0
        for pid in processes_of(self._process.pid):
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
        return total / 1024

    def holdings(self) -> tuple[float, int, int]:
        """Return the resident memory (MB), threads and descriptors of its first process."""
        process = Path(f"/proc/{self._process.pid}")
        pages = int((process / "statm").read_text().split()[1])
        threads, descriptors = (len(list((process / kind).iterdir())) for kind in ("task", "fd"))
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, threads, descriptors

    def stop(self) -> None:
        """End it, with what it has started."""
        processes = processes_of(self._process.pid)
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            for pid in reversed(processes):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()


@contextlib.contextmanager
def start(names: Iterable[str]) -> Iterator[list[Running]]:
    """Start servers, hand them out, and end them again."""
    big = HOME / "big"
    if not big.exists() or big.stat().st_size != FILE_SIZE:
        HOME.mkdir(parents=True, exist_ok=True)
        with big.open("wb") as file:
            for _ in range(FILE_SIZE // 1_000_000):
                file.write(os.urandom(1_000_000))
    with contextlib.ExitStack() as stack:
        servers = []
        for name in names:
            servers.append(Running(name))
            stack.callback(servers[-1].stop)
        yield servers
