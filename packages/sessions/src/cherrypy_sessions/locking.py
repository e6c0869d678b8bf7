"""How long to wait for a session's lock, and the error when that was too long.

The names are those of ``cherrypy.lib.locking`` in CherryPy 18.10.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt

__all__ = ["LockChecker", "LockTimeout", "NeverExpires", "Timer"]


class LockTimeout(Exception):
    """A session's lock stayed taken for longer than ``lock_timeout``."""


class NeverExpires:
    """The timer of those who wait for ever."""

    def expired(self) -> bool:
        """Return False: this timer never runs out."""
        return False


class Timer:
    """A moment on the calendar, and whether it has passed.

    Attributes:
        expiration: the moment; a naive one is taken as local time.
    """

    def __init__(self, expiration: dt.datetime) -> None:
        self.expiration = expiration

    @classmethod
    def after(cls, elapsed: dt.timedelta | float) -> Timer:
        """Return a timer that expires when ``elapsed`` (seconds or a timedelta) is over.

        Raises:
            TypeError: ``elapsed`` is neither.
        """
        import datetime as dt  # noqa: PLC0415 - keeps `import cherrypy` fast

        span = dt.timedelta(seconds=seconds_of(elapsed))
        return cls(dt.datetime.now(dt.timezone.utc) + span)

    def expired(self) -> bool:
        """Return whether the moment has come."""
        import datetime as dt  # noqa: PLC0415 - keeps `import cherrypy` fast

        # The zone of the moment itself (None: local time), so that both kinds compare.
        return dt.datetime.now(self.expiration.tzinfo) >= self.expiration


class LockChecker:
    """Keeps the time while somebody tries again and again to lock a session.

    Attributes:
        session_id: whose lock is wanted.
        timer: a `Timer`, or `NeverExpires` where ``timeout`` is None.
    """

    def __init__(self, session_id: str, timeout: dt.timedelta | float | None) -> None:
        self.session_id = session_id
        self.timer: Timer | NeverExpires = (
            NeverExpires() if timeout is None else Timer.after(timeout)
        )

    def expired(self) -> bool:
        """Return False while there is time left.

        Raises:
            LockTimeout: the time is over.
        """
        if self.timer.expired():
            raise timeout_error(self.session_id)
        return False


def seconds_of(timeout: dt.timedelta | float) -> float:
    """Return a timeout, given as a timedelta or as seconds, in seconds.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(timeout, (int, float)):
        return timeout
    try:
        return timeout.total_seconds()
    except AttributeError:
        message = f"lock timeout {timeout!r}: use seconds, a timedelta, or None (wait for ever)"
        raise TypeError(message) from None


def timeout_error(session_id: str) -> LockTimeout:
    """Return the error for a lock that did not come in time."""
    # Who knows a session's whole id owns the session, and messages end up in logs.
    return LockTimeout(f"Timeout acquiring lock for session {session_id[:8]}...")
