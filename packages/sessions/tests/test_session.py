import datetime as dt
import inspect
import logging

import pytest

import cherrypy_sessions
from cherrypy_sessions import RamSession, Session


class Shelf(Session):
    """A backend as small as one can be, with the time in UTC."""

    def now(self):
        return dt.datetime.now(dt.timezone.utc)

    def _exists(self):
        return self.id in self.shelf

    def _load(self):
        return self.shelf.get(self.id)

    def _save(self, expiration_time):
        self.shelf[self.id] = (self._data, expiration_time)

    def _delete(self):
        self.shelf.pop(self.id, None)


@pytest.fixture
def shelf():
    return type("IsolatedShelf", (Shelf,), {"shelf": {}, "locks": {}})


def test_the_public_names_are_these():
    assert cherrypy_sessions.__all__ == [
        "LockChecker",
        "LockTimeout",
        "NeverExpires",
        "RamSession",
        "Session",
        "Timer",
        "__version__",
        "missing",
    ]


def test_the_defaults_are_those_of_cherrypy():
    defaults = {
        "clean_freq": 5,
        "clean_thread": None,
        "debug": False,
        "id_observers": None,
        "loaded": False,
        "locked": False,
        "missing": False,
        "originalid": None,
        "regenerated": False,
        "timeout": 60,
    }
    assert {name: getattr(Session, name) for name in defaults} == defaults


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("get", {"key": ..., "default": None}),
        ("pop", {"key": ..., "default": False}),
        ("setdefault", {"key": ..., "default": None}),
        ("update", {"d": ...}),
        ("clean_up", {}),
        ("generate_id", {}),
        ("acquire_lock", {}),
        ("release_lock", {}),
    ],
)
def test_the_signatures_are_those_of_cherrypy(name, parameters):
    found = inspect.signature(getattr(RamSession(), name)).parameters
    empty = inspect.Parameter.empty
    defaults = {k: ... if p.default is empty else p.default for k, p in found.items()}
    assert defaults == parameters


def test_keywords_become_attributes(shelf):
    session = shelf(None, timeout=5, debug=True, storage_path="/x")
    assert (session.timeout, session.debug, session.storage_path) == (5, True, "/x")
    assert shelf.timeout == 60


def test_an_own_backend_needs_four_methods(shelf):
    session = shelf()
    session.acquire_lock()
    session["a"] = 1
    session.save()
    assert session.stored
    assert shelf(session.id)["a"] == 1
    session.clean_up()
    shelf(session.id).delete()
    assert shelf(session.id).missing


@pytest.mark.parametrize("call", ["load", "delete", "regenerate"])
def test_a_backend_that_lacks_a_method_is_told(call):
    with pytest.raises(NotImplementedError, match=r"Session does not define _(load|delete)\(\)"):
        getattr(Session(), call)()


def test_a_backend_without_exists_or_save_is_told():
    with pytest.raises(NotImplementedError, match="_exists"):
        Session("a" * 40)
    session = Session()
    session.loaded = session.stored = True
    with pytest.raises(NotImplementedError, match="_save"):
        session.save()


def test_a_session_is_true_whatever_is_stored():
    assert Session()


def test_now_is_naive_local_time():
    now = Session().now()
    assert now.tzinfo is None
    here = dt.datetime.now(dt.timezone.utc)
    assert abs((here - now.astimezone()).total_seconds()) < 60


def test_a_subclass_with_ids_of_its_own_may_use_them(shelf):
    class Named(shelf):
        def generate_id(self):
            return "Zm9vYmFyYmF6cXV4_-" + super().generate_id()

    session = Named()
    session["a"] = 1
    session.save()
    assert not Named(session.id).missing
    assert Named("../" + session.id).missing
    assert shelf(session.id).missing


def test_an_id_set_by_hand_is_looked_up(shelf):
    first = shelf()
    first["a"] = 1
    first.save()
    second = shelf()
    second.id = first.id
    assert second["a"] == 1


def test_a_new_session_keeps_its_id_when_loaded(shelf):
    session = shelf()
    before = session.id
    session.load()
    session.load()
    assert session.id == before


def test_no_observers_are_fine(shelf):
    assert shelf(id_observers=None).id


def test_a_lock_timeout_may_be_a_timedelta(shelf):
    holder = shelf()
    holder["a"] = 1
    holder.save()
    holder.acquire_lock()
    other = shelf(holder.id, lock_timeout=dt.timedelta(0))
    with pytest.raises(cherrypy_sessions.LockTimeout):
        other.acquire_lock()
    holder.release_lock()


def test_a_bad_lock_timeout_is_found_even_if_nobody_has_the_lock(shelf):
    with pytest.raises(TypeError, match="lock timeout"):
        shelf(lock_timeout="soon").acquire_lock()


def test_debug_logs_without_the_whole_id(shelf, caplog):
    caplog.set_level(logging.DEBUG, "cherrypy_sessions")
    session = shelf("a" * 40, debug=True)
    session["a"] = 1
    session.save()
    session.delete()
    assert len(caplog.messages) == 4
    assert session.id not in caplog.text
    assert session.id[:8] in caplog.text


def test_nothing_is_logged_without_debug(shelf, caplog):
    caplog.set_level(logging.DEBUG, "cherrypy_sessions")
    session = shelf()
    session["a"] = 1
    session.save()
    assert caplog.messages == []
