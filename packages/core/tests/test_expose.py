from cherrypy_core.expose import expose


class Pages:
    @expose
    def plain(self):
        return "plain"

    @expose()
    def called(self):
        return "called"

    @expose("robots.txt")
    def robots(self):
        return "robots"

    @expose(["one", "two"])
    def several(self):
        return "several"

    @expose(alias="other")
    def named(self):
        return "named"

    @expose(alias=("x", "y"))
    def tupled(self):
        return "tupled"

    def hidden(self):
        return "hidden"


@expose
class Whole:
    pass


@expose("alias_of_module_function")
def module_function():
    return "module"


def test_methods_are_marked_and_stay_what_they_are():
    for name in ("plain", "called", "robots", "several", "named", "tupled"):
        method = getattr(Pages(), name)
        assert method.exposed is True
        assert method() == name
    assert not hasattr(Pages.hidden, "exposed")


def test_each_alias_is_another_name_where_the_function_is_defined():
    assert Pages.robots_txt is Pages.robots
    assert Pages.one is Pages.two is Pages.several
    assert Pages.other is Pages.named
    assert Pages.x is Pages.y is Pages.tupled
    assert alias_of_module_function is module_function  # noqa: F821


def test_a_class_can_be_exposed():
    assert Whole.exposed is True
    assert Whole().exposed is True


def test_a_function_can_be_exposed_afterwards():
    def late():
        return 1

    assert expose(late) is late
    assert late.exposed
