import sys

import pytest

from cherrypy_core.error_pages import bare_error, format_exc, get_error_page
from cherrypy_core.errors import HTTPError, HTTPRedirect
from cherrypy_core.serving import response


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
