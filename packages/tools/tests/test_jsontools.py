import dataclasses
import datetime as dt
import decimal
import enum
import io
import json
import pathlib
import types
import uuid

import pytest

from cherrypy_core.expose import expose
from cherrypy_core.serving import request, response
from cherrypy_tools.jsontools import json_handler, jsonable


def app(tools, **settings):
    class Root:
        @expose
        @tools.json_in(**settings)
        def index(self, **params):
            return repr(request.json)

        @expose
        @tools.json_in(**settings)
        def untouched(self):
            return "ok"

        @expose
        @tools.json_in(**settings)
        def optional(self, **params):
            return repr((getattr(request, "json", "none"), sorted(params)))

        @expose
        @tools.json_in(**settings)
        def body(self):
            return repr((request.json, request.body.read(), request.body.fp.bytes_read))

    return Root()


@pytest.fixture
def client(serve, tools):
    return serve(app(tools), toolbox=tools)


JSON = "application/json"


@pytest.mark.parametrize(
    "content_type",
    [JSON, "text/javascript", "application/json; charset=utf-8", "Application/JSON;x=y"],
)
def test_a_json_body_is_read(client, content_type):
    assert client.post("/", b'{"a": [1, null]}', content_type).text == "{'a': [1, None]}"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"],
)
def test_all_encodings_of_json_are_understood(client, encoding):
    assert client.post("/", '["\u20ac"]'.encode(encoding), JSON).text == "['\u20ac']"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": 1',
        b"[1,]",
        b"{} {}",
        b"\xff\xfe",
        b'"\xe9"',
        b"\x00",
        b"\xef\xbb\xbf",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b"9" * 5_000,
        b'"\x00"',
        "\ud800".encode("utf-16-le", "surrogatepass"),
    ],
)
def test_what_is_not_json_is_the_clients_fault(client, body):
    answer = client.post("/", body, JSON)
    assert answer.status == 400
    assert "Invalid JSON document" in answer.text


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", None])
def test_other_media_types_are_refused(client, content_type):
    answer = client.post("/", b"{}", content_type)
    assert answer.status == 415
    assert "application/json, text/javascript" in answer.text


def test_a_form_is_refused_as_well(client):
    assert client.post("/", b"a=1", "application/x-www-form-urlencoded").status == 415


def test_without_force_other_media_types_are_read_as_ever(serve, tools):
    client = serve(app(tools, force=False), toolbox=tools)
    answer = client.post("/optional", b"a=1", "application/x-www-form-urlencoded")
    assert answer.text == "('none', ['a'])"
    assert client.post("/", b"[1]", JSON).text == "[1]"


def test_a_length_is_required(client):
    answer = client.post("/", b"[1]", JSON, CONTENT_LENGTH=None)
    assert answer.status == 411
    answer = client.post("/", b"[1]", JSON, {"Transfer-Encoding": "chunked"}, CONTENT_LENGTH=None)
    assert answer.status == 411


def test_a_body_that_ends_too_early_is_an_error(client):
    assert client.post("/", b"[1]", JSON, CONTENT_LENGTH="4").status == 400


@pytest.mark.parametrize("length", ["x", "-1", "1.0", "\u0663"])
def test_a_length_that_is_no_number_is_an_error(client, length):
    assert client.post("/", b"[1]", JSON, CONTENT_LENGTH=length).status in {400, 411}


def test_a_source_that_gives_little_at_a_time_is_read_to_the_end(client):
    class Slow(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 2))

    source = {"wsgi.input": Slow(b'{"a": 1}')}
    assert client.post("/", b'{"a": 1}', JSON, **source).text == "{'a': 1}"


@pytest.mark.parametrize(("error", "status"), [(TimeoutError(), 408), (ConnectionError(), 400)])
def test_a_client_that_breaks_off_is_no_failure_of_ours(client, error, status):
    class Broken:
        def read(self, size=-1):
            raise error

    assert client.post("/", b"[1]", JSON, **{"wsgi.input": Broken()}).status == status


def test_the_body_may_not_be_larger_than_the_configuration_allows(serve, tools):
    client = serve(app(tools), {"/": {"request.body.maxbytes": 10}}, toolbox=tools)
    assert client.post("/", b"[12345678]", JSON).text == "[12345678]"
    assert client.post("/", b"[123456789]", JSON).status == 413


def test_a_large_body_is_read(client):
    numbers = list(range(50_000))
    assert client.post("/", json.dumps(numbers).encode(), JSON).text == repr(numbers)


def test_a_bad_body_is_refused_even_if_the_handler_does_not_look_at_it(client):
    assert client.post("/untouched", b"{", JSON).status == 400
    assert client.post("/untouched", b"{}", JSON).text == "ok"


def test_the_body_cannot_be_read_a_second_time(client):
    assert client.post("/body", b"[1]", JSON).text == "([1], b'', 0)"


def test_a_get_has_no_json(client):
    assert client.get("/optional").text == "('none', [])"


def test_a_page_that_is_not_there_is_a_404_whatever_is_sent(client):
    assert client.post("/not/there", b"{", JSON).status == 404


def test_parameters_of_the_query_are_still_there(client):
    assert client.post("/optional?x=1", b"[2]", JSON).text == "([2], ['x'])"


def test_hooks_that_look_at_the_body_before_do_no_harm(serve, tools):
    @tools.register("before_request_body", name="look", priority=60)
    def look():
        assert JSON in request.body.processors

    @tools.register("before_request_body", name="early", priority=10)
    def early():
        assert request.body.length == 3

    site = {"tools.look.on": True, "tools.early.on": True}
    client = serve(app(tools), site=site, toolbox=tools)
    assert client.post("/", b"[1]", JSON).text == "[1]"
    assert client.post("/", b"[1", JSON, CONTENT_LENGTH="3").status == 400
    assert client.post("/", b"a=1", "text/plain").status == 415


def test_a_processor_of_ones_own_is_called(serve, tools):
    def processor(entity):
        request.json = ("mine", entity.fp.read())

    client = serve(app(tools, processor=processor, debug=True), toolbox=tools)
    assert client.post("/", b"[1]", JSON).text == "('mine', b'[1]')"
    assert client.post("/", b"[1]", "text/plain").status == 415


def test_media_types_of_ones_own_are_read(serve, tools):
    client = serve(app(tools, content_type="application/Merge-Patch+json"), toolbox=tools)
    assert client.post("/", b"[1]", "application/merge-patch+json").text == "[1]"
    assert client.post("/", b"[1]", JSON).status == 415


# json_out


@dataclasses.dataclass
class Point:
    x: int
    when: dt.date


class Color(enum.Enum):
    RED = "red"


class Attrs:
    __attrs_attrs__ = (types.SimpleNamespace(name="x"),)
    x = 1


VALUES = [
    ({"a": ["\u00e9", 1, None, True, 1.5]}, '{"a": ["\\u00e9", 1, null, true, 1.5]}'),
    ([], "[]"),
    (None, "null"),
    ("text", '"text"'),
    (0, "0"),
    ((1, 2), "[1, 2]"),
    (dt.datetime(2026, 11, 21, 8, 30), '"2026-11-21T08:30:00"'),  # noqa: DTZ001
    (
        dt.datetime(2026, 11, 21, 8, 30, tzinfo=dt.timezone.utc),
        '"2026-11-21T08:30:00+00:00"',
    ),
    (dt.date(2026, 11, 21), '"2026-11-21"'),
    (dt.time(8, 30), '"08:30:00"'),
    (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
    (decimal.Decimal("1.10"), '"1.10"'),
    ({3, 1, 2}, "[1, 2, 3]"),
    (frozenset(["b", "a"]), '["a", "b"]'),
    ({"b": 1, "a": 2}.keys(), '["a", "b"]'),
    ({"b": 1}.values(), "[1]"),
    (types.MappingProxyType({"b": 1}), '{"b": 1}'),
    (Point(1, dt.date(2026, 1, 2)), '{"x": 1, "when": "2026-01-02"}'),
    (Attrs(), '{"x": 1}'),
    (Color.RED, '"red"'),
    (pathlib.PurePosixPath("/a/b"), '"/a/b"'),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_values_become_json(serve, tools, value, text):
    class Root:
        @expose
        @tools.json_out()
        def index(self):
            return value

    answer = serve(Root(), toolbox=tools).get("/")
    assert (answer.text, answer["Content-Type"]) == (text, "application/json")
    assert answer["Content-Length"] == str(len(text))


def test_a_set_of_things_that_cannot_be_sorted_is_a_list():
    assert len(jsonable({1, "a"})) == 2


@pytest.mark.parametrize("value", [object(), b"bytes", 1j, int, Point])
def test_what_has_no_form_in_json_is_refused_by_name(value):
    with pytest.raises(TypeError, match=f"a {type(value).__name__} has no form in JSON"):
        jsonable(value)


def test_a_value_that_contains_itself_is_an_error_not_a_crash(serve, tools):
    class Root:
        @expose
        @tools.json_out()
        def index(self):
            value = []
            value.append(value)
            return value

    assert serve(Root(), toolbox=tools).get("/").status == 500


def out(serve, tools, handler=None, **settings):
    class Root:
        @expose
        @tools.json_out(**settings)
        def index(self, **params):
            return handler() if handler else {"a": 1}

    return serve(Root(), toolbox=tools)


def test_the_media_type_can_be_chosen_or_left_alone(serve, tools):
    assert out(serve, tools, content_type="text/x").get("/")["Content-Type"].startswith("text/x")
    answer = out(serve, tools, content_type=None, debug=True).get("/")
    assert answer["Content-Type"].startswith("text/html")


def test_the_handler_may_set_headers_itself(serve, tools):
    def handler():
        response.headers["Content-Type"] = "application/problem+json"
        return []

    assert out(serve, tools, handler).get("/")["Content-Type"] == "application/problem+json"


def test_headers_touched_before_do_no_harm(serve, tools):
    tools.response_headers._priority = 1
    client = out(serve, tools)
    client.app.merge(
        {"/": {"tools.response_headers.on": True, "tools.response_headers.headers": {"X": "1"}}}
    )
    assert client.get("/")["Content-Type"] == "application/json"


def test_an_encoder_of_ones_own_gets_the_inner_handler(serve, tools):
    def encoder(*args, **kwargs):
        value = request._json_inner_handler(*args, **kwargs)
        return json.dumps({"wrapped": value}).encode()

    assert out(serve, tools, handler=None).get("/").text == '{"a": 1}'

    class Root:
        @expose
        @tools.json_out(handler=encoder)
        def index(self):
            return 1

    assert serve(Root(), toolbox=tools).get("/").text == '{"wrapped": 1}'
    assert tools.json_out.callable.__defaults__[-1] is json_handler


def test_errors_and_redirects_stay_what_they_are(serve, tools):
    from cherrypy_core.errors import HTTPRedirect

    def handler():
        raise HTTPRedirect("/other")

    assert out(serve, tools, handler).get("/").status == 303
    client = serve(None, site={"tools.json_out.on": True})
    answer = client.get("/nothing")
    assert (answer.status, answer["Content-Type"]) == (404, "text/html;charset=utf-8")
