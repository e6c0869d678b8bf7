"""What every session is, whatever keeps its data."""

from __future__ import annotations

import functools
import logging
import os
import re

from cherrypy_sessions.locking import seconds_of
from cherrypy_sessions.locks import acquire, release
from cherrypy_sessions.scheduling import schedule_clean_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
    from typing import Any, ClassVar

    from cherrypy_sessions.locks import SessionLock
    from cherrypy_sessions.scheduling import Scheduler

__all__ = ["Session", "missing"]

#: Given to `Session.pop` as the default, makes it raise KeyError.
missing: Any = object()

# What `Session.generate_id` makes. The upper bound keeps a client from having us look up,
# log or use as a file name what it likes.
_OWN_IDS = re.compile(r"[0-9a-f]{40,128}")
# What a subclass may make that has a generate_id of its own (uuid4().hex, token_urlsafe()):
# nothing that means anything to a file system, a shell or a protocol.
_OTHER_IDS = re.compile(r"[A-Za-z0-9_-]{16,128}")

# Attributes that say something about one session; all others are settings.
_OF_ONE_SESSION = frozenset(
    ("originalid", "missing", "regenerated", "loaded", "stored", "locked", "_id", "_lock", "_used")
)

_log = logging.getLogger("cherrypy_sessions")


@functools.lru_cache(maxsize=16)
def _span(minutes: float) -> dt.timedelta:
    """Return a timedelta. PERF: 0.1 us instead of 0.5 us, once per request."""
    import datetime as dt  # noqa: PLC0415 - keeps `import cherrypy` fast

    return dt.timedelta(minutes=minutes)


class Session:
    """The data kept for one client between its requests; each request makes its own object.

    It acts like a dict. Data is fetched when it is first looked at (touched), and `save`
    stores it again if it was, so that values changed in place (``session['cart'].append(x)``)
    are kept. A new session in which nothing was ever put is not stored at all.

    An id that the client sent is used only if a session is stored under it; any other is
    replaced by a new one, so that nobody can make a client use an id he chose (fixation).

    A backend is a subclass that defines `_exists`, `_load`, `_save` and `_delete`, and
    usually `clean_up`. The locks given here hold within one process; a backend that several
    processes share overrides `acquire_lock` and `release_lock` too.

    Args:
        id: what the client sent, of any type and content; None if it sent nothing.
        **kwargs: set as attributes of the object (``timeout``, ``lock_timeout``, ...).

    Attributes:
        id_observers: functions that are called with the id each time it is set.
        originalid: the id as the client sent it: it may be unknown or unsafe.
        missing: the client asked for a session that does not exist.
        regenerated: the application called `regenerate`.
        loaded: the data is here.
        stored: the storage holds a session under this id, as far as this object knows.
        locked: this object, and no other, may read and write the session.
    """

    #: Minutes after the last save at which a session expires.
    timeout: float = 60
    #: Minutes between two clean-ups of expired sessions; None or 0 for none.
    clean_freq: float | None = 5
    #: What the scheduler returned for the clean-up of this class (each class has its own).
    clean_thread: ClassVar[Any] = None
    #: Arranges for the clean-up; without one, call `clean_up` yourself.
    scheduler: Scheduler | None = None
    #: How long `acquire_lock` waits: seconds or a timedelta; None waits for ever.
    lock_timeout: dt.timedelta | float | None = None
    #: Log what happens, at level DEBUG, to the logger ``cherrypy_sessions``.
    debug: bool = False
    #: The locks that are held or waited for, by session id.
    locks: ClassVar[dict[str, Any]] = {}
    #: Ids that do not match this as a whole are not even looked up.
    id_pattern: ClassVar[re.Pattern[str]] = _OWN_IDS

    id_observers: list[Callable[[str], object]] | None = None
    originalid: Any = None
    missing: bool = False
    regenerated: bool = False
    loaded: bool = False
    stored: bool = False
    locked: bool = False

    _id: str = ""
    _lock: SessionLock | None = None
    # This id has a stored session, or had one: a lost session's id is not used again.
    _used: bool = False
    _data: dict[Any, Any]
    _data_class: ClassVar[type[dict[Any, Any]]] = dict

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Accept other ids from a subclass that makes other ids, unless it says which."""
        super().__init_subclass__(**kwargs)
        if "generate_id" in vars(cls) and "id_pattern" not in vars(cls):
            cls.id_pattern = _OTHER_IDS

    def __init__(self, id: Any = None, **kwargs: Any) -> None:  # noqa: A002 - as CherryPy 18.10
        self.id_observers = []
        self._data = self._data_class()
        for name, value in kwargs.items():
            setattr(self, name, value)
        self.originalid = id
        if id is not None:
            if isinstance(id, str) and self.id_pattern.fullmatch(id):
                self._id = id
                if self._exists():
                    if self.id_observers:
                        self.id = id
                    self.stored = self._used = True
                    return
            self.missing = True
            if self.debug:
                self._log("the client's session id is unknown or malformed, making a new one")
        self.id = self.generate_id()

    # ---- identity

    @property
    def id(self) -> str:
        """The id of the session. Setting it tells ``id_observers``."""
        return self._id

    @id.setter  # noqa: A003 - it is not the builtin
    def id(self, value: str) -> None:
        self._id = value
        self.stored = self._used = False
        for observer in self.id_observers or ():
            observer(value)

    def generate_id(self) -> str:
        """Return a new id: 160 random bits from the operating system, as 40 hex digits."""
        return os.urandom(20).hex()

    def regenerate(self) -> None:
        """Go on under a new id with the same data; the old id is worth nothing any more.

        Call it when somebody logs in (and out): who knew the id before does not know it now.
        A lock that this object holds is moved along.
        """
        if not self.loaded:
            self.load()
        self.regenerated = True
        self._delete()
        # A copy: requests under the old id that have it in their hands keep theirs.
        self._data = self._data_class(self._data)
        self._replace_id()

    def _replace_id(self) -> None:
        relock = self.locked
        if relock:
            self.release_lock()
        self.id = self.generate_id()
        if relock:
            self.acquire_lock()

    # ---- storage

    def load(self) -> None:
        """Fetch the data; called when the session is first touched.

        When another request ended the session since this object was made, or its time is up,
        the session is empty and has a new id.
        """
        record = self._load()
        if record is not None and record[1] > self.now():
            self._data = record[0]
            self.stored = self._used = True
        else:
            if self.debug:
                self._log("no stored data")
            if self._used:
                self._replace_id()
            self._data = self._data_class()
        self.loaded = True
        if self.scheduler is not None and self.clean_freq:
            schedule_clean_up(self, self.clean_freq, self._janitor)

    def save(self) -> None:
        """Store the data if it was touched, renew the time to expiry, release the lock.

        Nothing is stored for a session that is new and empty, nor for one that another
        request has deleted: a session that was logged out stays so.
        """
        try:
            if self.loaded and (self._data or self.stored):
                expiration_time = self.now() + _span(self.timeout)
                # Backends written for CherryPy return None.
                self.stored = self._save(expiration_time) is not False
                self._used = True
                if self.debug:
                    self._log("saved" if self.stored else "not saved: ended by another request")
        finally:
            if self.locked:
                self.release_lock()

    def delete(self) -> None:
        """End the session: remove what is stored. If it is used again, it gets a new id."""
        self._delete()
        self._data = self._data_class()
        self.loaded = self.stored = False
        if self.debug:
            self._log("deleted")

    def clean_up(self) -> None:
        """Remove expired sessions from the storage; in this class, do nothing."""

    def _janitor(self) -> Session:
        """Return a session with the settings of this one, without data, id, observers or lock."""
        janitor = type(self).__new__(type(self))
        settings = vars(janitor)
        settings.update((k, v) for k, v in vars(self).items() if k not in _OF_ONE_SESSION)
        settings.update(id_observers=[], _data=self._data_class())
        return janitor

    def now(self) -> dt.datetime:
        """Return the time by which sessions of this class expire.

        It is naive local time, as CherryPy 18.10, because existing backends store such times.
        A backend may override it, for instance with aware time in UTC, which knows no
        daylight saving; it gets its own kind of time back in `_save`.
        """
        import datetime as dt  # noqa: PLC0415 - keeps `import cherrypy` fast

        return dt.datetime.now()  # noqa: DTZ005 - see above

    # ---- what a backend defines

    def _exists(self) -> bool:
        """Return whether a session is stored under `id` (backends may ignore expiry here)."""
        raise NotImplementedError(self._missing_method("_exists"))

    def _load(self) -> tuple[dict[Any, Any], dt.datetime] | None:
        """Return the stored data and its expiration time, or None."""
        raise NotImplementedError(self._missing_method("_load"))

    def _save(self, expiration_time: dt.datetime) -> bool | None:
        """Store ``self._data`` under `id`; return False if nothing was stored.

        A session that another object has deleted meanwhile is not to be brought back.
        """
        raise NotImplementedError(self._missing_method("_save"))

    def _delete(self) -> None:
        """Remove what is stored under `id`, if anything is."""
        raise NotImplementedError(self._missing_method("_delete"))

    def _missing_method(self, name: str) -> str:
        return f"{type(self).__name__} does not define {name}(): a session backend has to"

    # ---- locking

    def acquire_lock(self) -> None:
        """Lock the session for this object; wait while another object has it.

        Does nothing if this object has the lock already.

        Raises:
            LockTimeout: ``lock_timeout`` is set and was not enough.
        """
        timeout = self.lock_timeout
        seconds = None if timeout is None else seconds_of(timeout)
        self._lock = acquire(self.locks, self._id, self, seconds)
        self.locked = True

    def release_lock(self) -> None:
        """Let others have the lock. Any thread may call it, also when it is released already."""
        lock = self._lock
        self.locked = False
        if lock is not None:
            self._lock = None
            release(self.locks, lock, self)

    # ---- the dict

    def _current(self) -> dict[Any, Any]:
        """Return the data as it can be iterated over."""
        if not self.loaded:
            self.load()
        # Without the lock, another request may be writing to the same dict.
        return self._data if self.locked else self._data.copy()

    def __getitem__(self, key: Any) -> Any:
        if not self.loaded:
            self.load()
        return self._data[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        if not self.loaded:
            self.load()
        self._data[key] = value

    def __delitem__(self, key: Any) -> None:
        if not self.loaded:
            self.load()
        del self._data[key]

    def __contains__(self, key: Any) -> bool:
        if not self.loaded:
            self.load()
        return key in self._data

    def __iter__(self) -> Iterator[Any]:
        return iter(self._current())

    def __bool__(self) -> bool:
        # Backends' len() is the number of stored sessions, which says nothing about this one.
        return True

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of ``key``, or ``default``."""
        if not self.loaded:
            self.load()
        return self._data.get(key, default)

    def pop(self, key: Any, default: Any = False) -> Any:
        """Remove ``key`` and return its value, or ``default``.

        Raises:
            KeyError: there is no such key and ``default`` is `missing`.
        """
        if not self.loaded:
            self.load()
        if default is missing:
            return self._data.pop(key)
        return self._data.pop(key, default)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the value of ``key``, after setting it to ``default`` if it was not set."""
        if not self.loaded:
            self.load()
        return self._data.setdefault(key, default)

    def update(self, d: Mapping[Any, Any]) -> None:
        """Set all keys of ``d``."""
        if not self.loaded:
            self.load()
        self._data.update(d)

    def clear(self) -> None:
        """Remove all keys. The session itself goes on, see `delete`."""
        if not self.loaded:
            self.load()
        self._data.clear()

    def keys(self) -> KeysView[Any]:
        """Return the keys; a snapshot where the session is not locked."""
        return self._current().keys()

    def values(self) -> ValuesView[Any]:
        """Return the values; a snapshot where the session is not locked."""
        return self._current().values()

    def items(self) -> ItemsView[Any, Any]:
        """Return (key, value) pairs; a snapshot where the session is not locked."""
        return self._current().items()

    def _log(self, message: str) -> None:
        # Not the whole id: who knows it owns the session.
        _log.debug("session %s...: %s", self._id[:8], message)
