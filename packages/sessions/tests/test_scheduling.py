import gc
import threading
import weakref

import pytest

from cherrypy_sessions import RamSession


class Scheduler:
    def __init__(self, handle="handle"):
        self.handle = handle
        self.calls = []

    def __call__(self, callback, frequency_minutes, name):
        self.calls.append((callback, frequency_minutes, name))
        return self.handle


def test_the_first_loaded_session_arranges_for_the_clean_up(ram):
    above = RamSession.clean_thread
    scheduler = ram.scheduler = Scheduler()
    session = ram(clean_freq=7)
    assert scheduler.calls == []
    session.load()
    ram().load()
    [(_, frequency, name)] = scheduler.calls
    assert (frequency, name) == (7, "Ram clean-up")
    assert ram.clean_thread == "handle"
    assert RamSession.clean_thread is above


def test_the_callback_cleans_up(ram, store, clock):
    scheduler = ram.scheduler = Scheduler()
    store(ram, a=1)
    clock.advance(61)
    scheduler.calls[0][0]()
    assert ram.cache == {}


def test_a_scheduler_may_be_handed_in_for_one_session(ram):
    scheduler = Scheduler()
    ram(scheduler=scheduler).load()
    ram(scheduler=scheduler).load()
    assert len(scheduler.calls) == 1


def test_a_plain_function_does_as_a_class_attribute(ram):
    calls = []

    def schedule(callback, frequency_minutes, name):
        calls.append(name)

    ram.scheduler = schedule
    ram().load()
    ram().load()
    assert calls == ["Ram clean-up"]


def test_a_subclass_is_cleaned_up_by_itself(ram):
    scheduler = ram.scheduler = Scheduler()
    ram().load()
    type("Other", (ram,), {"cache": {}})().load()
    assert [name for _, _, name in scheduler.calls] == ["Ram clean-up", "Other clean-up"]


@pytest.mark.parametrize("never", [None, 0])
def test_without_a_frequency_nothing_is_arranged(ram, never):
    scheduler = ram.scheduler = Scheduler()
    ram(clean_freq=never).load()
    assert scheduler.calls == []


def test_without_a_scheduler_no_thread_is_started(ram, store):
    before = threading.active_count()
    ram(store(ram, a=1)).load()
    assert threading.active_count() == before
    assert ram.clean_thread is None


def test_the_callback_keeps_the_settings_but_not_the_session(ram):
    scheduler = ram.scheduler = Scheduler()
    observer = [].append
    session = ram(storage_path="/x", id_observers=[observer])
    session["a"] = 1
    janitor = scheduler.calls[0][0].__self__
    assert janitor.storage_path == "/x"
    assert (janitor.id, janitor.id_observers, janitor.loaded) == ("", [], False)
    gone = weakref.ref(session)
    del session
    gc.collect()
    assert gone() is None


def test_threads_that_load_at_once_arrange_it_once(ram, threads):
    scheduler = ram.scheduler = Scheduler()
    go = threading.Barrier(8)

    def load():
        go.wait()
        ram().load()

    threads(load, count=8)
    threads.join()
    assert len(scheduler.calls) == 1


def test_a_scheduler_that_fails_is_asked_again(ram):
    def fail(callback, frequency_minutes, name):
        raise RuntimeError("no threads left")

    ram.scheduler = fail
    with pytest.raises(RuntimeError, match="no threads left"):
        ram().load()
    scheduler = ram.scheduler = Scheduler()
    ram().load()
    assert len(scheduler.calls) == 1
