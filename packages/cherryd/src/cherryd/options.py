"""The options of the command `cherryd`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cherryd.__about__ import __version__
from cherryd.errors import MISUSED

if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["OneLineParser", "parser"]

_EXAMPLES = """\
examples:
  cherryd blog:app                              serve a WSGI application on 127.0.0.1:8080
  cherryd blog:Root                             serve a tree of page handlers (CherryPy)
  cherryd -c site.conf -e production -i blog    a site with its configuration
  cherryd -c site.conf -i blog --check-config   is everything all right? do not start
  cherryd -c site.conf -i blog --workers 4 --control /run/blog/ctl
  cherryd ctl --control /run/blog/ctl status

signals: SIGTERM and Ctrl-C finish what is under way and end, a second one ends at once;
SIGUSR1 reopens log files; SIGHUP reloads (workers, daemons); with workers SIGTTIN and
SIGTTOU make one more and one less, SIGUSR2 replaces the whole program.
"""


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line, and exit with code 2."""
        self.exit(MISUSED, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = OneLineParser(
        prog="cherryd",
        usage="cherryd [OPTION ...] [MODULE:APPLICATION]\n"
        "       cherryd ctl [--control PATH] [--json] status|threads|reload|stop",
        description="Start a site, or any WSGI application, and serve until told to end.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    made.add_argument(
        "application",
        nargs="?",
        metavar="MODULE:APPLICATION",
        help="serve this at '/': a WSGI application; with CherryPy also a class or an object "
        "with page handlers",
    )
    _what(made)
    _where(made)
    _process(made)
    _workers(made)
    _instead(made)
    return made


def _what(made: argparse.ArgumentParser) -> None:
    add = made.add_argument_group("what to serve").add_argument
    add(
        "-c",
        "--config",
        action="append",
        default=[],
        metavar="FILE",
        help="apply a config file; may be repeated, later ones prevail",
    )
    add("-e", "--environment", metavar="NAME", help="apply a config environment: production, ...")
    add(
        "-i",
        "--import",
        action="append",
        default=[],
        dest="imports",
        metavar="MODULE",
        help="import a module, which mounts applications; may be repeated",
    )
    add(
        "-P",
        "--Path",
        action="append",
        default=[],
        dest="paths",
        metavar="DIRECTORY",
        help="put a directory in front of sys.path; may be repeated, later ones come first",
    )


def _where(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("where and how to serve")
    group.add_argument(
        "--bind",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="listen on HOST:PORT, [IPV6]:PORT, unix:PATH or unix:PATH,mode=660, whatever is "
        "configured; may be repeated",
    )
    gateways = group.add_mutually_exclusive_group()
    for letter, kind, name in (
        ("-f", "fastcgi", "FastCGI"),
        ("-s", "scgi", "SCGI"),
        ("-x", "cgi", "CGI (one request)"),
    ):
        gateways.add_argument(
            letter,
            f"--{kind}",
            action="store_true",
            dest=kind,
            help=f"serve {name} instead of HTTP",
        )
    group.add_argument(
        "--health",
        action="store_const",
        const="",
        help="answer /livez and /readyz on the main port",
    )
    group.add_argument(
        "--health-bind",
        dest="health",
        metavar="ADDRESS",
        help="answer /livez and /readyz on an address of their own",
    )


def _process(made: argparse.ArgumentParser) -> None:
    add = made.add_argument_group("the process").add_argument
    add("-d", "--daemon", action="store_true", dest="daemonize", help="run as a daemon")
    add("-p", "--pidfile", metavar="FILE", help="write the process id to a file")
    add(
        "--drain",
        type=_positive,
        metavar="SECONDS",
        help="how long requests under way may take to finish at the end (default: the setting "
        "server.shutdown_timeout, 5)",
    )
    add(
        "--lame-duck",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="go on accepting for so long after SIGTERM, while /readyz says no (default: 0)",
    )
    add(
        "--control",
        metavar="PATH",
        help="a socket for `cherryd ctl` (default: the environment's CHERRYD_CONTROL, or none)",
    )


def _workers(made: argparse.ArgumentParser) -> None:
    add = made.add_argument_group("workers").add_argument
    add("--workers", type=_count, metavar="N", help="serve by N processes that share the sockets")
    add("--max-requests", type=_count, metavar="N", help="replace a worker after N requests")
    add("--max-age", type=_positive, metavar="SECONDS", help="replace a worker after that time")
    add("--max-memory", type=_count, metavar="MIB", help="replace a worker that has grown so big")
    add(
        "--jitter",
        type=_percent,
        metavar="PERCENT",
        help="vary these limits, that workers are not replaced all at once (default: 10)",
    )
    add(
        "--worker-timeout",
        type=_positive,
        metavar="SECONDS",
        help="replace a worker that gives no sign of life for so long (default: 60)",
    )


def _instead(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("instead of serving")
    exclusive = group.add_mutually_exclusive_group()
    exclusive.add_argument(
        "--check-config",
        action="store_true",
        help="apply and import everything, say what is wrong, and exit",
    )
    exclusive.add_argument(
        "--routes", action="store_true", help="print the page handlers with their arguments"
    )
    group.add_argument(
        "--version", action="version", version=f"cherryd {__version__}", help="print the version"
    )
    group.add_argument("-h", "--help", action="help", help="print this")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return value


def _positive(text: str) -> float:
    value = _seconds(text)
    if not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not more than 0 seconds")
    return value


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _percent(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 100:  # noqa: PLR2004  # per cent
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage from 0 to 100")
    return int(text)
