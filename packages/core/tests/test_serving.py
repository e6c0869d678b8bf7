import contextvars
import threading

import pytest

from cherrypy_core.request import Request
from cherrypy_core.response import Response
from cherrypy_core.serving import ThreadData, current, request, response, serving
from cherrypy_core.urls import Host


@pytest.fixture
def pair():
    made = Request(Host("127.0.0.1", 80), Host("127.0.0.2", 1111))
    made.response_served = Response()
    return made, made.response_served


def in_another_thread(function):
    """Call *function* in a new thread; return what it returns or raise what it raises."""
    outcome = []

    def run():
        try:
            outcome.append((function(), None))
        except BaseException as error:  # noqa: BLE001  (raised again by the caller)
            outcome.append((None, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    value, error = outcome[0]
    if error is not None:
        raise error
    return value


def test_outside_of_a_request_there_are_objects_with_default_values():
    assert request.method == "GET"
    assert request.params == {}
    assert request.config is None
    assert request.app is None
    assert request.remote.ip == "127.0.0.1"
    assert request.base == "http://127.0.0.1"
    assert request.hooks["before_handler"] == []
    assert request.toolmaps == {}
    assert request.protocol == (1, 1)
    assert response.status is None
    assert response.body == []
    assert response.headers["Content-Type"] == "text/html"


def test_outside_of_a_request_a_thread_keeps_its_objects():
    assert current() == current()
    request.note = "kept"
    assert request.note == "kept"
    assert in_another_thread(lambda: hasattr(request, "note")) is False


def test_the_proxies_stand_for_what_is_loaded(pair):
    serving.load(*pair)
    assert current() == pair
    request.method = "POST"
    response.status = 201
    assert (pair[0].method, pair[1].status) == ("POST", 201)
    del request.method
    assert request.method == "GET"
    assert vars(request) is vars(pair[0])
    assert "path_info" in dir(request)
    assert repr(request) == repr(pair[0])
    assert bool(response)
    serving.clear()
    assert current() != pair


def test_a_proxy_passes_operators_on(pair):
    class Odd(Response):
        def __init__(self):
            super().__init__()
            self.items = {}

        def __getitem__(self, key):
            return self.items[key]

        def __setitem__(self, key, value):
            self.items[key] = value

        def __delitem__(self, key):
            del self.items[key]

        def __len__(self):
            return len(self.items)

        def __iter__(self):
            return iter(self.items)

        def __contains__(self, key):
            return key in self.items

    serving.load(pair[0], Odd())
    response["a"] = 1
    assert (response["a"], len(response), list(response), "a" in response) == (1, 1, ["a"], True)
    del response["a"]
    assert not response


def test_a_missing_attribute_is_named(pair):
    serving.load(*pair)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = request.nonsense
    with pytest.raises(AttributeError, match="session"):
        _ = serving.session
    with pytest.raises(AttributeError, match="session"):
        del serving.session


def test_what_is_assigned_to_serving_lives_as_long_as_the_request(pair):
    serving.load(*pair)
    serving.session = {"user": 1}
    assert serving.session == {"user": 1}
    serving.clear()
    assert not hasattr(serving, "session")
    serving.request = pair[0]
    assert serving.session == {"user": 1}
    del serving.session
    assert not hasattr(serving, "session")


def test_assigning_serving_request_in_another_thread_works(pair):
    pair[0].path_info = "/from/the/first/thread"

    def elsewhere():
        assert request.path_info == "/"
        serving.request = pair[0]
        response.status = 202
        return request.path_info, serving.response is pair[1]

    serving.load(*pair)
    assert in_another_thread(elsewhere) == ("/from/the/first/thread", True)
    assert pair[1].status == 202


def test_a_request_without_a_response_takes_over_the_current_one():
    new = Request(Host("127.0.0.1", 80), Host("127.0.0.1", 1111))
    other = Response()
    serving.response = other
    serving.request = new
    assert serving.response is other
    serving.request = None
    assert serving.request is not new


def test_contexts_are_apart_from_each_other(pair):
    serving.load(*pair)
    context = contextvars.copy_context()
    assert context.run(lambda: request.unique_id) is pair[0].unique_id
    context.run(serving.clear)
    assert serving.request is pair[0]


def test_thread_data_belongs_to_a_thread_and_can_be_emptied():
    data = ThreadData()
    data.connection = 1
    assert in_another_thread(lambda: hasattr(data, "connection")) is False
    data.clear()
    assert not hasattr(data, "connection")
