"""The page with all settings says what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import cherrypy
from cherrypy_core.config import environments
from cherrypy_site import Site

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
KEYS = re.findall(r"^\| `([^`]+)`", PAGE, re.MULTILINE)

#: The keys that most applications use, as they were counted once.
USED = """
checker.on engine.autoreload.on environment error_page.default log.access_file log.error_file
log.screen request.dispatch request.error_response request.methods_with_bodies
request.show_mismatched_params request.show_tracebacks request.throw_errors
request.uri_encoding response.stream server.accepted_queue_size server.accepted_queue_timeout
server.max_request_body_size server.shutdown_timeout server.socket_host server.socket_port
server.socket_queue_size server.socket_timeout server.ssl_certificate
server.ssl_certificate_chain server.ssl_context server.ssl_module server.ssl_private_key
server.statistics server.thread_pool tools.decode.on tools.encode.add_charset
tools.encode.encoding tools.encode.on tools.encode.text_only tools.etags.on tools.expires.secs
tools.gzip.mime_types tools.gzip.on tools.json_in.force tools.json_in.on tools.json_out.handler
tools.json_out.on tools.response_headers.headers tools.sessions.httponly tools.sessions.name
tools.sessions.on tools.sessions.persistent tools.sessions.secure tools.sessions.storage_class
tools.sessions.timeout tools.staticdir.content_types tools.staticdir.dir tools.staticdir.index
tools.staticdir.on tools.staticdir.root tools.staticfile.filename tools.staticfile.on
tools.trailing_slash.on
""".split()  # noqa: SIM905  (readable)


@pytest.mark.slow
def test_the_page_is_what_the_code_says():
    command = [sys.executable, str(ROOT / "tools" / "settings_page.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("key", USED)
def test_the_keys_that_applications_use_are_on_it(key):
    assert key in KEYS


@pytest.mark.parametrize("name", sorted(environments))
def test_so_are_the_keys_of_the_environments(name):
    assert set(environments[name]) <= set(KEYS)


def test_every_global_key_is_accepted_with_its_default():
    with Site() as site:
        for key in KEYS:
            namespace, _, name = key.partition(".")
            if namespace in {"engine", "server", "checker", "log"} and name.islower():
                site.config[key] = _default(site, key)


def _default(site, key):
    namespace, *names = key.split(".")
    part = {"engine": site.bus, "server": site.server, "checker": site.checker, "log": site.log}
    if names[-1] == "on":
        return False
    found = part[namespace]
    for name in names:
        found = getattr(found, name)
    return found


def test_the_default_site_has_the_defaults_of_the_page():
    on = [
        key for key in KEYS if re.search(rf"^\| `{re.escape(key)}` \| `True`", PAGE, re.MULTILINE)
    ]
    assert {key for key in on if key.startswith("tools.") and key.endswith(".on")} == {
        key for key, value in type(cherrypy.config).defaults.items() if value is True
    }
