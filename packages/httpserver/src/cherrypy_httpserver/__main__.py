"""`python -m cherrypy_httpserver MODULE:APPLICATION`: serve one WSGI application."""

from __future__ import annotations

import argparse
import sys

from cherrypy_httpserver.__about__ import __version__
from cherrypy_httpserver.addresses import parse_address
from cherrypy_httpserver.errors import ServerError, SettingError
from cherrypy_httpserver.loading import load_application
from cherrypy_httpserver.running import say, serve
from cherrypy_httpserver.server import Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a WSGI application until the process is told to end.

    Args:
        arguments: the command line without the program's name; None for that of the process.

    Returns:
        0 after SIGTERM or Ctrl-C, 1 if the application or the server could not be started.
        Wrong options raise SystemExit(2), as argparse does.
    """
    parser = argparse.ArgumentParser(
        prog="python -m cherrypy_httpserver", description="Serve one WSGI application."
    )
    parser.add_argument("application", metavar="MODULE:APPLICATION")
    parser.add_argument(
        "--bind",
        metavar="ADDRESS",
        default="127.0.0.1:8080",
        help="HOST:PORT, [IPV6]:PORT or unix:PATH (default: %(default)s)",
    )
    parser.add_argument("--version", action="version", version=__version__)
    options = parser.parse_args(arguments)
    server = Server()
    try:
        server.bind_addr = parse_address(options.bind)
    except SettingError as error:
        parser.error(f"--bind: {error}")
    try:
        server.app = load_application(options.application)
        serve(server)
    except ServerError as error:
        say(f"{parser.prog}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
