"""The command `cherryd`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from cherryd.errors import MISUSED, CommandError
from cherryd.options import parser
from cherryd.orders import Orders, WorkerSettings
from cherryd.runner import check_config, routes, start
from cherrypy_httpserver.running import say
from cherrypy_wspbus.init import run_below_init

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

__all__ = ["main", "parser"]

CONTROL_VARIABLE = "CHERRYD_CONTROL"
"""The environment variable with the path of the control socket."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, until the site is told to end.

    Args:
        arguments: the command line without the program's name; None for that of the process.

    Returns:
        The exit code: 0 after SIGTERM or Ctrl-C, 1 if something failed, 2 for a command
        that makes no sense. argparse raises SystemExit(2) for unknown options.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["ctl"]:
        from cherryd.ctl import main as ctl  # noqa: PLC0415  # another command

        return ctl(words[1:])
    options = parser().parse_args(words)
    # A console script does not see the modules in the directory it is started from.
    for path in (os.getcwd(), *options.paths):  # noqa: PTH109  # goes into sys.path as text
        sys.path.insert(0, path)
    try:
        _do(options)
    except CommandError as error:
        say(f"cherryd: {error}")
        return error.code
    return 0


def _do(options: argparse.Namespace) -> None:
    workers = _workers(options)
    if options.check_config:
        check_config(_orders(options))
        sys.stdout.write("The configuration is all right.\n")
    elif options.routes:
        _print_table(routes(_orders(options)))
    else:
        _start(options, workers)


def _orders(options: argparse.Namespace) -> Orders:
    from cherryd.binds import parse_bind  # noqa: PLC0415  # for these two only

    return Orders(
        configfiles=tuple(options.config),
        environment=options.environment,
        imports=tuple(options.imports),
        application=options.application,
        binds=tuple(map(parse_bind, options.bind)),
        drain=options.drain,
    )


def _print_table(rows: list[tuple[str, str, str]]) -> None:
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for path, arguments, name in rows:
        line = f"{path:<{widths[0]}}  {arguments:<{widths[1]}}  {name}"
        sys.stdout.write(f"{line.rstrip()}\n")


def _start(options: argparse.Namespace, workers: WorkerSettings | None) -> None:
    # As process 1 of a container: somebody has to reap orphans and to pass signals on.
    run_below_init(lambda message, _level: say(f"cherryd: {message}"))
    start(
        configfiles=options.config,
        daemonize=options.daemonize,
        environment=options.environment,
        fastcgi=options.fastcgi,
        scgi=options.scgi,
        pidfile=options.pidfile,
        imports=options.imports,
        cgi=options.cgi,
        application=options.application,
        bind=options.bind,
        workers=workers,
        control=options.control or os.environ.get(CONTROL_VARIABLE) or None,
        health=options.health,
        drain=options.drain,
        lame_duck=options.lame_duck,
    )


def _workers(options: argparse.Namespace) -> WorkerSettings | None:
    wanted = {
        "timeout": options.worker_timeout,
        "max_requests": options.max_requests,
        "max_age": options.max_age,
        "max_memory": options.max_memory,
        "jitter": options.jitter,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    if options.workers is not None:
        return WorkerSettings(options.workers, lame_duck=options.lame_duck, **given)
    if given:
        name = next(iter(given)).replace("timeout", "worker_timeout").replace("_", "-")
        raise CommandError(f"--{name} is for workers only: write --workers N, too", MISUSED)
    return None
