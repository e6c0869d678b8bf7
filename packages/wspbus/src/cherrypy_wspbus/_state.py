"""The states of a bus and the one table of the moves between them."""

from __future__ import annotations

import enum

__all__ = ["MOVES", "State", "states"]


class State(enum.Enum):
    """A state of a bus; also reachable as `bus.states` and `cherrypy_wspbus.states`."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    STARTED = "STARTED"
    STOPPING = "STOPPING"
    EXITING = "EXITING"

    def __repr__(self) -> str:
        return f"states.{self.name}"

    __str__ = __repr__


states = State
"""The historical name of `State`: `states.STARTED`."""


MOVES: dict[State, frozenset[State]] = {
    State.STOPPED: frozenset({State.STARTING, State.STOPPING, State.EXITING}),
    State.STARTING: frozenset({State.STARTED, State.STOPPING, State.EXITING}),
    State.STARTED: frozenset({State.STARTING, State.STOPPING, State.EXITING}),
    State.STOPPING: frozenset({State.STOPPED, State.STOPPING, State.EXITING}),
    State.EXITING: frozenset({State.STARTING}),
}
"""Where a bus may go from each state by its own commands.

A started bus may be started again (the listeners decide what that means, as in CherryPy 18.10),
a bus that has exited may be started anew (test suites do), and stopping twice is harmless.
What is missing matters: nothing but a new start leads away from EXITING, so whoever waits for
it cannot miss it.
"""
