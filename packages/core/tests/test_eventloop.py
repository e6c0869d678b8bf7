import asyncio
import contextvars
import gc
import os
import subprocess
import sys
import threading

import pytest

from cherrypy_core import eventloop
from cherrypy_core.errors import HTTPError
from cherrypy_core.eventloop import EventLoop

SOON = 10


@pytest.fixture
def loop():
    loop = EventLoop()
    yield loop
    loop.stop()


async def echo(value):
    await asyncio.sleep(0)
    return value


async def thread_name():
    return threading.current_thread().name


def test_a_coroutine_is_run_to_its_end(loop):
    assert loop.run(echo(5)) == 5


def test_it_is_made_for_the_first_coroutine_and_kept(loop):
    assert not loop.running

    async def which():
        return asyncio.get_running_loop()

    first = loop.run(which())
    assert loop.running
    assert loop.run(which()) is first


def test_exceptions_arrive_where_the_result_is_awaited(loop):
    async def fail():
        raise KeyError("missing")

    with pytest.raises(KeyError, match="missing"):
        loop.run(fail())


@pytest.mark.parametrize("end", [SystemExit, KeyboardInterrupt])
def test_the_end_of_the_process_does_not_end_the_loop_for_others(loop, end):
    started, go_on = threading.Event(), threading.Event()
    results = []

    async def wait():
        started.set()
        await asyncio.to_thread(go_on.wait)
        return "done"

    async def leave():
        raise end

    thread = threading.Thread(target=lambda: results.append(loop.run(wait())))
    thread.start()
    assert started.wait(SOON)
    with pytest.raises(end):
        loop.run(leave())
    go_on.set()
    thread.join(SOON)
    assert results == ["done"]


def test_context_variables_are_those_of_the_thread_that_waits(loop):
    variable = contextvars.ContextVar("variable", default="none")
    variable.set("mine")

    async def look():
        found = variable.get()
        variable.set("changed")
        return found

    assert loop.run(look()) == "mine"
    assert variable.get() == "mine"


def test_many_threads_wait_at_once(loop):
    everyone = threading.Barrier(4)
    results = []

    async def meet(number):
        await asyncio.to_thread(everyone.wait, SOON)
        return number

    threads = [
        threading.Thread(target=lambda n=n: results.append(loop.run(meet(n)))) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    assert sorted(results) == list(range(4))


def test_stopping_cancels_what_is_left_and_says_so_to_who_waits(loop):
    started = threading.Event()
    ends = []

    async def wait_for_ever():
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("cleaned up")

    def wait():
        try:
            loop.run(wait_for_ever())
        except HTTPError as error:
            ends.append(error.code)

    thread = threading.Thread(target=wait)
    thread.start()
    assert started.wait(SOON)
    loop.stop()
    thread.join(SOON)
    assert ends == ["cleaned up", 503]
    assert not loop.running


def test_who_waits_for_a_coroutine_that_will_not_be_cancelled_is_let_go(loop, monkeypatch):
    monkeypatch.setattr(eventloop, "_PATIENCE", 0.05)
    started = threading.Event()
    results = []

    async def go_on():
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            results.append("not me")
            await asyncio.Event().wait()

    def wait():
        with pytest.raises(HTTPError) as caught:
            loop.run(go_on())
        results.append(caught.value.code)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    assert started.wait(SOON)
    loop.stop()
    thread.join(SOON)
    assert results == ["not me", 503]
    assert loop.run(echo(1)) == 1


def test_after_stopping_there_is_a_new_one(loop):
    loop.stop()
    assert loop.run(echo(1)) == 1
    loop.stop()
    loop.stop()
    assert loop.run(echo(2)) == 2


def test_waiting_in_its_own_thread_is_refused(loop):
    async def nested():
        return loop.run(echo(1))

    with pytest.raises(RuntimeError, match="to_thread"):
        loop.run(nested())


def test_callbacks_are_for_a_running_loop_only(loop):
    called = threading.Event()
    assert not loop.call(called.set)
    loop.run(echo(1))
    assert loop.call(called.set)
    assert called.wait(SOON)


def test_it_ends_with_the_object_that_owns_it():
    loop = EventLoop()
    loop.run(echo(1))
    thread = loop._thread
    del loop
    gc.collect()
    thread.join(SOON)
    assert not thread.is_alive()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python warns about forks with threads")
def test_a_forked_process_has_a_loop_of_its_own(loop):
    loop.run(echo(1))
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(writing, b"%d" % loop.run(echo(7)))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(reading, 10) == b"7"
    os.close(reading)
    os.close(writing)
    assert loop.run(echo(2)) == 2


def test_asyncio_is_not_imported_before_it_is_needed():
    program = (
        "import sys; from cherrypy_core.application import Application; Application(None);"
        "import cherrypy_core.asynchronous; sys.exit('asyncio' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
