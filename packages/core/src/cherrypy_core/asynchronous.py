"""Asynchronous page handlers: what they return, made into what the rest understands.

A handler that is a coroutine function is run to its end on the application's event loop,
while the thread of the request waits. The chunks of an asynchronous generator are taken one
by one, as those of any generator. (Why so: docs/decisions, "Asynchronous handlers".)
"""

from __future__ import annotations

import sys
from types import AsyncGeneratorType, CoroutineType

from cherrypy_core.eventloop import EventLoop
from cherrypy_core.serving import get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from concurrent.futures import Future
    from queue import SimpleQueue
    from typing import Any

__all__ = ["ASYNCHRONOUS", "AsyncBody", "settled"]

#: What a page handler may return that `settled` has to be asked about.
ASYNCHRONOUS = frozenset((CoroutineType, AsyncGeneratorType))

#: Follows the last chunk.
_END: Any = object()


def settled(result: Any) -> Any:
    """Return what an asynchronous *result* of a page handler comes to.

    Args:
        result: a coroutine, an asynchronous generator, or anything else, which is returned
            as it is.

    Raises:
        BaseException: whatever the coroutine raises.
    """
    if type(result) not in ASYNCHRONOUS:
        return result
    request = get_request()
    app = None if request is None else request.app
    loop = EventLoop() if app is None else app.event_loop
    while type(result) is CoroutineType:
        result = loop.run(result)
    return AsyncBody(result, loop) if type(result) is AsyncGeneratorType else result


class AsyncBody:
    """An iterator over the chunks of an asynchronous generator.

    The generator runs in one task of the event loop, from its first chunk to its end, and
    only on demand: it is never ahead of whoever reads.

    Args:
        chunks: the generator.
        loop: where it is run.
    """

    def __init__(self, chunks: AsyncGenerator[Any, None], loop: EventLoop) -> None:
        self._chunks = chunks
        self._loop = loop
        self._handover: _Handover | None = None
        self._ended = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._ended:
            raise StopIteration
        handover = self._handover
        if handover is None:
            handover = self._handover = _Handover()
            handover.start(self._chunks, self._loop)
        else:
            self._loop.call(handover.demand.release)
        try:
            chunk = handover.ready.get()
        except BaseException:
            # The waiting has been interrupted: nobody will take the chunk.
            self._ended = True
            handover.task.cancel()
            raise
        if chunk is _END:
            self._ended = True
            handover.task.result()
            raise StopIteration
        return chunk

    def close(self) -> None:
        """Close the generator, and wait until it has cleaned up. May be called again.

        Raises:
            BaseException: whatever its cleaning up raises.
        """
        handover = self._handover
        ended, self._ended = self._ended, True
        if ended or handover is None:
            return
        if self._loop.is_current() or sys.is_finalizing():
            # Garbage that is collected while the loop is busy, or does not run any more.
            handover.task.cancel()
            return
        # It stands at a `yield`, where it is told that nobody wants more.
        self._release(handover)
        while handover.ready.get() is not _END:
            pass
        if not handover.task.cancelled():
            handover.task.result()

    def _release(self, handover: _Handover) -> None:
        handover.unwanted = True
        self._loop.call(handover.demand.release)

    def __del__(self) -> None:
        if self._handover is not None and not self._ended:
            self._release(self._handover)


class _Handover:
    """What the thread that reads and the task that runs the generator have in common.

    Attributes:
        ready: the next chunk, or `_END`.
        demand: released for each further chunk.
        unwanted: whether the generator is to end at the next release.
        task: the end of the task.
    """

    task: Future[None]

    def __init__(self) -> None:
        from asyncio import Semaphore  # noqa: PLC0415  (programs without coroutines need none)
        from queue import SimpleQueue  # noqa: PLC0415

        self.ready: SimpleQueue[Any] = SimpleQueue()
        self.demand = Semaphore(0)
        self.unwanted = False

    def start(self, chunks: AsyncGenerator[Any, None], loop: EventLoop) -> None:
        self.task = loop.submit(self._run(chunks))
        ready = self.ready
        self.task.add_done_callback(lambda _: ready.put(_END))

    async def _run(self, chunks: AsyncGenerator[Any, None]) -> None:
        try:
            async for chunk in chunks:
                self.ready.put(chunk)
                await self.demand.acquire()
                if self.unwanted:
                    break
        finally:
            await chunks.aclose()
