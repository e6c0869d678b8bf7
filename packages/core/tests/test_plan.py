import gc
import itertools
import sys
import threading
import weakref
from types import SimpleNamespace

import pytest

from cherrypy_core.config import Config, NamespaceSet
from cherrypy_core.errors import HTTPError
from cherrypy_core.hooks import Hook
from cherrypy_core.observed import ObservedDict
from cherrypy_core.plan import MAX_STEPS, Draft, Plans
from cherrypy_core.request import Request
from cherrypy_core.serving import request


class Guard:
    """A config namespace: `guard.on = True` refuses everybody (what a toolbox does)."""

    def compile(self, entries, draft):
        draft.toolmaps["guard"] = {"guard": entries}
        if entries.get("on"):
            draft.attach("before_handler", self.refuse)

    @staticmethod
    def refuse():
        raise HTTPError(401)


class Watched(ObservedDict):
    """A toolbox whose tools can be changed."""

    def compile(self, entries, draft):
        for name in entries:
            draft.attach("before_handler", self[name])


@pytest.fixture
def guarded(make_app):
    """Give an application with pages at / and /inner, and the namespace `guard`."""

    def inner():
        return b"inner"

    inner._cp_config = {}

    def index():
        return b"index"

    return make_app(
        index=index, inner=inner, toolboxes={"guard": Guard()}, config={"/inner": {"own.key": 1}}
    )


class TestChanges:
    """An edit of any layer holds from the next request on: it may switch authentication."""

    def toggled(self, call, app, switch, paths=("/", "/inner")):
        for _ in range(2):
            for on, code in ((True, 401), (False, 200)):
                switch(on)
                assert [call(app, path).code for path in paths] == [code] * len(paths)

    def test_the_global_configuration_by_update(self, guarded, call):
        config = guarded.plans.site_config
        self.toggled(call, guarded, lambda on: config.update({"guard.on": on}))

    def test_the_global_configuration_by_key(self, guarded, call):
        config = guarded.plans.site_config

        def switch(on):
            if on:
                config["guard.on"] = True
            else:
                del config["guard.on"]

        self.toggled(call, guarded, switch)

    @pytest.mark.parametrize(
        "off",
        [
            lambda config: config.pop("guard.on"),
            lambda config: config.clear(),
            lambda config: config.reset(),
            lambda config: config.__ior__({"guard.on": False}),
            lambda config: [config.popitem() for _ in list(config)],
        ],
    )
    def test_the_global_configuration_in_other_ways(self, guarded, call, off):
        config = guarded.plans.site_config
        config.setdefault("guard.on", True)
        assert call(guarded).code == 401
        off(config)
        assert call(guarded).code == 200

    def test_a_section_by_key(self, guarded, call):
        guarded.config["/"] = {}
        section = guarded.config["/"]
        self.toggled(call, guarded, lambda on: section.__setitem__("guard.on", on))

    def test_a_section_by_assignment(self, guarded, call):
        self.toggled(call, guarded, lambda on: guarded.config.update({"/": {"guard.on": on}}))

    def test_a_section_by_merge(self, guarded, call):
        self.toggled(call, guarded, lambda on: guarded.merge({"/": {"guard.on": on}}))

    def test_the_section_of_a_page_alone(self, guarded, call):
        section = guarded.config["/inner"]
        switch = lambda on: section.__setitem__("guard.on", on)  # noqa: E731
        self.toggled(call, guarded, switch, paths=("/inner",))
        switch(True)
        assert call(guarded).code == 200

    def test_all_of_the_applications_configuration(self, guarded, call):
        self.toggled(call, guarded, lambda on: setattr(guarded, "config", {"/": {"guard.on": on}}))

    def test_what_is_attached_to_a_page_in_place(self, guarded, call):
        layer = guarded.root.inner._cp_config
        self.toggled(call, guarded, lambda on: layer.update({"guard.on": on}), paths=("/inner",))

    def test_what_is_attached_to_a_page_replaced(self, guarded, call):
        page = guarded.root.inner
        switch = lambda on: setattr(page, "_cp_config", {"guard.on": on})  # noqa: E731
        self.toggled(call, guarded, switch, paths=("/inner",))

    def test_what_is_attached_to_the_root(self, guarded, call):
        def switch(on):
            guarded.root._cp_config = {"guard.on": on} if on else None

        self.toggled(call, guarded, switch)

    def test_another_root(self, guarded, call):
        pages = vars(guarded.root)

        def switch(on):
            guarded.root = SimpleNamespace(**pages, _cp_config={"guard.on": on})

        self.toggled(call, guarded, switch)

    def test_a_dict_of_the_same_values_in_another_place(self, guarded, call):
        for _ in range(3):
            guarded.root._cp_config = {"guard.on": True}
            assert call(guarded).code == 401
            guarded.root._cp_config = {"guard.on": False}
            assert call(guarded).code == 200

    def test_a_value_whose_comparison_fails_counts_as_changed(self, guarded, call):
        class Odd:
            def __eq__(self, other):
                raise TypeError("cannot be compared")

            __hash__ = None

        layer = guarded.root.inner._cp_config
        for on, code in ((True, 401), (False, 200)) * 2:
            layer.update({"guard.odd": Odd(), "guard.on": on})
            assert call(guarded, "/inner").code == code

    def test_a_new_toolbox(self, make_app, call):
        app = make_app(index=lambda: b"", config={"/": {"late.on": True}})
        assert call(app).code == 200
        app.toolboxes["late"] = Guard()
        assert call(app).code == 401
        del app.toolboxes["late"]
        assert call(app).code == 200
        app.toolboxes = {"late": Guard()}
        assert call(app).code == 401

    def test_a_new_tool_in_a_toolbox(self, make_app, call):
        box = Watched(tool=lambda: None)
        config = {"/": {"box.tool": True}}
        app = make_app(index=lambda: b"", toolboxes={"box": box}, config=config)
        assert call(app).code == 200
        box["tool"] = Guard.refuse
        assert call(app).code == 401
        box.update(tool=lambda: None)
        assert call(app).code == 200

    def test_a_new_namespace(self, make_app, call):
        seen = []

        class Own(Request):
            namespaces = NamespaceSet(Request.namespaces)

        app = make_app(index=lambda: b"", config={"/": {"late.key": 1}})
        app.request_class = Own
        call(app)
        Own.namespaces["late"] = lambda key, value: seen.append((key, value))
        call(app)
        del Own.namespaces["late"]
        call(app)
        assert seen == [("key", 1)]

    def test_another_class_of_requests(self, make_app, call):
        seen = []

        class Own(Request):
            namespaces = NamespaceSet(
                Request.namespaces, late=lambda key, value: seen.append((key, value))
            )

        app = make_app(index=lambda: b"", config={"/": {"late.key": 1}})
        call(app)
        app.request_class = Own
        call(app)
        assert seen == [("key", 1)]


class TestManyRoots:
    @pytest.mark.slow
    def test_no_root_gets_the_plan_of_one_that_is_gone(self, guarded, call, environ):
        """Identities of objects are used again: 10,000 roots are made and dropped."""
        made = environ()
        codes = []
        pages = dict(vars(guarded.root))

        def start_response(status, headers, exc_info=None):
            codes.append(status[:3])

        for number in range(10_000):
            guarded.root = SimpleNamespace(**pages, _cp_config={"guard.on": number % 3 == 0})
            guarded(made, start_response)
        assert codes == ["401" if number % 3 == 0 else "200" for number in range(10_000)]

    def test_memory_is_bounded(self, guarded, call):
        plans = guarded.plans
        root = plans.start()
        for _ in range(3 * MAX_STEPS):
            plans.step(root, {"own.key": 1}, "/")
        assert len(root.steps) <= MAX_STEPS

    def test_paths_that_clients_choose_do_not_add_up(self, guarded):
        plans = guarded.plans
        root = plans.start()
        layer = {"tools.staticdir.dir": "/srv"}
        for number in range(2 * MAX_STEPS):
            step = plans.step(root, layer, f"/{number}")
            assert step.config["tools.staticdir.section"] == f"/{number}"
        assert len(root.steps) <= MAX_STEPS

    def test_applications_are_not_kept_alive_by_their_configuration(self, make_app, call):
        site_config = Config()
        app = make_app(index=lambda: b"", site_config=site_config)
        call(app)
        gone = weakref.ref(app)
        del app
        gc.collect()
        assert gone() is None
        site_config["guard.on"] = True


class TestRaces:
    """A change while a plan is being drawn up."""

    def test_a_plan_that_may_have_missed_a_change_is_drawn_up_again(self):
        config = Config({"own.key": "old"})
        drafts = []

        class Namespace:
            def compile(self, entries, draft):
                drafts.append(entries["key"])
                if len(drafts) == 1:
                    # As another thread would.
                    config["own.key"] = "new"

        plans = Plans(config, [], lambda: {"own": Namespace()})
        assert plans.start().config["own.key"] == "new"
        assert drafts == ["old", "new"]
        assert plans.root is plans.start()
        assert len(drafts) == 2

    def test_a_change_during_a_request_is_for_the_next(self, guarded, call):
        def index():
            guarded.plans.site_config["guard.on"] = True
            return b"old"

        guarded.root.index = index
        assert call(guarded).body == b"old"
        assert call(guarded).code == 401

    def test_a_layer_that_changes_while_it_is_compiled_is_noticed(self):
        layer = {"own.key": "old"}

        class Namespace:
            def compile(self, entries, draft):
                if entries.get("key") == "old":
                    layer["own.key"] = "new"

        plans = Plans(Config(), [], lambda: {"own": Namespace()})
        root = plans.start()
        assert plans.step(root, layer, "/").config["own.key"] == "old"
        assert plans.step(root, layer, "/").config["own.key"] == "new"

    @pytest.mark.slow
    def test_many_threads_never_see_a_plan_that_is_older_than_the_configuration(
        self, guarded, environ
    ):
        config = guarded.plans.site_config
        wrong = []
        stop, served = threading.Event(), threading.Event()
        # Odd while the configuration is being changed.
        epoch = itertools.count(1)
        now = [0]

        def serve():
            made = environ()
            while not stop.is_set():
                before = now[0]
                codes = []
                guarded(made, lambda status, *rest, codes=codes: codes.append(status[:3]))
                if before % 2 == 0 and now[0] == before:
                    expected = "401" if (before // 2) % 2 else "200"
                    if codes != [expected]:
                        wrong.append((before, codes))
                served.set()

        switch = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        threads = [threading.Thread(target=serve) for _ in range(3)]
        try:
            for thread in threads:
                thread.start()
            for number in range(1, 300):
                now[0] = next(epoch)
                config["guard.on"] = bool(number % 2)
                now[0] = next(epoch)
                served.clear()
                assert served.wait(10)
        finally:
            stop.set()
            for thread in threads:
                thread.join(10)
            sys.setswitchinterval(switch)
        assert wrong == []


class TestPlan:
    def test_the_same_layers_give_the_same_plan(self, guarded):
        plans = guarded.plans
        layer = {"own.key": 1}
        root = plans.start()
        assert plans.step(root, layer, "/") is plans.step(root, layer, "/")
        assert plans.step(root, dict(layer), "/") is not plans.step(root, layer, "/")
        assert plans.start() is root

    def test_deeper_layers_override_those_above(self, guarded):
        plans = guarded.plans
        plans.site_config.update({"own.a": 0, "own.b": 0, "own.c": 0})
        plan = plans.step(plans.start(), {"own.b": 1, "own.c": 1}, "/")
        plan = plans.step(plan, {"own.c": 2}, "/x")
        assert {key: plan.config[f"own.{key}"] for key in "abc"} == {"a": 0, "b": 1, "c": 2}

    def test_hooks_are_sorted_once(self):
        draft = Draft({})
        for priority in (50, 10, 90):
            draft.attach("before_handler", dict, priority=priority, number=priority)
        plans = Plans(Config(), [], dict)
        plan = plans.compile({})
        assert plan.before_handler == ()
        plan = type(plan)(draft)
        assert [hook.priority for hook in plan.hooks["before_handler"]] == [10, 50, 90]
        assert [run()["number"] for run in plan.before_handler] == [10, 50, 90]
        assert plan.hook_map()["before_handler"] == list(plan.hooks["before_handler"])
        assert not plan.configures

    def test_a_point_that_does_not_exist_is_named(self):
        with pytest.raises(ValueError, match="there is no hook point 'before_lunch'"):
            Draft({}).add("before_lunch", Hook(len))

    def test_keys_that_are_no_text_belong_to_no_namespace(self, guarded, call):
        guarded.config["/"] = {404: "x", None: 1, ("a", "b"): 2, "plain": 3}
        assert call(guarded).code == 200

    def test_settings_of_tools_are_copies(self, guarded, call):
        seen = []

        def index():
            seen.append(request.toolmaps["guard"]["guard"].copy())
            request.toolmaps["guard"]["guard"]["on"] = True
            return b""

        guarded.root.index = index
        guarded.config["/"] = {"guard.on": False}
        call(guarded)
        call(guarded)
        assert seen == [{"on": False}] * 2

    def test_a_wrong_configuration_shows_no_traceback_where_none_is_to_be_seen(
        self, make_app, call
    ):
        app = make_app(index=lambda: b"")
        app.plans.site_config.update({"hooks.before_lunch": len})
        assert "before_lunch" in call(app).text
        app.plans.site_config["request.show_tracebacks"] = False
        reply = call(app)
        assert reply.code == 500
        assert "before_lunch" not in reply.text

    def test_plans_are_dropped_when_there_are_very_many_altogether(self, monkeypatch):
        monkeypatch.setattr("cherrypy_core.plan.MAX_PLANS", 20)
        plans = Plans(Config(), [], dict)
        layers = [{"a": number} for number in range(4)]
        first = plan = plans.start()
        for number in range(30):
            plan = plans.step(plan, layers[number % 4], "/")
        assert plans.start() is not first
        assert plan.config["a"] == 29 % 4
