"""Compare HTTP servers under load, in one run: ours beside others.

    hatch run bench:server [--scenarios hello,idle] [--servers "ours, WSGI;granian"] [--rounds 3]

All servers of a scenario run at the same time and are measured in turn, round after round, so
that whatever else the machine does meets all of them alike; the table shows the medians. The
client shares the machine: the CPU time of all processes of a server for each request is the
sound figure, requests per second and latency are what was left. See `benchmarks/README.md`.
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

from contenders import CONTENDERS, start
from load import require_wrk
from measuring import SCENARIOS, allow_many_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from contenders import Running
    from measuring import Scenario

# The figures of each round, by server.
Samples = dict[str, list[dict[str, float]]]

if sys.platform != "linux":
    sys.exit("this benchmark reads the CPU time of processes from /proc: Linux only")


def names(known: Iterable[str], separator: str) -> Callable[[str], list[str]]:
    """Return a parser for a choice among the *known* names."""
    known = list(known)

    def parse(text: str) -> list[str]:
        chosen = text.split(separator)
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {'; '.join(known)}")
        return chosen

    return parse


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    parser.add_argument("--scenarios", type=names(SCENARIOS, ","), default=list(SCENARIOS))
    parser.add_argument(
        "--servers", type=names(CONTENDERS, ";"), default=list(CONTENDERS), metavar="A;B"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round's figures")
    return parser.parse_args()


def measure(scenario: Scenario, servers: list[Running], rounds: int, seconds: float) -> Samples:
    """Return all figures of a scenario: by server, a list of dictionaries."""
    able = [server for server in servers if server.name not in scenario.lacks]
    samples: Samples = {server.name: [] for server in able}
    for _ in range(rounds):
        for server in able:
            samples[server.name].append(scenario.measure(server, seconds))
    return samples


def table(samples: Samples) -> str:
    """Return the medians as Markdown."""
    medians = {
        name: {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
        for name, rounds in samples.items()
    }
    keys = list(next(iter(medians.values())))
    lines = [f"| | {' | '.join(keys)} |", f"| --- |{' ---: |' * len(keys)}"]
    for name, figures in medians.items():
        lines.append(f"| {name} | {' | '.join(f'{figures[key]:,.4g}' for key in keys)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and report."""
    arguments = parse_arguments()
    require_wrk()
    allow_many_files()
    results: dict[str, Samples] = {}
    for name in arguments.scenarios:
        scenario = SCENARIOS[name]
        # New ones for each: nothing of one scenario is left for the next.
        with start(arguments.servers) as servers:
            print(f"{name} ...", file=sys.stderr, flush=True)
            samples = measure(scenario, servers, arguments.rounds, arguments.seconds)
        results[name] = samples
        print(f"\n### {name}: {scenario.summary}\n\n{table(samples)}", flush=True)
    print(
        f"\nMedians of {arguments.rounds} interleaved rounds of {arguments.seconds:g} s. "
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors."
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
