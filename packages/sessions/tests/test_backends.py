"""What every backend has to do. Backends are listed in conftest.py."""

import re
import threading

import pytest

from cherrypy_sessions import LockTimeout, missing

UNKNOWN = "0123456789abcdef" * 3
UNSAFE = [
    "",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "/etc/passwd",
    "a" * 39,
    "a" * 129,
    "a" * 10_000_000,
    "A" * 40,
    "g" * 40,
    "a" * 40 + "\n",
    "a" * 40 + "\0",
    "a" * 39 + "\u0661",
    "session-" + "a" * 40,
    b"a" * 40,
    40,
    ["a" * 40],
    {},
    True,
    float("nan"),
]


# ---- storing


def test_data_is_there_in_the_next_request(backend, store):
    session = backend(store(backend, name="Mia", items=[1, 2]))
    assert session["name"] == "Mia"
    assert session["items"] == [1, 2]


def test_two_sessions_do_not_share_data(backend, store):
    first, second = store(backend, name="Mia"), store(backend, name="Ole")
    assert first != second
    assert backend(first)["name"] == "Mia"
    assert backend(second)["name"] == "Ole"


def test_a_value_changed_in_place_is_kept(backend, store):
    key = store(backend, items=[])
    session = backend(key)
    session.acquire_lock()
    session["items"].append("x")
    session.save()
    assert backend(key)["items"] == ["x"]


def test_a_new_session_that_is_only_read_stores_nothing(backend):
    session = backend()
    session.acquire_lock()
    assert session.get("name") is None
    assert "name" not in session
    session.save()
    assert len(session) == 0
    assert not session.stored
    assert backend(session.id).missing


def test_an_untouched_session_is_neither_loaded_nor_renewed(backend, store, clock):
    key = store(backend, name="Mia")
    clock.advance(59)
    session = backend(key)
    session.save()
    assert not session.loaded
    clock.advance(2)
    assert backend(key).get("name") is None


def test_reading_renews_a_session(backend, store, clock):
    key = store(backend, name="Mia")
    clock.advance(59)
    session = backend(key)
    assert session["name"] == "Mia"
    session.save()
    clock.advance(59)
    assert backend(key)["name"] == "Mia"


def test_an_emptied_session_stays_known(backend, store):
    key = store(backend, name="Mia")
    session = backend(key)
    session.clear()
    session.save()
    again = backend(key)
    assert not again.missing
    assert list(again) == []


def test_the_number_of_stored_sessions_is_the_length(backend, store):
    store(backend, a=1)
    store(backend, a=1)
    assert len(backend()) == 2
    assert backend()


def test_saving_without_a_lock_is_fine(backend, store):
    key = store(backend, name="Mia")
    session = backend(key)
    session["name"] = "Ole"
    session.save()
    session.save()
    assert backend(key)["name"] == "Ole"


def test_a_handler_may_save_and_release_and_the_framework_again(backend, store):
    key = store(backend, n=1)
    session = backend(key)
    session.acquire_lock()
    session["n"] = 2
    session.save()
    session.release_lock()
    other = backend(key, lock_timeout=0)
    other.acquire_lock()
    session.save()
    session.release_lock()
    assert other.locked
    assert other["n"] == 2
    other.release_lock()


# ---- ids


def test_a_new_session_has_a_long_random_id(backend):
    ids = {backend().id for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch("[0-9a-f]{40}", key) for key in ids)


def test_a_session_without_a_client_id_is_not_missing(backend):
    session = backend()
    assert session.originalid is None
    assert not session.missing


def test_a_known_id_is_kept(backend, store):
    key = store(backend, a=1)
    session = backend(key)
    assert session.id == session.originalid == key
    assert session.stored
    assert not session.missing


def test_an_unknown_id_is_never_adopted(backend):
    session = backend(UNKNOWN)
    assert session.originalid == UNKNOWN
    assert session.missing
    assert session.id != UNKNOWN
    session["name"] = "Mia"
    session.save()
    assert backend(UNKNOWN).missing


@pytest.mark.parametrize("key", UNSAFE, ids=lambda key: repr(key)[:20])
def test_an_unsafe_id_is_replaced(backend, key):
    session = backend(key)
    assert session.originalid is key
    assert session.missing
    assert re.fullmatch("[0-9a-f]{40}", session.id)


def test_observers_are_told_each_id(backend):
    seen = []
    session = backend(UNKNOWN, id_observers=[seen.append])
    first = session.id
    session.regenerate()
    assert seen == [first, session.id]


def test_observers_are_told_a_known_id(backend, store):
    key, seen = store(backend, a=1), []
    assert backend(key, id_observers=[seen.append]).stored
    assert seen == [key]


def test_regenerating_moves_the_data_to_a_new_id(backend, store):
    key = store(backend, name="Mia")
    session = backend(key)
    session.acquire_lock()
    session.regenerate()
    assert session.regenerated
    assert session.locked
    assert session.id != key
    assert session.originalid == key
    session.save()
    assert backend(key).missing
    assert backend(session.id)["name"] == "Mia"
    assert len(session) == 1


def test_regenerating_releases_the_old_lock_and_takes_the_new(backend, store):
    key = store(backend, name="Mia")
    session, late = backend(key), backend(key, lock_timeout=0)
    session.acquire_lock()
    session.regenerate()
    late.acquire_lock()
    late.release_lock()
    session["a"] = 1
    session.save()
    other = backend(session.id, lock_timeout=0)
    other.acquire_lock()
    other.release_lock()


def test_a_request_under_the_old_id_cannot_bring_it_back(backend, store):
    key = store(backend, name="Mia")
    slow = backend(key)
    assert slow["name"] == "Mia"
    login = backend(key)
    login["user"] = "mia"
    login.regenerate()
    login["role"] = "admin"
    login.save()
    slow["late"] = True
    slow.save()
    assert backend(key).missing
    assert backend(login.id).get("role") == "admin"
    assert len(login) == 1


def test_one_who_waited_for_a_session_that_ended_gets_a_new_id(backend, store):
    key = store(backend, name="Mia")
    waiting = backend(key)
    other = backend(key)
    other.delete()
    waiting.acquire_lock()
    seen = []
    waiting.id_observers.append(seen.append)
    waiting["name"] = "Ole"
    assert seen == [waiting.id]
    assert waiting.id != key
    waiting.save()
    assert not waiting.locked
    assert backend(key).missing
    assert backend(waiting.id)["name"] == "Ole"


# ---- deleting, expiring


def test_a_deleted_session_is_gone(backend, store):
    key = store(backend, name="Mia")
    session = backend(key)
    assert session["name"] == "Mia"
    session.delete()
    session.save()
    assert backend(key).missing
    assert len(session) == 0


def test_a_deleted_session_that_is_used_again_starts_anew(backend, store):
    key = store(backend, name="Mia")
    session = backend(key)
    session.delete()
    assert session.get("name") is None
    session["name"] = "Ole"
    session.save()
    assert session.id != key
    assert backend(key).missing
    assert backend(session.id)["name"] == "Ole"


def test_logging_out_is_not_undone_by_a_request_under_way(backend, store):
    key = store(backend, user="mia")
    slow = backend(key)
    assert slow["user"] == "mia"
    backend(key).delete()
    slow["late"] = True
    slow.save()
    assert backend(key).missing
    assert len(slow) == 0
    assert not slow.stored


def test_deleting_what_is_not_stored_is_fine(backend):
    session = backend()
    session.delete()
    session.delete()
    assert len(session) == 0


def test_an_expired_session_is_empty_and_gets_a_new_id(backend, store, clock):
    key = store(backend, name="Mia")
    clock.advance(60)
    session = backend(key)
    assert session.get("name") is None
    assert session.id != key


def test_a_session_that_expires_while_waiting_for_the_lock_is_empty(backend, store, clock):
    key = store(backend, name="Mia")
    session = backend(key)
    clock.advance(61)
    session.acquire_lock()
    assert session.get("name") is None
    assert session.id != key
    session.release_lock()


def test_the_timeout_is_in_minutes_and_per_session(backend, clock):
    short, long = backend(timeout=1), backend(timeout=0.5 + 1)
    short["a"] = long["a"] = 1
    short.save()
    long.save()
    clock.advance(1.25)
    assert "a" not in backend(short.id)
    assert "a" in backend(long.id)


def test_the_clean_up_removes_expired_sessions_only(backend, store, clock):
    old = store(backend, a=1)
    clock.advance(30)
    young = store(backend, a=1)
    clock.advance(31)
    backend().clean_up()
    assert len(backend()) == 1
    assert backend(old).missing
    assert backend(young)["a"] == 1


def test_the_clean_up_spares_a_locked_session(backend, store, clock):
    key = store(backend, a=1)
    session = backend(key)
    session.acquire_lock()
    assert session["a"] == 1
    clock.advance(61)
    backend().clean_up()
    assert len(session) == 1
    session["b"] = 2
    session.save()
    assert backend(key)["b"] == 2


def test_a_request_longer_than_the_timeout_keeps_its_data(backend, store, clock):
    key = store(backend, a=1)
    session = backend(key)
    session["b"] = 2
    clock.advance(61)
    backend().clean_up()
    session.save()
    assert dict(backend(key).items()) == {"a": 1, "b": 2}


def test_the_clean_up_never_removes_a_session_that_is_renewed(backend, store, clock, threads):
    keys = [store(backend, n=0) for _ in range(50)]
    clock.advance(59)
    sessions = [backend(key) for key in keys]
    for session in sessions:
        session["n"] += 1
    clock.advance(2)  # all are over time, all are in somebody's hands
    go = threading.Barrier(2)

    def clean():
        go.wait()
        for _ in range(20):
            backend().clean_up()

    def save():
        go.wait()
        for session in sessions:
            session.save()

    threads(clean)
    threads(save)
    threads.join()
    assert [backend(key)["n"] for key in keys] == [1] * 50


# ---- locking


@pytest.mark.slow
def test_no_update_is_lost_among_eight_threads(backend, store, threads, let_others_run):
    key = store(backend, n=0)

    def increment():
        for _ in range(200):
            session = backend(key)
            session.acquire_lock()
            number = session["n"]
            let_others_run()
            session["n"] = number + 1
            session.save()

    threads(increment, count=8)
    threads.join()
    assert backend(key)["n"] == 1600


def test_never_two_hold_the_lock(backend, store, threads, let_others_run):
    key = store(backend, n=0)
    inside, most = [], []

    def work():
        for _ in range(50):
            session = backend(key)
            session.acquire_lock()
            inside.append(session)
            let_others_run()
            most.append(len(inside))
            inside.remove(session)
            session.release_lock()

    threads(work, count=8)
    threads.join()
    assert len(most) == 400
    assert set(most) == {1}


def test_a_lock_can_be_taken_and_released_repeatedly(backend, store):
    session = backend(store(backend, a=1))
    session.release_lock()
    session.acquire_lock()
    session.acquire_lock()
    assert session.locked
    session.release_lock()
    assert not session.locked
    session.release_lock()
    other = backend(session.id, lock_timeout=0)
    other.acquire_lock()
    other.release_lock()


@pytest.mark.parametrize("seconds", [0, -1, 0.01])
def test_waiting_for_a_lock_ends_with_an_error_in_time(backend, store, seconds):
    key = store(backend, a=1)
    holder, other = backend(key), backend(key, lock_timeout=seconds)
    holder.acquire_lock()
    with pytest.raises(LockTimeout, match=key[:8]) as caught:
        other.acquire_lock()
    assert key not in str(caught.value)
    assert not other.locked
    other.release_lock()
    holder.release_lock()
    other.acquire_lock()
    other.release_lock()


def test_a_lock_is_released_from_another_thread(backend, store, threads):
    key = store(backend, a=1)
    session = backend(key)
    session.acquire_lock()
    session["a"] = 2
    threads(session.save)
    threads.join()
    assert not session.locked
    other = backend(key, lock_timeout=0)
    other.acquire_lock()
    assert other["a"] == 2
    other.release_lock()


def test_another_session_object_cannot_release_the_lock(backend, store):
    key = store(backend, a=1)
    holder, other = backend(key), backend(key)
    holder.acquire_lock()
    other.release_lock()
    other.save()
    third = backend(key, lock_timeout=0)
    with pytest.raises(LockTimeout):
        third.acquire_lock()
    holder.release_lock()


def test_two_objects_of_one_thread_exclude_each_other(backend, store):
    key = store(backend, a=1)
    holder, other = backend(key), backend(key, lock_timeout=0)
    holder.acquire_lock()
    with pytest.raises(LockTimeout):
        other.acquire_lock()
    holder.release_lock()


def test_the_lock_is_released_when_saving_fails(backend, store, monkeypatch):
    key = store(backend, a=1)
    session = backend(key)

    def fail(expiration_time):
        raise OSError("disk full")

    monkeypatch.setattr(session, "_save", fail)
    session.acquire_lock()
    session["a"] = 2
    with pytest.raises(OSError, match="disk full"):
        session.save()
    assert not session.locked
    other = backend(key, lock_timeout=0)
    other.acquire_lock()
    other.release_lock()


# ---- the dict


def test_a_session_acts_like_a_dict(backend):
    session = backend()
    session["a"] = 1
    session.update({"b": 2, "c": 3})
    assert session.setdefault("b", 9) == 2
    assert session.setdefault("d") is None
    assert session.get("x") is None
    assert session.get("x", 5) == 5
    assert "a" in session
    assert "x" not in session
    del session["d"]
    assert sorted(session) == sorted(session.keys()) == ["a", "b", "c"]
    assert sorted(session.values()) == [1, 2, 3]
    assert dict(session.items()) == {"a": 1, "b": 2, "c": 3}
    session.clear()
    assert list(session.items()) == []


def test_popping_returns_the_value_or_the_default(backend):
    session = backend()
    session["a"] = 1
    assert session.pop("a") == 1
    assert session.pop("a") is False
    assert session.pop("a", None) is None
    with pytest.raises(KeyError):
        session.pop("a", missing)


def test_a_missing_key_is_a_key_error(backend):
    session = backend()
    with pytest.raises(KeyError):
        session["x"]
    with pytest.raises(KeyError):
        del session["x"]


TOUCHES = {
    "getitem": lambda s: s["a"],
    "setitem": lambda s: s.__setitem__("b", 1),
    "delitem": lambda s: s.__delitem__("a"),
    "in": lambda s: "a" in s,
    "iter": list,
    "get": lambda s: s.get("a"),
    "pop": lambda s: s.pop("a"),
    "setdefault": lambda s: s.setdefault("a"),
    "update": lambda s: s.update({}),
    "clear": lambda s: s.clear(),
    "keys": lambda s: s.keys(),
    "values": lambda s: s.values(),
    "items": lambda s: s.items(),
}


@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES)
def test_any_look_at_the_data_loads_it(backend, store, touch):
    session = backend(store(backend, a=1))
    assert not session.loaded
    touch(session)
    assert session.loaded
