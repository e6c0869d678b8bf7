"""The demo application, driven over HTTP as a user would, in a process of its own."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

DEMO = Path(__file__).resolve().parent.parent / "docs" / "demo" / "notes"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Demo:
    """A running demo and a browser-like client: keeps cookies, follows nothing."""

    def __init__(self, data: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(DEMO), "--port", "0", "--data", str(data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""
        for line in self.process.stdout:
            self.output += line
            found = re.search(r"Notes is at (http://[^/]+)/", line)
            if found:
                self.address = urlsplit(found[1]).netloc
                break
        else:
            pytest.fail(f"the demo did not start:\n{self.output}")
        self.cookies: dict[str, str] = {}

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=10)
        headers = dict(headers or {})
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                pair = value.partition(";")[0].partition("=")
                self.cookies[pair[0]] = pair[2]
        return response.status, dict(response.getheaders()), text

    def log_in(self):
        data = urlencode({"name": "demo", "password": "demo"})
        status, headers, _ = self.ask("POST", "/login", data, FORM)
        assert (status, headers["Location"]) == (303, f"http://{self.address}/")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        rest, _ = self.process.communicate(timeout=20)
        self.output += rest
        return self.process.returncode


@pytest.fixture
def demo(tmp_path):
    demo = Demo(tmp_path)
    yield demo
    if demo.process.poll() is None:
        demo.stop()


def multipart(**fields):
    boundary = "a-boundary-of-the-test"
    parts = b""
    for name, value in fields.items():
        filename, content = value if isinstance(value, tuple) else (None, value.encode())
        parts += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if filename:
            parts += f'; filename="{filename}"\r\nContent-Type: text/plain'.encode()
        parts += b"\r\n\r\n" + content + b"\r\n"
    return (
        parts + f"--{boundary}--\r\n".encode(),
        {"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )


@pytest.mark.slow
def test_a_user_writes_a_note_with_a_file_and_finds_it_after_a_restart(tmp_path):
    demo = Demo(tmp_path)
    demo.log_in()
    body, headers = multipart(
        title="Cherries & <b>",
        text="Buy them.\nRed ones.",
        attachment=("list é.txt", b"one\ntwo\n"),
    )
    status, headers, _ = demo.ask("POST", "/add", body, headers)
    assert status == 303
    path = urlsplit(headers["Location"]).path
    status, _, page = demo.ask("GET", path)
    assert status == 200
    assert b"Cherries &amp; &lt;b&gt;" in page
    link = re.search(rb'href="(/note/\d+/attachment/\d+)"', page)[1].decode()
    status, headers, content = demo.ask("GET", link)
    assert (status, content) == (200, b"one\ntwo\n")
    assert headers["Content-Disposition"].startswith("attachment")
    assert demo.stop() == 0
    assert "Traceback" not in demo.output

    again = Demo(tmp_path)
    try:
        _, _, page = again.ask("GET", "/?search=red+ones")
        assert b"Cherries &amp; &lt;b&gt;" in page
        assert again.ask("GET", link)[2] == b"one\ntwo\n"
    finally:
        assert again.stop(signal.SIGINT) == 0


@pytest.mark.slow
def test_the_api_serves_the_same_notes(demo):
    document = json.dumps({"title": "From a program", "text": "text"})
    kind = {"Content-Type": "application/json"}
    assert demo.ask("POST", "/api/notes", document, kind)[0] == 401
    demo.log_in()
    status, headers, body = demo.ask("POST", "/api/notes", document, kind)
    assert status == 201
    note = json.loads(body)
    assert headers["Location"] == note["url"]
    path = urlsplit(note["url"]).path
    changed = json.dumps({"title": "Changed", "text": "more"})
    assert json.loads(demo.ask("PUT", path, changed, kind)[2])["title"] == "Changed"
    assert [n["title"] for n in json.loads(demo.ask("GET", "/api/notes")[2])] == ["Changed"]
    assert b"Changed" in demo.ask("GET", f"/note/{note['id']}/")[2]
    status, headers, _ = demo.ask("PATCH", path)
    assert status == 405
    assert headers["Allow"] == "DELETE, GET, HEAD, PUT"
    assert demo.ask("DELETE", path)[0] == 204
    status, headers, body = demo.ask("GET", path)
    assert status == 404
    assert json.loads(body)["status"] == 404


@pytest.mark.slow
def test_logging_in_changes_the_session_and_logging_out_ends_it(demo):
    data = urlencode({"name": "demo", "password": "wrong"})
    assert demo.ask("POST", "/login", data, FORM)[0] == 403
    demo.cookies["session_id"] = "a" * 40
    demo.log_in()
    assert demo.cookies["session_id"] != "a" * 40
    assert b"Log out demo" in demo.ask("GET", "/")[2]
    demo.ask("POST", "/logout")
    assert b"Log in" in demo.ask("GET", "/")[2]
    status, headers, _ = demo.ask("POST", "/add", urlencode({"title": "t", "text": ""}), FORM)
    assert (status, urlsplit(headers["Location"]).path) == (303, "/login")


BAD = {
    "an unknown path": ("GET", "/nowhere/at/all", None, {}, 404),
    "a note that is not there": ("GET", "/note/4711/", None, {}, 404),
    "a note number that is none": ("GET", "/note/x'%20or%201=1/", None, {}, 404),
    "a number beyond SQLite's": ("GET", f"/note/{10**40}/", None, {}, 404),
    "an unknown parameter": ("GET", "/?serch=x", None, {}, 404),
    "a query that is not UTF-8": ("GET", "/?search=%F4", None, {}, 404),
    "a path that is not UTF-8": ("GET", "/note/%F4/", None, {}, 404),
    "a file outside the static directory": ("GET", "/static/..%2fnotes.conf", None, {}, 404),
    "a form without its fields": ("POST", "/login", "nme=x", FORM, 400),
    "a form in an impossible charset": ("POST", "/login", "name=%F4", FORM, 400),
    "a method that makes no sense": ("GET", "/add?title=a&text=b", None, {}, 405),
    "a body over the limit": ("POST", "/login", b"x" * (9 * 1024 * 1024), FORM, 413),
    "JSON that is none": (
        "POST", "/api/notes", "{", {"Content-Type": "application/json"}, 400,
    ),
    "JSON of another shape": (
        "POST", "/api/notes", "[1]", {"Content-Type": "application/json"}, 400,
    ),
    "a field twice": ("GET", "/?search=a&search=b", None, {}, 400),
    "a name twice": ("POST", "/login", "name=a&name=b&password=c", FORM, 400),
    "a text twice": ("POST", "/add", "title=a&text=b&text=c", FORM, 400),
    "an identifier that is no number": ("GET", "/api/notes/x", None, {}, 404),
    "half a character": (
        "POST", "/api/notes", '{"title": "\\ud800", "text": "x"}',
        {"Content-Type": "application/json"}, 400,
    ),
    "what is allowed": ("OPTIONS", "/api", None, {}, 200),
    "a form from half an address": (
        "POST", "/login", "name=x", {**FORM, "Origin": "http://["}, 403,
    ),
    "JSON as deep as the sea": (
        "POST", "/api/notes", "[" * 100000, {"Content-Type": "application/json"}, 400,
    ),
    "a body that is no JSON": ("POST", "/api/notes", "a=b", FORM, 415),
    "a multipart body without boundary": (
        "POST", "/add", "x", {"Content-Type": "multipart/form-data"}, 400,
    ),
    "a form from another site": (
        "POST", "/login", "name=x", {**FORM, "Origin": "http://evil"}, 403,
    ),
    "cookies of a careless neighbour": (
        "GET", "/nowhere", None, {"Cookie": 'a[b]=1; =x; é="; session_id=../../etc'}, 404,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def busy_demo(tmp_path_factory):
    demo = Demo(tmp_path_factory.mktemp("demo"))
    demo.log_in()
    yield demo
    demo.stop()
    assert "Traceback" not in demo.output


@pytest.mark.slow
@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_answered_with_the_right_error(busy_demo, what):
    method, path, body, headers, expected = BAD[what]
    try:
        status, _, page = busy_demo.ask(method, path, body, headers)
    except (BrokenPipeError, ConnectionResetError):
        # The server may answer and hang up before all of an oversized body is sent.
        assert expected == 413
        return
    assert status == expected, page
    assert b"Traceback" not in page
    assert busy_demo.ask("GET", "/")[0] == 200


@pytest.mark.slow
def test_static_files_and_error_pages_look_like_the_rest(demo):
    status, headers, body = demo.ask("GET", "/static/style.css")
    assert (status, headers["Content-Type"]) == (200, "text/css")
    assert b"--cherry" in body
    status, headers, body = demo.ask("GET", "/nowhere")
    assert status == 404
    assert b'<link rel="stylesheet" href="/static/style.css">' in body
