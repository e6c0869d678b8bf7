"""Starting a site in the order that the options promise."""

from __future__ import annotations

import os
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from cherryd.errors import MISUSED, CommandError
from cherryd.plain import PlainSite
from cherryd.site import Site, find_site
from cherrypy_httpserver.addresses import parse_address
from cherrypy_httpserver.errors import ServerError, SettingError
from cherrypy_httpserver.loading import import_failure, load_application, load_module
from cherrypy_httpserver.running import start as start_bus
from cherrypy_wspbus.plugins import Daemonizer, PIDFile
from cherrypy_wspbus.servers import check_port, client_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["start"]


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
    bind: str | None = None,
    site: Site | None = None,
) -> None:
    """Start a site and block until its bus exits.

    In this order: the environment is applied, the config files, the modules imported, the
    config files applied once more to what these have mounted, the process made a daemon, the
    process id written, the signals handled, the bus started.

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
        bind: where to listen, instead of what is configured: `HOST:PORT` or `unix:PATH`.
        site: what to start; by default the one that is installed, or else a bare server.

    Raises:
        CommandError: if any of that cannot be done.
    """
    kind = _gateway(fastcgi=fastcgi, scgi=scgi, cgi=cgi)
    files = list(configfiles or ())
    if site is None:
        site = find_site() or PlainSite()
    if application is None and isinstance(site, PlainSite):
        raise CommandError(
            "no WSGI application is named (MODULE:APPLICATION), and no framework is installed",
            MISUSED,
        )
    _configure(site, environment, files, list(imports or ()), application)
    if bind is not None:
        site.server.bind_addr = _address(bind)
    if kind is not None:
        _serve_with(site, kind)
    _prepare_process(site, daemonize, pidfile)
    site.signal_handler.subscribe()
    with _explained("cannot start"):
        start_bus(site.bus)
    if isinstance(site, PlainSite):
        site.announce()
    site.bus.block()


@contextmanager
def _explained(action: str) -> Iterator[None]:
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


def _gateway(**wanted: bool) -> str | None:
    """Return which gateway is wanted instead of HTTP, if any."""
    kinds = [kind for kind, is_wanted in wanted.items() if is_wanted]
    if not kinds:
        return None
    if len(kinds) > 1:
        raise CommandError(f"choose one of {', '.join(kinds)}", MISUSED)
    if find_spec("flup") is None:
        raise CommandError(f"{kinds[0]} needs the package flup: pip install flup", MISUSED)
    return kinds[0]


def _serve_with(site: Site, kind: str) -> None:
    serve_with = getattr(site, "serve_with", None)
    if serve_with is None:
        raise CommandError(f"this site cannot be served by {kind}", MISUSED)
    with _explained(f"cannot serve by {kind}"):
        serve_with(kind)


def _configure(
    site: Site,
    environment: str | None,
    files: list[str],
    imports: list[str],
    application: str | None,
) -> None:
    if environment is not None:
        with _explained(f"cannot apply the environment {environment!r}"):
            site.apply_environment(environment)
    _load_files(site, files)
    for name in imports:
        _import(site, name)
    if application is not None:
        with _explained(f"cannot serve {application!r}"):
            site.graft(load_application(application))
    if imports or application:
        _load_files(site, files)


def _load_files(site: Site, files: list[str]) -> None:
    for filename in files:
        if not os.path.isfile(filename):  # noqa: PTH113  # a path that people typed
            raise CommandError(f"there is no config file {filename!r}")
        with _explained(f"cannot use the config file {filename!r}"):
            site.load_config(filename)


def _import(site: Site, name: str) -> None:
    load: Any = getattr(site, "load", load_module)
    try:
        load(name)
    except (CommandError, ServerError) as error:
        raise CommandError(str(error)) from error
    except Exception as error:  # a module may raise anything
        raise CommandError(import_failure(name, error)) from error


def _address(text: str) -> Any:
    try:
        return parse_address(text)
    except SettingError as error:
        raise CommandError(f"--bind: {error}", MISUSED) from error


def _prepare_process(site: Site, daemonize: bool, pidfile: str | None) -> None:
    """Subscribe the plugins; check early what a daemon could not tell anybody any more."""
    if pidfile is not None:
        _check_writable(pidfile)
        PIDFile(site.bus, pidfile).subscribe()
    if daemonize:
        if not hasattr(os, "fork"):
            raise CommandError("this system has no daemons (-d): it has no fork()", MISUSED)
        _check_address(site)
        Daemonizer(site.bus).subscribe()


def _check_writable(pidfile: str) -> None:
    path = os.path.abspath(pidfile)  # noqa: PTH100  # as in PIDFile
    directory = os.path.dirname(path)  # noqa: PTH120  # as above
    exists = os.path.lexists(path)
    if os.path.isdir(path):  # noqa: PTH112  # as above
        reason = "it is a directory"
    elif not os.path.isdir(directory):  # noqa: PTH112  # as above
        reason = f"there is no directory {directory!r}"
    elif not os.access(path if exists else directory, os.W_OK):
        reason = "permission denied"
    else:
        return
    raise CommandError(f"cannot write the pid file {pidfile!r}: {reason}")


def _check_address(site: Site) -> None:
    address = site.server.bind_addr
    if isinstance(address, tuple) and address[0] and address[1]:
        with _explained("cannot start"):
            check_port(client_host(address[0]), address[1])
