"""Configuring a site in the order that the options promise."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cherryd.binds import Bind, apply_binds, servers_of
from cherryd.errors import MISUSED, CommandError
from cherryd.healthy import serve_health
from cherryd.plain import PlainSite
from cherryd.site import find_site
from cherrypy_httpserver.errors import ServerError
from cherrypy_httpserver.loading import import_failure, load_module, load_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cherryd.orders import Orders
    from cherryd.site import OnBus, Site
    from cherrypy_wspbus.health import Health

__all__ = ["check", "configure", "explained", "site_for"]


@contextmanager
def explained(action: str) -> Iterator[None]:
    """Turn any error into a CommandError of one line that begins with `action`."""
    try:
        yield
    except CommandError:
        raise
    except ServerError as error:
        # Says by itself what could not be done.
        raise CommandError(str(error)) from error
    except Exception as error:  # a site and its modules may raise anything
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise CommandError(f"{action}: {text}") from error


def site_for(orders: Orders, site: Site | None = None) -> Site:
    """Return the site to start: the given one, the one that is installed, or a bare server.

    Raises:
        CommandError: there would be nothing to serve, or the installed site is of no use.
    """
    if site is None:
        site = find_site() or PlainSite()
    if orders.application is None and isinstance(site, PlainSite):
        raise CommandError(
            "no WSGI application is named (MODULE:APPLICATION), and no framework is installed",
            MISUSED,
        )
    return site


def configure(site: Site, orders: Orders) -> Health | None:
    """Do to `site` what the orders say, up to the start.

    Returns:
        What answers /livez and /readyz, None if nobody is to.

    Raises:
        CommandError: if any of that cannot be done.
    """
    if orders.environment is not None:
        with explained(f"cannot apply the environment {orders.environment!r}"):
            site.apply_environment(orders.environment)
    _load_files(site, orders.configfiles)
    for name in orders.imports:
        _import(site, name)
    if orders.application is not None:
        with explained(f"cannot serve {orders.application!r}"):
            site.graft(load_object(orders.application))
    if orders.imports or orders.application:
        _load_files(site, orders.configfiles)
    with explained("cannot start"):
        apply_binds(site, orders.binds)
    if orders.gateway is not None:
        _serve_with(site, orders.gateway)
    if orders.drain is not None:
        for server in servers_of(site.bus):
            server.shutdown_timeout = orders.drain
    if orders.health is None:
        return None
    return serve_health(site, orders.health if isinstance(orders.health, Bind) else None)


def check(site: OnBus) -> None:
    """Look whether a configured site could start, without starting it.

    Raises:
        CommandError: if a server cannot be made of its settings, or the site complains.
    """
    with explained("cannot start"):
        complaints: Iterable[str] = getattr(site, "complaints", list)()
        for complaint in complaints:
            raise CommandError(complaint)
        for server in servers_of(site.bus):
            # None for what stands in for an HTTP server without settings.
            make = getattr(server, "httpserver_from_self", None)
            if make is not None and server.httpserver is None:
                make()


def _load_files(site: Site, files: Iterable[str]) -> None:
    for filename in files:
        if not os.path.isfile(filename):  # noqa: PTH113  # a path that people typed
            raise CommandError(f"there is no config file {filename!r}")
        with explained(f"cannot use the config file {filename!r}"):
            site.load_config(filename)


def _import(site: Site, name: str) -> None:
    load: Any = getattr(site, "load", load_module)
    try:
        load(name)
    except (CommandError, ServerError) as error:
        raise CommandError(str(error)) from error
    except Exception as error:  # a module may raise anything
        raise CommandError(import_failure(name, error)) from error


def _serve_with(site: Site, kind: str) -> None:
    serve_with = getattr(site, "serve_with", None)
    with explained(f"cannot serve by {kind}"):
        if serve_with is not None:
            serve_with(kind)
        else:
            site.server.instance = f"cherrypy_httpserver.xcgi.{kind}_server"
