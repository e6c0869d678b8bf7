"""Backends under test, a clock that is set by hand, and threads that cannot be forgotten."""

import datetime as dt
import sys
import threading
import time

import pytest

from cherrypy_sessions import RamSession

DEADLINE = 20  # seconds after which a test that hangs fails


class Clock:
    """The time of the sessions under test."""

    def __init__(self):
        self.time = dt.datetime(2026, 3, 28, 23, 0)  # noqa: DTZ001 - as Session.now()

    def advance(self, minutes):
        self.time += dt.timedelta(minutes=minutes)


def ram_backend(clock, tmp_path):
    class Ram(RamSession):
        def now(self):
            return clock.time

    # Whatever others have done with the class above.
    Ram.cache, Ram.locks, Ram.clean_thread, Ram.scheduler = {}, {}, None, None
    return Ram


# A new backend adds itself here; test_backends.py then runs against it.
BACKENDS = {"ram": ram_backend}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=sorted(BACKENDS))
def backend(request, clock, tmp_path):
    """A session class with a storage of its own, that lives by ``clock``."""
    return BACKENDS[request.param](clock, tmp_path)


@pytest.fixture
def ram(clock, tmp_path):
    return ram_backend(clock, tmp_path)


@pytest.fixture
def store():
    """Store a new session with some data; return its id."""

    def store(backend, **data):
        session = backend()
        session.acquire_lock()
        session.update(data)
        session.save()
        return session.id

    return store


@pytest.fixture
def threads():
    """Start a function in threads; at the end of the test all must be over, without errors."""
    started, errors = [], []
    # With the usual 5 ms, threads would mostly run one after the other.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)

    def guarded(function, args):
        try:
            function(*args)
        except BaseException as error:  # noqa: BLE001 - raised again by join
            errors.append(error)

    def start(function, *args, count=1):
        new = [threading.Thread(target=guarded, args=(function, args)) for _ in range(count)]
        started.extend(new)
        for thread in new:
            thread.start()
        return new

    def join():
        for thread in started:
            thread.join(DEADLINE)
        assert not any(thread.is_alive() for thread in started), "a thread hangs"
        if errors:
            raise errors[0]

    start.join = join
    try:
        yield start
        join()
    finally:
        sys.setswitchinterval(interval)


@pytest.fixture
def let_others_run():
    """Hand the interpreter to other threads: in the middle of what must not be interrupted."""
    never = threading.Event()
    return lambda: never.wait(1e-6)


@pytest.fixture
def eventually():
    """Wait until a condition holds."""

    def eventually(condition):
        end = time.monotonic() + DEADLINE
        tick = threading.Event()
        while not condition():
            assert time.monotonic() < end, "it did not happen"
            tick.wait(0.001)

    return eventually
