"""Measure how long importing each framework takes, the runs of all interleaved.

hatch run bench-import [--rounds N] [--frameworks ours,bottle]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess

from environments import FRAMEWORKS, HOME, python_for
from run import names

MODULES = {"ours": "cherrypy", "original": "cherrypy"}


def import_once(framework: str) -> tuple[float, int]:
    """Return the milliseconds of one import in a new process, and the modules it loaded."""
    module = MODULES.get(framework, framework)
    command = [str(python_for(framework)), "-X", "importtime", "-c", f"import {module}"]
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=HOME, env=environ
    )
    if done.returncode:
        error = done.stderr[done.stderr.find("Traceback") :]
        raise SystemExit(f"{framework}: {error}")
    # Lines are "import time: SELF | CUMULATIVE | NAME", an importer after what it imports.
    rows = [line.removeprefix("import time:").split("|") for line in done.stderr.splitlines()]
    imported = [name.strip() for _, _, name in rows]
    end = imported.index(module)
    return int(rows[end][1]) / 1000, end - imported.index("site")


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--frameworks", type=names(FRAMEWORKS), default=list(FRAMEWORKS))
    arguments = parser.parse_args()
    for framework in arguments.frameworks:
        import_once(framework)
    samples: dict[str, list[float]] = {name: [] for name in arguments.frameworks}
    modules = {}
    for _ in range(arguments.rounds):
        for framework in arguments.frameworks:
            milliseconds, modules[framework] = import_once(framework)
            samples[framework].append(milliseconds)
    print("| import | ms | modules |\n| --- | ---: | ---: |")
    for framework, rounds in samples.items():
        print(f"| {framework} | {statistics.median(rounds):.1f} | {modules[framework]} |")
    print(f"\nMedians of {arguments.rounds} interleaved runs of `python -X importtime`.")


if __name__ == "__main__":
    main()
