"""An event loop in a thread of its own, for the asynchronous part of a threaded server.

Nothing here imports asyncio before the first coroutine is to be run.
"""

from __future__ import annotations

import threading

from cherrypy_core.errors import HTTPError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future
    from typing import Any

__all__ = ["EventLoop"]

#: Seconds that tasks have to end after they have been cancelled.
_PATIENCE = 5


class EventLoop:
    """Runs coroutines for threads that wait for them.

    The loop and its thread are made for the first coroutine. All coroutines share them, so
    that what is bound to a loop (a pool of connections, say) can be kept between requests.
    After `stop` the next coroutine gets a new loop.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        # What threads wait for; each loop has a set of its own.
        self._awaited: set[Future[Any]] = set()
        # Loops of a process that this one was forked from: to close one would disturb the
        # other process, which shares the kernel's side of it.
        self._inherited: list[AbstractEventLoop] = []

    @property
    def running(self) -> bool:
        """Whether there is a loop at present."""
        return self._thread is not None and self._thread.is_alive()

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Begin to run *coroutine*, with the context variables of the current thread.

        Raises:
            RuntimeError: the current thread is the loop's own.
        """
        import asyncio  # noqa: PLC0415  (programs without coroutines never need it)

        if self.is_current():
            coroutine.close()
            raise RuntimeError(
                "a coroutine cannot wait, without `await`, for another one of the same event "
                "loop: call what waits by `await asyncio.to_thread(...)`"
            )
        with self._lock:
            # Under the lock: nothing is given to a loop that has been told to stop.
            loop = self._loop
            if loop is None or not self.running:
                loop = self._start()
            future = asyncio.run_coroutine_threadsafe(coroutine, loop)
            self._awaited.add(future)
            future.add_done_callback(self._awaited.discard)
        return future

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run *coroutine* to its end, and return its result.

        Raises:
            HTTPError: 503, if `stop` has cancelled it.
            BaseException: whatever it raises. If the waiting itself is interrupted, the
                coroutine is cancelled.
        """
        from concurrent.futures import CancelledError  # noqa: PLC0415  (as asyncio)

        future = self.submit(coroutine)
        try:
            return future.result()
        except CancelledError:
            raise HTTPError(503, "The request was cancelled.") from None
        except BaseException:
            future.cancel()
            raise

    def call(self, callback: Callable[[], object]) -> bool:
        """Have *callback* called by the loop's thread; tell whether there is a loop."""
        loop = self._loop
        if loop is None:
            return False
        try:
            loop.call_soon_threadsafe(callback)
        except RuntimeError:  # it has been closed in the meantime
            return False
        return True

    def is_current(self) -> bool:
        """Tell whether the current thread is the loop's own."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """Cancel all coroutines and end the thread, if there is one. May be called again.

        Returns when they have ended, after 5 seconds at the latest. Nobody waits any longer for
        those that have not.
        """
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None or not thread.is_alive():
            return
        loop.call_soon_threadsafe(loop.stop)
        if thread is not threading.current_thread():
            thread.join(_PATIENCE + 1)

    def _start(self) -> AbstractEventLoop:
        import asyncio  # noqa: PLC0415  (as above)

        if self._loop is not None:
            self._inherited.append(self._loop)
        loop = self._loop = asyncio.new_event_loop()
        awaited = self._awaited = set()
        # Not a method: a thread that knows this object would keep it for ever.
        self._thread = threading.Thread(
            target=_serve, args=(loop, awaited), name="cherrypy event loop", daemon=True
        )
        self._thread.start()
        return loop

    def __del__(self) -> None:
        loop = self._loop
        if loop is not None and self.running:
            loop.call_soon_threadsafe(loop.stop)


def _serve(loop: AbstractEventLoop, awaited: set[Future[Any]]) -> None:
    """Run *loop* until it is stopped; then cancel what is left, and close it.

    Args:
        loop: the loop.
        awaited: the results that threads wait for.
    """
    import asyncio  # noqa: PLC0415  (as above)

    asyncio.set_event_loop(loop)
    try:
        while True:
            try:
                loop.run_forever()
            except (KeyboardInterrupt, SystemExit):
                # Raised by a task: it leaves the loop besides reaching whoever waits.
                continue
            break
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=_PATIENCE))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        asyncio.set_event_loop(None)
        # Tasks that would not be cancelled will never end now: nobody is to wait for them.
        for future in list(awaited):
            future.cancel()
        loop.close()
