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
from cherrypy_wspbus import Bus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["main"]

_DEFAULT_ADDRESS = "127.0.0.1:8080"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a WSGI application until the process is told to end.

    Args:
        arguments: the command line without the program's name; None for that of the process.

    Returns:
        0 after SIGTERM or Ctrl-C, 1 if the application or the server could not be started.
        Wrong options raise SystemExit(2), as argparse does.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.certificate is None:
        for name in ("key", "chain"):
            if getattr(options, name) is not None:
                parser.error(f"--{name} is of no use without --certificate")
    try:
        addresses = [parse_address(text) for text in options.bind or [_DEFAULT_ADDRESS]]
    except SettingError as error:
        parser.error(f"--bind: {error}")
    try:
        application = load_application(options.application)
        bus = Bus()
        serve(*[_server(bus, application, address, options) for address in addresses])
    except ServerError as error:
        say(f"{parser.prog}: {error}")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m cherrypy_httpserver", description="Serve one WSGI application."
    )
    add = parser.add_argument
    add("application", metavar="MODULE:APPLICATION", help="as in 'mysite.wsgi:application'")
    add(
        "--bind",
        metavar="ADDRESS",
        action="append",
        help=f"HOST:PORT, [IPV6]:PORT or unix:PATH; may be repeated (default: {_DEFAULT_ADDRESS})",
    )
    add(
        "--threads",
        metavar="NUMBER",
        type=_positive,
        default=Server.thread_pool,
        help="threads that work on requests, for each address (default: %(default)s)",
    )
    add(
        "--threads-max",
        metavar="NUMBER",
        type=_positive,
        help="how many threads there may be while all are busy (default: no more)",
    )
    tls = parser.add_argument_group("TLS, for TCP addresses", "Files in PEM format.")
    add = tls.add_argument
    add("--certificate", metavar="FILE", help="the certificate, and the intermediate ones")
    add("--key", metavar="FILE", help="its private key, if that is in a file of its own")
    add("--chain", metavar="FILE", help="the intermediate certificates, if they are")
    parser.add_argument("--version", action="version", version=__version__)
    return parser


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def _server(bus: Bus, application: Any, address: Any, options: argparse.Namespace) -> Server:
    """Return a server on `bus` for one address."""
    server = Server(bus, application)
    server.bind_addr = address
    server.thread_pool = options.threads
    server.thread_pool_max = max(options.threads_max or 0, options.threads)
    if isinstance(address, tuple):
        # Behind a Unix socket there is another server, which speaks TLS itself.
        server.ssl_certificate = options.certificate
        server.ssl_private_key = options.key
        server.ssl_certificate_chain = options.chain
    return server


if __name__ == "__main__":
    sys.exit(main())
