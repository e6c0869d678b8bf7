"""Channels and their listeners, without any idea of states and processes."""

from __future__ import annotations

import contextlib
import itertools
import logging
import sys
import threading
import traceback as tracebacks

from cherrypy_wspbus._channels import Channels
from cherrypy_wspbus._priority import DEFAULT_PRIORITY
from cherrypy_wspbus.failures import ChannelFailures, SetupError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    Listener = Callable[..., Any]

__all__ = ["Hub"]

# A program may publish to any number of made-up names: not all are remembered as unused.
_MOST_EMPTY_PLANS = 1000


class Hub:
    """A publish/subscribe hub whose listeners run one after the other in the publishing thread.

    Args:
        channels: names of channels that exist from the beginning.
    """

    def __init__(self, channels: Iterable[str]) -> None:
        # channel -> its listeners in order of priority. PERF: publishing looks at nothing
        # else; an entry is dropped when the channel's listeners or priorities change.
        self._plans: dict[str, tuple[Listener, ...]] = {}
        #: The same for others: who publishes very often may call the one listener himself.
        self.in_order: Mapping[str, tuple[Listener, ...]] = self._plans
        # (channel, listener) -> (priority, number of the subscription).
        self._ranks: dict[tuple[str, Listener], tuple[float, int]] = {}
        self._subscriptions = itertools.count()
        # Signal handlers subscribe, too: reentrant.
        self._lock = threading.RLock()
        self._edition = object()
        # How many calls of `log` the main thread is in, and what is to be called after them.
        self._logging = 0
        self._deferred: list[Callable[[], object]] = []
        self._listeners = Channels(channels, self._listeners_changed)

    @property
    def listeners(self) -> dict[str, set[Listener]]:
        """Name of the channel -> set of its listeners. May be edited in place or replaced."""
        return self._listeners

    @listeners.setter
    def listeners(self, listeners: dict[str, set[Listener]]) -> None:
        # The same object all along: publishers may have looked it up once and for all.
        replaced = {channel: set(those) for channel, those in listeners.items()}
        self._listeners.clear()
        self._listeners.update(replaced)
        self._plans.clear()

    def subscribe(
        self, channel: str, callback: Listener | None = None, priority: float | None = None
    ) -> Any:
        """Call `callback` whenever something is published to `channel`.

        The bus keeps a strong reference. Subscribing once more only changes the priority.

        Args:
            channel: the name of the channel; it need not exist yet.
            callback: any callable; without it a decorator is returned.
            priority: 0 to 100, lower runs first; by default `callback.priority`, else 50.
                Equal priorities run in the order of their subscription.
        """
        if callback is None:

            def decorate(function: Listener) -> Listener:
                self.subscribe(channel, function, priority)
                return function

            return decorate

        if priority is None:
            priority = _own_priority(callback)
        key = (channel, callback)
        with self._lock:
            known = self._ranks.get(key)
            number = next(self._subscriptions) if known is None else known[1]
            self._ranks[key] = (priority, number)
            self.listeners.setdefault(channel, set()).add(callback)
        return None

    def unsubscribe(self, channel: str, callback: Listener) -> None:
        """Stop calling `callback`; harmless if it is not subscribed."""
        listeners = self.listeners.get(channel)
        if listeners is not None:
            self._ranks.pop((channel, callback), None)
            listeners.discard(callback)

    def publish(self, channel: str, *args: Any, **kwargs: Any) -> list[Any]:
        """Call every listener of `channel` with the arguments, in order of priority.

        Returns:
            The listeners' results, [] for a channel without listeners or an unknown one.

        Raises:
            ChannelFailures: after all listeners ran, if any of them failed. Each failure
                has been logged (unless the channel is `log` itself).
            SystemExit: at once, if a listener raises it; its code is made non-zero if
                another listener had failed before.
            KeyboardInterrupt: at once.
        """
        # PERF: three publications per HTTP request; nobody listens: 0.1 us, one listener: 0.2.
        listeners = self._plans.get(channel)
        if listeners is None:
            listeners = self._plan(channel)
        if not listeners:
            return []
        results: list[Any] = []
        try:
            if len(listeners) == 1:
                listener = listeners[0]
                return [listener(*args, **kwargs) if args or kwargs else listener()]
            for listener in listeners:
                results.append(listener(*args, **kwargs))  # noqa: PERF401  (counts the successes)
        except Exception as error:
            rest = listeners[len(results) :]
            raise self._publish_to_the_rest(channel, rest, args, kwargs) from error
        return results

    def _publish_to_the_rest(
        self,
        channel: str,
        listeners: tuple[Listener, ...],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> ChannelFailures:
        """Go on after the first of `listeners` failed; called while its error is handled."""
        failures = ChannelFailures()
        failures.handle_exception()
        self._report_failure(channel, listeners[0])
        for listener in listeners[1:]:
            try:
                listener(*args, **kwargs)
            except SystemExit as leaving:  # noqa: PERF203  (each listener fails for itself)
                leaving.code = leaving.code or 1
                raise
            except Exception:  # noqa: BLE001  (a failing listener must not stop the others)
                failures.handle_exception()
                self._report_failure(channel, listener)
        return failures

    def _report_failure(self, channel: str, listener: Listener) -> None:
        """Log the error that is being handled, but never publish to a failing log."""
        error = sys.exc_info()[1]
        if channel == "log":
            return
        if isinstance(error, SetupError):
            self.log(str(error), level=logging.ERROR)
        else:
            message = f"Error in {channel!r} listener {listener!r}"
            self.log(message, level=logging.ERROR, traceback=True)

    def _plan(self, channel: str) -> tuple[Listener, ...]:
        """Put the listeners of `channel` in order and remember the result."""
        edition = self._edition
        listeners = self.listeners.get(channel, ())
        if not listeners and len(self._plans) >= _MOST_EMPTY_PLANS:
            return ()
        with self._lock:
            ranks = self._rank(channel, tuple(listeners))
        plan = tuple(sorted(ranks, key=ranks.__getitem__))
        self._plans[channel] = plan
        if edition is not self._edition:
            # Another thread has subscribed meanwhile.
            self._plans.pop(channel, None)
        return plan

    def _rank(
        self, channel: str, listeners: tuple[Listener, ...]
    ) -> dict[Listener, tuple[float, int]]:
        """Return the ranks of the listeners; add and forget those put in or taken out by hand."""
        for key in [key for key in self._ranks if key[0] == channel]:
            if key[1] not in listeners:
                del self._ranks[key]
        for listener in listeners:
            if (channel, listener) not in self._ranks:
                rank = (_own_priority(listener), next(self._subscriptions))
                self._ranks[channel, listener] = rank
        return {listener: self._ranks[channel, listener] for listener in listeners}

    def _listeners_changed(self, channel: str) -> None:
        self._edition = object()
        self._plans.pop(channel, None)

    def log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Publish `msg` and `level` to the channel `log`.

        A listener that fails does not disturb what is being logged: its traceback goes to
        standard error. So do warnings and errors while nobody listens.

        Args:
            msg: the text.
            level: one of the levels of the `logging` module.
            traceback: append the traceback of the exception that is being handled.
        """
        if traceback:
            msg += "\n" + tracebacks.format_exc()
        if level >= logging.WARNING and not self.listeners.get("log"):
            with contextlib.suppress(Exception):
                sys.stderr.write(f"{msg}\n")
            return
        in_main_thread = threading.get_ident() == threading.main_thread().ident
        self._logging += in_main_thread
        try:
            self.publish("log", msg, level)
        except ChannelFailures:
            # A signal handler can interrupt a write to standard error; then this fails, too.
            with contextlib.suppress(Exception):
                tracebacks.print_exc()
        finally:
            self._logging -= in_main_thread
            while in_main_thread and self._deferred and not self._logging:
                self._deferred.pop(0)()

    def call_between_logs(self, function: Callable[[], object]) -> None:
        """Call `function` now, or after the line that the main thread is just logging.

        For signal handlers, which run in the main thread wherever that is: streams refuse to be
        written to in the midst of a write, so all that a handler logs would be lost.
        """
        if self._logging:
            self._deferred.append(function)
        else:
            function()


def _own_priority(listener: Listener) -> float:
    own: float | None = getattr(listener, "priority", None)
    return DEFAULT_PRIORITY if own is None else own
