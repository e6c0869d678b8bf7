import logging

from cherrypy_core.expose import expose


class Root:
    @expose
    def fail(self):
        raise RuntimeError("it failed")


def test_a_failure_is_logged_with_its_traceback_and_the_headers(serve, caplog):
    with caplog.at_level(logging.INFO):
        answer = serve(Root()).get("/fail", headers={"X-Thing": "value"})
    assert answer.status == 500
    assert "RuntimeError: it failed" in caplog.text
    assert "Request Headers:" in caplog.text
    assert "  X-Thing: value" in caplog.text
    assert any(record.levelno == logging.ERROR for record in caplog.records)


def test_credentials_are_not_logged(serve, caplog):
    secrets = {"Authorization": "Basic c2VjcmV0", "Cookie": "session_id=c2VjcmV0"}
    with caplog.at_level(logging.INFO):
        serve(Root()).get("/fail", headers=secrets)
    assert "c2VjcmV0" not in caplog.text
    assert "Cookie: (19 characters, not logged)" in caplog.text


def test_a_line_break_in_a_header_forges_no_line(serve, caplog):
    with caplog.at_level(logging.INFO):
        serve(Root()).get("/fail", headers={"X-Thing": "a\nX-Forged: b"})
    assert "\nX-Forged" not in caplog.text


def test_errors_that_are_answers_are_not_logged(serve, caplog):
    with caplog.at_level(logging.INFO):
        assert serve(Root()).get("/nothing").status == 404
    assert "Request Headers" not in caplog.text
