"""The process bus: channels, listeners in order of priority, and the life of a process."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import threading
import time
import warnings

from cherrypy_wspbus import reexec
from cherrypy_wspbus._hub import Hub
from cherrypy_wspbus._state import MOVES, State
from cherrypy_wspbus._waiters import Waiters
from cherrypy_wspbus.failures import ChannelFailures
from cherrypy_wspbus.sockets import VARIABLE, InheritedSockets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

__all__ = ["Bus"]

_GLANCE = 0.1
"""Seconds between two looks whether the end has been hurried."""

_FAILED = 70
"""Exit code after a failed start or stop: EX_SOFTWARE of BSD's sysexits.h."""


class Bus(Hub):
    """A process bus: a publish/subscribe hub that also starts and stops what listens to it.

    A new bus has the channels `start`, `main`, `stop`, `graceful`, `exit` and `log`; others
    come into being when somebody subscribes to them. All methods may be called from any
    thread and from signal handlers.

    Attributes:
        states: the enumeration of the states, `bus.states.STARTED` and so on.
        execv: true if `block` is to replace the process by a fresh one; set by `restart`.
        max_cloexec_files: file descriptors below this number are closed when the process is
            replaced, 0 to leave them alone.
        inherited_files: file descriptors that stay open when the process is replaced.
        hurried: true if the bus was told twice to `end`: who waits for something should give up.
        sockets: the listening sockets that came from systemd or from the process before this
            one, and those that the next one gets.
        may_exit_process: false if the bus must never end the process by itself (it does so
            with code 70 after a failed start or stop): then the error is raised instead.
        patience: seconds that a command waits for one of another thread to finish.
    """

    states = State
    max_cloexec_files = 20000
    may_exit_process = True
    patience: float = 10

    def __init__(self) -> None:
        # First of all: making the channels tells the waiting threads.
        self._waiters = Waiters()
        super().__init__(("start", "main", "stop", "graceful", "exit", "log"))
        self.execv = False
        self.inherited_files: set[int] = set()
        self.sockets = InheritedSockets()
        self._state = State.STOPPED
        # Makes looking at the state and changing it one step. Signal handlers do both in
        # the midst of that: reentrant.
        self._moving = threading.RLock()
        # Held by the thread that starts or stops; its listeners and signal handlers may do
        # so in turn.
        self._turns = threading.RLock()
        # The thread that runs the listeners of `exit`, if one does.
        self._exiting: int | None = None
        # How often the bus has exited: who waits for that must not miss it.
        self._exits = 0
        self.hurried = False
        # Whether `end` has been called since the last start.
        self._told = False
        self._startup_directory = reexec.current_directory()

    def _listeners_changed(self, channel: str) -> None:
        super()._listeners_changed(channel)
        # A thread in `block` may have gone to sleep because `main` had no listeners.
        self._waiters.wake()

    # Commands

    @property
    def state(self) -> State:
        """The state the bus is in. Assigning publishes nothing, it only wakes who waits."""
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state = state
        self._waiters.wake()

    def _move(self, state: State) -> bool:
        """Enter `state` if the table of moves has this move; otherwise log and return False."""
        with self._moving:
            before = self._state
            if state in MOVES[before]:
                self.state = state
                return True
        message = f"Bus is {before.name} and cannot become {state.name} now"
        self.log(message, level=logging.WARNING)
        return False

    def _allows(self, state: State) -> bool:
        """Tell whether `start` may lead to this state, or log why not."""
        now = State.EXITING if self._exiting not in (None, threading.get_ident()) else self._state
        if now is not self._state or state not in MOVES[now]:
            message = f"Bus is {now.name} and cannot become {state.name} now"
            self.log(message, level=logging.WARNING)
            return False
        return True

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait while another thread starts or stops the bus: plugins see one after the other."""
        taken = self._turns.acquire(timeout=self.patience)
        if not taken:
            message = f"Another thread has been busy with the bus for {self.patience} s: going on"
            self.log(message, level=logging.WARNING)
        try:
            yield
        finally:
            if taken:
                self._turns.release()

    def start(self) -> None:
        """Start everything on the bus: publish `start`, and `started` if nothing failed.

        Raises:
            ChannelFailures: if a listener failed. Before that everything is stopped again
                and the process ends with code 70, unless `may_exit_process` is false.
        """
        if not self._allows(State.STARTING):
            return
        with self._turn():
            if self._move(State.STARTING):
                self._start()

    def _start(self) -> None:
        atexit.unregister(self._clean_exit)
        atexit.register(self._clean_exit)
        # A restart that was asked for before is over.
        self.execv = self.hurried = self._told = False
        self.log("Bus STARTING")
        try:
            self.publish("start")
        except ChannelFailures as failures:
            message = "Shutting down due to error in start listener"
            if failures.explained:
                self.log(message)
            else:
                self.log(f"{message}:", level=logging.ERROR, traceback=True)
            self._shut_down()
            self.exit_process(_FAILED)
            raise
        except BaseException as leaving:
            self.log(f"{type(leaving).__name__} raised while starting: shutting down bus")
            self._told = isinstance(leaving, KeyboardInterrupt)
            self._shut_down()
            raise
        with self._moving:
            started = self._state is State.STARTING and self._exiting is None
            if started:
                self.state = State.STARTED
        if started:
            # Whoever wants one of them has it: an open socket that nobody serves keeps
            # clients waiting for ever.
            self.sockets.discard()
            self.log("Bus STARTED")
            # The failures have been logged, and what has started goes on.
            with contextlib.suppress(ChannelFailures):
                self.publish("started")
        else:
            # Stopped by a listener, or about to exit: what started since must stop, too.
            self.log(f"Bus start was overtaken, the bus is {self._state.name}")
            self.publish("stop")

    def stop(self) -> None:
        """Stop everything on the bus: publish `stop`.

        Raises:
            ChannelFailures: if a listener failed; the bus then stays STOPPING.
        """
        with self._turn():
            if self._move(State.STOPPING):
                self.log("Bus STOPPING")
                self.publish("stop")
                with self._moving:
                    if self._state is State.STOPPING:
                        self.state = State.STOPPED
                self.log("Bus STOPPED")

    @property
    def exiting(self) -> bool:
        """True from the call of `exit` or `restart` on: what is still there finishes its work."""
        return self._exiting is not None or self._state is State.EXITING

    def graceful(self) -> None:
        """Ask the listeners of `graceful` to reload or finish what they have at hand."""
        with self._turn():
            self.log("Bus graceful")
            self.publish("graceful")

    def exit(self) -> None:
        """Stop everything and publish `exit`, so that `block` returns.

        Exiting twice is harmless. A failure ends the process with code 70, and so does
        exiting while the bus is STARTING (see `may_exit_process`).

        Raises:
            ChannelFailures: if a listener failed and the process must not be ended.
        """
        was_starting = self._state is State.STARTING
        error = self._shut_down()
        if was_starting or error is not None:
            self.exit_process(_FAILED)
        if error is not None:
            raise error

    def _shut_down(self) -> BaseException | None:
        """Publish `stop` and `exit`, whatever happens; return the first error."""
        with self._moving:
            if self._exiting is not None or self._state is State.EXITING:
                return None
            self._exiting = threading.get_ident()
        errors: list[BaseException] = []
        try:
            with self._turn(), self._interrupts_tell():
                for step in (self.stop, self._publish_exit):
                    try:
                        step()
                    except BaseException as error:  # noqa: BLE001, PERF203  (the caller raises it)
                        errors.append(error)
        finally:
            atexit.unregister(self._clean_exit)
            self._exiting = None
            self._waiters.wake()
        return errors[0] if errors else None

    @contextlib.contextmanager
    def _interrupts_tell(self) -> Iterator[None]:
        """Have Ctrl-C call `end` meanwhile: an exception would leave listeners out."""
        import signal  # noqa: PLC0415  (slow to import)

        in_main_thread = threading.current_thread() is threading.main_thread()
        usual = signal.getsignal(signal.SIGINT) if in_main_thread else None
        replaced = usual is signal.default_int_handler
        if replaced:
            try:
                signal.signal(signal.SIGINT, lambda *_: self.call_between_logs(self.end))
            except ValueError:
                # Embedded: what is the main thread here is not that of the process.
                replaced = False
        try:
            yield
        finally:
            if replaced:
                signal.signal(signal.SIGINT, usual)

    def _publish_exit(self) -> None:
        self._exits += 1
        self.state = State.EXITING
        self.log("Bus EXITING")
        self.publish("exit")
        self.log("Bus EXITED")

    def end(self) -> None:
        """Exit because somebody outside says so: what SIGTERM and Ctrl-C do in the main thread.

        If the bus is about to restart it exits instead. Being told a second time while it is
        about to exit makes the end `hurried`; a third time ends the process with code 0, or
        interrupts the main thread if the process must not be ended.
        """
        with self._moving:
            exiting = self.exiting
            restarting, self.execv = self.execv, False
            told, self._told = self._told, True
        if not exiting:
            self.exit()
        elif restarting:
            self.log("Ending instead of restarting")
        elif not told:
            self.log("The bus is about to exit already")
        elif not self.hurried:
            self.hurried = True
            self.log("Told to end once more: not waiting any longer", level=logging.WARNING)
        else:
            self.exit_process(0)
            raise KeyboardInterrupt

    def restart(self) -> None:
        """Exit, and have `block` replace the process by a fresh one.

        A bus that is about to exit does not come back: then this is logged, and that is all.
        """
        with self._moving:
            refused = self.exiting and not self.execv
            self.execv = self.execv or not refused
        if refused:
            self.log("Not restarting: the bus is about to exit", level=logging.WARNING)
        else:
            self.exit()

    def exit_process(self, code: int) -> None:
        """End the process at once, if `may_exit_process`; a host program may override this."""
        if self.may_exit_process:
            reexec.flush_standard_streams()
            os._exit(code)

    def _clean_exit(self) -> None:
        """Shut down when the interpreter ends although the bus was not told to exit."""
        if self._state is State.EXITING:
            return
        if self._state is not State.STOPPED:
            message = (
                f"The main thread is exiting, but the Bus is in the {self._state!r} state; "
                "shutting it down automatically now. You must either call bus.block() after "
                "start(), or call bus.exit() before the main thread exits."
            )
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        self.exit()

    # Waiting

    def block(self, interval: float = 0.1) -> None:
        """Wait until the bus exits, then for all other threads that are not daemons.

        Publishes `main` each `interval` seconds; without listeners on `main` the thread
        sleeps until something happens. To be called in the main thread: it receives Ctrl-C,
        which exits the bus, and it replaces the process after `restart`.
        """
        try:
            self.wait(State.EXITING, interval=interval, channel="main")
        except KeyboardInterrupt:
            self.log("Keyboard Interrupt: shutting down bus")
            self.end()
        except SystemExit:
            self.log("SystemExit raised: shutting down bus")
            self.exit()
            raise
        except ChannelFailures:
            self.log("Shutting down due to error in main listener", level=logging.ERROR)
            self.exit()
            raise

        self._await_end()
        if self.execv:
            self._do_execv()

    def _await_end(self) -> None:
        """Wait for the listeners of `stop` and `exit`, and for all other threads."""
        # The thread that called exit() may still be running the listeners.
        me = threading.get_ident()
        while True:
            try:
                self._waiters.wait(lambda: self._exiting in (None, me), lambda: None)
                self._join_threads()
            except KeyboardInterrupt:  # noqa: PERF203  (one turn for each Ctrl-C)
                self.end()
            else:
                break
        if self.hurried:
            # Threads that nobody waits for any longer would keep the interpreter from its end.
            self.exit_process(0)

    def _join_threads(self) -> None:
        """Wait for the threads that would keep the process alive."""
        self.log("Waiting for child threads to terminate...")
        spared = (threading.main_thread(), threading.current_thread())
        for thread in threading.enumerate():
            if thread not in spared and not thread.daemon and thread.is_alive():
                self.log(f"Waiting for thread {thread.name}.")
                while thread.is_alive() and not self.hurried:
                    thread.join(_GLANCE)

    def wait(
        self, state: State | Iterable[State], interval: float = 0.1, channel: str | None = None
    ) -> None:
        """Wait until the bus is in `state` or in one of several states.

        Args:
            state: a state or several of them.
            interval: seconds between two publications to `channel`.
            channel: where to publish meanwhile; None for nowhere.
        """
        wanted = (state,) if isinstance(state, State) else tuple(state)
        exits = self._exits if State.EXITING in wanted else None
        due: float | None = None

        def idle() -> float | None:
            nonlocal due
            if channel is None or not self.listeners.get(channel):
                return None
            now = time.monotonic()
            if due is None:
                due = now + interval
            elif now >= due:
                self.publish(channel)
                now = time.monotonic()
                due = now + interval
            return due - now

        def done() -> bool:
            # It may have been started anew before this thread has had its turn.
            return self._state in wanted or exits not in (None, self._exits)

        self._waiters.wait(done, idle)

    def start_with_callback(
        self,
        func: Callable[..., Any],
        args: Iterable[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> threading.Thread:
        """Start the bus, and call `func(*args, **kwargs)` in a new thread once it is STARTED.

        Returns:
            The new thread, which ends without calling anything if the start fails.
        """
        positional = () if args is None else tuple(args)
        named = {} if kwargs is None else dict(kwargs)

        def call() -> None:
            self.wait((State.STARTED, State.EXITING))
            if self._state is State.STARTED:
                func(*positional, **named)

        if self._state is State.EXITING:
            # Started anew: the thread must not take the former exit for the coming one.
            self.state = State.STOPPED
        thread = threading.Thread(target=call)
        thread.name = f"Bus Callback {thread.name}"
        thread.start()
        self.start()
        return thread

    # A new process

    def _do_execv(self) -> None:
        """Replace the process by a fresh one with the same command line and directory."""
        command = reexec.command_line()
        self.log(f"Re-spawning {' '.join(command)}")
        kept = self.inherited_files | reexec.activation_files() | self.sockets.kept_files
        if self.sockets.kept_files:
            os.environ[VARIABLE] = self.sockets.variable(os.getpid())
        reexec.replace_process(command, self._startup_directory, self.max_cloexec_files, kept)
