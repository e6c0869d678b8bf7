from __future__ import annotations

import http.client
import subprocess
import sys
import threading

import pytest

from cherrypy_site import Site
from cherrypy_testing import Client, LiveServer

seen = []


def test_the_plugin_imports_nothing_of_the_framework():
    code = (
        "import sys\n"
        "import cherrypy_testing, cherrypy_testing.pytest_plugin\n"
        "found = [name for name in sys.modules if name.startswith('cherrypy')]\n"
        "assert sorted(found) == ['cherrypy_testing', 'cherrypy_testing.__about__',\n"
        "                         'cherrypy_testing.pytest_plugin'], found\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("number", [1, 2])
def test_every_test_has_a_site_of_its_own(site, number):
    assert isinstance(site, Site)
    assert all(site is not other for other in seen)
    assert site.tree.apps == {}
    assert site.config["environment"] == "test_suite"
    seen.append(site)


def test_the_site_of_the_last_test_has_exited():
    for site in seen:
        assert site.bus.state is site.bus.states.EXITING


def test_the_client_calls_the_site(client, site, app):
    assert isinstance(client, Client)
    assert client.app is site
    before = threading.active_count()
    assert client.get("/").text == "hello {}"
    assert threading.active_count() == before


@pytest.mark.slow
def test_the_live_server_serves_the_site(live_server, site, root):
    assert isinstance(live_server, LiveServer)
    assert live_server.site is site
    # What is mounted later is served, too.
    site.tree.mount(root)
    connection = http.client.HTTPConnection("127.0.0.1", live_server.port, timeout=5)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello {}"
    connection.close()


@pytest.mark.slow
def test_a_failing_test_shows_the_traceback_of_the_page(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "from cherrypy_core.expose import expose\n"
        "class Root:\n"
        "    @expose\n"
        "    def index(self):\n"
        "        raise LookupError('in the page')\n"
        "def test_page(client, site):\n"
        "    site.tree.mount(Root())\n"
        "    client.get('/')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "test_it.py:5: LookupError" in done.stdout


def test_the_names_of_the_package_are_imported_on_demand():
    import cherrypy_testing

    for name in cherrypy_testing.__all__:
        assert getattr(cherrypy_testing, name)
    with pytest.raises(AttributeError, match="nosuch"):
        cherrypy_testing.nosuch  # noqa: B018  (it must fail)
