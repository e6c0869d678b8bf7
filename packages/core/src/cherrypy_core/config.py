"""Configuration: flat dicts whose keys begin with the name of a namespace.

`server.socket_port` belongs to the namespace `server`: when it is set, the handler that
is registered under that name is called with `"socket_port"` and the value.
"""

from __future__ import annotations

import os

from cherrypy_core.configfile import as_dict
from cherrypy_core.observed import ObservedDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, MutableMapping
    from typing import Any, TypeVar

    _Target = TypeVar("_Target")

__all__ = [
    "BaseConfig",
    "Config",
    "NamespaceSet",
    "environments",
    "merge",
    "point_to",
    "source_of",
]

#: What `environment = "production"` stands for, by name. Applications may change and add.
environments: dict[str, dict[str, Any]] = {
    "staging": {
        "engine.autoreload.on": False,
        "checker.on": False,
        "tools.log_headers.on": False,
        "request.show_tracebacks": False,
        "request.show_mismatched_params": False,
    },
    "production": {
        "engine.autoreload.on": False,
        "checker.on": False,
        "tools.log_headers.on": False,
        "request.show_tracebacks": False,
        "request.show_mismatched_params": False,
        "log.screen": False,
    },
    "embedded": {
        "engine.autoreload.on": False,
        "checker.on": False,
        "tools.log_headers.on": False,
        "request.show_tracebacks": False,
        "request.show_mismatched_params": False,
        "log.screen": False,
        "engine.SIGHUP": None,
        "engine.SIGTERM": None,
    },
    "test_suite": {
        "engine.autoreload.on": False,
        "checker.on": False,
        "tools.log_headers.on": False,
        "request.show_tracebacks": True,
        "request.show_mismatched_params": True,
        "log.screen": False,
    },
}


def point_to(error: Exception, where: str) -> None:
    """Have the message of *error* say where in the configuration its cause is.

    Its class stays what it is: a handler of an application's own may raise anything, and
    whoever catches it knows that.
    """
    plain = isinstance(error, (ValueError, TypeError, LookupError, AttributeError, RuntimeError))
    if plain and len(error.args) == 1 and isinstance(error.args[0], str):
        error.args = (f"{error.args[0]} ({where})",)
    elif isinstance(error, OSError) and error.strerror:
        # The arguments are the number and the text; str() shows this attribute.
        error.strerror = f"{error.strerror} ({where})"
    elif hasattr(error, "add_note"):  # Python 3.11
        error.add_note(where)


def source_of(config: Any, section: str) -> str:
    """Return what `point_to` says about a file and a section in it; "" if it is no file."""
    name = getattr(config, "name", "<???>") if hasattr(config, "read") else config
    if not isinstance(name, (str, os.PathLike)):
        return ""
    return f"config file {os.fspath(name)!r}, section [{section}]"


class NamespaceSet(ObservedDict):
    """The handlers of config namespaces, by name.

    A handler is a callable that takes a key, without the namespace, and a value; or a
    context manager whose `__enter__` returns such a callable. The context manager learns
    of an exception, and may swallow it: the rest of its entries is skipped then.
    """

    def __call__(self, config: dict[Any, Any]) -> None:
        """Give each handler the entries of its namespace, in the order of *config*.

        Context managers are entered even if there is no entry for them. Keys without a
        dot belong to no namespace.
        """
        entries: dict[str, list[tuple[str, Any]]] = {}
        for key, value in config.items():
            if isinstance(key, str) and "." in key:
                namespace, _, name = key.partition(".")
                entries.setdefault(namespace, []).append((name, value))
        # A handler may register further ones.
        for namespace, handler in list(self.items()):
            pairs = entries.get(namespace, ())
            if hasattr(type(handler), "__exit__"):
                with handler as entered:
                    self._feed(namespace, entered, pairs)
            else:
                self._feed(namespace, handler, pairs)

    @staticmethod
    def _feed(namespace: str, handler: Any, pairs: Iterable[tuple[str, Any]]) -> None:
        for name, value in pairs:
            try:
                handler(name, value)
            except Exception as error:  # noqa: PERF203  (setting up)
                point_to(error, f"config entry {namespace}.{name} = {value!r}")
                raise

    def copy(self) -> NamespaceSet:
        """Return a set of its own with the same handlers."""
        return type(self)(self)

    __copy__ = copy

    def __repr__(self) -> str:
        kind = type(self)
        return f"{kind.__module__}.{kind.__qualname__}({super().__repr__()})"


class BaseConfig(ObservedDict):
    """A dict of configuration with defaults, environments and namespaces.

    Setting an entry, in whatever way, calls the handler of its namespace.

    Attributes:
        defaults: what `reset` goes back to.
        environments: entries by the name of an environment; the key `environment`
            brings in those that are not set along with it.
        namespaces: the `NamespaceSet`; each instance has its own copy of its class's.

    Args:
        file: a dict, a file name or an open file.
        **kwargs: further entries.
    """

    defaults: dict[str, Any] = {}  # noqa: RUF012  (a default; each instance has a copy)
    environments: dict[str, dict[str, Any]] = {}  # noqa: RUF012  (shared on purpose)
    namespaces = NamespaceSet()

    def __init__(self, file: Any = None, **kwargs: Any) -> None:
        super().__init__()
        self.defaults = dict(type(self).defaults)
        self.namespaces = type(self).namespaces.copy()
        self.reset()
        if file is not None:
            self.update(file)
        if kwargs:
            self.update(kwargs)

    def reset(self) -> None:
        """Go back to the defaults. No handler is called."""
        dict.clear(self)
        dict.update(self, self.defaults)
        self.changed()

    def update(self, config: Any) -> None:  # type: ignore[override]
        """Take over the entries of *config* and tell the handlers of their namespaces.

        Args:
            config: a dict, a file name or path, or an open file.

        Raises:
            KeyError: the environment is unknown.
            OSError: the file cannot be read.
            ValueError: the file has an error; the message names file, section and key.
        """
        self._apply_from(config, as_dict(config))

    def _apply_from(self, source: Any, config: dict[str, Any]) -> None:
        try:
            self._apply(config)
        except Exception as error:
            where = source_of(source, "global")
            if where:
                point_to(error, where)
            raise

    def _apply(self, config: dict[str, Any]) -> None:
        if "environment" in config:
            name = config["environment"]
            try:
                template = self.environments[name]
            except (KeyError, TypeError):
                known = ", ".join(sorted(self.environments)) or "none"
                raise KeyError(f"Unknown environment {name!r}; known are: {known}.") from None
            for key, value in template.items():
                config.setdefault(key, value)
        dict.update(self, config)
        self.changed()
        self.namespaces(config)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self.namespaces({key: value})


class Config(BaseConfig):
    """The global configuration of a site.

    Of a file (or dict) with sections it takes `[global]`; what is under paths belongs to
    an application and is left out.

    Called, it is a decorator that attaches configuration to a page handler or a class:
    `@cherrypy.config(**{"response.stream": True})`.

    Attributes:
        global_config_contained_paths: whether an update had sections for paths, a
            probable mistake that the checker reports.
    """

    environments = environments
    global_config_contained_paths = False

    def update(self, config: Any) -> None:  # type: ignore[override]
        """Take over the entries of *config*, or of its section `global`.

        Args:
            config: a dict, a file name or path, or an open file.

        Raises:
            KeyError: the environment is unknown.
            OSError: the file cannot be read.
            ValueError: the file has an error, or `global` is not a dict.
        """
        source, config = config, as_dict(config)
        paths = [key for key, value in config.items() if _is_path_section(key, value)]
        if paths:
            self.global_config_contained_paths = True
        if "global" in config:
            config = config["global"]
            if not isinstance(config, dict):
                raise ValueError(
                    f"The section 'global' must be a dict of config entries, not {config!r}."
                )
            config = dict(config)
        else:
            for path in paths:
                del config[path]
        self._apply_from(source, config)

    def _apply(self, config: dict[str, Any]) -> None:
        # The tool wants to know where it was switched on, to find its directory.
        if "tools.staticdir.dir" in config:
            config["tools.staticdir.section"] = "global"
        super()._apply(config)

    @staticmethod
    def __call__(**kwargs: Any) -> Callable[[_Target], _Target]:
        """Return a decorator that adds entries to the `_cp_config` of what it decorates."""

        def decorate(target: _Target) -> _Target:
            # A dict of its own: a class inherits its parent's.
            entries = {**getattr(target, "_cp_config", {}), **kwargs}
            setattr(target, "_cp_config", entries)  # noqa: B010  (any target: mypy knows no such attribute)
            return target

        return decorate


def _is_path_section(key: object, value: object) -> bool:
    return isinstance(key, str) and key.startswith("/") and isinstance(value, dict)


def merge(base: MutableMapping[str, Any], other: Any) -> None:
    """Merge application configuration, dicts of entries by section, into *base*.

    Args:
        base: changed in place; sections that it lacks are copied into it.
        other: a dict, a file name or path, or an open file.

    Raises:
        ValueError: *other* has no sections, or a file has an error.
        OSError: the file cannot be read.
    """
    sections = as_dict(other)
    for section, entries in sections.items():
        if not isinstance(entries, dict):
            raise ValueError(  # noqa: TRY004  (the value of an entry, not of an argument)
                "Application config must include section headers, but the config you tried "
                f"to merge has {section!r} outside of any section. Wrap your config in "
                "another dict with paths as section headers, for example: {'/': config}."
            )
    for section, entries in sections.items():
        if section in base:
            base[section].update(entries)
        else:
            base[section] = dict(entries)
