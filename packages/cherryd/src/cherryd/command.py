"""The command `cherryd`."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from cherryd.__about__ import __version__
from cherryd.errors import CommandError
from cherryd.runner import start
from cherrypy_httpserver.running import say

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main", "parser"]


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="cherryd",
        description="Start a site, or any WSGI application, and serve until told to end.",
    )
    add = made.add_argument
    add(
        "application",
        nargs="?",
        metavar="MODULE:APPLICATION",
        help="a WSGI application to serve at '/'",
    )
    add(
        "-c",
        "--config",
        action="append",
        default=[],
        metavar="FILE",
        help="apply a config file; may be repeated, later ones prevail",
    )
    add("-d", action="store_true", dest="daemonize", help="run as a daemon")
    add("-e", "--environment", metavar="NAME", help="apply a config environment")
    gateways = made.add_mutually_exclusive_group()
    for letter, kind, name in (
        ("-f", "fastcgi", "FastCGI"),
        ("-s", "scgi", "SCGI"),
        ("-x", "cgi", "CGI"),
    ):
        gateways.add_argument(
            letter, action="store_true", dest=kind, help=f"serve {name} instead of HTTP"
        )
    add(
        "-i",
        "--import",
        action="append",
        default=[],
        dest="imports",
        metavar="MODULE",
        help="import a module, which mounts applications; may be repeated",
    )
    add("-p", "--pidfile", metavar="FILE", help="write the process id to a file")
    add(
        "-P",
        "--Path",
        action="append",
        default=[],
        dest="paths",
        metavar="DIRECTORY",
        help="put a directory in front of sys.path; may be repeated, later ones come first",
    )
    add("--bind", metavar="ADDRESS", help="listen on HOST:PORT, [IPV6]:PORT or unix:PATH")
    add("--version", action="version", version=f"cherryd {__version__}")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, until the site is told to end.

    Args:
        arguments: the command line without the program's name; None for that of the process.

    Returns:
        The exit code: 0 after SIGTERM or Ctrl-C, 1 if something failed, 2 for a command
        that makes no sense. argparse raises SystemExit(2) for unknown options.
    """
    options = parser().parse_args(arguments)
    # A console script does not see the modules in the directory it is started from.
    for path in (os.getcwd(), *options.paths):  # noqa: PTH109  # goes into sys.path as text
        sys.path.insert(0, path)
    try:
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
        )
    except CommandError as error:
        say(f"cherryd: {error}")
        return error.code
    return 0
