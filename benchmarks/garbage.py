"""Check that requests leave nothing behind for the cycle collector.

    hatch run bench-garbage [--requests N] [--frameworks ours,falcon]

Whatever a request has built shall go with its last reference. Memory then stays level
between collections, and these have little to do. Ends with 1 if ours leaves anything.
"""

from __future__ import annotations

import argparse
import sys

from environments import FRAMEWORKS
from processes import Worker, start
from run import names
from scenarios import SCENARIOS


def describe(worker: Worker, scenario: str, requests: int) -> tuple[int, str]:
    """Return how many objects some requests leave, and a table's cell about them."""
    if scenario in worker.about["lacks"]:
        return 0, ""
    worker.ask(do="check", scenario=scenario)
    worker.ask(do="garbage", scenario=scenario, requests=requests)
    result = worker.ask(do="garbage", scenario=scenario, requests=requests)
    kinds = ", ".join(f"{count} {kind}" for kind, count in result["kinds"])
    return result["found"], f"{result['found']}" + (f" ({kinds})" if kinds else "")


def main() -> None:
    """Count and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--frameworks", type=names(FRAMEWORKS), default=["ours"])
    arguments = parser.parse_args()
    workers = start(arguments.frameworks)
    print(f"| left by {arguments.requests} requests | {' | '.join(arguments.frameworks)} |")
    print(f"| --- |{' --- |' * len(workers)}")
    bad = False
    for scenario in SCENARIOS:
        cells = []
        for worker in workers:
            found, cell = describe(worker, scenario, arguments.requests)
            cells.append(cell)
            bad = bad or (worker.framework == "ours" and found > 0)
        print(f"| {scenario} | {' | '.join(cells)} |", flush=True)
    for worker in workers:
        worker.stop()
    sys.exit("requests leave garbage" if bad else 0)


if __name__ == "__main__":
    main()
