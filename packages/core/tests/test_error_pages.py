import json
import sys
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core.error_formats import HTML, JSON, PLAIN, preferred
from cherrypy_core.error_pages import bare_error, format_exc, get_error_page, redirect_page
from cherrypy_core.errors import HTTPError, HTTPRedirect
from cherrypy_core.serving import request, response


@pytest.fixture
def reply(make_app, call):
    """Give a function that serves an error with an error page of the application's own."""

    def reply(page, key="404", status=404, message=None, **config):
        def index():
            raise HTTPError(status, message)

        return call(make_app(index=index, config={"/": {f"error_page.{key}": page, **config}}))

    return reply


class TestTemplates:
    def test_a_file_is_filled_in(self, reply, tmp_path):
        page = tmp_path / "404.html"
        page.write_text("%(status)s|%(message)s|%(version)s|100%%|ä", encoding="utf-8")
        for path in (page, str(page)):
            answer = reply(path, message="<b>")
            assert answer.code == 404
            parts = answer.text.split("|")
            assert parts[:2] == ["404 Not Found", "&lt;b&gt;"]
            assert parts[3:] == ["100%", "ä"]
            assert answer.field("Content-Type") == "text/html;charset=utf-8"

    @pytest.mark.parametrize("content", [b"%(nothing)s", b"100%", b"\xff"])
    def test_a_broken_file_does_not_hide_the_error(self, reply, tmp_path, content, caplog):
        page = tmp_path / "404.html"
        page.write_bytes(content)
        answer = reply(str(page))
        assert answer.code == 404
        assert "Nothing matches the given URI" in answer.text
        assert "In addition, the custom error page failed." in answer.text
        assert "The error page for 404 failed." in caplog.text

    def test_a_missing_file_does_not_hide_the_error(self, reply, tmp_path):
        answer = reply(str(tmp_path / "none"))
        assert answer.code == 404
        assert "FileNotFoundError" in answer.text

    def test_details_of_the_failure_are_for_developers(self, reply, tmp_path):
        config = {"request.show_tracebacks": False}
        answer = reply(str(tmp_path / "none"), **config)
        assert answer.code == 404
        assert "In addition" in answer.text
        assert "FileNotFoundError" not in answer.text


class TestCallables:
    @pytest.mark.parametrize(
        "result",
        [b"own", "own", iter(["ow", b"n"]), (part for part in ("own",))],
        ids=["bytes", "text", "iterator", "generator"],
    )
    def test_it_may_return_text_bytes_or_an_iterator(self, reply, result):
        answer = reply(lambda **values: result)
        assert (answer.code, answer.body) == (404, b"own")
        assert answer.field("Content-Length") == "3"

    def test_it_gets_escaped_texts(self, reply):
        seen = {}

        def page(status, message, traceback, version):
            seen.update(locals())
            return b""

        reply(page, message="<b>")
        assert (seen["status"], seen["message"]) == ("404 Not Found", "&lt;b&gt;")
        assert "Traceback" in seen["traceback"]
        assert seen["version"] == response.software_version
        reply(page, **{"request.show_tracebacks": False})
        assert seen["traceback"] == ""

    def test_it_may_change_the_response(self, reply):
        def page(**values):
            response.headers["Content-Type"] = "application/json"
            response.status = 410
            return "{}"

        answer = reply(page)
        assert (answer.code, answer.field("Content-Type")) == (410, "application/json")

    @pytest.mark.parametrize(
        "page",
        [
            lambda **values: 5,
            lambda **values: None,
            lambda **values: ["a", "b"],
            lambda **values: iter([1]),
            lambda **values: 1 / 0,
            lambda **values: (1 / 0 for _ in "x"),
            lambda wrong, arguments: "",
        ],
    )
    def test_one_that_fails_does_not_hide_the_error(self, reply, page, caplog):
        answer = reply(page, status=403, key="403")
        assert answer.code == 403
        assert "Request forbidden" in answer.text
        assert "In addition, the custom error page failed." in answer.text
        assert answer.field("Content-Type") == "text/html;charset=utf-8"
        assert "The error page for 403 failed." in caplog.text

    @pytest.mark.parametrize("raised", [HTTPError(409), HTTPRedirect("/x")])
    def test_nor_can_it_answer_otherwise(self, reply, raised):
        def page(**values):
            raise raised

        answer = reply(page)
        assert answer.code == 404
        assert "In addition" in answer.text

    def test_a_stream_is_sent_as_it_comes(self, reply):
        def page(**values):
            response.stream = True
            return iter(["a", b"b"])

        answer = reply(page)
        assert (answer.code, answer.body) == (404, b"ab")
        assert answer.field("Content-Length") is None


class TestChoice:
    def test_the_page_of_the_status_comes_before_the_default(self, reply):
        config = {"error_page.default": lambda **values: "default"}
        assert reply(lambda **values: "404", **config).body == b"404"
        assert reply(lambda **values: "404", status=403, **config).body == b"default"

    def test_the_default_is_for_unexpected_errors_too(self, make_app, call):
        config = {"error_page.default": lambda status, **values: status}
        app = make_app(index=lambda: 1 / 0, config={"/": config})
        assert call(app).text == "500 Internal Server Error"
        assert call(app, "/nothing").text == "404 Not Found"

    def test_a_failing_page_for_unexpected_errors_does_not_hide_them(self, make_app, call):
        config = {"error_page.500": lambda **values: {}["second"]}

        def index():
            raise RuntimeError("first")

        reply = call(make_app(index=index, config={"/": config}))
        assert reply.code == 500
        assert "RuntimeError: first" in reply.text
        assert "KeyError" in reply.text


class TestForms:
    """The built-in page, as the client prefers it."""

    @pytest.fixture
    def fail(self, make_app, call):
        """Give a function that serves an error to a client that accepts certain things."""

        def fail(accept, raised=None, **config):
            def index():
                raise raised or HTTPError(409, "<b> ä")

            app = make_app(index=index, config={"/": config})
            return call(app, headers={} if accept is None else {"Accept": accept})

        return fail

    @pytest.mark.parametrize("accept", [None, "*/*", "text/html,application/json", "image/png"])
    def test_html_by_default(self, fail, accept):
        reply = fail(accept)
        assert reply.field("Content-Type") == "text/html;charset=utf-8"
        assert "<p>&lt;b&gt; ä</p>" in reply.text
        assert '<pre id="traceback">Traceback' in reply.text

    def test_plain_text(self, fail):
        reply = fail("text/plain", **{"request.show_tracebacks": False})
        assert reply.field("Content-Type") == "text/plain;charset=utf-8"
        assert reply.text == "409 Conflict\n\n<b> ä\n"
        reply = fail("text/plain")
        assert reply.text.startswith(
            "409 Conflict\n\n<b> ä\n\nTraceback (most recent call last):\n"
        )

    @pytest.mark.parametrize("accept", ["application/problem+json", "application/json"])
    def test_a_problem_in_json(self, fail, accept):
        reply = fail(accept, **{"request.show_tracebacks": False})
        assert reply.field("Content-Type") == "application/problem+json"
        assert json.loads(reply.body) == {
            "type": "about:blank",
            "title": "Conflict",
            "status": 409,
            "detail": "<b> ä",
        }
        problem = json.loads(fail(accept).body)
        assert problem["traceback"][0] == "Traceback (most recent call last):"

    def test_a_status_that_nothing_is_said_about_stands_alone(self, fail):
        quiet = {"request.show_tracebacks": False}
        reply = fail("application/json", HTTPError(507), **quiet)
        expected = {"type": "about:blank", "title": "Insufficient Storage", "status": 507}
        assert json.loads(reply.body) == expected
        assert fail("text/plain", HTTPError(507), **quiet).text == "507 Insufficient Storage\n"

    @pytest.mark.parametrize("accept", ["text/html", "text/plain", "application/json"])
    def test_no_traceback_unless_asked_for(self, fail, accept):
        secret = RuntimeError("secret")
        reply = fail(accept, secret, **{"request.show_tracebacks": False})
        assert reply.code == 500
        assert "Traceback" not in reply.text
        assert "secret" not in reply.text
        assert "secret" in fail(accept, RuntimeError("secret")).text

    @pytest.mark.parametrize("accept", [None, "text/plain", "application/json"])
    def test_caches_are_told(self, fail, accept):
        assert fail(accept).field("Vary") == "Accept"

    def test_what_varied_before_still_does(self, make_app, call):
        def index():
            response.headers["Vary"] = "Cookie"
            return get_error_page(404)

        def again():
            response.headers["Vary"] = "accept, Cookie"
            return get_error_page(404)

        app = make_app(index=index, again=again)
        assert call(app).field("Vary") == "Cookie, Accept"
        assert call(app, "/again").field("Vary") == "accept, Cookie"

    def test_a_page_of_the_application_is_not_negotiated(self, make_app, call):
        config = {"/": {"error_page.default": lambda **values: values["message"]}}
        reply = call(make_app(config=config), "/<x>", headers={"Accept": "application/json"})
        assert reply.text == "The path &#x27;/&lt;x&gt;&#x27; was not found."
        assert reply.field("Vary") is None

    @pytest.mark.parametrize("accept", ["text/plain", "application/json"])
    def test_a_page_that_failed_is_reported_in_any_form(self, fail, accept):
        config = {"error_page.409": lambda **values: 1 / 0, "request.show_tracebacks": False}
        reply = fail(accept, **config)
        assert "In addition, the custom error page failed." in reply.text
        assert "ZeroDivisionError" not in reply.text
        config["request.show_tracebacks"] = True
        assert "ZeroDivisionError" in fail(accept, **config).text


class TestPreference:
    @pytest.mark.parametrize(
        ("accept", "form"),
        [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
            # axios, jQuery, fetch with a list.
            ("application/json, text/plain, */*", JSON),
            ("application/json, text/javascript, */*; q=0.01", JSON),
            ("text/plain, application/json", PLAIN),
            ("text/plain;q=0.5, application/json;q=0.6", JSON),
            ("text/html;q=0.5, text/plain", PLAIN),
            ("text/*", HTML),
            ("application/*", JSON),
            ("*/*;q=0.1, TEXT/PLAIN;q=0.2", PLAIN),
            ("application/json;q=0", HTML),
            ("text/plain;q=nonsense", HTML),
            ("text/html;q=0, text/plain;q=0.001", PLAIN),
            ("application/json;charset=utf-8", JSON),
            (",,;;=", HTML),
            ("*", HTML),
            ("text/plain," * 60 + "application/json", PLAIN),
            (",".join(f"x/{n}" for n in range(60)) + ",application/json", HTML),
        ],
    )
    def test_the_form(self, accept, form):
        assert preferred(accept) == form

    @given(st.text())
    def test_nothing_that_is_sent_is_an_error(self, accept):
        assert preferred(accept) in {HTML, PLAIN, JSON}


class TestEscaping:
    """Whatever a client sends, no page has markup of its making."""

    ATTACKS = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'><svg/onload=1>")

    @pytest.mark.parametrize("attack", ATTACKS)
    def test_in_the_path_a_parameter_a_header_and_an_exception(self, make_app, call, attack):
        def show(value):
            raise HTTPError(400, f"not {value}")

        def fail(value):
            raise RuntimeError(value)

        def header():
            raise KeyError(request.headers["X-Own"])

        app = make_app(show=show, fail=fail, header=header)
        query = "?value=" + quote(attack)
        for reply in (
            call(app, "/" + attack.replace("?", "")),
            call(app, "/show" + query),
            call(app, "/fail" + query),
            call(app, "/header", headers={"X-Own": attack}),
        ):
            assert reply.code >= 400
            page = reply.text
            assert "<script" not in page
            assert "<img" not in page
            assert "<svg" not in page

    @pytest.mark.parametrize("attack", ATTACKS)
    def test_in_a_failing_page(self, reply, attack):
        def page(**values):
            raise ValueError(attack)

        assert attack not in reply(page, message=attack).text

    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
        ],
    )
    def test_redirects_show_scripts_but_do_not_link_them(self, url):
        page = redirect_page(303, [url, "/ok"])
        assert page.count("<a ") == 1
        assert '<a href="/ok">/ok</a>.' in page


def test_an_illegal_status_gives_the_page_of_a_500():
    page = get_error_page("nonsense").decode()
    assert "<h2>500 Internal Server Error</h2>" in page
    assert "non-numeric" in page


def test_what_no_charset_has_is_shown_escaped():
    assert b"\\udcff" in get_error_page(404, message="\udcff")


def test_a_traceback_can_be_of_any_exception():
    assert format_exc() == ""
    try:
        raise ValueError("shown")  # noqa: TRY301
    except ValueError:
        text = format_exc()
        assert text == format_exc(sys.exc_info())
    assert text.startswith("Traceback")
    assert text.endswith("ValueError: shown\n")


@pytest.mark.parametrize("extra", [None, "text \udcff", b"bytes"])
def test_a_bare_error_depends_on_nothing(extra):
    status, headers, body = bare_error(extra)
    assert status == b"500 Internal Server Error"
    assert dict(headers)[b"Content-Length"] == b"%d" % len(b"".join(body))
    assert body[0].startswith(b"Unrecoverable error in the server.")
