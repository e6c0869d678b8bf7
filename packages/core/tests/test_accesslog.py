import logging
from types import SimpleNamespace
from wsgiref.validate import validator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cherrypy_core.accesslog import (
    AccessLog,
    combined_line,
    json_values,
    request_letters,
    value_letters,
)
from cherrypy_core.logs import LogManager


@pytest.fixture
def log():
    return LogManager("foreign", "cherrypy-core-tests")


@pytest.fixture
def served(log, call, caplog):
    """Give a function that calls a WSGI application behind an access log."""

    def served(app, *args, **kwargs):
        caplog.clear()
        reply = call(AccessLog(app, log), *args, **kwargs)
        assert [record.name for record in caplog.records] == [log.access_log.name]
        return reply, caplog.records[0]

    return served


def greet(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello ", b"you"]


def test_a_foreign_application_gets_a_line(served):
    reply, record = served(greet, "/page?a=1", SCRIPT_NAME="/foreign", REMOTE_USER="mia")
    assert reply.body == b"hello you"
    line = record.getMessage()
    assert line.startswith("192.0.2.1 - mia [")
    assert '"GET /foreign/page?a=1 HTTP/1.1" 200 9 "" ""' in line
    assert record.access["host"] == "example.com"
    assert record.access["seconds"] >= 0


def test_a_body_is_closed_and_the_line_written_once(log, caplog, environ, new_reply):
    closed = []

    class Body:
        def __iter__(self):
            return iter([b"x"])

        def close(self):
            closed.append(1)

    def app(environ, start_response):
        start_response("204 No Content", [])
        return Body()

    body = AccessLog(app, log)(environ(), new_reply().start_response)
    assert caplog.records == []
    body.close()
    body.close()
    assert (closed, len(caplog.records)) == ([1], 1)
    assert " 204 - " in caplog.text


def test_a_failure_is_logged_and_goes_on(log, call, caplog):
    def app(environ, start_response):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call(AccessLog(app, log))
    assert " 500 - " in caplog.text


def test_it_keeps_to_the_rules_of_wsgi(log, call):
    assert call(validator(AccessLog(validator(greet), log))).code == 200


def test_no_client_can_forge_a_line(served):
    _, record = served(greet, PATH_INFO="/\r\nforged", HTTP_USER_AGENT='"\n')
    assert record.getMessage().isprintable()


def test_what_is_unknown_is_a_dash():
    assert value_letters({})["s"] == "-"
    assert value_letters({"referer": None})["f"] == ""
    assert value_letters({"bytes": "0"})["b"] == value_letters({"bytes": 0})["b"] == "-"
    assert json_values({"bytes": "0"}) == {"bytes": 0}
    assert json_values({"request": "nonsense", "status": "9" * 5000}) == {"status": "9" * 5000}


def test_a_log_that_is_off_costs_no_line(log, call, caplog):
    log.access_log.setLevel(logging.ERROR)
    call(AccessLog(greet, log))
    log.access_log.setLevel(logging.INFO)
    assert caplog.records == []


PARTS = st.none() | st.text(st.sampled_from('ab "\\\r\n\x7fé[]{}%'), max_size=6)


@given(st.lists(PARTS, min_size=8, max_size=8))
@example([None] * 8)
@example(["1", "mia", "GET / HTTP/1.1", "200 OK", "0", "", "", ""])
@example(["1", "mia", "GET / HTTP/1.1", "200 OK", "5", "b", "c", "d"])
def test_the_short_way_to_the_usual_line_gives_the_same(parts):
    client, login, request_line, status, length, host, agent, referer = parts
    request = SimpleNamespace(
        client=lambda: client,
        login=login,
        request_line=request_line,
        told=lambda: (host, agent, referer),
    )
    response = SimpleNamespace(status=status, header_sent=lambda name: length)
    letters = request_letters(request, response)
    short = combined_line(request, response, "[now]")
    same = LogManager.access_log_format.format_map({**letters, "t": "[now]"})
    # Who has to escape something goes the long way.
    del letters["o"]
    clean = all(str(part).isascii() and "\\" not in str(part) for part in letters.values())
    assert short == (same if clean else None)
