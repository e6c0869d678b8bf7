import datetime as dt

import pytest

from cherrypy_sessions import LockChecker, LockTimeout, NeverExpires, Timer

UTC = dt.timezone.utc


def test_never_is_never():
    assert NeverExpires().expired() is False


@pytest.mark.parametrize("elapsed", [0, -1, dt.timedelta(0)])
def test_a_timer_of_no_time_has_expired(elapsed):
    assert Timer.after(elapsed).expired() is True


@pytest.mark.parametrize("elapsed", [60, 60.5, dt.timedelta(minutes=1)])
def test_a_timer_of_a_minute_has_not(elapsed):
    timer = Timer.after(elapsed)
    assert timer.expired() is False
    assert timer.expiration.tzinfo is UTC


@pytest.mark.parametrize("zone", [None, UTC, dt.timezone(dt.timedelta(hours=9))])
def test_a_timer_takes_naive_and_aware_moments(zone):
    now = dt.datetime.now(zone)
    minute = dt.timedelta(minutes=1)
    assert Timer(now - minute).expired()
    assert not Timer(now + minute).expired()


def test_a_checker_without_a_timeout_waits_for_ever():
    checker = LockChecker("a" * 40, None)
    assert isinstance(checker.timer, NeverExpires)
    assert checker.expired() is False


def test_a_checker_in_time_says_no():
    checker = LockChecker("a" * 40, 60)
    assert checker.session_id == "a" * 40
    assert checker.expired() is False


def test_a_checker_out_of_time_raises_without_naming_the_whole_id():
    checker = LockChecker("abcdefgh" * 5, dt.timedelta(0))
    with pytest.raises(LockTimeout, match=r"session abcdefgh\.\.\.$"):
        checker.expired()


def test_a_timeout_of_another_type_is_named():
    with pytest.raises(TypeError, match=r"'5'.*seconds, a timedelta, or None"):
        Timer.after("5")
