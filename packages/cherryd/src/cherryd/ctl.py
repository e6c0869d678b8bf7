"""`cherryd ctl`: ask a running site how it is, or have it reload or end."""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

from cherryd.command import CONTROL_VARIABLE
from cherryd.control import COMMANDS
from cherryd.errors import CommandError
from cherryd.options import OneLineParser
from cherrypy_httpserver.running import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["ask", "main"]


def _parser() -> OneLineParser:
    made = OneLineParser(
        prog="cherryd ctl",
        description="Talk to a running site that was started with --control PATH.",
    )
    made.add_argument(
        "command",
        choices=COMMANDS,
        help="status: state, workers, requests under way; threads: all stacks; "
        "reload: take over new code and configuration; stop: finish and end",
    )
    made.add_argument(
        "--control",
        metavar="PATH",
        default=os.environ.get(CONTROL_VARIABLE),
        help=f"the control socket (default: the environment's {CONTROL_VARIABLE})",
    )
    made.add_argument("--json", action="store_true", help="print JSON instead of text")
    made.add_argument(
        "--timeout", type=float, default=10.0, metavar="SECONDS", help="default: %(default)g"
    )
    return made


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; return 0, 1 if nobody answers, 2 for a misuse."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.control:
        parser.error(f"no control socket is named: write --control PATH or set {CONTROL_VARIABLE}")
    try:
        answer = ask(options.control, options.command, options.timeout)
    except CommandError as error:
        say(f"cherryd ctl: {error}")
        return error.code
    if options.json:
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _text(options.command, answer)))
    return 0


def ask(path: str, command: str, timeout: float = 10.0) -> dict[str, Any]:
    """Send a command to a site and return its answer.

    Args:
        path: the control socket.
        command: one of `COMMANDS`.
        timeout: seconds to wait for the answer.

    Raises:
        CommandError: if nobody answers, or the site refuses.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(timeout)
        try:
            client.connect(path)
            client.sendall(json.dumps({"command": command}).encode() + b"\n")
            with client.makefile("rb") as stream:
                answer: dict[str, Any] = json.loads(stream.readline())
        except OSError as error:
            text = error.strerror or str(error)
            raise CommandError(f"nobody answers on {path!r}: {text}") from error
        except ValueError as error:
            raise CommandError(f"no sensible answer on {path!r}") from error
    if "error" in answer:
        raise CommandError(str(answer["error"]))
    return answer


def _text(command: str, answer: dict[str, Any]) -> Iterator[str]:
    if command == "status":
        yield from _status(answer)
    elif command == "threads":
        for process in answer.get("workers", [answer]):
            yield from _threads(process)
    else:
        yield f"told to {answer['done']}"


def _status(answer: dict[str, Any]) -> Iterator[str]:
    yield f"process {answer['pid']}: {answer['state']}"
    for place in answer["serving"]:
        yield f"serving on {place}"
    if "workers" not in answer:
        yield from _requests(answer)
        return
    yield f"workers: {len(answer['workers'])}, wanted {answer['wanted']}"
    for worker in answer["workers"]:
        yield (
            f"worker {worker['pid']}: {worker['phase']}, {_seconds(worker['age'])} old, "
            f"{_known(worker['memory_mib'])} MiB, {_known(worker['served'])} requests served"
        )
        yield from _requests(worker, "  ")


def _requests(process: dict[str, Any], indent: str = "") -> Iterator[str]:
    requests = process.get("requests")
    if requests is None:
        yield f"{indent}gives no answer"
        return
    yield f"{indent}requests under way: {len(requests)}"
    for request in requests:
        what = f"{request['method'] or '(reading)'} {request['target']}".rstrip()
        yield f"{indent}  {_seconds(request['age'])} {what} from {request['remote'] or '-'}"


def _threads(process: dict[str, Any]) -> Iterator[str]:
    yield f"process {process['pid']}:"
    if process.get("threads") is None:
        yield "gives no answer"
        return
    for thread in process["threads"]:
        request = thread["request"]
        busy = ""
        if request is not None:
            busy = f": {request['method']} {request['target']}, {_seconds(request['age'])}"
        yield f"thread {thread['name']}{busy}"
        yield from thread["stack"]


def _seconds(value: float) -> str:
    return f"{value:.1f} s"


def _known(value: Any) -> str:
    return "?" if value is None else str(value)
