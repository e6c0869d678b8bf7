"""The sessions tool: which hooks give a request its session."""

from __future__ import annotations

from cherrypy_core.hooks import Hook
from cherrypy_tools.late import Late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cherrypy_tools.tool import Sink

__all__ = ["SessionTool"]

# What `tools.sessions.locking` may be: hook point and priority of the lock.
_LOCKING = {
    "implicit": ("before_handler", 50),
    "early": ("before_request_body", 60),
    "explicit": None,
}


class SessionTool(Late):
    """The `sessions` tool.

    `tools.sessions.locking` says when the session is locked: "implicit" before the page
    handler, "early" before the body is read, "explicit" when the application does it. It is
    released at the latest when the response is over. All other settings are those of `init`.

    Args:
        session_class: what keeps the data where `tools.sessions.storage_class` does not say.
        storage_types: what `tools.sessions.storage_type` may be, and the class it stands
            for (or its name with dots).
        defaults: settings for `init` that are made where the configuration makes none.
    """

    def __init__(
        self,
        session_class: Any = None,
        storage_types: Mapping[str, Any] | None = None,
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        self.session_class = session_class
        self.storage_types = dict(storage_types or {})
        self.defaults = dict(defaults or {})
        self._point = "before_request_body"
        self._source = "cherrypy_tools.sessionhooks.init"
        self._name = "sessions"
        self._priority = 50

    def enter(self, settings: dict[str, Any], sink: Sink) -> None:
        """Attach the tool's hooks, with *settings* as its arguments, to *sink*.

        Raises:
            ValueError: `locking` or `storage_type` is none that there is.
        """
        from cherrypy_tools.sessionhooks import (  # noqa: PLC0415  (not every application's need)
            close,
            lock,
            save,
            session_class,
        )

        settings = {**self.defaults, **settings}
        locking = settings.pop("locking", "implicit")
        if locking not in _LOCKING:
            raise ValueError(
                f"tools.sessions.locking must be one of {', '.join(_LOCKING)}, not {locking!r}"
            )
        cls = settings.get("storage_class")
        if cls is None:
            cls = self.class_of(settings.get("storage_type"))
        settings["storage_class"] = session_class(cls)
        super().enter(settings, sink)
        when = _LOCKING[locking]
        if when is not None:
            sink.add(when[0], Hook(lock, priority=when[1]))
        sink.add("before_finalize", Hook(save))
        sink.add("on_end_request", Hook(close))

    def class_of(self, storage_type: str | None) -> Any:
        """Return what keeps the data for a *storage_type*, the default for None.

        Raises:
            ValueError: the type is none that there is.
        """
        if not storage_type:
            return self.session_class
        try:
            return self.storage_types[storage_type.lower()]
        except KeyError:
            known = ", ".join(sorted(self.storage_types)) or "none"
            raise ValueError(
                f"tools.sessions.storage_type {storage_type!r} is unknown (known: {known}); "
                "set tools.sessions.storage_class to a class instead"
            ) from None

    def regenerate(self) -> None:
        """Give the current session a new id, for instance when somebody logs in."""
        from cherrypy_core.serving import serving  # noqa: PLC0415  (seldom)

        serving.session.regenerate()
