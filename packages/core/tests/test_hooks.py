import logging

import pytest

from cherrypy_core.hooks import Hook, HookMap, hookpoints, run_hooks


@pytest.fixture
def seen():
    return []


def fails():
    raise ValueError("first")


def test_a_hook_passes_its_keyword_arguments():
    hook = Hook(dict, a=1, b=2)
    assert hook() == {"a": 1, "b": 2}
    assert (hook.failsafe, hook.priority, hook.kwargs) == (False, 50, {"a": 1, "b": 2})


def test_a_hook_takes_priority_and_failsafe_from_its_callback():
    def callback():
        pass

    callback.priority, callback.failsafe = 7, True
    assert (Hook(callback).priority, Hook(callback).failsafe) == (7, True)
    own = Hook(callback, failsafe=False, priority=0)
    assert (own.priority, own.failsafe) == (0, False)


def test_a_hook_shows_what_it_is_made_of():
    text = repr(Hook(fails, priority=30, debug=True))
    assert text.startswith("Hook(callback=<function fails at ")
    assert text.endswith("failsafe=False, priority=30, debug=True)")


def test_hooks_run_by_priority_and_equal_ones_in_the_order_they_were_attached(seen):
    def note(name):
        seen.append(name)

    hooks = HookMap(hookpoints)
    for name, priority in (("b", 50), ("d", 80), ("c", 50), ("a", 10)):
        hooks.attach("before_handler", note, priority=priority, name=name)
    hooks.run("before_handler")
    assert seen == ["a", "b", "c", "d"]


def test_attaching_to_a_point_that_does_not_exist_is_refused():
    with pytest.raises(KeyError):
        HookMap(hookpoints).attach("before_lunch", fails)


def test_a_copy_of_a_map_has_lists_of_its_own():
    hooks = HookMap(hookpoints)
    hooks.attach("before_handler", fails)
    copy = hooks.copy()
    copy["before_handler"].clear()
    assert len(hooks["before_handler"]) == 1
    assert type(copy) is HookMap
    assert "before_handler" in repr(copy)


def test_after_a_failing_hook_only_failsafe_ones_run(seen):
    hooks = [
        fails,
        Hook(seen.append, object=None),
        Hook(lambda: seen.append("safe"), failsafe=True),
        Hook(lambda: seen.append("unsafe")),
        Hook(lambda: seen.append("safe too"), failsafe=True),
    ]
    with pytest.raises(ValueError, match="first"):
        run_hooks(hooks)
    assert seen == ["safe", "safe too"]


def test_the_first_failure_is_raised_and_later_ones_are_logged(seen, caplog):
    hooks = [
        fails,
        Hook(dict.fromkeys, failsafe=True),
        Hook(lambda: seen.append("still run"), failsafe=True),
    ]
    with caplog.at_level(logging.ERROR), pytest.raises(ValueError, match="first"):
        HookMap.run_hooks(hooks)
    assert seen == ["still run"]
    assert "A failsafe hook failed: Hook(" in caplog.text
    assert "TypeError" in caplog.text


def test_failsafe_hooks_run_before_the_process_is_told_to_exit(seen):
    def leave():
        raise SystemExit

    with pytest.raises(SystemExit):
        run_hooks([leave, Hook(lambda: seen.append("safe"), failsafe=True)])
    assert seen == ["safe"]
