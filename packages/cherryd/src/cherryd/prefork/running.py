"""Starting and ending a site that is served by workers."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cherryd.binds import Bind, servers_of
from cherryd.configuring import check, configure, site_for
from cherryd.errors import MISUSED, CommandError
from cherryd.prefork.child import ask_child
from cherryd.prefork.parent import Parent
from cherryd.prefork.worker import serve

if TYPE_CHECKING:
    import socket

    from cherryd.orders import Orders, WorkerSettings
    from cherryd.prefork.worker import Link
    from cherryd.site import OnBus, Site

__all__ = ["run_workers", "serve_by_workers"]


def serve_by_workers(
    orders: Orders,
    settings: WorkerSettings,
    site: Site | None = None,
    daemonize: bool = False,
    pidfile: str | None = None,
    control: str | None = None,
) -> None:
    """Serve a site by several processes until they are told to end.

    Nothing of the site is imported here: each worker does all of that for itself, so
    that new ones have new code.

    Args:
        orders: what to serve.
        settings: how.
        site: the site, if not the one that is installed.
        daemonize: True to detach from the terminal.
        pidfile: where to write the process id of the parent.
        control: path of a socket for `cherryd ctl`.

    Raises:
        CommandError: if any of that cannot be done.
    """
    _require_fork()
    if orders.gateway == "cgi":
        raise CommandError("CGI (-x) is one request: it has no workers", MISUSED)
    modes = {bind.address: bind.mode for bind in orders.binds}
    # The sockets with their modes are the parent's.
    plain = replace(orders, binds=tuple(Bind(bind.address) for bind in orders.binds))

    def try_out() -> dict[str, Any]:
        tried = site_for(plain, site)
        configure(tried, plain)
        return _facts(tried, settings)

    facts = ask_child(try_out)
    settings = replace(settings, drain=facts["drain"])

    def work(link: Link, sockets: list[tuple[Any, str | None, socket.socket]]) -> None:
        own = site_for(plain, site)
        health = configure(own, plain)
        serve(own, health, sockets, settings, link)

    parent = Parent(settings, _addresses(facts), modes, work)
    parent.log_file = facts["log_file"]
    parent.try_out = lambda: ask_child(try_out)
    parent.run(daemonize, pidfile, control)


def run_workers(
    site: OnBus,
    settings: WorkerSettings,
    *,
    pidfile: str | None = None,
    control: str | None = None,
) -> None:
    """Serve a site that is ready in this process by several that are forked from it.

    A reload starts the program of this process anew: it has the code.

    Args:
        site: the site, configured but not started.
        settings: how.
        pidfile: where to write the process id of the parent.
        control: path of a socket for `cherryd ctl`.

    Raises:
        CommandError: if it cannot be started.
    """
    _require_fork()
    facts = _facts(site, settings)
    settings = replace(settings, drain=facts["drain"])

    def work(link: Link, sockets: list[tuple[Any, str | None, socket.socket]]) -> None:
        serve(site, None, sockets, settings, link)

    parent = Parent(settings, _addresses(facts), {}, work)
    parent.log_file = facts["log_file"]
    parent.reload_replaces = True
    parent.run(False, pidfile, control)


def _require_fork() -> None:
    if not hasattr(os, "fork"):
        raise CommandError("this system has no workers: it has no fork()", MISUSED)


def _facts(site: OnBus, settings: WorkerSettings) -> dict[str, Any]:
    """Return what the parent has to know of a site, as plain values.

    Raises:
        CommandError: if it cannot be started in this way.
    """
    check(site)
    if settings.count > 1:
        reasons: list[str] = getattr(site, "reasons_for_one_process", list)()
        for reason in reasons:
            raise CommandError(f"cannot serve by {settings.count} workers: {reason}")
    servers = servers_of(site.bus)
    log_file = getattr(getattr(site, "log", None), "error_file", "")
    return {
        # The parent may be a daemon, whose standard error nobody reads.
        "log_file": os.path.abspath(log_file) if log_file else "",  # noqa: PTH100  # as text
        "addresses": [server.bind_addr for server in servers],
        "backlog": [getattr(server, "socket_queue_size", 1024) for server in servers],
        "names": [server.socket_name for server in servers],
        "drain": max(
            [getattr(server, "shutdown_timeout", None) or 0 for server in servers] or [0]
        ),
    }


def _addresses(facts: dict[str, Any]) -> list[tuple[Any, int, str | None]]:
    """Return address, backlog and name of each server; JSON has made lists of tuples."""
    addresses = [tuple(a) if isinstance(a, list) else a for a in facts["addresses"]]
    return list(zip(addresses, facts["backlog"], facts["names"], strict=True))
