"""Serving a site by several processes, and what stands against it."""

from __future__ import annotations

from cherrypy_site.errors import SiteError
from cherrypy_site.routes import configured_nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cherrypy_site.site import Site

__all__ = ["reasons_for_one_process", "run"]

_ON = "tools.sessions.on"
_TYPE = "tools.sessions.storage_type"
_CLASS = "tools.sessions.storage_class"


def reasons_for_one_process(site: Site) -> list[str]:
    """Return why a site as it is configured cannot be served by several processes.

    The one reason that can be seen beforehand are sessions in memory: a visitor would have
    another session with each process.
    """
    return [
        f"sessions of {place} are kept in the memory of one process (tools.sessions.storage_type "
        "'ram'); use a backend that processes share: 'file', 'memcached' or 'sql'"
        for place in _ram_sessions(site)
    ][:1]


def _ram_sessions(site: Site) -> Iterator[str]:
    everywhere = dict(site.config)
    if _in_ram(everywhere):
        yield "the whole site"
    for script_name, app in site.tree.apps.items():
        sections: dict[str, Any] = getattr(app, "config", None) or {}
        application = everywhere | _dict(sections.get("/"))
        for path, entries in sections.items():
            # Other sections, such as [global], are nobody's path.
            if path.startswith("/") and _in_ram(application | _dict(entries)):
                yield f"{script_name}{path}"
        for path, entries in configured_nodes(getattr(app, "root", None)):
            # A section of the application prevails over what the program says.
            if _in_ram(everywhere | entries | _dict(sections.get("/"))):
                yield f"{script_name}{path}"


def _dict(entries: Any) -> dict[str, Any]:
    return dict(entries) if isinstance(entries, dict) else {}


def _in_ram(config: dict[str, Any]) -> bool:
    if not config.get(_ON):
        return False
    chosen = config.get(_CLASS)
    if chosen is not None:
        return getattr(chosen, "__name__", str(chosen)).endswith("RamSession")
    return str(config.get(_TYPE) or "ram").lower() == "ram"


def run(site: Site, workers: int | None, **settings: Any) -> None:
    """Serve a site until the process is told to end (see `Site.run`).

    Raises:
        SiteError: it cannot be started; the message is one line.
        TypeError: there is no such setting.
        ValueError: a setting is no number above 0.
    """
    if workers is None:
        if settings:
            raise TypeError(f"{', '.join(sorted(settings))}: these settings are for workers only")
        site.bus.signals.subscribe()
        try:
            site.start()
        except KeyboardInterrupt:
            # Ctrl-C before block() could see it. In the midst of it start() has seen to that.
            if not site.bus.exiting:
                site.bus.end()
        site.block()
        return
    from cherryd import CommandError, WorkerSettings  # noqa: PLC0415  (slow to import)
    from cherryd.prefork import run_workers  # noqa: PLC0415  (Unix only)

    outer = {name: settings.pop(name, None) for name in ("pidfile", "control")}
    try:
        run_workers(site, WorkerSettings(count=workers, **settings), **outer)
    except CommandError as error:
        raise SiteError(str(error)) from error
