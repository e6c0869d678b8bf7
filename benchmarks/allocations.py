"""Measure the memory that a request takes, ours beside other frameworks.

    hatch run bench-allocations [--requests N] [--scenarios hello,form] [--frameworks ours,falcon]

For each scenario: the bytes that are allocated at the peak of a request (`tracemalloc`), the
blocks of memory, nearly as many as objects, that are held when the answer has been made
(`sys.getallocatedblocks`), and the bytes that are left for good. The first two are medians,
the third is an average: caches that fill on the way show there. Ends with 1 if ours leaves
more than a few bytes.
"""

from __future__ import annotations

import argparse
import sys

from environments import FRAMEWORKS
from processes import Worker, start
from run import names
from scenarios import SCENARIOS

# Bytes per request: less than the smallest object that could be forgotten each time takes, and
# more than the caches that go on filling do.
MAX_LEFT = 40


def measure(worker: Worker, scenario: str, requests: int) -> tuple[float, str]:
    """Return the bytes that a request leaves, and a table's cell about all three figures."""
    if scenario in worker.about["lacks"]:
        return 0, ""
    worker.ask(do="check", scenario=scenario)
    result = worker.ask(do="allocations", scenario=scenario, requests=requests)
    cell = f"{result['bytes']:,} / {result['objects']} / {result['left']:.1f}"
    return result["left"], cell


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--scenarios", type=names(SCENARIOS), default=list(SCENARIOS))
    parser.add_argument("--frameworks", type=names(FRAMEWORKS), default=list(FRAMEWORKS))
    arguments = parser.parse_args()
    workers = start(arguments.frameworks)
    print(f"| bytes / objects / bytes left | {' | '.join(arguments.frameworks)} |")
    print(f"| --- |{' ---: |' * len(workers)}")
    bad = []
    for scenario in arguments.scenarios:
        cells = []
        for worker in workers:
            left, cell = measure(worker, scenario, arguments.requests)
            cells.append(cell)
            if worker.framework == "ours" and left > MAX_LEFT:
                bad.append(scenario)
        print(f"| {scenario} | {' | '.join(cells)} |", flush=True)
    for worker in workers:
        worker.stop()
    sys.exit(f"requests leave memory behind: {', '.join(bad)}" if bad else 0)


if __name__ == "__main__":
    main()
