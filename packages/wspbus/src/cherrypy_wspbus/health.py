"""Whether a process is alive and ready, as load balancers and orchestrators ask it."""

from __future__ import annotations

import logging

from cherrypy_wspbus._state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from cherrypy_wspbus._bus import Bus

    Check = Callable[[], Any]

__all__ = ["Health", "Report"]


class Report:
    """The answer to one question about a process.

    Attributes:
        good: true if all is well.
        parts: name of what was looked at -> true if it is well, in the order of looking.
        state: the name of the state of the bus.
    """

    __slots__ = ("good", "parts", "state")

    def __init__(self, parts: dict[str, bool], state: str) -> None:
        self.parts = parts
        self.state = state
        self.good = all(parts.values())

    @property
    def status(self) -> str:
        """The status line of an HTTP response: 200 or 503."""
        return "200 OK" if self.good else "503 Service Unavailable"

    def text(self) -> str:
        """Return it for people: one line for each part, and a verdict."""
        lines = [f"{name}: {'ok' if good else 'failed'}" for name, good in self.parts.items()]
        return "\n".join([*lines, "ok" if self.good else "not ok", ""])

    def as_dict(self) -> dict[str, Any]:
        """Return it for programs."""
        return {"ok": self.good, "state": self.state, "checks": dict(self.parts)}


class Health:
    """The health of a bus: a WSGI application for `/livez` and `/readyz`, and the same as calls.

    *Live* is a process that must not be killed: also while it starts, and while it finishes its
    last requests. *Ready* is one that should get new requests: its bus is started, is not
    about to exit, and nobody has withdrawn it.

    Mount it as a WSGI application where you like; it looks at the end of the path only. It
    answers 200 or 503, as text or, if the client accepts `application/json`, as JSON. It
    tells which check has failed, not why: the reason is in the bus's log.

    Args:
        bus: the bus.

    Attributes:
        live_checks: name -> function without arguments that raises an exception or returns
            False if the process is beyond hope and should be replaced.
        ready_checks: name -> the same for a process that should get no requests at the moment.
    """

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.live_checks: dict[str, Check] = {}
        self.ready_checks: dict[str, Check] = {}
        self._withdrawn = False
        # The checks that failed when they were last run: a reason is logged once.
        self._failing: set[str] = set()

    def withdraw(self) -> None:
        """Be not ready from now on, so that a load balancer looks elsewhere."""
        self._withdrawn = True

    def restore(self) -> None:
        """Take `withdraw` back."""
        self._withdrawn = False

    def live(self) -> Report:
        """Tell whether the process is alive."""
        state = self.bus.state
        return self._report({"bus": state is not State.STOPPED}, self.live_checks, state)

    def ready(self) -> Report:
        """Tell whether the process should get new requests."""
        state = self.bus.state
        parts = {"bus": state is State.STARTED and not self.bus.exiting}
        if self._withdrawn:
            parts["withdrawn"] = False
        return self._report(parts, self.ready_checks, state)

    def _report(self, parts: dict[str, bool], checks: dict[str, Check], state: State) -> Report:
        for name, check in list(checks.items()):
            parts[name] = self._passes(name, check)
        return Report(parts, state.name)

    def _passes(self, name: str, check: Check) -> bool:
        try:
            good = check() is not False
            reason = "returned False"
        except Exception as error:  # noqa: BLE001  (whatever it is, it is not well)
            good = False
            reason = f"{type(error).__name__}: {error}"
        if good:
            self._failing.discard(name)
        elif name not in self._failing:
            self._failing.add(name)
            self.bus.log(f"The health check {name!r} fails: {reason}", level=logging.WARNING)
        return good

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer a WSGI call: `/livez`, `/readyz`, 404 for anything else."""
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        question = {"livez": self.live, "readyz": self.ready}.get(path.rpartition("/")[2])
        method = environ.get("REQUEST_METHOD", "GET")
        kind = "text/plain; charset=utf-8"
        extra: list[tuple[str, str]] = []
        if question is None:
            status, text = "404 Not Found", "There are /livez and /readyz.\n"
        elif method not in ("GET", "HEAD"):
            status, text = "405 Method Not Allowed", "Use GET.\n"
            extra = [("Allow", "GET, HEAD")]
        else:
            report = question()
            status, text = report.status, report.text()
            if "application/json" in environ.get("HTTP_ACCEPT", ""):
                import json  # noqa: PLC0415  (slow to import)

                kind, text = "application/json", json.dumps(report.as_dict()) + "\n"
        body = text.encode()
        headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            *extra,
        ]
        start_response(status, headers)
        return [] if method == "HEAD" else [body]
