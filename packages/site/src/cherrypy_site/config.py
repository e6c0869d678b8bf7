"""The global configuration of a site, and what its entries act on."""

from __future__ import annotations

from cherrypy_core.config import Config
from cherrypy_httpserver.server import SETTINGS
from cherrypy_site.applications import watch_config_file
from cherrypy_site.errors import UnknownSettingError
from cherrypy_site.oldkeys import OBSOLETE, advice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_httpserver.server import Server
    from cherrypy_site.site import Site

__all__ = ["SiteConfig"]

#: What settings of the engine were called up to CherryPy 3.1; "" for what means nothing now.
_OLD_ENGINE_NAMES = {
    "autoreload_frequency": "autoreload.frequency",
    "autoreload_match": "autoreload.match",
    "autoreload_on": "autoreload.on",
    "deadlock_poll_freq": "timeout_monitor.frequency",
    "reexec_retry": "",
}

#: Signals whose listeners are configured by `engine.NAME`.
_SIGNALS = ("SIGHUP", "SIGTERM")


class SiteConfig(Config):
    """The global configuration of a site.

    Its namespaces act on the parts of the site:

    * `engine.PLUGIN.on`, `engine.PLUGIN.ATTRIBUTE`, `engine.ATTRIBUTE`; `engine.SIGTERM`
      and `engine.SIGHUP` are lists of listeners, None to leave the signal to the system;
    * `server.SETTING` for the default server, `server.NAME.SETTING` for a further one,
      which is made and subscribed by its first entry; `.on` unsubscribes and subscribes;
    * `checker.on` and `checker.check_NAME` for the checks made at the start;
    * `log.ATTRIBUTE` for the site's log;
    * `tree.PATH` mounts an object, or grafts a WSGI callable, at the path.

    Attributes:
        added_to_engine: attributes of the engine that it did not have before.

    Args:
        site: the site.

    Raises (on setting an entry):
        UnknownSettingError: there is no such plugin, attribute or setting.
    """

    defaults = {  # noqa: RUF012  (each instance has a copy)
        "tools.log_tracebacks.on": True,
        "tools.log_headers.on": True,
        "tools.trailing_slash.on": True,
        "tools.encode.on": True,
    }

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site = site
        self.added_to_engine: set[str] = set()
        # Its own: what one site adds is none of another one's business.
        self.environments = {
            name: dict(entries) for name, entries in type(self).environments.items()
        }
        self.namespaces.update(
            checker=self._set_checker,
            engine=self._set_engine,
            log=self._set_log,
            server=self._set_server,
            tree=self._set_tree,
        )

    def update(self, config: Any) -> None:  # type: ignore[override]
        """Take over the entries of *config*, or of its section `global`.

        A file given by its name is watched by the site's autoreloader.

        Args:
            config: a dict, a file name or path, or an open file.

        Raises:
            KeyError: the environment is unknown.
            OSError: the file cannot be read.
            ValueError: the file has an error, or `global` is not a dict.
            UnknownSettingError: an entry names a plugin or a setting that does not exist.
        """
        super().update(config)
        watch_config_file(self._site.bus.autoreload, config)

    def _set_log(self, k: str, v: Any) -> None:
        setattr(self._site.log, k, v)

    def _set_checker(self, k: str, v: Any) -> None:
        checker = self._site.checker
        if not hasattr(checker, k):
            raise UnknownSettingError(
                f"checker.{k} is no setting: there is no such check; there are: on, "
                + ", ".join(name for name in dir(checker) if name.startswith("check_"))
            )
        setattr(checker, k, v)

    # engine

    def _set_engine(self, k: str, v: Any) -> None:
        bus = self._site.bus
        k = _OLD_ENGINE_NAMES.get(k, k)
        if not k:
            return
        name, dot, attribute = k.partition(".")
        if dot:
            self._set_plugin(name, attribute, v)
        elif name in _SIGNALS:
            self._set_signal(name, v)
        elif name in self._plugins():
            raise UnknownSettingError(
                f"engine.{k} cannot be set to {v!r}: it is a plugin, "
                f"which is switched by engine.{k}.on"
            )
        elif name.startswith("_") or callable(getattr(bus, name, None)):
            raise UnknownSettingError(f"engine.{k} is no setting: it is a part of the engine")
        else:
            # Any attribute, also one that is not there yet: applications hand things to
            # their plugins in this way. The checker tells of those that nobody knows.
            if not hasattr(bus, name):
                self.added_to_engine.add(name)
            setattr(bus, name, v)

    def _plugins(self) -> dict[str, Any]:
        """Return what attributes of the bus are plugins."""
        return {
            name: value
            for name, value in vars(self._site.bus).items()
            if hasattr(value, "subscribe") and not name.startswith("_")
        }

    def _set_plugin(self, name: str, attribute: str, v: Any) -> None:
        plugins = self._plugins()
        if name not in plugins:
            raise UnknownSettingError(
                f"engine.{name}.{attribute} is no setting: there is no plugin {name!r}; "
                f"there are: {', '.join(sorted(plugins))}"
            )
        plugin = plugins[name]
        if attribute == "on":
            if v:
                plugin.subscribe()
            else:
                plugin.unsubscribe()
        elif not hasattr(plugin, attribute):
            raise UnknownSettingError(
                f"engine.{name}.{attribute} is no setting: "
                f"the plugin {name!r} has no attribute {attribute!r}"
            )
        else:
            setattr(plugin, attribute, v)

    def _set_signal(self, name: str, listeners: Any) -> None:
        """Make *listeners* those of a signal: a list of callables, one, or None."""
        bus = self._site.bus
        handler = bus.signal_handler
        if listeners is None:
            listeners = []
        elif callable(listeners):
            listeners = [listeners]
        installed = handler.handlers.pop(name, None) in bus.listeners.get(name, ())
        if name in bus.listeners:
            bus.listeners[name].clear()
        for listener in listeners:
            bus.subscribe(name, listener)
        if listeners:
            # The handler has no more to do than to publish the signal.
            handler.handlers[name] = None
        elif installed:
            handler.set_handler(name, "SIG_DFL")

    # server

    def _set_server(self, k: str, v: Any) -> None:
        site = self._site
        name, dot, setting = k.rpartition(".")
        if setting not in SETTINGS and setting != "on":
            if advice(f"server.{k}", OBSOLETE):
                # It does nothing (as CherryPy 18.10); the checker tells what to use.
                return
            raise UnknownSettingError(
                f"server.{k} is no setting of a server; "
                f"there are: on, {', '.join(sorted(SETTINGS))}"
            )
        server: Server = self._server_named(name) if dot else site.server
        if setting != "on":
            setattr(server, setting, v)
        elif v:
            server.subscribe()
        else:
            server.unsubscribe()

    def _server_named(self, name: str) -> Server:
        """Return a further server of the site; make and subscribe it if there is none."""
        servers = self._site.servers
        if name not in servers:
            servers[name] = server = self._site.make_server()
            server.subscribe()
        return servers[name]

    # tree

    def _set_tree(self, k: str, v: Any) -> None:
        tree = self._site.tree
        if isinstance(v, dict):
            # Any key, and the paths in the value.
            for path, app in v.items():
                tree.graft(app, path)
        elif k and not k.startswith("/"):
            if not hasattr(v, "script_name"):
                raise UnknownSettingError(
                    f"tree.{k} does not say where to mount {v!r}: write tree./PATH"
                )
            tree.graft(v, v.script_name)
        elif callable(v) and not hasattr(v, "exposed") and not hasattr(v, "root"):
            tree.graft(v, k)
        else:
            tree.mount(v, k.rstrip("/"))
