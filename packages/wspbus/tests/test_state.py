import cherrypy_wspbus
from cherrypy_wspbus import Bus, State, states
from cherrypy_wspbus._state import MOVES


def test_a_state_is_written_as_the_historical_name():
    assert str(states.STARTED) == repr(states.STARTED) == f"{states.STARTED}" == "states.STARTED"


def test_the_states_are_reachable_from_the_bus():
    assert Bus.states is states is State is cherrypy_wspbus.states
    assert Bus().state is Bus.states.STOPPED


def test_every_state_has_its_moves():
    assert set(MOVES) == set(State)
    assert all(MOVES[state] for state in State)


def test_only_a_new_start_leads_away_from_exiting():
    assert MOVES[State.EXITING] == {State.STARTING}


def test_a_bus_becomes_started_only_by_starting():
    assert [state for state in State if State.STARTED in MOVES[state]] == [State.STARTING]
