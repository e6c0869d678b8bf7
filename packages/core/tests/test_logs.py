import errno
import gc
import http.client
import io
import json
import logging
import os
import re
import threading
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cherrypy_core import logs
from cherrypy_core.accesslog import escape, json_values
from cherrypy_core.config import Config
from cherrypy_core.jsonlogs import JSONFormatter
from cherrypy_core.logs import (
    LazyRfc3339UtcTime,
    LogManager,
    NullHandler,
    WSGIErrorHandler,
    logfmt,
)
from cherrypy_core.serving import request

STAMP = r"\[\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d\]"


@pytest.fixture
def log():
    """Give a log manager of its own; its handlers are closed afterwards."""
    manager = LogManager("test", "cherrypy-core-tests")
    yield manager
    manager.screen = manager.wsgi = False
    manager.access_file = manager.error_file = ""


@pytest.fixture
def written(log):
    """Give a function that returns what the error log has written since the last time."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    log._replace(log.error_log, "test", handler)

    def written():
        text = stream.getvalue()
        stream.seek(0)
        stream.truncate()
        return text

    yield written
    log.error_log.removeHandler(handler)


class TestErrorLog:
    def test_a_line_has_time_context_and_message(self, log, written):
        log("said", "ENGINE")
        assert re.fullmatch(STAMP + " ENGINE said\n", written())
        log.error("said")
        assert re.fullmatch(STAMP + " said\n", written())

    def test_percent_signs_stay(self, log, written, caplog):
        log("100% of %s, %(x)s and {}")
        assert written().endswith("] 100% of %s, %(x)s and {}\n")
        assert [record.msg for record in caplog.records] == ["100% of %s, %(x)s and {}"]

    def test_severity_decides(self, log, written, caplog):
        log.error("quiet", severity=logging.DEBUG)
        assert written() == ""
        log.error("loud", severity=logging.ERROR)
        assert "loud" in written()
        assert [record.levelno for record in caplog.records] == [logging.ERROR]

    def test_a_traceback_can_be_added(self, log, written):
        try:
            raise ValueError("shown")  # noqa: TRY301
        except ValueError:
            log("failed", traceback=True)
        lines = written().splitlines()
        assert lines[0].endswith(" failed")
        assert lines[1] == "Traceback (most recent call last):"
        assert lines[-1] == "ValueError: shown"

    @pytest.mark.parametrize(
        ("message", "shown"),
        [
            ("a\rb", "a\\rb"),
            ("a\x1b[31mb", "a\\x1b[31mb"),
            ("a\0b", "a\\x00b"),
            ("a\x9bb", "a\\x9bb"),
            ("a\x85b\u2028c", "a\\x85b\\u2028c"),
            ("tab\tand ä stay", "tab\tand ä stay"),
            ("a\n[21/Nov/2026:00:00:00] forged", "a\n [21/Nov/2026:00:00:00] forged"),
            ("a\r\n[21/Nov] forged", "a\\r\n [21/Nov] forged"),
            ("several\nlines\n  indented\n", "several\n lines\n  indented\n"),
        ],
    )
    def test_no_message_can_forge_a_record(self, log, written, message, shown):
        log(message)
        assert written().partition("] ")[2] == shown + "\n"

    def test_nor_can_an_exception(self, log, written):
        try:
            raise ValueError("x\n[21/Nov/2026:00:00:00] forged\r\x1b[2J")  # noqa: TRY301
        except ValueError:
            log("failed", traceback=True)
        text = written()
        assert len(re.findall("^" + STAMP, text, re.MULTILINE)) == 1
        assert "\r" not in text
        assert "\x1b" not in text

    def test_an_exception_cannot_forge_an_access_either(self, log, written):
        forged = '127.0.0.1 - - [21/Nov/2026:00:00:00] "GET / HTTP/1.1" 200 5'
        try:
            try:
                raise KeyError("first")  # noqa: TRY301
            except KeyError:
                raise ValueError(f"x\n{forged}\n\n{forged}\n x\n{forged}") from None
        except ValueError:
            log("failed", traceback=True)
        lines = written().splitlines()
        assert lines.count(" " + forged) == 3
        assert forged not in lines

    def test_the_lines_of_a_traceback_stay_as_they_are(self, log, written):
        def fail():
            try:
                raise LookupError("the cause")  # noqa: TRY301
            except LookupError as error:
                raise TypeError from error

        try:
            try:
                fail()
            finally:
                raise http.client.HTTPException("a: b")
        except http.client.HTTPException:
            log("failed", traceback=True)
            usual = traceback.format_exc()
        assert written().endswith(" failed\n" + usual)

    def test_handlers_of_ones_own_get_plain_records(self, log, caplog):
        log("said", "HTTP", logging.WARNING)
        (record,) = caplog.records
        assert record.getMessage() == "HTTP said"
        assert record.name == "cherrypy-core-tests.error.test"

    def test_a_record_knows_where_it_was_made(self, log, caplog):
        log.error("said")
        assert caplog.records[0].filename == "test_logs.py"


class TestAccessLog:
    @pytest.fixture
    def line(self, make_app, call, caplog):
        """Give a function that serves a page and returns the line in the access log."""

        def line(*args, access_format=None, page=lambda **params: b"page", **kwargs):
            caplog.clear()
            app = make_app(index=page)
            if access_format is not None:
                app.log.access_log_format = access_format
            call(app, *args, **kwargs)
            lines = [r.getMessage() for r in caplog.records if ".access." in r.name]
            return lines[0] if lines else None

        return line

    def test_it_is_apaches_combined_format(self, line):
        headers = {"Referer": "http://a.example/", "User-Agent": "Browser 1.0"}
        assert re.fullmatch(
            r"192\.0\.2\.1 - - " + STAMP + r' "GET /\?a=1 HTTP/1\.1" 200 4 '
            r'"http://a\.example/" "Browser 1\.0"',
            line("/?a=1", headers=headers),
        )

    def test_what_is_unknown_is_a_dash(self, line):
        def stream(**params):
            from cherrypy_core.serving import response

            response.stream = True
            return iter([b"x"])

        assert '200 - "" ""' in line(page=stream)
        assert line(REMOTE_ADDR=None).startswith("- - - [")

    def test_the_user_is_known(self, line):
        assert " - mia [" in line(REMOTE_USER="mia")
        assert " - m\\xc3\\xaca [" in line(REMOTE_USER="mìa")

    @pytest.mark.parametrize(
        ("access_format", "expected"),
        [
            ("{h} {s} {b}", "192.0.2.1 200 4"),
            ("%(h)s %(s)s %(b)s", "192.0.2.1 200 4"),
            ("{o} {r}", "example.com GET / HTTP/1.1"),
            ("{h.__class__.__name__}", "str"),
            ("plain", "plain"),
        ],
    )
    def test_the_format_can_be_chosen(self, line, access_format, expected):
        assert line(access_format=access_format) == expected

    def test_identifier_and_exact_time_are_available(self, line):
        identifier, _, time = line(access_format="{i} {z}").partition(" ")
        assert re.fullmatch(r"[0-9a-f-]{36}", identifier)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", time)
        assert re.match(r"\d{4}-", str(LazyRfc3339UtcTime()))

    @pytest.mark.parametrize("access_format", ["{nonsense}", "%(nonsense)s", "{", "%(h)", "%d"])
    def test_a_wrong_format_does_not_break_the_response(
        self, make_app, call, caplog, access_format
    ):
        app = make_app(index=lambda: b"page")
        app.log.access_log_format = access_format
        assert call(app).body == b"page"
        assert "The access log format is wrong." in caplog.text

    @pytest.mark.parametrize(
        "bad", ['"\r\n192.0.2.9 - - "forged" 200', "\x1b[2J", "\\", "ä\u20ac", "\u2028", "\udcff"]
    )
    @pytest.mark.parametrize("place", ["User-Agent", "Referer", "path", "user", "method", "Host"])
    def test_no_client_can_forge_a_line(self, line, bad, place):
        if place == "path":
            text = line(PATH_INFO="/" + bad)
        elif place == "user":
            text = line(REMOTE_USER=bad)
        elif place == "method":
            text = line(method=bad)
        else:
            text = line(headers={place: bad}, access_format='"{a}" "{f}" "{o}"')
        if text is not None:
            assert text.isascii()
            assert text.isprintable()
            assert text.replace("\\\\", "").replace('\\"', "").count('"') == 6

    @pytest.mark.parametrize(
        ("value", "escaped"),
        [
            ("plain text", "plain text"),
            ('"', '\\"'),
            ("\\", "\\\\"),
            ("\r\n\0\x7f", "\\x0d\\x0a\\x00\\x7f"),
            ("ä\n", "\\xc3\\xa4\\x0a"),
            ("\udcff", "\\xed\\xb3\\xbf"),
        ],
    )
    def test_fields_are_escaped_as_apache_does(self, value, escaped):
        assert escape(value) == escaped

    def test_nothing_is_made_when_nobody_reads_it(self, make_app, call, monkeypatch):
        app = make_app(index=lambda: b"page")
        app.log.access_log.propagate = False
        monkeypatch.setattr(logs, "request_letters", lambda *_: pytest.fail("made"))
        assert call(app).body == b"page"

    def test_a_page_can_log_its_own_line(self, make_app, call, caplog):
        app = make_app(index=lambda: request.app.log.access() or b"")
        call(app)
        assert len([r for r in caplog.records if ".access." in r.name]) == 2


class TestAccessFile:
    """A file alone gets lines without records of `logging`; nobody can tell the difference."""

    @pytest.fixture
    def file(self, tmp_path):
        return tmp_path / "access.log"

    @pytest.fixture
    def page(self, make_app, call, file):
        """Give a function that serves a page and returns the log's handler."""
        app = make_app(index=lambda: b"page")
        app.log.access_file = str(file)
        (handler,) = app.log.access_log.handlers

        def page(*args, **kwargs):
            # The handlers of the test runner are out of earshot (it finds loggers like this
            # one when a test begins).
            app.log.access_log.propagate = False
            call(app, *args, **kwargs)
            return handler

        page.app = app
        yield page
        app.log.access_file = ""

    def test_both_ways_write_the_same(self, page, file):
        page.app.log.access_log_format = "{h} {u} {r} {s} {b} {f} {a} {o}"
        records = []
        page("/", headers={"User-Agent": 'Bé"n'})
        page.app.log.access_log.addFilter(lambda record: records.append(record) or True)
        page("/", headers={"User-Agent": 'Bé"n'})
        assert len(records) == 1
        without, with_record = file.read_text().splitlines()
        assert without == with_record == records[0].getMessage()
        assert 'B\\xc3\\xa9\\"n' in without

    def test_what_an_application_has_put_into_its_request_is_shown(self, make_app, page, file):
        def index():
            request.login = 42

        page.app.root.index = index
        index.exposed = True
        page.app.log.access_log_format = "{u}"
        page("/")
        assert file.read_text() == "42\n"

    @pytest.mark.parametrize(
        ("change", "second"),
        [
            (lambda handler: handler.addFilter(lambda record: False), []),
            (lambda handler: handler.setLevel(logging.ERROR), []),
            (lambda handler: handler.setFormatter(logging.Formatter("%(levelname)s")), ["INFO"]),
        ],
    )
    def test_a_handler_may_be_changed(self, page, file, change, second):
        change(page("/"))
        page("/")
        first, *rest = file.read_text().splitlines()
        assert "GET / HTTP/1.1" in first
        assert rest == second

    def test_logging_may_be_disabled(self, page, file):
        logging.disable(logging.INFO)
        try:
            page("/")
        finally:
            logging.disable(logging.NOTSET)
        assert file.read_text() == ""

    def test_threads_write_one_after_the_other(self, page, file):
        page("/")
        thread = threading.Thread(target=page, args=("/",), daemon=True)
        thread.start()
        thread.join(10)
        assert file.read_text().count("\n") == 2

    def test_a_file_that_was_closed_is_opened_again(self, page, file):
        page("/").close()
        page("/")
        assert file.read_text().count("\n") == 2

    def test_a_disk_that_is_full_breaks_nothing(self, page, file, capsys):
        class Full(io.StringIO):
            def write(self, text):
                raise OSError(errno.ENOSPC, "No space left on device")

        handler = page("/")
        real = handler.setStream(Full())
        page("/")
        assert "No space left on device" in capsys.readouterr().err
        handler.setStream(real)
        page("/")
        assert file.read_text().count("\n") == 2

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")  # noqa: PTH110
    def test_one_that_stays_full_can_be_left(self, page, file, capsys):
        for leave in (page.app.log.reopen_files, lambda: None):
            page.app.log.access_file = "/dev/full"
            for _ in range(2):
                page("/")
                assert "No space left on device" in capsys.readouterr().err
            leave()
        page.app.log.access_file = str(file)
        page("/")
        assert file.read_text().count("\n") == 1


class TestSubclasses:
    """Applications put log managers of their own in the place of the built-in one."""

    def test_one_may_write_what_it_likes(self, make_app, call, caplog):
        class Terse(LogManager):
            def access(self):
                self.access_log.info("served %s", request.path_info)

            def error(self, msg="", context="", severity=logging.INFO, traceback=False):
                super().error(f"<{msg}>", context, severity, traceback)

        app = make_app(index=lambda: app.log("hello", "OWN") or b"")
        app.log = Terse("terse", "cherrypy-core-tests")
        call(app)
        assert [record.getMessage() for record in caplog.records] == ["OWN <hello>", "served /"]

    def test_one_may_have_a_format_of_its_own(self, make_app, call, caplog):
        class Short(LogManager):
            access_log_format = "{r} {s}"

        app = make_app(index=lambda: b"")
        app.log = Short("short", "cherrypy-core-tests")
        call(app)
        assert caplog.records[-1].getMessage() == "GET / HTTP/1.1 200"

    def test_the_time_of_one_is_used_in_both_logs(self, tmp_path):
        class Counting(LogManager):
            def time(self):
                return "<time>"

        log = Counting("counting", "cherrypy-core-tests")
        log.error_file = tmp_path / "error.log"
        log("said")
        log.error_file = ""
        assert (tmp_path / "error.log").read_text() == "<time> said\n"


class TestRecords:
    """What handlers of one's own find in a record."""

    def test_errors_know_their_context_and_request(self, make_app, call, caplog):
        app = make_app(index=lambda: app.log("one\ntwo", "OWN") or str(request.unique_id).encode())
        identifier = call(app).text
        record = next(r for r in caplog.records if ".error." in r.name)
        assert (record.context, record.text) == ("OWN", "one\ntwo")
        assert str(record.request_id) == identifier
        caplog.clear()
        app.log("outside")
        assert caplog.records[0].request_id == "-"

    def test_a_format_can_show_the_request(self, make_app, call):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logging.Formatter("%(request_id)s %(message)s"))
        app = make_app(index=lambda: app.log("said") or str(request.unique_id).encode())
        app.log.error_log.addHandler(handler)
        identifier = call(app).text
        app.log.error_log.removeHandler(handler)
        assert stream.getvalue() == f"{identifier} said\n"

    def test_no_format_lets_a_message_forge_a_record(self, log):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log.error_log.addHandler(handler)
        log("name: x\n2026-11-21 00:00:00,000 forged\n\n\nmore")
        log.error_log.removeHandler(handler)
        lines = stream.getvalue().splitlines()
        assert len(lines) == 5
        assert [line for line in lines[1:] if line[:1] not in {"", " "}] == []

    def test_an_identifier_that_is_not_ours_cannot_end_its_field(self, make_app, call, caplog):
        def index():
            request.unique_id = 'x" forged\n'
            return b""

        app = make_app(index=index)
        app.log.access_log_format = '"{i}"'
        call(app)
        assert caplog.records[-1].getMessage() == '"x\\" forged\\x0a"'


class TestJSON:
    @pytest.fixture
    def lines(self, log, tmp_path):
        """Give a function that returns what has been written, line by line."""
        log.error_file = log.access_file = tmp_path / "log.jsonl"
        log.json = True

        def lines():
            text = (tmp_path / "log.jsonl").read_text(encoding="ascii")
            return [json.loads(line) for line in text.splitlines()]

        return lines

    def test_every_record_is_an_object_on_a_line(self, log, lines):
        log("one\n{two}", "ENGINE", logging.WARNING)
        try:
            raise ValueError("shown\n[x]")  # noqa: TRY301
        except ValueError:
            log("ä\udcff", traceback=True)
        first, second = lines()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", first.pop("time"))
        assert first == {
            "level": "WARNING",
            "logger": "cherrypy-core-tests.error.test",
            "message": "one\n{two}",
            "context": "ENGINE",
        }
        assert second["message"] == "ä\udcff"
        assert second["exception"].startswith("Traceback")
        assert second["exception"].endswith("ValueError: shown\n[x]")

    def test_requests_are_told_by_their_parts(self, log, lines, make_app, call):
        def page(**params):
            log("within")
            return b"four"

        app = make_app(index=page)
        app.log = log
        forged = '"\n{"status": 500}'
        call(app, "/?a=b c", headers={"User-Agent": forged}, REMOTE_USER="mia")
        within, access = lines()
        assert within["request_id"] == access["request_id"]
        assert access.pop("seconds") >= 0
        del access["time"], access["request_id"]
        assert access == {
            "level": "INFO",
            "logger": "cherrypy-core-tests.access.test",
            "remote": "192.0.2.1",
            "user": "mia",
            "method": "GET",
            "url": "/?a=b c",
            "protocol": "HTTP/1.1",
            "status": 200,
            "bytes": 4,
            "host": "example.com",
            "referer": None,
            "agent": forged,
        }

    def test_it_can_be_switched_while_running(self, log, lines, tmp_path):
        log("in JSON")
        log.json = False
        log("plain")
        log.json = True
        log("in JSON")
        texts = (tmp_path / "log.jsonl").read_text().splitlines()
        assert [text[0] for text in texts] == ["{", "[", "{"]

    def test_handlers_of_ones_own_keep_their_format(self, log):
        stream = io.StringIO()
        own = logging.StreamHandler(stream)
        log.error_log.addHandler(own)
        log.json = True
        log("plain")
        log.error_log.removeHandler(own)
        assert stream.getvalue() == "plain\n"

    def test_any_record_can_be_formatted(self):
        record = logging.makeLogRecord(
            {"msg": "%s and %s", "args": (1, 2), "stack_info": "here", "exc_text": "there"}
        )
        shown = json.loads(JSONFormatter().format(record))
        assert (shown["message"], shown["stack"], shown["exception"]) == (
            "1 and 2",
            "here",
            "there",
        )

    @given(st.text(), st.text(), st.text())
    def test_a_line_stays_a_line(self, message, name, url):
        record = logging.makeLogRecord({"msg": message, "access": None, "context": name})
        assert "\n" not in JSONFormatter().format(record)
        record = logging.makeLogRecord({"msg": "", "access": json_values({"request": url})})
        text = JSONFormatter().format(record)
        assert text.isascii()
        assert text.isprintable()


class TestHandlers:
    def test_the_screen_can_be_turned_on_and_off(self, log, capsys):
        assert log.screen is False
        log.screen = True
        log.screen = True
        assert log.screen is True
        assert len(log.error_log.handlers) == len(log.access_log.handlers) == 1
        log("to stderr")
        log.access_log.info("to stdout")
        log.screen = False
        log("nowhere")
        out, err = capsys.readouterr()
        assert out == "to stdout\n"
        assert err.endswith("to stderr\n")
        assert log.screen is False

    def test_files_can_be_named_changed_and_closed(self, log, tmp_path):
        first, second = tmp_path / "first.log", tmp_path / "second.log"
        assert (log.error_file, log.access_file) == ("", "")
        log.error_file = str(first)
        assert log.error_file == str(first)
        log("one")
        log.error_file = second
        log("two ä \udcff")
        log.access_file = str(first)
        log.access_log.info("access")
        log.error_file = log.access_file = ""
        log("three")
        assert first.read_text().endswith("one\naccess\n")
        assert second.read_text(encoding="utf-8").endswith("two ä \\udcff\n")
        assert log.error_log.handlers == []

    def test_screen_and_file_go_together(self, log, tmp_path, capsys):
        path = tmp_path / "error.log"
        log.screen = True
        log.error_file = str(path)
        log("both")
        log.error_file = ""
        log("screen alone")
        log.screen = False
        assert [line.split("] ")[1] for line in path.read_text().splitlines()] == ["both"]
        shown = capsys.readouterr().err.splitlines()
        assert [line.split("] ")[1] for line in shown] == ["both", "screen alone"]

    def test_files_are_opened_again_after_they_have_been_moved(self, log, tmp_path):
        path = tmp_path / "error.log"
        log.error_file = str(path)
        log("before")
        path.rename(tmp_path / "error.log.1")
        log("still the old one")
        log.reopen_files()
        log("after")
        log.error_file = ""
        assert (tmp_path / "error.log.1").read_text().count("\n") == 2
        assert path.read_text().endswith("after\n")

    def test_a_file_that_cannot_be_opened_again_stays_open(self, log, tmp_path):
        folder = tmp_path / "logs"
        folder.mkdir()
        log.error_file = str(folder / "error.log")
        folder.rename(tmp_path / "moved")
        with pytest.raises(FileNotFoundError):
            log.reopen_files()
        log("still written")
        log.error_file = ""
        assert "still written" in (tmp_path / "moved" / "error.log").read_text()

    def test_handlers_that_have_opened_nothing_yet_are_left_alone(self, log, tmp_path):
        handler = logging.FileHandler(tmp_path / "late.log", delay=True)
        log.error_log.addHandler(handler)
        log.reopen_files()
        assert not (tmp_path / "late.log").exists()
        log.error_log.removeHandler(handler)
        handler.close()

    def test_errors_can_go_where_the_server_wants_them(self, make_app, environ, new_reply):
        app = make_app(index=lambda: app.log("from the page") or b"")
        assert app.log.wsgi is False
        app.log.wsgi = True
        app.log.wsgi = True
        assert app.log.wsgi is True
        made = environ()
        app(made, new_reply().start_response)
        app.log("outside of a request")
        app.log.wsgi = False
        app(made, new_reply().start_response)
        text = made["wsgi.errors"].getvalue()
        assert re.fullmatch(STAMP + " from the page\n", text)

    def test_what_the_server_gets_is_flushed(self, make_app, call):
        class Buffer(io.StringIO):
            flushed = ""

            def flush(self):
                self.flushed = self.getvalue()

        app = make_app(index=lambda: app.log("from the page") or b"")
        app.log.wsgi = True
        buffer = Buffer()
        call(app, **{"wsgi.errors": buffer})
        app.log.wsgi = False
        assert buffer.flushed.endswith(" from the page\n")

    def test_a_broken_stream_of_the_server_breaks_nothing(self, make_app, call, capsys):
        class Broken(io.StringIO):
            def write(self, text):
                raise OSError("broken")

        app = make_app(index=lambda: app.log("from the page") or b"page")
        app.log.wsgi = True
        assert call(app, **{"wsgi.errors": Broken()}).body == b"page"
        app.log.wsgi = False
        assert "OSError: broken" in capsys.readouterr().err

    def test_configuration_sets_them(self, make_app, tmp_path):
        path = str(tmp_path / "access.log")
        app = make_app(config={"/": {"log.access_file": path}}, site_config=Config())
        assert app.log.access_file == path
        app.log.access_file = None
        assert app.log.access_file == ""

    def test_a_handler_may_write_nothing(self):
        handler = NullHandler()
        record = logging.makeLogRecord({"msg": "x"})
        assert handler.handle(record) is True
        handler.emit(record)
        assert handler.lock is None
        assert logfmt.format(record) == "x"
        WSGIErrorHandler().flush()
        WSGIErrorHandler().emit(record)

    def test_they_end_with_the_application(self, make_app, tmp_path):
        """Another one may get its id, by which its loggers are named."""
        app = make_app()
        app.log.access_file = app.log.error_file = str(tmp_path / "log")
        own = logging.NullHandler()
        app.log.access_log.addHandler(own)
        app.log.access_log.addFilter(lambda record: False)
        app.log.access_log.propagate, app.log.error_log.disabled = False, True
        loggers, appid = (app.log.access_log, app.log.error_log), app.log.appid
        files = [handler for logger in loggers for handler in logger.handlers if handler != own]
        assert len(files) == 2
        del app
        gc.collect()
        assert all(file.stream is None for file in files)
        again = LogManager(appid)
        assert (again.access_log, again.error_log) == loggers
        for logger in loggers:
            assert (logger.handlers, logger.filters) == ([], [])
            assert (logger.propagate, logger.disabled) == (True, False)
