import asyncio
import gc
import threading

import pytest

from cherrypy_core.asynchronous import AsyncBody, settled
from cherrypy_core.errors import HTTPError, HTTPRedirect
from cherrypy_core.serving import request, response

SOON = 10


@pytest.fixture
def serve(make_app):
    """Give a function that makes an application, whose event loop is stopped at the end."""
    made = []

    def make(**pages):
        app = make_app(**pages)
        made.append(app)
        return app

    yield make
    for app in made:
        app.event_loop.stop()


class Chunks:
    """An asynchronous generator that tells what becomes of it."""

    def __init__(self, *chunks):
        self.chunks = chunks
        self.seen = []
        self.closed = threading.Event()

    async def page(self):
        try:
            for chunk in self.chunks:
                await asyncio.sleep(0)
                if isinstance(chunk, Exception):
                    raise chunk  # noqa: TRY301  (a chunk that is an error)
                self.seen.append(chunk)
                yield chunk
        except BaseException as error:
            self.seen.append(type(error).__name__)
            raise
        finally:
            await asyncio.sleep(0)
            self.closed.set()


async def hello():
    await asyncio.sleep(0)
    return b"hello"


def test_what_is_not_asynchronous_stays_as_it_is():
    for value in ("text", b"bytes", None, [b"a"], 5):
        assert settled(value) is value


def test_outside_of_a_request_coroutines_work_too():
    assert settled(hello()) == b"hello"
    assert list(settled(Chunks(b"a", b"b").page())) == [b"a", b"b"]


class TestACoroutine:
    def test_is_run_to_its_end(self, serve, call):
        assert call(serve(index=hello)).body == b"hello"

    def test_has_the_current_request(self, serve, call):
        async def page(name):
            await asyncio.sleep(0)
            response.headers["X-Path"] = request.path_info
            inner = await asyncio.gather(asyncio.to_thread(lambda: request.params["name"]))
            return f"{name} {inner[0]}".encode()

        reply = call(serve(page=page), "/page?name=x")
        assert (reply.body, reply.field("X-Path")) == (b"x x", "/page")

    @pytest.mark.parametrize(
        ("error", "code"),
        [(HTTPError(404), 404), (HTTPRedirect("/x", 301), 301), (ValueError("x"), 500)],
    )
    def test_may_raise(self, serve, call, error, code):
        async def page():
            await asyncio.sleep(0)
            raise error

        assert call(serve(index=page)).code == code

    def test_shows_in_tracebacks(self, serve, call):
        async def the_culprit():
            raise ValueError("x")

        assert "the_culprit" in call(serve(index=the_culprit)).text

    def test_may_return_any_body(self, serve, call):
        async def page():
            return (chunk for chunk in (b"a", b"b"))

        assert call(serve(index=page)).body == b"ab"

    def test_may_return_an_asynchronous_generator(self, serve, call):
        async def page():
            return Chunks(b"a", b"b").page()

        assert call(serve(index=page)).body == b"ab"

    def test_waits_without_making_others_wait(self, serve, call):
        arrived = asyncio.Event()

        async def first():
            await asyncio.wait_for(arrived.wait(), SOON)
            return b"first"

        async def second():
            arrived.set()
            return b"second"

        app = serve(first=first, second=second)
        replies = []
        thread = threading.Thread(target=lambda: replies.append(call(app, "/first")))
        thread.start()
        assert call(app, "/second").body == b"second"
        thread.join(SOON)
        assert replies[0].body == b"first"


class TestAnAsynchronousGenerator:
    def test_is_collected(self, serve, call):
        chunks = Chunks(b"a", b"b")
        reply = call(serve(index=chunks.page))
        assert (reply.body, reply.field("Content-Length")) == (b"ab", "2")
        assert chunks.closed.is_set()

    def test_is_streamed_on_demand(self, serve, environ, new_reply):
        chunks = Chunks(b"a", b"b", b"c")
        app = serve(index=chunks.page, config={"/": {"response.stream": True}})
        reply = new_reply()
        body = app(environ(), reply.start_response)
        assert reply.field("Content-Length") is None
        for number, chunk in enumerate((b"a", b"b", b"c"), start=1):
            assert next(body) == chunk
            assert len(chunks.seen) == number
        assert next(body, None) is None
        assert next(body, None) is None
        body.close()
        assert chunks.closed.is_set()

    def test_is_closed_when_the_client_leaves(self, serve, environ, new_reply):
        chunks = Chunks(b"a", b"b")
        app = serve(index=chunks.page, config={"/": {"response.stream": True}})
        body = app(environ(), new_reply().start_response)
        assert next(body) == b"a"
        body.close()
        # Not only told: `close` returns when it has cleaned up.
        assert chunks.closed.is_set()
        assert chunks.seen == [b"a", "GeneratorExit"]

    @pytest.mark.parametrize("method", ["HEAD", "GET"])
    def test_that_nobody_reads_never_begins(self, serve, environ, new_reply, method):
        chunks = Chunks(b"a")
        app = serve(index=chunks.page, config={"/": {"response.stream": True}})
        body = app(environ(method=method), new_reply().start_response)
        if hasattr(body, "close"):
            body.close()
        assert chunks.seen == []

    def test_may_fail_at_once(self, serve, call):
        assert call(serve(index=Chunks(ValueError("x")).page)).code == 500

    def test_cuts_the_response_when_it_fails_on_the_way(self, serve, environ, new_reply):
        chunks = Chunks(b"a", ValueError("on the way"))
        app = serve(index=chunks.page, config={"/": {"response.stream": True}})
        body = app(environ(), new_reply().start_response)
        assert next(body) == b"a"
        with pytest.raises(ValueError, match="on the way"):
            next(body)
        body.close()
        assert chunks.closed.is_set()

    def test_runs_in_one_task(self, serve, call):
        tasks = set()

        async def page():
            for _ in range(3):
                tasks.add(asyncio.current_task())
                yield b"x"
            tasks.add(asyncio.current_task())

        assert call(serve(index=page)).body == b"xxx"
        assert len(tasks) == 1

    def test_has_the_current_request_throughout(self, serve, environ, new_reply):
        async def page():
            for _ in range(2):
                await asyncio.sleep(0)
                yield request.path_info.encode()

        app = serve(one=page, two=page, config={"/": {"response.stream": True}})
        one = app(environ("/one"), new_reply().start_response)
        two = app(environ("/two"), new_reply().start_response)
        assert [next(one), next(two), next(one), next(two)] == [b"/one", b"/two"] * 2
        one.close()
        two.close()

    def test_ends_when_its_loop_is_stopped(self, serve, environ, new_reply):
        chunks = Chunks(b"a", b"b")
        app = serve(index=chunks.page, config={"/": {"response.stream": True}})
        body = app(environ(), new_reply().start_response)
        assert next(body) == b"a"
        app.event_loop.stop()
        assert chunks.closed.is_set()
        body.close()

    def test_is_closed_even_if_nobody_does_it(self, serve):
        app = serve(index=hello)
        chunks = Chunks(b"a", b"b")
        body = AsyncBody(chunks.page(), app.event_loop)
        assert next(body) == b"a"
        del body
        gc.collect()
        assert chunks.closed.wait(SOON)

    def test_may_fail_when_it_is_closed(self, serve):
        async def page():
            try:
                yield b"a"
            finally:
                raise OSError("stuck")

        body = AsyncBody(page(), serve(index=hello).event_loop)
        assert next(body) == b"a"
        with pytest.raises(OSError, match="stuck"):
            body.close()
        body.close()
