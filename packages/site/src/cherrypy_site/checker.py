"""A look at the configuration, when a site starts, for what is probably a mistake."""

from __future__ import annotations

import os
import warnings

from cherrypy_core.application import Application
from cherrypy_core.lazy import lazy
from cherrypy_site.errors import CheckerWarning
from cherrypy_site.oldkeys import OBSOLETE, advice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from cherrypy_site.site import Site

__all__ = ["Checker"]

#: Namespaces that only the global configuration has.
_SITE_ONLY = ("checker", "engine", "server", "tree")


class Checker:
    """Looks for probable mistakes in the configuration of a site and its applications.

    Called when the bus starts. Nothing is changed and nothing refused: what is found is
    shown as a warning (of Python's `warnings`). Each method whose name begins with `check_`
    is a check; a subclass may add some. `checker.on` switches all off, and
    `checker.check_static_paths = False`, say, one of them.

    Args:
        site: the site.

    Attributes:
        on: whether anything is checked.
        reports_empty_config: whether an application without any configuration is reported
            even if nothing says that it was meant to have one.
        obsolete: configuration keys of earlier versions to what is used now, if anything.
        deprecated: the same for keys that still work.
        extra_config_namespaces: namespaces that are not to be reported as unknown.
    """

    on = True
    reports_empty_config = False
    # A subclass may have its own; each instance has a copy.
    obsolete: dict[str, str | None] = OBSOLETE
    deprecated: dict[str, str | None] = {}  # noqa: RUF012
    extra_config_namespaces: list[str] = []  # noqa: RUF012

    def __init__(self, site: Site) -> None:
        self.site = site
        self.obsolete = dict(self.obsolete)
        self.deprecated = dict(self.deprecated)
        self.extra_config_namespaces = list(self.extra_config_namespaces)

    @property
    def global_config_contained_paths(self) -> bool:
        """Whether the global configuration was given sections of an application."""
        return self.site.config.global_config_contained_paths

    @global_config_contained_paths.setter
    def global_config_contained_paths(self, contained: bool) -> None:
        self.site.config.global_config_contained_paths = contained

    @lazy
    def known_config_types(self) -> dict[str, type]:
        """Key to the type that its value is expected to have."""
        from cherrypy_site.settings import known_types  # noqa: PLC0415  (once, when used)

        return known_types(self.site)

    def __call__(self) -> None:
        """Make all checks. One that fails itself is logged and stops nothing."""
        if not self.on:
            return
        usual = warnings.formatwarning
        warnings.formatwarning = self.formatwarning
        try:
            for name in dir(self):
                check = getattr(self, name) if name.startswith("check_") else None
                if callable(check):
                    self._try(name, check)
        finally:
            warnings.formatwarning = usual

    def _try(self, name: str, check: Any) -> None:
        try:
            check()
        except Warning:
            # Somebody has made errors of all warnings, and means it.
            raise
        except Exception:  # noqa: BLE001  (a site must start without its checker, too)
            write = self.site.log
            write(f"{name} has failed.", "CHECKER", severity=40, traceback=True)

    def formatwarning(
        self,
        message: Warning | str,
        category: type[Warning],  # noqa: ARG002  (the signature of `warnings`)
        filename: str,  # noqa: ARG002
        lineno: int,  # noqa: ARG002
        line: str | None = None,  # noqa: ARG002
    ) -> str:
        """Return what is written for a warning."""
        return f"CherryPy Checker:\n{message}\n\n"

    @staticmethod
    def _warn(message: str) -> None:
        # The module's own line tells nobody anything.
        warnings.warn(message, CheckerWarning, stacklevel=2)

    def _apps(self) -> Iterator[tuple[str, Application]]:
        for script_name, app in list(self.site.tree.apps.items()):
            if isinstance(app, Application):
                yield script_name, app

    def _sections(self) -> Iterator[tuple[str, Application, str, dict[Any, Any]]]:
        """Yield script name, application, section and entries of all applications."""
        for script_name, app in self._apps():
            config: dict[Any, Any] = app.config
            for section, entries in list(config.items()):
                if isinstance(section, str) and isinstance(entries, dict):
                    yield script_name, app, section, entries

    # Applications and their sections.

    def check_skipped_app_config(self) -> None:
        """Report applications without any configuration: it may have gone elsewhere."""
        for script_name, app in self._apps():
            if app.config or not (self.reports_empty_config or self.global_config_contained_paths):
                continue
            message = f"The Application mounted at {script_name!r} has an empty config."
            if self.global_config_contained_paths:
                message += (
                    " The config that was passed to cherrypy.config.update() has sections "
                    "for paths, which are an application's: pass them to "
                    "cherrypy.tree.mount(..., config=...)."
                )
            self._warn(message)

    def check_app_config_entries_dont_start_with_script_name(self) -> None:
        """Report sections that begin with the path where their application is mounted."""
        for script_name, app in self._apps():
            atoms = [atom for atom in script_name.split("/") if atom]
            for key in _texts(app.config):
                below = key.strip("/").split("/")[: len(atoms)] == atoms
                if not atoms or not key.startswith("/") or not below:
                    continue
                self._warn(
                    f"The application mounted at {script_name!r} has config entries that "
                    f"start with its script name: {key!r}. Sections are relative to the "
                    "application's root."
                )

    def check_app_config_brackets(self) -> None:
        """Report names of sections that are in brackets."""
        for script_name, app in self._apps():
            for key in _texts(app.config):
                if key.startswith("[") or key.endswith("]"):
                    self._warn(
                        f"The application mounted at {script_name!r} has config section names "
                        f"with extraneous brackets: {key!r}. Config *files* need brackets; "
                        "config *dicts* (e.g. passed to tree.mount) do not."
                    )

    def check_site_config_entries_in_app_config(self) -> None:
        """Report entries of applications that only the global configuration can have."""
        for script_name, app in self._apps():
            found = [
                f"[{section}] {key} = {value!r}"
                for _, owner, section, entries in self._sections()
                if owner is app and section.startswith("/")
                for key in _texts(entries)
                for value in [entries[key]]
                if key.partition(".")[0] in _SITE_ONLY and "." in key
            ]
            if found:
                lines = "\n".join(found)
                self._warn(
                    f"The application mounted at {script_name!r} contains the following config "
                    "entries, which are only allowed in site-wide config. Move them to a "
                    "[global] section and pass them to cherrypy.config.update() instead of "
                    f"tree.mount().\n{lines}"
                )

    # Keys and values.

    def check_compatibility(self) -> None:
        """Report keys of earlier versions."""
        known = {**self.obsolete, **self.deprecated}
        for section, entries in self._all_entries():
            where = "" if section == "global" else f"\nsection: [{section}]"
            for key in _texts(entries):
                said = advice(key, known)
                if said:
                    self._warn(said + where)

    def _all_entries(self) -> Iterator[tuple[str, Mapping[Any, Any]]]:
        yield "global", dict(self.site.config)
        for _, _, section, entries in self._sections():
            if section.startswith("/"):
                yield section, entries

    def check_config_types(self) -> None:
        """Report values whose type is not that of the default."""
        for section, entries in self._all_entries():
            for key in _texts(entries):
                value, expected = entries[key], self._expected_type(key)
                if expected is not None and not _fits(key, value, expected):
                    self._warn(
                        f"The config entry {key!r} in section {section!r} is of type "
                        f"{type(value).__name__!r}, which does not match the expected type "
                        f"{expected.__name__!r}."
                    )

    def _expected_type(self, key: str) -> type | None:
        switch = key.startswith(("tools.", "engine.")) and key.endswith(".on")
        return bool if switch else self.known_config_types.get(key)

    def check_config_namespaces(self) -> None:
        """Report entries of unknown namespaces, and of tools that do not exist."""
        for _, app, section, entries in self._sections():
            if section.startswith("/"):
                known = {*app.namespaces, *app.request_class.namespaces, *_SITE_ONLY}
                toolboxes = app.toolboxes
                for key in _texts(entries):
                    self._check_namespace(key, section, known, toolboxes, strict=True)
        site = self.site
        known = {*site.config.namespaces, *site.request_class.namespaces, "wsgi"}
        for key in _texts(site.config):
            # In the global configuration everybody may keep what he likes.
            self._check_namespace(key, "global", known, {"tools": site.tools}, strict=False)

    def _check_namespace(
        self, key: str, section: str, known: set[str], toolboxes: Mapping[str, Any], strict: bool
    ) -> None:
        if "." not in key or advice(key, self.obsolete):
            return
        namespace, name = key.split(".")[:2]
        where = f"\nsection: [{section}]"
        box = toolboxes.get(namespace)
        if box is not None:
            if not hasattr(box, name):
                self._warn(
                    f"The config entry {key!r} may be invalid, because the {name!r} tool was "
                    f"not found.{where}"
                )
            elif key.count(".") == 1:
                self._warn(
                    f"The config entry {key!r} names no setting of the tool; try "
                    f"'{key}.on' instead.{where}"
                )
            return
        known = known | {*toolboxes, *self.extra_config_namespaces}
        if namespace in known:
            return
        if namespace == "cherrypy" and name in known:
            better = key.partition(".")[2]
            self._warn(f"The config entry {key!r} is invalid; try {better!r} instead.{where}")
        elif strict or _similar(namespace, known):
            self._warn(
                f"The config entry {key!r} is invalid, because the {namespace!r} config "
                f"namespace is unknown.{where}"
            )

    def check_engine_settings(self) -> None:
        """Report attributes of the engine that only the configuration has given it."""
        for name in sorted(self.site.config.added_to_engine):
            self._warn(
                f"The config entry 'engine.{name}' may be invalid, because nothing in the "
                "engine is called so. It has been set all the same."
            )

    # What the entries refer to.

    def check_static_paths(self) -> None:
        """Report static directories and files that are not there."""
        for _, app, section, entries in self._sections():
            if not section.startswith("/"):
                continue
            merged: dict[Any, Any] = dict(self.site.config)
            for _, layer in app.sections(section):
                merged.update(layer)
            for tool, setting in (("staticdir", "dir"), ("staticfile", "filename")):
                prefix = f"tools.{tool}."
                own = any(key.startswith(prefix) for key in _texts(entries))
                if own and merged.get(prefix + "on"):
                    path, root = merged.get(prefix + setting), merged.get(prefix + "root")
                    found = _path_mistakes(prefix + setting, setting, path, root)
                    if found:
                        self._warn(
                            f"{found}\nsection: [{section}]\nroot: {root!r}\n{setting}: {path!r}"
                        )

    def check_localhost(self) -> None:
        """Report servers whose host is "localhost", which may be one of two addresses."""
        for server in (self.site.server, *self.site.servers.values()):
            if server.socket_host == "localhost":
                self._warn(
                    "The use of 'localhost' as a socket host can cause problems, since "
                    "'localhost' can map to either an IPv4 or an IPv6 address. Use "
                    "'127.0.0.1' or '::1' instead."
                )


def _texts(entries: Mapping[Any, Any]) -> list[str]:
    """Return the keys that are texts: others mean nothing here."""
    return [key for key in entries if isinstance(key, str)]


def _fits(key: str, value: object, expected: type) -> bool:
    """Tell whether *value* will do where the default is of the type *expected*."""
    if value is None or isinstance(value, expected):
        return True
    if expected is int:
        # Seconds may be fractions.
        return isinstance(value, float) and key.endswith(("timeout", "frequency"))
    if expected is float:
        return isinstance(value, int)
    if expected is bool:
        # What counts is whether it is true; a text is, even "False" and "off".
        return not isinstance(value, (str, bytes))
    if expected is str:
        return isinstance(value, os.PathLike)
    return expected is tuple and isinstance(value, (list, set, frozenset))


def _similar(name: str, known: set[str]) -> bool:
    from difflib import get_close_matches  # noqa: PLC0415  (slow to import; mistakes only)

    return bool(get_close_matches(name, known, 1, 0.86))


def _path_mistakes(key: str, setting: str, path: Any, root: Any) -> str:
    """Return what is wrong with a path of static files, "" if nothing is."""
    if not path:
        return f"{key} is not set."
    path = os.path.expanduser(os.fspath(path))  # noqa: PTH111  (as the tool does it)
    root = os.path.expanduser(os.fspath(root)) if root else ""  # noqa: PTH111
    said = []
    full = os.path.join(root, path)  # noqa: PTH118
    if os.path.isabs(path):  # noqa: PTH117
        if root:
            said.append(f"{setting} is an absolute path, even though a root is provided.")
            below = os.path.join(root, path.lstrip("/\\"))  # noqa: PTH118
            if os.path.exists(below):  # noqa: PTH110
                said.append(
                    f"If you meant to serve {below!r}, remove the leading slash from {setting}."
                )
    elif not root:
        return f"{setting} is a relative path and no root provided."
    elif not os.path.isabs(root):  # noqa: PTH117
        return f"{full!r} (root + {setting}) is not an absolute path."
    if not os.path.exists(full):  # noqa: PTH110
        said.append(f"{full!r} (root + {setting}) is not an existing filesystem path.")
    return "\n".join(said)
