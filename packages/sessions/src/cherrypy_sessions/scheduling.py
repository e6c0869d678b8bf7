"""The one thing sessions ask of their surroundings: to be cleaned up now and then."""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from cherrypy_sessions.session import Session

    class Scheduler(Protocol):
        """Runs a callback every so many minutes, on a thread of its own.

        A framework hands one in as ``Session.scheduler``; it usually makes a monitor of its
        process bus, so that the clean-up starts and stops with the process. What it returns
        is kept as ``clean_thread`` of the backend class.
        """

        def __call__(
            self, callback: Callable[[], None], frequency_minutes: float, name: str
        ) -> Any:
            """Run ``callback`` every ``frequency_minutes`` minutes as the task ``name``."""
            ...


__all__ = ["schedule_clean_up"]

_scheduling = threading.Lock()


def schedule_clean_up(session: Session, minutes: float, janitor: Callable[[], Session]) -> None:
    """Have the expired sessions of a session's class removed from time to time.

    Does nothing when that is arranged already, or when there is no scheduler: this package
    starts no thread of its own accord. Asks a scheduler once for each class: its handle is
    kept in ``clean_thread`` of the very class, since a subclass may have a storage of its own.

    Args:
        session: the first session of its class that is loaded, or a later one.
        minutes: how often.
        janitor: makes the session object whose `clean_up` will be called. The task lives as
            long as the process; the session that it is asked for must not.
    """
    cls = type(session)
    with _scheduling:
        if vars(cls).get("clean_thread") is not None:
            return
        # From the class, not through the instance: that would turn a function into a method.
        scheduler: Scheduler | None = vars(session).get("scheduler") or cls.scheduler
        if scheduler is None:
            return
        callback = janitor().clean_up
        handle = scheduler(callback, minutes, f"{cls.__name__} clean-up")
        cls.clean_thread = callback if handle is None else handle
