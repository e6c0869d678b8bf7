import gc
import sys
import weakref

import pytest

from cherrypy_wspbus import Bus, ChannelFailures


def fail_with(error):
    def listener(*args, **kwargs):
        raise error

    return listener


def test_a_new_bus_has_the_standard_channels(bus):
    assert set(Bus().listeners) == {"start", "main", "stop", "graceful", "exit", "log"}
    assert all(isinstance(listeners, set) for listeners in bus.listeners.values())


def test_listeners_run_in_order_of_priority(bus):
    order = []
    bus.subscribe("x", lambda: order.append("late"), 90)
    bus.subscribe("x", lambda: order.append("middle"))
    bus.subscribe("x", lambda: order.append("early"), priority=0)
    bus.publish("x")
    assert order == ["early", "middle", "late"]


def test_equal_priorities_run_in_order_of_subscription(bus):
    order = []
    for number in range(20):
        bus.subscribe("x", lambda number=number: order.append(number))
    bus.publish("x")
    assert order == list(range(20))


def test_a_callback_brings_its_priority_along(bus):
    def listener():
        return "early"

    listener.priority = 10
    bus.subscribe("x", lambda: "middle", 20)
    bus.subscribe("x", listener)
    assert bus.publish("x") == ["early", "middle"]


def test_a_priority_of_zero_given_explicitly_wins_over_that_of_the_callback(bus):
    def listener():
        return "first"

    listener.priority = 90
    bus.subscribe("x", lambda: "second", 10)
    bus.subscribe("x", listener, 0)
    assert bus.publish("x") == ["first", "second"]


def test_subscribing_again_changes_only_the_priority(bus):
    def one():
        return 1

    bus.subscribe("x", one)
    bus.subscribe("x", lambda: 2)
    assert bus.publish("x") == [1, 2]
    bus.subscribe("x", one, 60)
    assert bus.publish("x") == [2, 1]


def test_publish_passes_arguments_and_returns_the_results(bus):
    bus.subscribe("x", lambda *args, **kwargs: (args, kwargs))
    assert bus.publish("x", 1, 2, three=3) == [((1, 2), {"three": 3})]


def test_an_unknown_channel_is_harmless(bus):
    assert bus.publish("nowhere", 1, 2) == []
    assert "nowhere" not in bus.listeners


def test_publishing_to_many_made_up_channels_does_not_fill_the_memory(bus):
    for number in range(5000):
        bus.publish(f"made-up {number}")
    assert len(bus._plans) <= 1100
    bus.subscribe("made-up 1", lambda: 1)
    bus.subscribe("made-up 4999", lambda: 2)
    assert bus.publish("made-up 1") == [1]
    assert bus.publish("made-up 4999") == [2]


def test_a_channel_published_to_before_anybody_listened_works_afterwards(bus):
    assert bus.publish("x") == []
    bus.subscribe("x", lambda: 1)
    assert bus.publish("x") == [1]


def test_subscribe_without_a_callback_is_a_decorator(bus):
    @bus.subscribe("x")
    def listener():
        return "decorated"

    assert listener() == "decorated"
    assert bus.publish("x") == ["decorated"]


def test_the_decorator_takes_a_priority(bus):
    bus.subscribe("x", lambda: "middle")

    @bus.subscribe("x", priority=1)
    def listener():
        return "first"

    assert bus.publish("x") == ["first", "middle"]


def test_unsubscribing_works_once_and_does_no_harm_afterwards(bus):
    def listener():
        return 1

    bus.subscribe("x", listener)
    bus.unsubscribe("x", listener)
    bus.unsubscribe("x", listener)
    bus.unsubscribe("nowhere", listener)
    assert bus.publish("x") == []


def test_a_subscription_is_a_strong_reference_until_it_ends(bus):
    class Listener:
        def listen(self):
            return "here"

    listener = Listener()
    reference = weakref.ref(listener)
    method = listener.listen
    bus.subscribe("x", method)
    del listener, method
    gc.collect()
    assert bus.publish("x") == ["here"]
    bus.unsubscribe("x", reference().listen)
    gc.collect()
    assert reference() is None


def test_the_same_callback_can_listen_to_several_channels_with_priorities_of_its_own(bus):
    def listener():
        return "same"

    bus.subscribe("x", listener, 10)
    bus.subscribe("y", listener, 90)
    bus.subscribe("x", lambda: "x")
    bus.subscribe("y", lambda: "y")
    assert bus.publish("x") == ["same", "x"]
    assert bus.publish("y") == ["y", "same"]


def test_a_listener_that_fails_does_not_stop_the_others(bus):
    ran = []
    bus.subscribe("x", fail_with(ValueError("one")), 10)
    bus.subscribe("x", lambda: ran.append(1), 20)
    bus.subscribe("x", fail_with(KeyError("two")), 30)
    bus.subscribe("x", lambda: ran.append(2), 40)
    with pytest.raises(ChannelFailures) as caught:
        bus.publish("x")
    assert ran == [1, 2]
    assert [type(error) for error in caught.value.get_instances()] == [ValueError, KeyError]
    assert str(caught.value) == "ValueError('one')\nKeyError('two')"
    assert isinstance(caught.value.__cause__, ValueError)


def test_each_failure_is_logged_with_its_traceback(bus):
    bus.subscribe("x", fail_with(ValueError("one")))
    bus.subscribe("x", fail_with(KeyError("two")))
    with pytest.raises(ChannelFailures):
        bus.publish("x")
    assert [level for level, _ in bus.lines] == [40, 40]
    assert "Error in 'x' listener <function fail_with" in bus.lines[0][1]
    assert "ValueError: one" in bus.lines[0][1]
    assert "KeyError: 'two'" in bus.lines[1][1]


def test_arguments_reach_the_listeners_behind_a_failing_one(bus):
    got = []
    bus.subscribe("x", fail_with(ValueError()), 1)
    bus.subscribe("x", lambda *args, **kwargs: got.append((args, kwargs)), 2)
    with pytest.raises(ChannelFailures):
        bus.publish("x", 1, two=2)
    assert got == [((1,), {"two": 2})]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_a_request_to_leave_propagates_at_once(bus, error):
    ran = []
    bus.subscribe("x", fail_with(error()), 10)
    bus.subscribe("x", lambda: ran.append(1), 20)
    with pytest.raises(error):
        bus.publish("x")
    assert not ran


@pytest.mark.parametrize(("code", "expected"), [(0, 1), (None, 1), (3, 3), ("text", "text")])
def test_a_system_exit_after_a_failure_has_a_code_that_is_not_zero(bus, code, expected):
    bus.subscribe("x", fail_with(ValueError()), 10)
    bus.subscribe("x", fail_with(SystemExit(code)), 20)
    with pytest.raises(SystemExit) as caught:
        bus.publish("x")
    assert caught.value.code == expected


def test_a_system_exit_without_other_failures_keeps_its_code(bus):
    bus.subscribe("x", lambda: None, 10)
    bus.subscribe("x", fail_with(SystemExit(0)), 20)
    with pytest.raises(SystemExit) as caught:
        bus.publish("x")
    assert caught.value.code == 0


def test_a_failing_log_does_not_log_its_own_failure():
    bus = Bus()
    calls = []

    def broken(msg, level):
        calls.append(msg)
        raise OSError("disk full")

    bus.subscribe("log", broken)
    with pytest.raises(ChannelFailures, match="disk full"):
        bus.publish("log", "hello", 20)
    assert calls == ["hello"]


def test_a_failing_log_does_not_stop_the_bus(capsys):
    bus = Bus()
    bus.subscribe("log", fail_with(OSError("disk full")))
    bus.start()
    bus.exit()
    assert bus.state is bus.states.EXITING
    assert "disk full" in capsys.readouterr().err


def test_a_failing_log_and_a_failing_standard_error_do_not_stop_the_bus(monkeypatch):
    class Broken:
        def write(self, text):
            raise RuntimeError("reentrant call")

    monkeypatch.setattr(sys, "stderr", Broken())
    bus = Bus()
    bus.subscribe("log", fail_with(OSError("disk full")))
    bus.log("hello")


def test_a_failing_log_does_not_hide_the_failure_it_should_have_reported(capsys):
    bus = Bus()
    ran = []
    bus.subscribe("log", fail_with(OSError("disk full")))
    bus.subscribe("x", fail_with(ValueError("first")), 10)
    bus.subscribe("x", lambda: ran.append(1), 20)
    with pytest.raises(ChannelFailures, match="first"):
        bus.publish("x")
    assert ran == [1]
    assert "disk full" in capsys.readouterr().err


def test_the_log_has_a_level_and_may_have_a_traceback(bus):
    try:
        fail_with(ValueError("broken"))()
    except ValueError:
        bus.log("It failed", level=40, traceback=True)
    bus.log("fine")
    assert bus.lines[0][0] == 40
    assert bus.lines[0][1].startswith("It failed\nTraceback")
    assert "ValueError: broken" in bus.lines[0][1]
    assert bus.lines[1] == (20, "fine")


def test_a_listener_may_unsubscribe_itself_while_it_runs(bus):
    calls = []

    def once():
        calls.append("once")
        bus.unsubscribe("x", once)

    bus.subscribe("x", once)
    bus.subscribe("x", lambda: calls.append("other"))
    bus.publish("x")
    bus.publish("x")
    assert calls == ["once", "other", "other"]


def test_a_listener_added_while_a_publication_runs_takes_part_in_the_next_one(bus):
    bus.subscribe("x", lambda: bus.subscribe("x", added))
    calls = []

    def added():
        calls.append(1)

    bus.publish("x")
    assert calls == []
    bus.publish("x")
    assert calls == [1]


def one():
    return 1


def two():
    return 2


two.priority = 20


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda listeners: listeners.add(two), [2, 1]),
        (lambda listeners: listeners.discard(one), []),
        (lambda listeners: listeners.remove(one), []),
        (lambda listeners: listeners.pop(), []),
        (lambda listeners: listeners.clear(), []),
        (lambda listeners: listeners.update([two]), [2, 1]),
        (lambda listeners: listeners.difference_update([one]), []),
        (lambda listeners: listeners.intersection_update([two]), []),
        (lambda listeners: listeners.symmetric_difference_update([one, two]), [2]),
        (lambda listeners: listeners.__ior__({two}), [2, 1]),
        (lambda listeners: listeners.__isub__({one}), []),
        (lambda listeners: listeners.__iand__({two}), []),
        (lambda listeners: listeners.__ixor__({one, two}), [2]),
    ],
)
def test_a_set_of_listeners_may_be_edited_in_place(bus, edit, expected):
    bus.subscribe("x", one)
    assert bus.publish("x") == [1]
    edit(bus.listeners["x"])
    assert bus.publish("x") == expected


def test_replacing_a_listener_by_hand_is_noticed_although_the_number_stays(bus):
    bus.subscribe("x", one)
    assert bus.publish("x") == [1]
    bus.listeners["x"].remove(one)
    bus.listeners["x"].add(two)
    assert bus.publish("x") == [2]


def test_a_listener_taken_out_by_hand_is_forgotten(bus):
    bus.subscribe("x", one, 99)
    bus.listeners["x"].clear()
    assert bus.publish("x") == []
    bus.listeners["x"].add(one)
    bus.subscribe("x", two, 60)
    assert bus.publish("x") == [1, 2]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda channels: channels.__setitem__("x", {two}), [2]),
        (lambda channels: channels.__delitem__("x"), []),
        (lambda channels: channels.pop("x"), []),
        (lambda channels: channels.pop("unknown", None), [1]),
        (lambda channels: channels.popitem(), []),
        (lambda channels: channels.clear(), []),
        (lambda channels: channels.update(x=[two]), [2]),
        (lambda channels: channels.setdefault("x", {two}), [1]),
    ],
)
def test_the_channels_may_be_edited_in_place(bus, edit, expected):
    bus.subscribe("x", one)
    assert bus.publish("x") == [1]
    edit(bus.listeners)
    assert bus.publish("x") == expected
    bus.subscribe("x", two)
    assert 2 in bus.publish("x")


def test_the_channels_may_be_replaced_altogether(bus):
    bus.subscribe("x", one)
    assert bus.publish("x") == [1]
    bus.listeners = {"y": {two}}
    assert bus.publish("x") == []
    assert bus.publish("y") == [2]
    bus.listeners["y"].clear()
    assert bus.publish("y") == []


def test_a_copy_of_a_set_of_listeners_is_a_set_of_its_own(bus):
    bus.subscribe("x", one)
    copied = bus.listeners["x"].copy()
    copied.add(two)
    assert bus.publish("x") == [1]
    assert bus.listeners["x"] | {two} == copied


def test_the_listeners_of_a_channel_can_be_looked_up_in_order(bus):
    def first():
        pass

    def second():
        pass

    in_order = bus.in_order
    bus.subscribe("busy", second, priority=60)
    bus.publish("busy")
    assert in_order["busy"] == (second,)
    bus.subscribe("busy", first)
    # Until somebody publishes, nobody knows: that is never an outdated answer.
    assert "busy" not in in_order
    bus.publish("busy")
    assert in_order["busy"] == (first, second)
    bus.listeners = {}
    assert not in_order
