"""Sites and processes for the tests of the runner."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from cherrypy_httpserver import Server
from cherrypy_wspbus import Bus

SITE_APP = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"from a process"]
"""

# A site like that of a framework, small enough to read.
FAKE_SITE = """
from cherrypy_httpserver import Server
from cherrypy_wspbus import Bus
from cherrypy_wspbus.plugins import SignalHandler

class FakeSite:
    def __init__(self):
        self.bus = Bus()
        self.server = Server(self.bus)
        self.server.thread_pool = 1
        self.server.subscribe()
        self.signal_handler = SignalHandler(self.bus)

    def apply_environment(self, name):
        if name != "production":
            raise KeyError(name)

    def load_config(self, filename):
        with open(filename) as file:
            for line in file:
                name, value = line.split("=")
                setattr(self.server, name.strip(), int(value))

    def graft(self, application):
        self.server.app = application

site = FakeSite()
not_a_site = 5
"""

# Runs the command with the entry points that the test wants, whatever is installed.
DRIVER = """
import sys
from importlib.metadata import EntryPoint
import cherryd.site
from cherryd.command import main

wanted = sys.argv.pop(1)
found = [EntryPoint(n, n, cherryd.site.GROUP) for n in wanted.split(",") if n]
cherryd.site.entry_points = lambda group: found
sys.exit(main())
"""


class Process:
    """A process of the test's own."""

    def __init__(self, arguments, directory):
        self.popen = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for_line(self, part):
        for line in self.popen.stderr:
            if part in line:
                return line
        raise AssertionError(f"ended without {part!r}")

    def finish(self):
        """Return (code, standard output, standard error) once it has ended."""
        out, err = self.popen.communicate(timeout=20)
        return self.popen.returncode, out, err


@pytest.fixture
def directory(tmp_path):
    """A directory with modules to serve and to import."""
    (tmp_path / "site_app.py").write_text(SITE_APP)
    (tmp_path / "fake_site.py").write_text(textwrap.dedent(FAKE_SITE))
    (tmp_path / "driver.py").write_text(DRIVER)
    (tmp_path / "broken.py").write_text("\nraise ValueError('not\\ntoday')\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mounting.py").write_text(
        "import fake_site, site_app\nfake_site.site.graft(site_app.app)\n"
        "fake_site.site.server.thread_pool = 7\n"
    )
    return tmp_path


@pytest.fixture
def launch(directory):
    """Return a function that runs Python with arguments; what still runs is ended."""
    processes = []

    def run(*arguments):
        process = Process(arguments, directory)
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.popen.kill()
        process.popen.communicate()


@pytest.fixture
def cherryd(launch):
    """Return a function that runs the command with options, for the given sites."""

    def run(*options, sites=""):
        return launch("driver.py", sites, *options)

    return run


class RecordingSite:
    """A site that notes what it is asked to do, and exits as soon as it has started."""

    def __init__(self):
        self.calls = []
        self.bus = Bus()
        self.bus.may_exit_process = False
        self.server = Server(self.bus)
        self.signal_handler = self
        self.bus.subscribe("start", lambda: self.calls.append("start"), 80)
        self.bus.subscribe("main", self.bus.exit)

    def subscribe(self):
        self.calls.append("signals")

    def apply_environment(self, name):
        self.calls.append(("environment", name))

    def load_config(self, filename):
        self.calls.append(("config", filename))

    def graft(self, application):
        self.calls.append(("graft", application))

    def load(self, name):
        self.calls.append(("import", name))


@pytest.fixture
def site():
    return RecordingSite()
