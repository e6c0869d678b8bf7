"""Sessions in the memory of the process."""

from __future__ import annotations

from cherrypy_sessions.locks import guard
from cherrypy_sessions.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt
    from typing import Any, ClassVar

__all__ = ["RamSession"]


class _Data(dict["Any", "Any"]):
    """The data of one session, with a mark that says whether the session was ended."""

    # PERF: on the class, so that making one calls no Python code (0.4 us).
    ended = False


def _is_ended(data: dict[Any, Any]) -> bool:
    # A subclass with a _load of its own may work on a plain dict.
    return isinstance(data, _Data) and data.ended


def _end(data: dict[Any, Any]) -> None:
    if isinstance(data, _Data):
        data.ended = True


class RamSession(Session):
    """A session kept in this process: fast, gone with the process, unknown to any other.

    Attributes:
        cache: the stored sessions: (data, expiration time) by id.
        locks: the locks that are held or waited for, by id.
    """

    # All requests of a session share one dict, the stored one; nothing is ever copied. With
    # copies, the request that saves last would undo what the others did, wherever an
    # application reads or writes without the lock. So nothing is lost, values changed in place
    # are seen by all, and saving is a renewal of the expiration time. What is needed for it:
    # one id has one dict for its whole life (`Session.load` never takes up the id of a session
    # that is gone), and a dict that was ended by delete() or regenerate() is not stored again.
    cache: ClassVar[dict[str, tuple[dict[Any, Any], dt.datetime]]] = {}
    locks: ClassVar[dict[str, Any]] = {}

    _data_class = _Data

    def __len__(self) -> int:
        """Return the number of stored sessions."""
        return len(self.cache)

    def clean_up(self) -> None:
        """Remove expired sessions, except those that a request has locked or waits for."""
        now = self.now()
        # NOTE: a copy: a list of the items could be interrupted, by the garbage collector.
        for session_id, record in self.cache.copy().items():
            if record[1] > now:
                continue
            # The guard keeps out those who lock the session or renew it, see _save.
            with guard:
                current = self.cache.get(session_id)
                if current is not None and current[1] <= now and session_id not in self.locks:
                    del self.cache[session_id]
            # NOTE: the copy keeps the data alive until the end, outside the guard.

    def _exists(self) -> bool:
        record = self.cache.get(self._id)
        return record is not None and record[1] > self.now()

    def _load(self) -> tuple[dict[Any, Any], dt.datetime] | None:
        record = self.cache.get(self._id)
        if record is None or type(record[0]) is _Data:
            return record
        # Put there by an application: from now on it is a dict like the others.
        with guard:
            record = self.cache.get(self._id, record)
            if type(record[0]) is not _Data:
                record = self.cache[self._id] = (_Data(record[0]), record[1])
        return record

    def _save(self, expiration_time: dt.datetime) -> bool:
        data = self._data
        with guard:
            if _is_ended(data):
                return False
            previous = self.cache.get(self._id)
            self.cache[self._id] = (data, expiration_time)
        # Outside the guard: what is replaced may hold objects with destructors.
        del previous
        return True

    def _delete(self) -> None:
        with guard:
            record = self.cache.pop(self._id, None)
            _end(self._data)
            if record is not None:
                _end(record[0])
