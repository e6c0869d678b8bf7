"""Starting a site: in this process, or in several that share its sockets.

In this order: the environment is applied, the config files, the modules imported, the config files
applied once more to what these have mounted, the process made a daemon, the process id written,
the signals handled, the bus started.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from cherryd.binds import parse_bind, servers_of
from cherryd.configuring import check, configure, explained, site_for
from cherryd.drain import Drain
from cherryd.errors import MISUSED, CommandError
from cherryd.orders import Orders, WorkerSettings
from cherryd.plain import PlainSite
from cherryd.processes import handle_signals, prepare_process
from cherrypy_httpserver.running import start as start_bus
from cherrypy_wspbus.plugins import Notifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cherryd.site import Site

__all__ = ["check_config", "routes", "start"]


def start(  # noqa: PLR0913  # the historical signature
    configfiles: Iterable[str] | None = None,
    daemonize: bool = False,
    environment: str | None = None,
    fastcgi: bool = False,
    scgi: bool = False,
    pidfile: str | None = None,
    imports: Iterable[str] | None = None,
    cgi: bool = False,
    *,
    application: str | None = None,
    bind: str | Iterable[str] | None = None,
    site: Site | None = None,
    workers: WorkerSettings | None = None,
    control: str | None = None,
    health: str | None = None,
    drain: float | None = None,
    lame_duck: float = 0.0,
) -> None:
    """Start a site and block until its bus exits.

    Args:
        configfiles: config files, later ones prevail.
        daemonize: True to detach from the terminal (Unix only).
        environment: name of a config environment.
        fastcgi: True to serve FastCGI instead of HTTP.
        scgi: True to serve SCGI.
        pidfile: where to write the process id.
        imports: names of modules to import; they mount the applications.
        cgi: True to serve CGI.
        application: `MODULE:NAME` of a WSGI application to serve at "/".
        bind: where to listen, instead of what is configured: as `--bind`, or several.
        site: what to start; by default the one that is installed, or else a bare server.
        workers: to serve by several processes.
        control: path of a socket for `cherryd ctl`.
        health: "" to answer /livez and /readyz on the main port, or an address for them.
        drain: seconds for requests under way at the end; default: `server.shutdown_timeout`.
        lame_duck: seconds to go on accepting after SIGTERM, while /readyz says no.

    Raises:
        CommandError: if any of that cannot be done.
    """
    orders = Orders(
        configfiles=tuple(configfiles or ()),
        environment=environment,
        imports=tuple(imports or ()),
        application=application,
        binds=_binds(bind),
        gateway=_gateway(fastcgi=fastcgi, scgi=scgi, cgi=cgi),
        health=parse_bind(health) if health else health,
        drain=drain,
        lame_duck=lame_duck,
    )
    if workers is None:
        _serve_alone(orders, site, daemonize, pidfile, control)
    else:
        from cherryd.prefork import serve_by_workers  # noqa: PLC0415  # Unix only

        serve_by_workers(orders, workers, site, daemonize, pidfile, control)


def _binds(bind: str | Iterable[str] | None) -> tuple[Any, ...]:
    return tuple(map(parse_bind, [bind] if isinstance(bind, str) else bind or ()))


def _gateway(**wanted: bool) -> str | None:
    """Return which gateway is wanted instead of HTTP, if any."""
    kinds = [kind for kind, is_wanted in wanted.items() if is_wanted]
    if len(kinds) > 1:
        raise CommandError(f"choose one of {', '.join(kinds)}", MISUSED)
    if kinds and kinds[0] != "cgi" and find_spec("flup") is None:
        raise CommandError(
            f"{kinds[0]} needs the package flup: pip install 'cherrypy-httpserver[xcgi]'", MISUSED
        )
    return kinds[0] if kinds else None


def _serve_alone(
    orders: Orders, site: Site | None, daemonize: bool, pidfile: str | None, control: str | None
) -> None:
    site = site_for(orders, site)
    health = configure(site, orders)
    bus = site.bus
    prepare_process(bus, daemonize, pidfile, [server.bind_addr for server in servers_of(bus)])
    drain = Drain(bus, health, orders.lame_duck)
    drain.subscribe()
    if control is not None:
        from cherryd.control import ControlPlugin  # noqa: PLC0415  # not every process's need

        ControlPlugin(bus, control, drain).subscribe()
    # Without systemd it does nothing.
    Notifier(bus).subscribe()
    handle_signals(site, drain)
    with explained("cannot start"):
        start_bus(bus)
    if isinstance(site, PlainSite):
        site.announce()
    bus.block()


def check_config(orders: Orders, site: Site | None = None) -> None:
    """Configure a site as `start` does, and look whether it could start.

    Raises:
        CommandError: with what is wrong.
    """
    site = site_for(orders, site)
    configure(site, orders)
    check(site)


def routes(orders: Orders, site: Site | None = None) -> list[tuple[str, str, str]]:
    """Configure a site as `start` does, and return what it serves.

    Returns:
        For each page handler its path, its arguments and its name in the program.

    Raises:
        CommandError: if the site cannot be configured, or does not know its routes.
    """
    site = site_for(orders, site)
    configure(site, orders)
    tell: Any = getattr(site, "routes", None)
    if tell is None:
        raise CommandError("this site cannot tell its routes", MISUSED)
    with explained("cannot tell the routes"):
        return [(str(path), str(arguments), str(name)) for path, arguments, name in tell()]
