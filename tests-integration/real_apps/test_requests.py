"""Requests that applications patch, mark and take apart."""

import re
import threading

import cherrypy
from cherrypy import _cprequest


class Page:
    @cherrypy.expose
    def index(self):
        request = cherrypy.request
        request.own_attribute = "set"
        cherrypy.response.own_attribute = "also set"
        return f"{request.started} {request.own_attribute} {cherrypy.response.own_attribute}"

    @cherrypy.expose
    def identity(self):
        first, second = str(cherrypy.request.unique_id), str(cherrypy.request.unique_id)
        return f"{first} {first == second}"


def test_the_class_of_requests_can_be_patched(mount, monkeypatch):
    original = _cprequest.Request.__init__

    def patched(self, *args, **kwargs):
        original(self, *args, **kwargs)
        self.started = "before"

    monkeypatch.setattr(_cprequest.Request, "__init__", patched)
    assert mount(Page()).get("/").text == "before set also set"


def test_every_request_has_an_identifier(mount):
    client = mount(Page())
    one, two = client.get("/identity").text, client.get("/identity").text
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} True", one)
    assert one != two


class Negotiated:
    """Picks the format of the answer in a tool, around the handler it finds."""

    @cherrypy.expose
    def index(self):
        return {"a": 1}

    @cherrypy.expose
    def stopped(self):
        raise AssertionError("the tool has taken the handler away")


def hypermedia():
    request = cherrypy.serving.request
    request._hypermedia_inner_handler = request.handler
    assert request.handler.callable.__name__ in {"index", "stopped"}
    if request.handler.callable.__name__ == "stopped":
        cherrypy.response.body = b"no handler"
        cherrypy.serving.request.handler = None
    else:
        request.handler = describe


def describe(*args, **kwargs):
    value = cherrypy.serving.request._hypermedia_inner_handler(*args, **kwargs)
    return repr(sorted(value.items())).encode()


def test_tools_may_keep_and_replace_the_handler(mount, monkeypatch):
    monkeypatch.setattr(
        cherrypy.tools, "hypermedia", cherrypy.Tool("before_handler", hypermedia), raising=False
    )
    client = mount(Negotiated(), config={"/": {"tools.hypermedia.on": True}})
    assert client.get("/").text == "[('a', 1)]"
    assert client.get("/stopped").text == "no handler"


class Tasks:
    """Works on in a thread, as the user who has asked for it."""

    def __init__(self):
        self.seen = []

    @cherrypy.expose
    def start(self, name):
        saved = cherrypy.serving.request
        saved.login = "mia"
        thread = threading.Thread(target=self.work, args=(saved, name))
        thread.start()
        thread.join()
        return self.seen[-1]

    def work(self, saved, name):
        cherrypy.serving.request = saved
        self.seen.append(
            f"{cherrypy.request.login} {name} {cherrypy.request.app.script_name} "
            f"{cherrypy.request.headers['Host']}"
        )


def test_a_thread_may_go_on_with_a_request(mount):
    client = mount(Tasks(), "/tasks")
    assert client.get("/tasks/start?name=copy").text == "mia copy /tasks localhost"
