import gc
import weakref

import pytest

from cherrypy_core.observed import ObservedDict, Watchers


class Counter:
    def __init__(self):
        self.count = 0

    def up(self):
        self.count += 1


@pytest.fixture
def counter():
    return Counter()


@pytest.fixture
def watched(counter):
    watched = ObservedDict({"a": 1}, b=2)
    watched.watchers.add(counter.up)
    return watched


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.__setitem__("c", 3),
        lambda d: d.__delitem__("a"),
        lambda d: d.__ior__({"a": 5}),
        lambda d: d.clear(),
        lambda d: d.pop("a"),
        lambda d: d.pop("nothing", None),
        lambda d: d.popitem(),
        lambda d: d.setdefault("new", 1),
        lambda d: d.update({"a": 2, "b": 3}),
        lambda d: d.update([("a", 2)], z=1),
    ],
)
def test_every_way_to_change_is_noticed_once(watched, counter, change):
    change(watched)
    assert counter.count == 1


def test_every_mutating_method_of_dict_is_covered():
    harmless = {"copy", "fromkeys", "get", "items", "keys", "values"}
    methods = {name for name in vars(dict) if not name.startswith("__")} - harmless
    methods |= {"__setitem__", "__delitem__", "__ior__"}
    assert methods <= set(vars(ObservedDict))


def test_looking_is_not_noticed(watched, counter):
    assert watched["a"] == 1
    assert watched.get("x") is None
    assert watched.setdefault("a", 7) == 1
    assert {**watched} == {"a": 1, "b": 2}
    assert counter.count == 0


def test_a_change_that_fails_is_not_noticed(watched, counter):
    with pytest.raises(KeyError):
        del watched["nothing"]
    with pytest.raises(KeyError):
        watched.pop("nothing")
    assert counter.count == 0


def test_methods_give_what_those_of_dict_give(watched):
    assert watched.pop("a") == 1
    assert watched.popitem() == ("b", 2)
    assert watched.setdefault("c", 3) == 3
    watched |= {"d": 4}
    assert type(watched) is ObservedDict
    assert watched == {"c": 3, "d": 4}


def test_watching_keeps_nobody_alive(watched):
    counter = Counter()
    gone = weakref.ref(counter)
    watched.watchers.add(counter.up)
    del counter
    gc.collect()
    assert gone() is None
    watched["a"] = 2


def test_watchers_that_are_gone_are_forgotten():
    watchers = Watchers()
    for _ in range(100):
        watchers.add(Counter().up)
    assert len(watchers._methods) == 1
