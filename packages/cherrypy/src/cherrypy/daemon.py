"""The command line runner, started from Python."""

from __future__ import annotations

import cherryd
from cherryd.command import main as run
from cherrypy._runner import site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["run", "start"]


def start(  # the historical signature
    configfiles: Iterable[str] | None = None,
    daemonize: bool = False,
    environment: str | None = None,
    fastcgi: bool = False,
    scgi: bool = False,
    pidfile: str | None = None,
    imports: Iterable[str] | None = None,
    cgi: bool = False,
) -> None:
    """Start the default site and block until it exits (see `cherryd.start`).

    Args:
        configfiles: config files, later ones prevail.
        daemonize: True to detach from the terminal (Unix only).
        environment: name of a config environment.
        fastcgi: True to serve FastCGI instead of HTTP.
        scgi: True to serve SCGI.
        pidfile: where to write the process id.
        imports: names of modules to import; they mount the applications.
        cgi: True to serve CGI.

    Raises:
        CommandError: if any of that cannot be done.
    """
    cherryd.start(
        configfiles, daemonize, environment, fastcgi, scgi, pidfile, imports, cgi, site=site
    )
