"""Arguments that do not fit: 404 for the path and the query string, 400 for the body."""

import functools

import pytest

from cherrypy_core.errors import HTTPError
from cherrypy_core.expose import expose
from cherrypy_core.serving import serving
from cherrypy_dispatch import getargspec
from cherrypy_dispatch import test_callable_spec as check_spec


def text(*values):
    return repr(values).encode()


def only(a):
    return text(a)


def transparent(function):
    """A decorator as they should be."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def opaque(function):
    """A decorator that hides what it decorates."""

    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def with_user(function):
    """A decorator that adds an argument."""

    @functools.wraps(function)
    def wrapper(self, *args, **kwargs):
        if "fail" in kwargs:
            raise TypeError("raised by the decorator")
        return function(self, "user", *args, **kwargs)

    return wrapper


def with_token(function):
    """A decorator that takes an argument for itself."""

    @functools.wraps(function)
    def wrapper(self, *args, token, **kwargs):
        return function(self, *args, **kwargs)

    return wrapper


class Callable:
    exposed = True

    def __call__(self, a, b="B"):
        return text(a, b)


class DecoratedCallable:
    exposed = True

    @transparent
    def __call__(self, a):
        return text(a)


class Root:
    @expose
    def none(self):
        return text()

    @expose
    def one(self, a):
        return text(a)

    @expose
    def optional(self, a, b="B"):
        return text(a, b)

    @expose
    def rest(self, a, *rest):
        return text(a, rest)

    @expose
    def named(self, a="A", **names):
        return text(a, sorted(names.items()))

    @expose
    def keyword(self, *, a, b="B"):
        return text(a, b)

    @expose
    def positional(self, a, /, b="B"):
        return text(a, b)

    @expose
    def positional_named(self, a, /, **names):
        return text(a, sorted(names.items()))

    @expose
    def annotated(self, a: int, b: "list[str] | None" = None) -> bytes:
        return text(a, b)

    @staticmethod
    @expose
    def static(a):
        return text(a)

    @classmethod
    @expose
    def of_class(cls, a):
        return text(a)

    @expose
    class Class:
        def __init__(self, a, b="B"):
            self.parts = [text(a, b)]

        def __iter__(self):
            return iter(self.parts)

    partial = staticmethod(expose(functools.partial(lambda a, b, c="C": text(a, b, c), "A")))

    call = Callable()
    decorated_call = DecoratedCallable()

    @expose
    @transparent
    def decorated(self, a):
        return text(a)

    @expose
    @transparent
    @transparent
    def twice(self, a):
        return text(a)

    @expose
    @opaque
    def hidden(self, a):
        return text(a)

    @expose
    @with_user
    def user(self, user, a="A"):
        return text(user, len(5) if a == "inner" else a)

    @expose
    @with_token
    def token(self, a="A"):
        return text(a)

    cached = staticmethod(expose(functools.lru_cache(only)))


Root.lambda_ = expose(lambda self, a: text(a))


@pytest.fixture
def client(site):
    root = Root()
    root.function = expose(functools.partial(only))
    return site(root, **{"request.show_tracebacks": True})


@pytest.mark.parametrize(
    ("url", "result"),
    [
        ("/none", ()),
        ("/one/1", ("1",)),
        ("/one?a=1", ("1",)),
        ("/one?a=1&a=2", (["1", "2"],)),
        ("/optional/1", ("1", "B")),
        ("/optional/1/2", ("1", "2")),
        ("/optional/1?b=2", ("1", "2")),
        ("/optional?b=2&a=1", ("1", "2")),
        ("/rest/1", ("1", ())),
        ("/rest/1/2/3", ("1", ("2", "3"))),
        ("/named", ("A", [])),
        ("/named/1?x=2", ("1", [("x", "2")])),
        ("/named?a-b=1", ("A", [("a-b", "1")])),
        ("/keyword?a=1", ("1", "B")),
        ("/keyword?a=1&b=2", ("1", "2")),
        ("/positional/1", ("1", "B")),
        ("/positional/1?b=2", ("1", "2")),
        ("/positional_named/1?a=2", ("1", [("a", "2")])),
        ("/annotated/1?b=2", ("1", "2")),
        ("/static/1", ("1",)),
        ("/of_class/1", ("1",)),
        ("/Class/1?b=2", ("1", "2")),
        ("/partial/1", ("A", "1", "C")),
        ("/call/1?b=2", ("1", "2")),
        ("/decorated/1", ("1",)),
        ("/twice?a=1", ("1",)),
        ("/hidden/1", ("1",)),
        ("/user", ("user", "A")),
        ("/user?a=1", ("user", "1")),
        ("/token/1?token=2", ("1",)),
        ("/cached/1", ("1",)),
        ("/lambda_/1", ("1",)),
        ("/function/1", ("1",)),
    ],
)
def test_arguments_that_fit_arrive(client, url, result):
    answer = client(url)
    assert (answer.status, answer.text) == (200, repr(result))


#: Each takes exactly one parameter `a`, or one that is optional besides it.
ONE = [
    "one",
    "optional",
    "keyword",
    "annotated",
    "static",
    "of_class",
    "Class",
    "call",
    "decorated_call",
    "decorated",
    "twice",
    "cached",
    "lambda_",
    "function",
]


class TestPathAndQuery:
    @pytest.mark.parametrize("name", [*ONE, "rest"])
    def test_a_missing_parameter_is_a_404(self, client, name):
        answer = client(f"/{name}")
        assert answer.status == 404
        assert "Missing parameters: a" in answer.text

    @pytest.mark.parametrize("name", [*ONE, "none", "positional", "named", "partial", "token"])
    def test_more_parts_than_parameters_are_a_404(self, client, name):
        answer = client(f"/{name}/1/2/3?token=1" if name == "token" else f"/{name}/1/2/3")
        assert answer.status == 404
        assert "parameters:" not in answer.text.replace("Missing parameters: a", "")

    @pytest.mark.parametrize("name", [*ONE, "rest", "positional"])
    def test_an_unknown_name_in_the_query_string_is_a_404(self, client, name):
        path = f"/{name}?a=1" if name == "keyword" else f"/{name}/1?"
        answer = client(path + "&x=1&y=2")
        assert answer.status == 404
        assert "Unexpected query string parameters: x, y" in answer.text

    @pytest.mark.parametrize("name", [*ONE, "rest", "named"])
    def test_a_parameter_in_path_and_query_string_is_a_404(self, client, name):
        answer = client(f"/{name}/1?a=2")
        assert answer.status == 404
        if name != "keyword":
            assert "Multiple values for parameters: a" in answer.text

    def test_a_positional_parameter_cannot_be_given_by_name(self, client):
        assert "Missing parameters: a" in client("/positional?a=1").text
        assert "Missing parameters: a" in client("/positional_named?a=1").text
        answer = client("/positional/1?a=2")
        assert answer.status == 404
        assert "Unexpected query string parameters: a" in answer.text

    def test_the_path_has_no_way_to_keyword_only_parameters(self, client):
        assert client("/keyword/1").status == 404
        assert client("/keyword/1?a=2").status == 404

    @pytest.mark.parametrize(
        "name", ["none", "one", "named", "Class", "call", "of_class", "positional_named"]
    )
    @pytest.mark.parametrize("hidden", ["self", "cls"])
    def test_what_python_fills_in_itself_cannot_be_sent(self, client, name, hidden):
        values = {"none": "", "named": ""}.get(name, "/1")
        answer = client(f"/{name}{values}?{hidden}=2")
        if name in {"named", "positional_named"} and not (name == "named" and hidden == "self"):
            # Any name goes; a positional-only `self` does not even stand in the way.
            assert answer.status in {200, 404}
        else:
            assert answer.status == 404
        assert client(f"/{name}{values}", "POST", f"{hidden}=2").status in {200, 400}

    def test_that_a_method_calls_its_object_self_is_no_rule(self, site):
        class Odd:
            @expose
            def page(this, **names):  # noqa: N805
                return text(sorted(names))

        client = site(Odd())
        assert client("/page?self=1").text == "(['self'],)"
        assert client("/page?this=1").status == 404
        assert client("/page", "POST", "this=1").status == 400


class TestBody:
    @pytest.mark.parametrize("name", [*ONE, "rest", "positional"])
    def test_an_unknown_name_in_the_body_is_a_400(self, client, name):
        url = f"/{name}?a=1" if name == "keyword" else f"/{name}/1"
        answer = client(url, "POST", "x=1&y=2")
        assert answer.status == 400
        assert "Unexpected body parameters: x, y" in answer.text

    @pytest.mark.parametrize("name", [name for name in ONE if name != "keyword"])
    def test_a_parameter_in_path_and_body_is_a_400(self, client, name):
        answer = client(f"/{name}/1", "POST", "a=2")
        assert answer.status == 400
        assert "Multiple values for parameters: a" in answer.text

    @pytest.mark.parametrize("name", ONE)
    def test_a_parameter_in_the_body_counts_as_given(self, client, name):
        assert client(f"/{name}", "POST", "a=1").status == 200

    def test_a_missing_parameter_is_a_404_also_if_there_is_a_body(self, client):
        answer = client("/one", "POST", "")
        assert answer.status == 404
        assert "Missing parameters: a" in answer.text

    def test_the_query_string_is_the_first_to_blame(self, client):
        answer = client("/one/1?x=1", "POST", "y=1")
        assert answer.status == 404
        assert "Unexpected query string parameters: x" in answer.text

    def test_a_name_in_both_is_a_matter_of_the_body(self, client):
        answer = client("/one/1?x=1", "POST", "x=2")
        assert answer.status == 400
        assert "Unexpected body parameters: x" in answer.text

    def test_the_body_of_a_request_that_has_none_is_not_looked_at(self, client):
        assert client("/one/1?x=1", "DELETE").status == 404


class TestMessages:
    @pytest.mark.parametrize(
        ("args", "status"),
        [
            (("/one",), 404),
            (("/one/1?x=1",), 404),
            (("/one/1?a=1",), 404),
            (("/one/1", "POST", "x=1"), 400),
            (("/one/1", "POST", "a=1"), 400),
        ],
    )
    def test_names_are_told_only_where_that_is_wanted(self, site, args, status):
        settings = {"request.show_mismatched_params": False}
        answer = site(Root(), {"/": settings})(*args)
        assert answer.status == status
        assert "parameters" not in answer.text
        answer = site(Root())(*args)
        assert answer.status == status
        assert "parameters: " in answer.text

    def test_names_from_the_client_are_escaped(self, site):
        answer = site(Root())("/one/1?%3Cscript%3E=1")
        assert "<script>" not in answer.text
        assert "&lt;script&gt;" in answer.text

    def test_the_trace_does_not_show_how_the_arguments_were_examined(self, client):
        answer = client("/one")
        assert answer.status == 404
        assert "spec.py" not in answer.text


class TestErrorsInside:
    """A TypeError that comes from inside of a page handler is not the client's fault."""

    @pytest.fixture
    def client(self, site):
        class Inside:
            @expose
            def page(self, a="A"):
                return len(5)

            @expose
            def other(self, a="A"):
                def helper():
                    return b""

                return helper(a)

            @expose
            def again(self, a="A"):
                return self.again(a, a, a)

            @expose
            def raising(self, a="A"):
                raise TypeError("Inside.raising() missing 1 required positional argument")

            @expose
            @transparent
            def decorated(self, a="A"):
                return len(5)

            @expose
            @with_user
            def user(self, user, a="A"):
                return len(5)

            @expose
            class Class:
                def __init__(self, a="A"):
                    len(5)

            @expose
            def generator(self, a="A"):
                yield len(5)

        return site(Inside(), **{"request.show_tracebacks": True})

    @pytest.mark.parametrize(
        "name",
        ["page", "other", "again", "raising", "decorated", "user", "Class", "generator"],
    )
    @pytest.mark.parametrize("query", ["", "?a=1"])
    def test_it_is_a_500_that_shows_where_it_was(self, client, name, query):
        answer = client(f"/{name}{query}")
        assert answer.status == 500
        assert "TypeError" in answer.text
        assert "test_spec.py" in answer.text
        assert "in __init__" in answer.text if name == "Class" else f"in {name}" in answer.text

    def test_a_decorator_that_fails_is_a_500(self, site):
        answer = site(Root(), **{"request.show_tracebacks": True})("/user?fail=1")
        assert answer.status == 500
        assert "raised by the decorator" in answer.text

    def test_a_decorator_that_takes_an_argument_itself_is_asked_first(self, site):
        answer = site(Root())("/token/1")
        assert answer.status == 404
        assert "Missing parameters: token" in answer.text
        assert site(Root())("/token/1?token=1&x=1").status == 404

    def test_an_error_behind_a_decorator_that_adds_an_argument_stays_a_500(self, site):
        client = site(Root())
        assert client("/user?a=1").status == 200
        assert client("/user?a=inner").status == 500
        assert client("/user?a=1&x=1").status == 404

    def test_what_a_decorator_hides_cannot_be_known(self, site):
        assert site(Root())("/hidden").status == 500
        # With the argument that the decorator adds these are too many, or it comes twice.
        assert site(Root())("/user/1/2").status == 500
        assert site(Root())("/user?user=1").status == 500

    def test_a_builtin_that_does_not_tell_what_it_takes_is_a_500(self, site):
        class Builtin:
            page = staticmethod(expose(functools.partial(min)))

        assert site(Builtin())("/page").status == 500

    def test_a_builtin_that_tells_is_judged(self, site):
        class Builtin:
            page = staticmethod(expose(functools.partial(str.encode)))

        client = site(Builtin())
        assert client("/page/a").text == "a"
        assert client("/page").status == 500  # its parameter is called self
        assert client("/page/a?x=1").status == 404
        assert client("/page/a", "POST", "x=1").status == 400

    def test_what_cannot_be_called_is_a_500(self, site):
        class Node:
            exposed = True

        class Tree:
            node = Node()

        assert site(Tree())("/node").status == 500
        assert site(Tree())("/node/a?b=1").status == 500


class TestFunctions:
    """The functions on their own."""

    def test_arguments_that_fit_pass(self):
        assert check_spec(lambda a, b=1: None, ["1"], {"b": 2}) is None
        assert check_spec(lambda *a, **k: None, ["1", "2"], {"b": 2}) is None

    @pytest.mark.parametrize(
        ("function", "args", "kwargs"),
        [
            (lambda a: None, [], {}),
            (lambda a: None, [1, 2], {}),
            (lambda a: None, [1], {"a": 2}),
            (lambda a: None, [1], {"b": 2}),
            (lambda *, a: None, [1], {"a": 2}),
            (Root().one, [], {}),
            (Root().named, [], {"self": 1}),
            (Root.Class, [], {}),
            (Callable(), [], {}),
        ],
    )
    def test_arguments_that_do_not_fit_are_a_404_outside_of_a_request_too(
        self, function, args, kwargs
    ):
        with pytest.raises(HTTPError) as caught:
            check_spec(function, args, kwargs)
        assert caught.value.code == 404

    @pytest.mark.parametrize("thing", [5, None, "text", type, min], ids=repr)
    def test_what_does_not_tell_is_not_judged(self, thing):
        assert check_spec(thing, ["1"], {"a": 2}) is None

    def test_nothing_is_made_current_by_asking(self):
        check_spec(lambda a: None, [1], {})
        assert serving.request.path_info == "/"

    def test_getargspec_returns_four_things(self):
        def function(a, b=1, *c, d, **e):
            """Take everything."""

        assert getargspec(function) == (["a", "b"], "c", "e", (1,))
        assert getargspec(lambda: None) == ([], None, None, None)
        assert getargspec(Root().one) == (["self", "a"], None, None, None)
