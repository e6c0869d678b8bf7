import datetime as dt
import decimal
import enum
import uuid

import pytest

from cherrypy_core.expose import expose


class Color(enum.Enum):
    RED = "red"


def even(text):
    number = int(text)
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number


CASES = [
    (int, "n=5", 5),
    (float, "n=1.5", 1.5),
    (str, "n=5", "5"),
    (bool, "n=false", False),
    (bool, "n=On", True),
    (bool, "n=", False),
    (int | None, "n=5", 5),
    (list[int], "n=1&n=2", [1, 2]),
    (list[int], "n=1", [1]),
    (set[int], "n=1&n=1", {1}),
    (list, "n=1", ["1"]),
    (object, "n=1", "1"),
    (int | str, "n=1", "1"),
    (even, "n=4", 4),
    (Color, "n=red", Color.RED),
    (decimal.Decimal, "n=1.10", decimal.Decimal("1.10")),
    (dt.date, "n=2026-11-21", dt.date(2026, 11, 21)),
    (uuid.UUID, "n=" + "0" * 32, uuid.UUID(int=0)),
    ("int", "n=5", 5),
    ("Missing", "n=5", "5"),
    ("Color", "n=red", Color.RED),
]

BAD = [
    (int, "n=x"),
    (int, "n=1&n=2"),
    (bool, "n=perhaps"),
    (even, "n=3"),
    (Color, "n=blue"),
    (decimal.Decimal, "n=x"),
    (dt.date, "n=yesterday"),
    (uuid.UUID, "n=1"),
    (uuid.UUID, "n=1&n=2"),
    (list[int], "n=1&n=x"),
    (int, "n=" + "9" * 5000),
]


def root(hint, tool):
    class Root:
        @expose
        @tool
        def index(self, n=None, **others):
            return repr(n)

    Root.index.__annotations__["n"] = hint
    return Root()


@pytest.mark.parametrize(("hint", "query", "value"), CASES)
def test_a_parameter_becomes_what_the_annotation_says(serve, tools, hint, query, value):
    client = serve(root(hint, tools.params()), toolbox=tools)
    for _ in range(2):
        assert client.get(f"/?{query}").text == repr(value)


@pytest.mark.parametrize(("hint", "query"), BAD)
def test_a_bad_parameter_is_the_clients_fault(serve, tools, hint, query):
    assert serve(root(hint, tools.params()), toolbox=tools).get(f"/?{query}").status == 400


def test_the_status_and_the_exceptions_can_be_chosen(serve, tools):
    def lookup(text):
        return {"a": 1}[text]

    tool = tools.params(exception=KeyError, error=404)
    client = serve(root(lookup, tool), toolbox=tools)
    assert client.get("/?n=a").text == "1"
    assert client.get("/?n=b").status == 404


def test_a_missing_parameter_keeps_its_default(serve, tools):
    assert serve(root(int, tools.params()), toolbox=tools).get("/").text == "None"


def test_the_fields_of_a_form_are_converted_too(serve, tools):
    answer = serve(root(int, tools.params()), toolbox=tools).post(
        "/", b"n=7", "application/x-www-form-urlencoded"
    )
    assert answer.text == "7"


def test_a_page_that_is_not_there_stays_a_404(serve, tools):
    client = serve(root(int, tools.params()), site={"tools.params.on": True}, toolbox=tools)
    assert client.get("/nothing/here?n=x").status == 404


def test_other_tools_around_the_handler_do_not_hide_it(serve, tools):
    class Root:
        @expose
        @tools.params(priority=75)
        def index(self, n: int = 0):
            return repr(n)

    assert serve(Root(), toolbox=tools).get("/?n=5").text == "5"


def test_a_callable_object_can_be_the_handler(serve, tools):
    class Handler:
        exposed = True
        _cp_config = {"tools.params.on": True}  # noqa: RUF012

        def __call__(self, n: int = 0):
            return repr(n)

    class Root:
        index = Handler()

    assert serve(Root(), toolbox=tools).get("/?n=5").text == "5"
