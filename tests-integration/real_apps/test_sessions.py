"""Sessions that applications look into, save and close by themselves."""

import datetime as dt

import pytest

import cherrypy
from cherrypy.lib import locking, sessions


def save_early():
    """Save before the answer is made, and tell the tool that it is done (an event stream)."""
    hooks = cherrypy.serving.request.hooks["before_finalize"]
    hooks[:] = [hook for hook in hooks if hook.callback is not sessions.save]
    sessions.save()


class Root:
    @cherrypy.expose
    @cherrypy.tools.sessions()
    def login(self, name):
        cherrypy.session["name"] = name
        cherrypy.session.regenerate()
        return cherrypy.session.id

    @cherrypy.expose
    @cherrypy.tools.sessions()
    def whoami(self):
        return str(cherrypy.session.get("name"))

    @cherrypy.expose
    @cherrypy.tools.sessions()
    def peek(self, other):
        data, expires = cherrypy.session.cache.get(other, ({}, None))
        return f"{data.get('name')} {isinstance(expires, dt.datetime)}"

    @cherrypy.expose
    @cherrypy.tools.sessions()
    def state(self):
        session = cherrypy.serving.session
        before = f"{session.loaded} {session.missing} {session.locked}"
        session.get("name")
        return f"{before} {session.loaded} {session.originalid == session.id}"

    @cherrypy.expose
    @cherrypy.tools.sessions()
    def early(self):
        cherrypy.session["name"] = "early"
        save_early()
        cherrypy.session.release_lock()
        return f"{getattr(cherrypy.request, '_sessionsaved', False)} {cherrypy.session.locked}"

    @cherrypy.expose
    @cherrypy.tools.sessions()
    def logout(self):
        sessions.expire()
        return "gone"

    @cherrypy.expose
    def by_hand(self, name):
        sessions.init(name="token", timeout=5)
        cherrypy.session["name"] = name
        sessions.save()
        sessions.close()
        return "saved"


@pytest.fixture
def client(mount):
    yield mount(Root())
    sessions.RamSession.cache.clear()
    sessions.RamSession.locks.clear()
    cherrypy.engine.publish("stop")


def test_other_sessions_can_be_looked_at(client):
    session_id = client.get("/login?name=mia").text
    assert client.get("/whoami").text == "mia"
    assert client.get(f"/peek?other={session_id}").text == "mia True"
    assert client.get("/peek?other=nobody").text == "None False"
    assert sessions.RamSession.cache[session_id][0]["name"] == "mia"
    assert not sessions.RamSession.locks


def test_the_state_of_a_session_can_be_asked_for(client):
    client.get("/login?name=mia")
    assert client.get("/state").text.endswith("True True")


def test_a_session_can_be_saved_before_the_answer_is_made(client):
    assert client.get("/early").text == "True False"
    assert client.get("/whoami").text == "early"


def test_a_session_can_be_ended(client):
    client.get("/login?name=mia")
    assert client.get("/logout").text == "gone"
    assert client.get("/whoami").text == "None"


def test_a_session_can_be_begun_by_hand(client):
    answer = client.get("/by_hand?name=jo")
    assert answer.text == "saved"
    assert answer.headers["Set-Cookie"].startswith("token=")


def test_a_lock_can_be_waited_for_with_a_limit():
    checker = locking.LockChecker("an-id", 0)
    with pytest.raises(locking.LockTimeout, match="an-id"):
        checker.expired()
    assert locking.LockChecker("an-id", None).expired() is False
