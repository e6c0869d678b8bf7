import threading

import pytest

from cherrypy_sessions import LockTimeout
from cherrypy_sessions.locks import acquire, release


class Owner:
    pass


def test_a_free_lock_is_taken_and_leaves_the_table_when_released():
    table, owner = {}, Owner()
    lock = acquire(table, "a", owner)
    assert table == {"a": lock}
    assert lock.owner is owner
    release(table, lock, owner)
    assert table == {}


def test_who_has_the_lock_gets_it_again():
    table, owner = {}, Owner()
    assert acquire(table, "a", owner) is acquire(table, "a", owner)


def test_a_lock_that_was_released_and_taken_by_another_stays_with_him():
    table, first, second = {}, Owner(), Owner()
    lock = acquire(table, "a", first)
    release(table, lock, first)
    other = acquire(table, "a", second)
    release(table, lock, first)
    release(table, other, first)
    assert table == {"a": other}


def test_other_keys_are_free():
    table = {}
    acquire(table, "a", Owner())
    acquire(table, "b", Owner(), 0)
    assert sorted(table) == ["a", "b"]


def test_waiters_are_served_in_the_order_they_came(threads, eventually):
    table, first, order = {}, Owner(), []
    lock = acquire(table, "a", first)

    def wait(number):
        owner = Owner()
        mine = acquire(table, "a", owner)
        order.append(number)
        release(table, mine, owner)

    for number in range(5):
        threads(wait, number)
        eventually(lambda number=number: lock.waiters and len(lock.waiters) == number + 1)
    release(table, lock, first)
    threads.join()
    assert order == [0, 1, 2, 3, 4]
    assert table == {}


def test_one_who_gave_up_is_not_served(threads, eventually):
    table, first, got = {}, Owner(), []
    lock = acquire(table, "a", first)
    patient = Owner()
    threads(lambda: got.append(acquire(table, "a", patient)))
    eventually(lambda: lock.waiters)
    with pytest.raises(LockTimeout):
        acquire(table, "a", Owner(), 0.001)
    assert len(lock.waiters) == 1
    release(table, lock, first)
    threads.join()
    assert lock.owner is patient
    release(table, lock, patient)
    assert table == {}


class FakeTurn:
    """A waiter's turn during whose wait something happens."""

    def __init__(self, happens):
        self.happens = happens
        self.taken = False

    def acquire(self, timeout=None):
        if self.taken:
            return self.happens()
        self.taken = True
        return True

    def release(self):
        pass


@pytest.fixture
def turn(monkeypatch):
    def turn(happens):
        import cherrypy_sessions.locks as module

        class Threading:
            TIMEOUT_MAX = threading.TIMEOUT_MAX

            @staticmethod
            def Lock():
                return FakeTurn(happens)

        monkeypatch.setattr(module, "threading", Threading)

    return turn


def test_a_lock_handed_over_just_after_the_timeout_is_kept(turn):
    table, first, second = {}, Owner(), Owner()
    lock = acquire(table, "a", first)

    def too_late():
        release(table, lock, first)
        return False

    turn(too_late)
    assert acquire(table, "a", second, 1) is lock
    assert lock.owner is second


def test_an_interrupted_waiter_leaves_the_queue(turn):
    table, first = {}, Owner()
    lock = acquire(table, "a", first)

    def interrupt():
        raise KeyboardInterrupt

    turn(interrupt)
    with pytest.raises(KeyboardInterrupt):
        acquire(table, "a", Owner())
    release(table, lock, first)
    assert table == {}


def test_a_waiter_interrupted_when_its_turn_came_passes_the_lock_on(turn):
    table, first = {}, Owner()
    lock = acquire(table, "a", first)

    def interrupt():
        release(table, lock, first)
        raise KeyboardInterrupt

    turn(interrupt)
    with pytest.raises(KeyboardInterrupt):
        acquire(table, "a", Owner())
    assert table == {}


def test_a_timeout_longer_than_the_system_can_wait_is_cut(threads, eventually):
    table, first, second = {}, Owner(), Owner()
    lock = acquire(table, "a", first)
    threads(acquire, table, "a", second, 1e30)
    eventually(lambda: lock.waiters)
    release(table, lock, first)
    threads.join()
    assert lock.owner is second
