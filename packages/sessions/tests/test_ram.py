import gc
import threading
import weakref

import pytest

from cherrypy_sessions import RamSession


def test_the_tables_are_class_attributes():
    assert isinstance(RamSession.cache, dict)
    assert isinstance(RamSession.locks, dict)
    assert RamSession().cache is RamSession.cache


def test_the_cache_holds_data_and_expiration_time(ram, store, clock):
    key = store(ram, a=1)
    data, expires = ram.cache[key]
    assert data == {"a": 1}
    assert (expires - clock.time).total_seconds() == 3600
    assert ram().cache.get("unknown", ({}, None)) == ({}, None)


def test_anonymous_requests_leave_nothing(ram):
    for _ in range(10_000):
        session = ram()
        session.acquire_lock()
        session.get("user")
        session.save()
    assert ram.cache == {}
    assert ram.locks == {}


def test_no_lock_outlives_its_request(ram, store):
    key = store(ram, a=1)
    session = ram(key)
    session.acquire_lock()
    assert list(ram.locks) == [key]
    session.regenerate()
    assert list(ram.locks) == [session.id]
    session.delete()
    session["b"] = 1
    assert list(ram.locks) == [session.id]
    session.save()
    assert ram.locks == {}


def test_what_unlocked_requests_write_to_one_session_is_all_kept(ram, store):
    key = store(ram, a=1)
    first, second = ram(key), ram(key)
    assert first["a"] == second["a"] == 1
    first["x"] = 1
    second["y"] = 2
    second.save()
    first.save()
    assert dict(ram(key).items()) == {"a": 1, "x": 1, "y": 2}


def test_an_unlocked_reader_may_iterate_while_another_writes(ram, store):
    key = store(ram, a=1, b=2)
    reader, writer = ram(key), ram(key)
    writer.acquire_lock()
    for name in reader:
        writer[name * 2] = name
    for name, value in reader.items():
        assert writer.pop(name) == value
    writer.save()


def test_the_holder_of_the_lock_iterates_over_the_data_itself(ram, store):
    session = ram(store(ram, a=1))
    session.acquire_lock()
    keys = session.keys()
    session["b"] = 2
    assert list(keys) == ["a", "b"]
    session.release_lock()


def test_a_session_put_into_the_cache_by_hand_is_used(ram, clock, store):
    key = store(ram, a=1)
    ram.cache[key] = ({"b": 2}, ram.cache[key][1])
    session = ram(key)
    session["c"] = 3
    session.save()
    assert ram.cache[key][0] == {"b": 2, "c": 3}
    ram.cache[key] = ({"b": 2}, ram.cache[key][1])
    ram(key).delete()
    assert ram.cache == {}


def test_a_subclass_may_load_plain_dicts(ram, store):
    class Plain(ram):
        def _load(self):
            record = super()._load()
            return record and (dict(record[0]), record[1])

    session = Plain(store(Plain, a=1))
    session["b"] = 2
    session.save()
    assert ram.cache[session.id][0] == {"a": 1, "b": 2}
    session.delete()
    assert ram.cache == {}


def test_the_clean_up_spares_a_session_that_somebody_waits_for(
    ram, store, clock, threads, eventually
):
    key = store(ram, a=1)
    holder, waiting = ram(key), ram(key)
    holder.acquire_lock()
    threads(waiting.acquire_lock)
    eventually(lambda: ram.locks[key].waiters)
    clock.advance(61)
    holder.release_lock()
    threads.join()
    ram().clean_up()
    assert key in ram.cache
    waiting.release_lock()
    ram().clean_up()
    assert ram.cache == {}


def test_the_clean_up_sees_what_is_renewed_or_locked_while_it_runs(ram, store, clock):
    renewed, locked, idle = store(ram, a=1), store(ram, a=1), store(ram, a=1)
    first, second = ram(renewed), ram(locked)
    assert first["a"] == second["a"] == 1
    clock.advance(61)

    class Busy(dict):
        def copy(self):
            found = super().copy()
            first.save()
            second.acquire_lock()
            return found

    ram.cache = Busy(ram.cache)
    ram().clean_up()
    assert set(ram.cache) == {renewed, locked}
    assert idle not in ram.cache
    second.release_lock()


def test_data_may_use_sessions_in_its_destructor(ram, store, clock):
    class Nosy:
        def __del__(self):
            session = ram()
            session.acquire_lock()
            session["a"] = 1
            session.save()

    key = store(ram, thing=Nosy())
    clock.advance(61)
    ram().clean_up()
    gc.collect()
    assert key not in ram.cache
    assert len(ram.cache) == 1
    store(ram, thing=Nosy())
    ram.cache[key] = ({"thing": Nosy()}, clock.time)
    clock.advance(61)
    ram().clean_up()


def test_tables_emptied_by_hand_do_no_harm(ram, store):
    session = ram(store(ram, a=1))
    session.acquire_lock()
    ram.locks.clear()
    ram.cache.clear()
    session.release_lock()
    session.save()
    assert ram.locks == {}


def test_a_session_object_is_freed_after_the_request(ram, store):
    session = ram(store(ram, a=1))
    session.acquire_lock()
    session["b"] = 1
    session.save()
    gone = weakref.ref(session)
    del session
    gc.collect()
    assert gone() is None


@pytest.mark.slow
def test_requests_log_outs_and_clean_ups_at_once_leave_a_consistent_store(ram, store, threads):
    keys = [store(ram, n=0) for _ in range(4)]
    go = threading.Barrier(6)

    def visit(number):
        go.wait()
        for turn in range(150):
            session = ram(keys[(turn + number) % 4])
            session.acquire_lock()
            session["n"] = session.get("n", 0) + 1
            if turn % 10 == number:
                session.regenerate()
            if turn % 25 == number:
                session.delete()
            session.save()

    def clean():
        go.wait()
        for _ in range(100):
            ram().clean_up()

    for number in range(5):
        threads(visit, number)
    threads(clean)
    threads.join()
    assert ram.locks == {}
    assert not any(data.ended for data, _ in ram.cache.values())
    assert len({id(data) for data, _ in ram.cache.values()}) == len(ram.cache)
