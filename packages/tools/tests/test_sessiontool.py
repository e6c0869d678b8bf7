import threading
from http.cookies import SimpleCookie

import pytest

from cherrypy_core.dates import parse_http_date
from cherrypy_core.errors import HTTPError, HTTPRedirect
from cherrypy_core.expose import expose
from cherrypy_core.serving import ServingProxy, request, response, serving
from cherrypy_sessions import RamSession
from cherrypy_tools import sessionhooks
from cherrypy_tools.defaults import default_toolbox
from cherrypy_tools.static import serve_file

session = ServingProxy("session")
UNKNOWN = "ab" * 20


@pytest.fixture
def storage():
    """A class of sessions in memory with a storage of its own."""

    class Storage(RamSession):
        cache = {}  # noqa: RUF012
        locks = {}  # noqa: RUF012

    return Storage


class Root:
    @expose
    def index(self):
        return "nothing is touched"

    @expose
    def count(self):
        session["count"] = session.get("count", 0) + 1
        return str(session["count"])

    @expose
    def read(self):
        return str(session.get("count"))

    @expose
    def locked(self):
        return str(session.locked)

    @expose
    def login(self):
        session["user"] = "me"
        session.regenerate()
        return session.id

    @expose
    def expire(self):
        sessionhooks.expire()
        return "expired"

    @expose
    def logout(self):
        session.delete()
        sessionhooks.expire()
        return "logged out"

    @expose
    def fail(self):
        session["count"] = 100
        raise RuntimeError

    @expose
    def refuse(self):
        session["count"] = session.get("count", 0) + 1
        raise HTTPError(403)

    @expose
    def redirect(self):
        session["count"] = 7
        raise HTTPRedirect("/read")

    @expose
    def generate(self):
        session["count"] = session.get("count", 0) + 1
        yield "count: "
        yield str(session["count"])

    @expose
    def generate_and_refuse(self):
        session["count"] = 5
        yield "something"
        raise HTTPError(403)

    @expose
    def stream(self):
        yield f"locked: {session.locked}, "
        session["count"] = session.get("count", 0) + 1
        yield f"count: {session['count']}"

    stream._cp_config = {"response.stream": True}  # noqa: RUF012

    @expose
    def file(self):
        session["count"] = 1
        return serve_file(__file__)

    @expose
    def bare(self):
        return "no session here" if "session" not in request.serving_attributes else "a session"

    bare._cp_config = {"tools.sessions.on": False}  # noqa: RUF012


@pytest.fixture
def client(serve, storage):
    return make(serve, storage)


def make(serve, storage, root=None, **settings):
    site = {
        "tools.sessions.on": True,
        **{f"tools.sessions.{name}": value for name, value in settings.items()},
    }
    return serve(root or Root(), site=site, toolbox=default_toolbox(session_class=storage))


def the_cookie(answer, name="session_id"):
    (line,) = answer.cookies
    cookie = SimpleCookie(line)
    assert list(cookie) == [name]
    return cookie[name]


def sending(answer_or_id):
    value = answer_or_id if isinstance(answer_or_id, str) else the_cookie(answer_or_id).value
    return {"Cookie": f"theme=dark; session_id={value}; other=1"}


# The life of a session


def test_a_session_lasts_from_request_to_request(client):
    first = client.get("/count")
    again = client.get("/count", headers=sending(first))
    assert (first.text, again.text) == ("1", "2")
    assert the_cookie(again).value == the_cookie(first).value


def test_visitors_do_not_share_a_session(client):
    first = client.get("/count")
    assert client.get("/count").text == "1"
    assert client.get("/count", headers=sending(first)).text == "2"


@pytest.mark.parametrize("path", ["/", "/read", "/nothing", "/generate?x=1"])
def test_a_visitor_whose_session_is_never_written_leaves_no_trace(client, storage, path):
    if path.startswith("/generate"):
        path = "/index"
    for _ in range(5):
        assert client.get(path).cookies == []
    assert storage.cache == storage.locks == {}


def test_an_untouched_session_costs_no_cookie(client):
    first = client.get("/count")
    assert client.get("/", headers=sending(first)).cookies == []
    assert the_cookie(client.get("/read", headers=sending(first))).value


@pytest.mark.parametrize(
    "value", [UNKNOWN, "", "x", "../../etc/passwd", "a" * 500, "\xff", '"quoted"', "0" * 40]
)
def test_an_id_that_is_not_known_is_replaced(client, storage, value):
    answer = client.get("/count", headers=sending(value))
    assert answer.text == "1"
    assert the_cookie(answer).value != value
    assert list(storage.cache) == [the_cookie(answer).value]


def test_regenerate_moves_the_data_to_a_new_id(client, storage):
    first = client.get("/count")
    login = client.get("/login", headers=sending(first))
    assert the_cookie(login).value == login.text != the_cookie(first).value
    assert client.get("/read", headers=sending(login)).text == "1"
    assert client.get("/read", headers=sending(first)).text == "None"
    assert list(storage.cache) == [login.text]


def test_the_tool_can_regenerate_too(serve, storage):
    box = default_toolbox(session_class=storage)

    class Login:
        @expose
        def index(self):
            session["a"] = 1
            box.sessions.regenerate()
            return session.id

    client = serve(Login(), site={"tools.sessions.on": True}, toolbox=box)
    assert the_cookie(client.get("/")).value


def test_expire_makes_the_browser_forget_the_cookie(client, storage):
    first = client.get("/count")
    cookie = the_cookie(client.get("/expire", headers=sending(first)))
    assert parse_http_date(cookie["expires"]) == 0
    assert cookie["max-age"] == "0"
    assert cookie["path"] == "/"
    assert storage.cache


def test_logging_out_is_deleting_and_expiring(client, storage):
    first = client.get("/count")
    answer = client.get("/logout", headers=sending(first))
    assert the_cookie(answer)["max-age"] == "0"
    assert storage.cache == {}
    assert client.get("/read", headers=sending(first)).text == "None"


def test_a_path_without_the_tool_has_no_session(client):
    assert client.get("/bare").text == "no session here"


def test_the_functions_do_nothing_where_there_is_no_session(serve):
    class Bare:
        @expose
        def index(self):
            sessionhooks.expire()
            sessionhooks.save()
            sessionhooks.close()
            return "fine"

    assert serve(Bare()).get("/").text == "fine"
    sessionhooks.expire()
    sessionhooks.close()


# What is sent


def test_the_cookie_is_for_the_whole_site_and_safe_by_default(client):
    answer = client.get("/count")
    cookie = the_cookie(answer)
    assert cookie["path"] == "/"
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["secure"] == cookie["domain"] == ""
    assert cookie["max-age"] == "3600"
    assert parse_http_date(cookie["expires"]) - parse_http_date(answer["Date"]) == 3600


def test_over_https_the_cookie_is_for_https_only(client):
    assert the_cookie(client.get("/count", **{"wsgi.url_scheme": "https"}))["secure"] is True


def test_every_attribute_can_be_set(serve, storage):
    client = make(
        serve,
        storage,
        path="/app",
        name="sid",
        timeout=5,
        domain="example.com",
        secure=True,
        httponly=False,
        samesite="Strict",
    )
    cookie = the_cookie(client.get("/count"), "sid")
    assert (cookie["path"], cookie["domain"]) == ("/app", "example.com")
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, "", "Strict")
    assert cookie["max-age"] == "300"


def test_secure_can_be_refused(serve, storage):
    client = make(serve, storage, secure=False, samesite=None)
    cookie = the_cookie(client.get("/count", **{"wsgi.url_scheme": "https"}))
    assert cookie["secure"] == cookie["samesite"] == ""


def test_a_cookie_that_is_not_persistent_has_no_date(serve, storage):
    cookie = the_cookie(make(serve, storage, persistent=False).get("/count"))
    assert cookie["expires"] == cookie["max-age"] == ""


@pytest.mark.parametrize(
    ("sent", "path"),
    [("/app", "/app"), (None, "/"), ("/a; Domain=evil", "/"), ("/a\r\nX: y", "/")],
)
def test_the_path_can_come_from_a_header(serve, storage, sent, path):
    client = make(serve, storage, path_header="X-Script-Name")
    headers = {"X-Script-Name": sent} if sent else None
    assert the_cookie(client.get("/count", headers=headers))["path"] == path


def test_pages_that_depend_on_a_session_are_kept_private(client):
    answer = client.get("/read")
    assert (answer["Vary"], answer["Cache-Control"]) == ("Cookie", "private")
    answer = client.get("/")
    assert (answer["Vary"], answer["Cache-Control"]) == (None, None)


def test_an_error_page_after_the_session_was_used_is_private_too(client):
    answer = client.get("/refuse")
    assert (answer.status, answer["Vary"], answer["Cache-Control"]) == (
        403,
        "Accept, Cookie",
        "private",
    )


def test_what_the_application_says_about_caching_stays(serve, storage):
    class Own:
        @expose
        def index(self):
            session["a"] = 1
            response.headers["Cache-Control"] = "no-store"
            response.headers["Vary"] = "Accept"
            return "own"

    answer = make(serve, storage, Own()).get("/")
    assert (answer["Vary"], answer["Cache-Control"]) == ("Accept, Cookie", "no-store")


# Other cookies


def test_cookies_of_the_application_are_sent_beside(serve, storage):
    class Own:
        @expose
        def index(self, write=None):
            response.cookie["theme"] = "dark"
            if write:
                session["a"] = 1
            return "own"

    client = make(serve, storage, Own())
    assert client.get("/").cookies == ["theme=dark"]
    names = [line.partition("=")[0] for line in client.get("/?write=1").cookies]
    assert sorted(names) == ["session_id", "theme"]


def test_an_application_can_change_the_cookie_before_it_is_sent(serve, storage):
    class Own:
        @expose
        def index(self):
            session["a"] = 1
            response.cookie["session_id"]["samesite"] = "None"
            response.cookie["session_id"]["path"] = "/own"
            session.regenerate()
            return session.id

        @expose
        def drop(self):
            session["a"] = 1
            del response.cookie["session_id"]
            return "dropped"

        @expose
        def forget(self):
            assert response.cookie["session_id"]["httponly"] is True
            sessionhooks.expire()
            return "forgotten"

    client = make(serve, storage, Own())
    answer = client.get("/")
    cookie = the_cookie(answer)
    assert (cookie["samesite"], cookie["path"], cookie.value) == ("None", "/own", answer.text)
    assert client.get("/drop").cookies == []
    assert the_cookie(client.get("/forget"))["max-age"] == "0"


def test_a_hook_can_put_the_id_into_the_request(serve, storage):
    client = make(serve, storage)
    known = the_cookie(client.get("/count")).value

    def from_query():
        if "sid" in request.query_string:
            request.cookie["session_id"] = request.query_string[4:]

    client.app.merge({"/": {"hooks.on_start_resource": from_query}})
    assert client.get(f"/locked?sid={known}").status == 404
    assert client.get("/read").text == "None"

    class Taking(Root):
        @expose
        def read(self, sid):
            return str(session.get("count"))

    client.app.root = Taking()
    assert client.get(f"/read?sid={known}").text == "1"


def test_set_response_cookie_sets_it_at_once(serve, storage):
    class Own:
        @expose
        def index(self):
            sessionhooks.set_response_cookie(name="other", timeout=1)
            return session.id

    answer = make(serve, storage, Own()).get("/")
    cookie = the_cookie(answer, "other")
    assert (cookie.value, cookie["max-age"]) == (answer.text, "60")


# When it is saved


def test_an_expected_error_keeps_the_session(client):
    first = client.get("/refuse")
    assert client.get("/read", headers=sending(first)).text == "1"


def test_an_error_in_a_generated_page_keeps_the_session_too(client, storage):
    answer = client.get("/generate_and_refuse")
    assert answer.status == 403
    assert client.get("/read", headers=sending(answer)).text == "5"
    assert storage.locks == {}


def test_a_redirect_keeps_the_session(client):
    assert client.get("/read", headers=sending(client.get("/redirect"))).text == "7"


def test_an_unexpected_error_does_not_save_it_and_leaves_no_lock(client, storage):
    answer = client.get("/fail")
    assert (answer.status, answer.cookies) == (500, [])
    assert storage.cache == storage.locks == {}


def test_a_generated_page_is_run_before_it_is_saved(client):
    first = client.get("/generate")
    assert first.text == "count: 1"
    assert client.get("/generate", headers=sending(first)).text == "count: 2"


def test_a_streamed_page_may_use_the_session_to_its_end(client, storage):
    begun = client.start("/stream")
    line = dict(begun.fields)["Set-Cookie"]
    assert storage.locks
    assert b"".join(begun.chunks) == b"locked: True, count: 1"
    begun.close()
    assert storage.locks == {}
    value = line.partition(";")[0].partition("=")[2]
    assert client.get("/read", headers=sending(value)).text == "1"
    assert client.get("/stream", headers=sending(value)).text == "locked: True, count: 2"


def test_a_lock_taken_after_the_saving_is_released_as_well(client, storage):
    def lock_again():
        serving.session.acquire_lock()

    lock_again.priority = 95
    client.app.merge({"/": {"hooks.before_finalize": lock_again}})
    begun = client.start("/count")
    assert storage.locks
    assert list(begun.chunks) == [b"1"]
    begun.close()
    assert storage.locks == {}


def test_a_stream_that_is_broken_off_leaves_no_lock(client, storage):
    first = client.get("/count")
    begun = client.start("/stream", headers=sending(first))
    next(iter(begun.chunks))
    begun.close()
    assert storage.locks == {}
    assert client.get("/read", headers=sending(first)).text == "1"


def test_while_a_file_is_sent_nobody_waits_for_the_lock(client, storage):
    begun = client.start("/file")
    assert storage.locks == {}
    assert storage.cache
    begun.close()


def test_a_page_that_was_not_changed_keeps_the_session_as_well(serve, storage):
    class Tagged:
        @expose
        def index(self):
            session["count"] = session.get("count", 0) + 1
            response.headers["ETag"] = '"a"'
            return "tagged"

    client = make(serve, storage, Tagged())
    client.app.merge({"/": {"tools.etags.on": True}})
    first = client.get("/")
    headers = {**sending(first), "If-None-Match": '"a"'}
    again = client.get("/", headers=headers)
    assert again.status == 304
    assert the_cookie(again).value == the_cookie(first).value
    assert storage.cache[the_cookie(first).value][0]["count"] == 2
    assert storage.locks == {}


def test_an_application_can_say_that_it_has_saved(serve, storage):
    class Own:
        @expose
        def index(self):
            session["a"] = 1
            request._sessionsaved = True
            return "own"

    answer = make(serve, storage, Own()).get("/")
    assert answer.cookies == []
    assert storage.cache == storage.locks == {}


def test_a_failing_storage_is_an_error_and_no_lock_stays(serve, storage):
    class Full(storage):
        def _save(self, expiration_time):
            raise OSError("no space left")

    answer = make(serve, Full).get("/count")
    assert (answer.status, answer.cookies) == (500, [])
    assert Full.locks == {}


def test_a_hook_that_fails_does_not_stop_the_saving(serve, storage):
    def fail():
        raise HTTPError(418)

    client = make(serve, storage)
    client.app.merge({"/": {"hooks.before_finalize": fail}})
    answer = client.get("/count")
    assert answer.status == 500
    assert len(storage.cache) == 1
    assert storage.locks == {}


# Locks


@pytest.mark.parametrize(
    ("locking", "locked"), [("implicit", "True"), ("early", "True"), ("explicit", "False")]
)
def test_the_session_is_locked_as_the_configuration_says(serve, storage, locking, locked):
    client = make(serve, storage, locking=locking)
    assert client.get("/locked").text == locked
    assert storage.locks == {}


@pytest.mark.parametrize(("locking", "locked"), [("implicit", False), ("early", True)])
def test_an_early_lock_is_there_before_the_body_is_read(serve, storage, locking, locked):
    seen = []
    client = make(serve, storage, locking=locking)
    box = client.app.toolboxes["tools"]
    box.register("before_request_body", name="look", priority=70)(
        lambda: seen.append(serving.session.locked)
    )
    client.app.merge({"/": {"tools.look.on": True}})
    client.get("/")
    assert seen == [locked]


def test_an_unknown_way_of_locking_is_a_mistake_that_is_named(serve, storage, caplog):
    with caplog.at_level("ERROR"):
        assert make(serve, storage, locking="sometimes").get("/").status == 500
    assert "one of implicit, early, explicit, not 'sometimes'" in caplog.text


def test_who_waits_too_long_gets_503(serve, storage):
    client = make(serve, storage, lock_timeout=0)
    first = client.get("/count")
    other = storage(the_cookie(first).value)
    other.acquire_lock()
    answer = client.get("/count", headers=sending(first))
    assert answer.status == 503
    other.release_lock()
    assert client.get("/count", headers=sending(first)).text == "2"
    assert storage.locks == {}


def test_another_failure_of_a_lock_is_an_error(serve, storage):
    class Broken(storage):
        def acquire_lock(self):
            raise OSError("the lock server is gone")

    assert make(serve, Broken).get("/").status == 500


def test_no_update_is_lost_when_requests_of_a_session_meet(client, storage):
    first = client.get("/count")
    threads = [
        threading.Thread(
            target=lambda: [client.get("/count", headers=sending(first)) for _ in range(20)]
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert client.get("/read", headers=sending(first)).text == "81"


# What keeps the data


def test_the_configuration_can_name_the_class(serve, storage):
    other = make(serve, None, storage_class=storage)
    assert other.get("/count").text == "1"
    assert storage.cache
    assert (
        make(serve, None, storage_class="cherrypy_sessions.ram.RamSession").get("/read").status
        == 200
    )


def test_without_any_class_the_mistake_is_named(serve, caplog):
    with caplog.at_level("ERROR"):
        assert make(serve, None).get("/").status == 500
    assert "tools.sessions.storage_class" in caplog.text


def test_a_type_stands_for_a_class(serve, storage, caplog):
    box = default_toolbox(storage_types={"ram": storage})
    site = {"tools.sessions.on": True, "tools.sessions.storage_type": "Ram"}
    assert serve(Root(), site=site, toolbox=box).get("/count").text == "1"
    assert storage.cache
    site["tools.sessions.storage_type"] = "postgres"
    with caplog.at_level("ERROR"):
        assert serve(Root(), site=site, toolbox=box).get("/count").status == 500
    assert "'postgres' is unknown (known: ram)" in caplog.text


def test_other_settings_are_attributes_of_the_session(serve, storage):
    class Own:
        @expose
        def index(self):
            return f"{session.color} {session.timeout} {session.clean_freq} {session.debug}"

    box = default_toolbox(session_class=storage, session_defaults={"color": "red", "timeout": 9})
    site = {
        "tools.sessions.on": True,
        "tools.sessions.clean_freq": 0,
        "tools.sessions.debug": True,
    }
    assert serve(Own(), site=site, toolbox=box).get("/").text == "red 9 0 True"
    site["tools.sessions.color"] = "blue"
    assert serve(Own(), site=site, toolbox=box).get("/").text == "blue 9 0 True"


def test_a_class_is_set_up_once_with_its_settings(serve, storage):
    calls = []

    class Backend(storage):
        @classmethod
        def setup(cls, **settings):
            calls.append(settings)

    client = make(serve, Backend, storage_path="/tmp")
    client.get("/")
    client.get("/")
    assert calls == [{"storage_path": "/tmp"}]


def test_a_class_of_another_make_needs_no_more_than_the_old_interface(serve):
    store = {}

    class Old:
        loaded = False
        locked = False

        def __init__(self, id, **settings):  # noqa: A002
            self.id = id if id in store else "new"

        def acquire_lock(self):
            self.locked = True

        def release_lock(self):
            self.locked = False

        def get(self, key, default):
            self.loaded = True
            return store.get(self.id, {}).get(key, default)

        def __getitem__(self, key):
            return store[self.id][key]

        def __setitem__(self, key, value):
            store.setdefault(self.id, {})[key] = value

        def save(self):
            self.release_lock()

    client = make(serve, Old)
    first = client.get("/count")
    assert client.get("/count", headers=sending(first)).text == "2"


def test_init_twice_makes_one_session(serve, storage):
    class Own:
        @expose
        def index(self):
            before = serving.session
            sessionhooks.init(storage_class=storage)
            return str(serving.session is before)

    assert make(serve, storage, Own()).get("/").text == "True"


def test_init_by_hand_keeps_sessions_where_the_tool_does(serve, storage):
    class Own:
        @expose
        def index(self):
            sessionhooks.init(name="mine")
            session["x"] = 1
            sessionhooks.save()
            sessionhooks.close()
            return type(serving.session).__name__

        @expose
        def typed(self):
            sessionhooks.init(storage_type="nosuch")

    client = serve(Own(), toolbox=default_toolbox(session_class=storage))
    answer = client.get("/")
    assert answer.text == storage.__name__
    assert the_cookie(answer, "mine").value in storage.cache
    assert client.get("/typed").status == 500


def test_init_by_hand_makes_a_session_that_is_saved_by_hand(serve, storage):
    class Own:
        @expose
        def index(self):
            response.cookie["a"] = "b"
            sessionhooks.init(storage_class=storage, name="mine")
            session["x"] = 1
            sessionhooks.save()
            sessionhooks.close()
            return "own"

    answer = serve(Own()).get("/")
    assert sorted(line.partition("=")[0] for line in answer.cookies) == ["a", "mine"]
    assert len(storage.cache) == 1
