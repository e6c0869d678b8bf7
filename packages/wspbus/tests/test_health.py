import json

import pytest

from cherrypy_wspbus import states
from cherrypy_wspbus.health import Health


@pytest.fixture
def health(bus):
    return Health(bus)


@pytest.fixture
def ask(health):
    def ask(path, method="GET", **environ):
        answer = []

        def start_response(status, headers):
            answer.extend([status, dict(headers)])

        variables = {"REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, **environ}
        body = b"".join(health(variables, start_response))
        return (*answer, body.decode())

    return ask


@pytest.mark.parametrize(
    ("state", "live", "ready"),
    [
        (states.STOPPED, False, False),
        (states.STARTING, True, False),
        (states.STARTED, True, True),
        (states.STOPPING, True, False),
        (states.EXITING, True, False),
    ],
)
def test_life_and_readiness_follow_the_state_of_the_bus(bus, health, state, live, ready):
    bus.state = state
    assert (health.live().good, health.ready().good) == (live, ready)


def test_a_bus_that_was_told_to_exit_is_not_ready_any_more(bus, health):
    seen = []
    bus.subscribe("stop", lambda: seen.append((health.ready().good, health.live().good)))
    bus.start()
    assert health.ready().good
    bus.exit()
    assert seen == [(False, True)]


def test_readiness_can_be_withdrawn_and_restored(bus, health):
    bus.start()
    health.withdraw()
    assert health.ready().as_dict() == {
        "ok": False,
        "state": "STARTED",
        "checks": {"bus": True, "withdrawn": False},
    }
    assert health.live().good
    health.restore()
    assert health.ready().good


def test_every_check_is_named_and_its_reason_is_logged_once(bus, health):
    bus.start()
    trouble = [ValueError("the password is secret")]

    def database():
        if trouble:
            raise trouble[0]

    health.ready_checks["database"] = database
    health.ready_checks["queue"] = lambda: False
    health.ready_checks["disk"] = lambda: None
    for _ in range(3):
        assert not health.ready().good
    text = health.ready().text()
    assert text == "bus: ok\ndatabase: failed\nqueue: failed\ndisk: ok\nnot ok\n"
    assert bus.text.count("'database' fails: ValueError: the password is secret") == 1
    assert bus.text.count("'queue' fails: returned False") == 1
    assert health.live().good
    trouble.clear()
    health.ready_checks.pop("queue")
    assert health.ready().good
    trouble.append(KeyError("again"))
    health.ready()
    assert bus.text.count("'database' fails") == 2


def test_a_live_check_can_fail_too(bus, health):
    bus.start()
    health.live_checks["worker"] = lambda: False
    assert not health.live().good
    assert health.ready().good


@pytest.mark.parametrize("prefix", ["", "/internal"])
def test_the_answers_over_http(bus, ask, prefix):
    assert ask("/readyz", SCRIPT_NAME=prefix)[0] == "503 Service Unavailable"
    bus.start()
    for name in ("livez", "readyz"):
        status, headers, body = ask(f"/{name}", SCRIPT_NAME=prefix)
        assert (status, body) == ("200 OK", "bus: ok\nok\n")
        assert headers == {
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
        }


def test_programs_get_json(bus, ask):
    bus.start()
    _, headers, body = ask("/readyz", HTTP_ACCEPT="application/json")
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"ok": True, "state": "STARTED", "checks": {"bus": True}}


def test_head_has_no_body(bus, ask):
    bus.start()
    status, headers, body = ask("/livez", "HEAD")
    assert (status, body) == ("200 OK", "")
    assert headers["Content-Length"] == "11"


def test_other_paths_and_methods_are_refused(ask):
    assert ask("/")[0] == "404 Not Found"
    assert ask("/readyz/more")[0] == "404 Not Found"
    status, headers, _ = ask("/readyz", "POST")
    assert status == "405 Method Not Allowed"
    assert headers["Allow"] == "GET, HEAD"
