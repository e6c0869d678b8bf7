"""The frameworks' processes, seen from the program that drives them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from environments import HOME, python_for
from scenarios import write_static_files

__all__ = ["Worker", "start"]


class Worker:
    """One framework in its own process, kept running and driven over two pipes."""

    def __init__(self, framework: str, static: Path) -> None:
        self.framework = framework
        environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        self._process = subprocess.Popen(
            [
                str(python_for(framework)),
                str(Path(__file__).with_name("worker.py")),
                framework,
                str(static),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ,
        )
        self.about = self.ask(do="about")

    def ask(self, **command: Any) -> dict[str, Any]:
        """Send a command and wait for its answer.

        Raises:
            SystemExit: the process has died, or reports an error.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(json.dumps(command), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        result: dict[str, Any] = json.loads(line) if line else {"error": "its process has died"}
        if "error" in result:
            raise SystemExit(f"{self.framework}, {command}:\n{result['error']}")
        return result

    def stop(self) -> None:
        """End the process by ending its input."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def start(frameworks: list[str]) -> list[Worker]:
    """Return a running process for each framework."""
    static = HOME / "static"
    write_static_files(static)
    return [Worker(framework, static) for framework in frameworks]
