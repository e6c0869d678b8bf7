"""One framework's process: answers commands, one JSON object a line, until its input ends.

    python worker.py FRAMEWORK STATIC_DIRECTORY

Commands, with their answers:
    {"do": "about"}                                   versions, and the scenarios it lacks
    {"do": "check", "scenario": S}                    {} if all answers are right
    {"do": "round", "scenario": S, "requests": N}     {"seconds": CPU time}
    {"do": "garbage", "scenario": S, "requests": N}   what the cycle collector found
    {"do": "allocations", "scenario": S, "requests": N}   memory per request
An error is answered with {"error": its traceback}.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import platform
import sys
import traceback
import tracemalloc
from collections import Counter
from importlib.metadata import version
from itertools import count
from typing import Any

from client import drive, environ_of, held_blocks, send, traced_bytes
from scenarios import SCENARIOS, Scenario

DISTRIBUTIONS = {"ours": "cherrypy", "original": "cherrypy"}
VISITORS = 20
CHECKS = 40


class WrongAnswerError(Exception):
    """An application did not answer as its scenario demands."""


class Driver:
    """Sends the requests of any scenario to one application."""

    def __init__(self, framework: str, static: str) -> None:
        self.framework = framework
        module = importlib.import_module(f"apps.{framework}")
        self.lacks = module.LACKS
        app = module.build(static)
        self.apps = dict.fromkeys(SCENARIOS, app)
        if hasattr(module, "with_sessions"):
            self.apps["ram_session"] = module.with_sessions(app)
        self.numbers = count(1)
        self.cookies: list[str] = []

    def about(self) -> dict[str, Any]:
        """Return versions, where the framework was imported from, and what it lacks."""
        distribution = DISTRIBUTIONS.get(self.framework, self.framework)
        return {
            "version": version(distribution),
            "python": platform.python_version(),
            "lacks": sorted(self.lacks),
        }

    def check(self, scenario: Scenario) -> dict[str, Any]:
        """Look at status, headers and body of some answers, which warms the process up too."""
        for number in self._some(CHECKS):
            environ = self._environ(scenario, number)
            status, headers, body = send(self.apps[scenario.name], environ)
            _demand(scenario, number, status, body)
            by_name = {name.lower(): value for name, value in headers}
            if not scenario.are_right(by_name):
                raise WrongAnswerError(f"{scenario.name} {number}: headers {headers}")
        return {}

    def round(self, scenario: Scenario, requests: int) -> dict[str, Any]:
        """Time some requests; the collector runs as it does in production."""
        numbers = self._some(requests)
        environs = [self._environ(scenario, number) for number in reversed(numbers)]
        # The prepared requests would not be there in production: the collector shall not
        # spend time on looking through them.
        gc.collect()
        gc.freeze()
        try:
            seconds, statuses, bodies = drive(self.apps[scenario.name], environs)
        finally:
            gc.unfreeze()
        for number, status, body in zip(numbers, statuses, bodies, strict=True):
            _demand(scenario, number, status, body)
        return {"seconds": seconds}

    def garbage(self, scenario: Scenario, requests: int) -> dict[str, Any]:
        """Count what only the cycle collector would free after some requests."""
        environs = [self._environ(scenario, number) for number in self._some(requests)]
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            drive(self.apps[scenario.name], environs)
            found = gc.collect()
            kinds = Counter(type(thing).__qualname__ for thing in gc.garbage)
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
        return {"found": found, "kinds": kinds.most_common(8)}

    def allocations(self, scenario: Scenario, requests: int) -> dict[str, Any]:
        """Measure what a request occupies at its peak, and what is left of it."""
        app = self.apps[scenario.name]
        blocks = sorted(held_blocks(app, self._environ(scenario, n)) for n in self._some(requests))
        first, second = (
            [self._environ(scenario, number) for number in self._some(requests)] for _ in range(2)
        )
        gc.collect()
        gc.disable()
        tracemalloc.start()
        try:
            # In the first round, full caches replace what was not traced by what is.
            traced_bytes(app, first)
            peaks, left = traced_bytes(app, second)
        finally:
            tracemalloc.stop()
            gc.enable()
        middle = requests // 2
        return {"bytes": peaks[middle], "objects": blocks[middle], "left": left / requests}

    def _some(self, quantity: int) -> list[int]:
        return [next(self.numbers) for _ in range(quantity)]

    def _environ(self, scenario: Scenario, number: int) -> dict[str, Any]:
        cookie = ""
        if scenario.name == "ram_session":
            cookie = self._visitors_cookie(scenario, number)
        return environ_of(*scenario.request(number, cookie))

    def _visitors_cookie(self, scenario: Scenario, number: int) -> str:
        """Return a visitor's session cookie; the first time, all pay their first visit."""
        while len(self.cookies) < VISITORS:
            _, headers, _ = send(self.apps[scenario.name], environ_of(*scenario.request(0)))
            (cookie,) = [value for name, value in headers if name.lower() == "set-cookie"]
            self.cookies.append(cookie.partition(";")[0])
        return self.cookies[number % VISITORS]


def _demand(scenario: Scenario, number: int, status: str, body: bytes) -> None:
    if not status.startswith(scenario.status) or not scenario.is_right(number, body):
        raise WrongAnswerError(f"{scenario.name} {number}: {status} {body[:300]!r}")


def answer(driver: Driver, command: dict[str, Any]) -> dict[str, Any]:
    """Carry out one command."""
    action = getattr(driver, command.pop("do"))
    if "scenario" in command:
        command["scenario"] = SCENARIOS[command["scenario"]]
    result: dict[str, Any] = action(**command)
    return result


def main() -> None:
    """Serve commands."""
    # The pipe to the parent gets a descriptor of its own: whatever a framework prints goes
    # to standard error.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    driver = None
    for line in sys.stdin:
        try:
            driver = driver or Driver(*sys.argv[1:])
            result = answer(driver, json.loads(line))
        except Exception:  # noqa: BLE001 - the parent reports it
            result = {"error": traceback.format_exc()}
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    main()
