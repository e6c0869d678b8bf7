"""Measure CPU time per request, ours beside other frameworks, in one run.

    hatch run bench [--fast] [--scenarios hello,form] [--frameworks ours,falcon] [--json FILE]

Each framework runs in a process of its own and keeps running. The rounds of all frameworks
are interleaved, so that whatever else the machine does meets all of them alike; the table
shows the median over the rounds. One call is one WSGI request in process, without a socket:
`benchmarks/README.md` says what that leaves out.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from environments import FRAMEWORKS
from processes import Worker, start
from scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Microseconds of each round, by scenario and framework.
Samples = dict[str, dict[str, list[float]]]

FULL = (25, 0.025)  # rounds, CPU seconds of one round
FAST = (7, 0.008)


def names(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Return a parser for a comma-separated choice among the *known* names."""
    known = list(known)

    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        for name in chosen:
            if name not in known:
                message = f"{name!r} is none of {', '.join(known)}"
                raise argparse.ArgumentTypeError(message)
        return chosen

    return parse


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, help=f"rounds of each (default {FULL[0]})")
    parser.add_argument("--scenarios", type=names(SCENARIOS), default=list(SCENARIOS))
    parser.add_argument("--frameworks", type=names(FRAMEWORKS), default=list(FRAMEWORKS))
    parser.add_argument("--fast", action="store_true", help="few and short rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round's figure")
    arguments = parser.parse_args()
    rounds, arguments.seconds = FAST if arguments.fast else FULL
    arguments.rounds = arguments.rounds or rounds
    return arguments


def calibrate(worker: Worker, scenario: str, seconds: float) -> int:
    """Check the answers, then return how many requests take about *seconds*."""
    worker.ask(do="check", scenario=scenario)
    trial = 60
    taken: float = worker.ask(do="round", scenario=scenario, requests=trial)["seconds"]
    return max(20, min(4000, round(seconds * trial / taken)))


def measure(workers: list[Worker], scenario: str, rounds: int, seconds: float) -> Samples:
    """Return one scenario's microseconds per request, by framework, one for each round."""
    able = [worker for worker in workers if scenario not in worker.about["lacks"]]
    sizes = [calibrate(worker, scenario, seconds) for worker in able]
    samples: dict[str, list[float]] = {worker.framework: [] for worker in able}
    for _ in range(rounds):
        for worker, requests in zip(able, sizes, strict=True):
            taken = worker.ask(do="round", scenario=scenario, requests=requests)["seconds"]
            samples[worker.framework].append(taken / requests * 1e6)
    return {scenario: samples}


def table(samples: Samples, frameworks: list[str]) -> str:
    """Return the medians as Markdown, with each one's ratio to the first framework."""
    base = frameworks[0]
    lines = [
        f"| µs per request | {' | '.join(frameworks)} |",
        f"| --- |{' ---: |' * len(frameworks)}",
    ]
    for scenario, by_framework in samples.items():
        medians = {name: statistics.median(rounds) for name, rounds in by_framework.items()}
        cells = []
        for name in frameworks:
            cell = f"{medians[name]:.1f}" if name in medians else ""
            if cell and name != base and base in medians:
                cell += f" ({medians[name] / medians[base]:.2f}x)"
            cells.append(cell)
        lines.append(f"| {scenario} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and report."""
    arguments = parse_arguments()
    workers = start(arguments.frameworks)
    samples: Samples = {}
    for scenario in arguments.scenarios:
        print(f"{scenario} ...", file=sys.stderr, flush=True)
        samples |= measure(workers, scenario, arguments.rounds, arguments.seconds)
    versions = {worker.framework: worker.about["version"] for worker in workers}
    for worker in workers:
        worker.stop()
    about = {
        "python": workers[0].about["python"],
        "versions": versions,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "rounds": arguments.rounds,
    }
    print(table(samples, arguments.frameworks))
    print()
    for scenario in arguments.scenarios:
        print(f"* {scenario}: {SCENARIOS[scenario].summary}")
    print()
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    print(
        f"Medians of {arguments.rounds} interleaved rounds; (ratio to {arguments.frameworks[0]}). "
        f"Python {about['python']}; {listed}; {about['machine']}."
    )
    if arguments.json:
        document = json.dumps({**about, "microseconds": samples}, indent=1)
        arguments.json.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
