import importlib
import os
import sys
import threading
import time
import types
import zipfile
from pathlib import Path

import pytest

import cherrypy_wspbus
from cherrypy_wspbus.plugins import Autoreloader


@pytest.fixture
def reloader(bus):
    """An autoreloader that looks at no modules."""
    reloader = Autoreloader(bus, match="no module has this name")
    reloader.restarts = []
    bus.restart = lambda: reloader.restarts.append(1)
    return reloader


@pytest.fixture
def module(monkeypatch):
    def make(name, **attributes):
        module = types.ModuleType(name)
        module.__dict__.update(attributes)
        monkeypatch.setitem(sys.modules, name, module)

    return make


def touch(path, seconds):
    os.utime(path, (seconds, seconds))


def test_the_defaults_are_the_documented_ones(bus):
    reloader = Autoreloader(bus)
    assert (reloader.frequency, reloader.match) == (1, ".*")
    assert (reloader.files, reloader.mtimes, reloader.thread) == (set(), {}, None)
    assert Autoreloader.start.priority == 70


def test_the_files_of_all_loaded_modules_are_watched(bus):
    files = Autoreloader(bus).sysfiles()
    assert cherrypy_wspbus.__file__ in files
    assert os.__file__ in files
    assert all(Path(path).is_absolute() for path in files)


def test_the_modules_can_be_chosen_by_a_regular_expression(bus):
    files = Autoreloader(bus, match="cherrypy_wspbus").sysfiles()
    assert cherrypy_wspbus.__file__ in files
    assert os.__file__ not in files


def test_a_module_in_a_zip_file_stands_for_the_zip_file(bus, tmp_path, monkeypatch):
    archive = tmp_path / "library.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("zipped_module_of_a_test.py", "x = 1")
    monkeypatch.syspath_prepend(str(archive))
    monkeypatch.delitem(sys.modules, "zipped_module_of_a_test", raising=False)
    importlib.import_module("zipped_module_of_a_test")
    assert str(archive) in Autoreloader(bus, match="zipped_module").sysfiles()
    del sys.modules["zipped_module_of_a_test"]


def test_relative_files_count_from_where_the_plugin_was_made(bus, module, tmp_path, monkeypatch):
    module("odd_module", __file__="odd.py")
    monkeypatch.chdir(tmp_path)
    reloader = Autoreloader(bus, match="odd_module")
    monkeypatch.chdir("/")
    assert reloader.sysfiles() == {str(tmp_path / "odd.py")}


@pytest.mark.parametrize("value", [None, 3, b"odd.py", object()])
def test_odd_modules_are_skipped(bus, module, value):
    module("odd_module", __file__=value)
    assert Autoreloader(bus, match="odd_module").sysfiles() == set()


def test_odd_entries_among_the_modules_are_skipped(bus, monkeypatch):
    monkeypatch.setitem(sys.modules, "odd_module_1", None)
    monkeypatch.setitem(sys.modules, "odd_module_2", 5)
    assert Autoreloader(bus, match="odd_module").sysfiles() == set()


def test_attributes_of_lazy_modules_are_not_touched(bus, monkeypatch):
    class Lazy(types.ModuleType):
        def __getattr__(self, name):
            raise AssertionError(name)

    lazy = Lazy("odd_module")
    del lazy.__loader__
    monkeypatch.setitem(sys.modules, "odd_module", lazy)
    assert Autoreloader(bus, match="odd_module").sysfiles() == set()


@pytest.mark.parametrize("seconds", [1, 2_000_000_000])
def test_a_file_that_changes_restarts_the_bus(bus, reloader, tmp_path, seconds):
    path = tmp_path / "app.conf"
    path.write_text("")
    touch(path, 1_000_000_000)
    reloader.files.add(str(path))
    reloader.run()
    reloader.run()
    assert reloader.restarts == []
    touch(path, seconds)
    reloader.run()
    assert reloader.restarts == [1]
    assert (20, f"Restarting because {path} changed.") in bus.lines


def test_a_file_that_vanishes_restarts_the_bus(reloader, tmp_path):
    path = tmp_path / "app.conf"
    path.write_text("")
    reloader.files.add(str(path))
    reloader.run()
    path.unlink()
    reloader.run()
    assert reloader.restarts == [1]


def test_a_file_that_is_not_there_is_waited_for(reloader, tmp_path):
    path = tmp_path / "app.conf"
    reloader.files.add(str(path))
    reloader.run()
    reloader.run()
    assert reloader.restarts == []
    path.write_text("")
    reloader.run()
    assert reloader.restarts == [1]


def test_the_source_of_a_compiled_file_is_watched(reloader, tmp_path):
    path = tmp_path / "module.py"
    path.write_text("")
    touch(path, 1_000_000_000)
    reloader.files.add(str(path) + "c")
    reloader.run()
    touch(path, 1_000_000_001)
    reloader.run()
    assert reloader.restarts == [1]


def test_a_compiled_file_without_a_source_is_watched_itself(reloader, tmp_path):
    path = tmp_path / "module.pyc"
    path.write_text("")
    touch(path, 1_000_000_000)
    reloader.files.add(str(path))
    reloader.run()
    touch(path, 1_000_000_001)
    reloader.run()
    assert reloader.restarts == [1]


@pytest.mark.parametrize("broken", ["def f(:", "x = '\x00'", "é".encode("latin-1")])
def test_a_python_file_that_does_not_compile_is_no_reason_to_restart(
    bus, reloader, tmp_path, broken
):
    path = tmp_path / "app.py"
    path.write_text("x = 1")
    touch(path, 1_000_000_000)
    reloader.files.add(str(path))
    reloader.run()
    path.write_bytes(broken if isinstance(broken, bytes) else broken.encode())
    touch(path, 1_000_000_001)
    reloader.run()
    reloader.run()
    assert reloader.restarts == []
    assert bus.text.count("does not compile") == 1
    path.write_text("x = 2")
    touch(path, 1_000_000_002)
    reloader.run()
    assert reloader.restarts == [1]


def test_a_sound_file_does_not_restart_while_another_one_is_broken(bus, reloader, tmp_path):
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    for path in (good, bad):
        path.write_text("x = 1")
        touch(path, 1_000_000_000)
        reloader.files.add(str(path))
    reloader.run()
    bad.write_text("x = (")
    touch(bad, 1_000_000_001)
    reloader.run()
    touch(good, 1_000_000_001)
    reloader.run()
    reloader.run()
    assert reloader.restarts == []
    bad.write_text("x = 3")
    touch(bad, 1_000_000_002)
    reloader.run()
    assert reloader.restarts == [1]


def test_a_broken_file_that_vanishes_is_no_obstacle_any_more(reloader, tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("x = 1")
    touch(path, 1_000_000_000)
    reloader.files.add(str(path))
    reloader.run()
    path.write_text("x = (")
    touch(path, 1_000_000_001)
    reloader.run()
    assert reloader.restarts == []
    path.unlink()
    reloader.run()
    assert reloader.restarts == [1]


def test_a_file_is_restarted_into_only_if_its_check_accepts_it(bus, reloader, tmp_path):
    path = tmp_path / "app.conf"
    path.write_text("1")
    touch(path, 1_000_000_000)
    reloader.files.add(str(path))
    reloader.checks[str(path)] = lambda name: int(Path(name).read_text())
    reloader.run()
    path.write_text("one")
    touch(path, 1_000_000_001)
    reloader.run()
    assert reloader.restarts == []
    assert f"Not restarting, {path} is wrong: invalid literal for int()" in bus.text
    path.write_text("2")
    touch(path, 1_000_000_002)
    reloader.run()
    assert reloader.restarts == [1]


def test_a_look_has_a_limit_and_every_file_has_its_turn(reloader, tmp_path, monkeypatch):
    paths = [tmp_path / f"{number}.txt" for number in range(700)]
    for number, path in enumerate(paths):
        path.write_text("")
        touch(path, 1_000_000_000 + number)
    reloader.files.update(map(str, paths))
    reloader.run()
    looked = []
    stat = os.stat
    monkeypatch.setattr(os, "stat", lambda path: looked.append(path) or stat(path))
    reloader.run()
    assert len(looked) == 300
    assert set(map(str, paths[-200:])) <= set(looked)
    del looked[:]
    for _ in range(5):
        reloader.run()
    assert set(looked) == set(map(str, paths))
    assert reloader.restarts == []
    touch(paths[0], 5)
    for _ in range(5):
        reloader.run()
    assert reloader.restarts == [1]


def test_a_look_costs_little_more_than_asking_the_system(reloader, tmp_path):
    paths = [tmp_path / f"{number}.txt" for number in range(300)]
    for path in paths:
        path.write_text("")
    reloader.files.update(map(str, paths))

    def cost(function):
        def once():
            begin = time.thread_time_ns()
            function()
            return time.thread_time_ns() - begin

        return min(once() for _ in range(20))

    def ask():
        for path in paths:
            path.stat()

    reloader.run()
    assert cost(reloader.run) < 2 * cost(ask)


def test_a_module_that_is_imported_later_is_watched_from_then_on(bus, module, tmp_path):
    path = tmp_path / "later.py"
    path.write_text("")
    touch(path, 1_000_000_000)
    reloader = Autoreloader(bus, match="a_module_that_comes_later")
    restarts = []
    bus.restart = lambda: restarts.append(1)
    reloader.run()
    module("a_module_that_comes_later", __file__=str(path))
    reloader.run()
    assert reloader.watched() == [str(path)]
    assert restarts == []
    touch(path, 1_000_000_001)
    reloader.run()
    assert restarts == [1]


def test_libraries_come_after_the_program(bus, tmp_path):
    library = tmp_path / "site-packages" / "library.py"
    program = tmp_path / "program.py"
    library.parent.mkdir()
    for seconds, path in enumerate((program, library)):
        path.write_text("")
        touch(path, 1_000_000_000 + seconds)
    reloader = Autoreloader(bus, match="no module has this name")
    reloader.files.update(map(str, (library, program)))
    assert reloader.watched() == [str(program), str(library)]


class Restarted:
    """Waits until a reloader in its own thread wants a restart."""

    def __init__(self, bus):
        self.event = threading.Event()
        bus.restart = self.event.set


@pytest.mark.slow
def test_the_system_tells_of_changes_if_watchfiles_is_installed(bus, tmp_path, monkeypatch):
    watchfiles = pytest.importorskip("watchfiles")
    told = []
    watching = threading.Event()
    watch = watchfiles.watch

    def spied(*directories, **options):
        told.append(directories)
        for changes in watch(*directories, **options):
            watching.set()
            yield changes

    monkeypatch.setattr(watchfiles, "watch", spied)
    restarted = Restarted(bus)
    path = tmp_path / "app.conf"
    path.write_text("")
    touch(path, 1_000_000_000)
    # The name of a directory that is not there is no error.
    reloader = Autoreloader(bus, frequency=0.01, match="no module has this name")
    reloader.files.update({str(path), "/no/such/directory/app.conf"})
    reloader.subscribe()
    bus.start()
    assert watching.wait(20)
    # Files that are added while it watches count, too.
    other = tmp_path / "more" / "other.conf"
    other.parent.mkdir()
    other.write_text("")
    touch(other, 1_000_000_000)
    reloader.files.add(str(other))
    deadline = time.monotonic() + 20
    while len(told) < 2 and time.monotonic() < deadline:
        watching.wait(0.01)
    assert sorted(told[-1]) == sorted([str(tmp_path), str(other.parent)])
    touch(other, 1_000_000_001)
    assert restarted.event.wait(20)
    thread = reloader.thread
    bus.exit()
    if thread is not None:
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.parametrize("trouble", ["missing", "failing", "switched off"])
def test_without_watchfiles_it_looks_by_itself(bus, tmp_path, monkeypatch, trouble):
    def watch(*_directories, **_options):
        raise OSError("OS file watch limit reached")

    stand_in = None if trouble == "missing" else types.SimpleNamespace(watch=watch)
    monkeypatch.setitem(sys.modules, "watchfiles", stand_in)
    restarted = Restarted(bus)
    path = tmp_path / "app.conf"
    path.write_text("")
    touch(path, 1_000_000_000)
    reloader = Autoreloader(bus, frequency=0.005, match="no module has this name")
    reloader.use_watchfiles = trouble != "switched off"
    reloader.files.add(str(path))
    reloader.subscribe()
    reloader.run()
    bus.start()
    while str(path) not in reloader.mtimes:
        pass
    touch(path, 1_000_000_001)
    assert restarted.event.wait(20)
    assert ("watch limit reached. Looking at the files instead." in bus.text) is (
        trouble == "failing"
    )


def test_a_python_file_that_vanishes_restarts_the_bus(reloader, tmp_path):
    path = tmp_path / "app.py"
    path.write_text("")
    reloader.files.add(str(path))
    reloader.run()
    path.unlink()
    reloader.run()
    assert reloader.restarts == [1]


def test_starting_forgets_what_was_seen(bus, reloader):
    reloader.mtimes["gone"] = 5.0
    reloader.frequency = 3600
    reloader.start()
    assert reloader.mtimes == {}
    assert (20, "Started monitor thread 'Autoreloader'.") in bus.lines
    reloader.stop()


def test_how_the_files_are_is_taken_down_at_the_start(bus, reloader, tmp_path):
    path = tmp_path / "app.conf"
    path.write_text("")
    touch(path, 1_000_000_000)
    reloader.files.add(str(path))
    reloader.frequency = 3600
    reloader.use_watchfiles = False
    reloader.subscribe()
    bus.start()
    touch(path, 1_000_000_001)
    # A graceful reload is no new start: the program is still the old one.
    bus.graceful()
    assert reloader.thread is not None
    reloader.run()
    assert reloader.restarts == [1]
    assert reloader.thread is None


def test_a_graceful_reload_of_a_stopped_bus_starts_no_thread(bus, reloader):
    reloader.subscribe()
    bus.start()
    bus.stop()
    bus.graceful()
    assert reloader.thread is None


@pytest.mark.slow
def test_a_process_restarts_when_its_own_file_changes(spawn, script):
    path = script("""
        plugins.Autoreloader(bus, frequency=0.02).subscribe()
        bus.start()
        if os.environ.get("SECOND_RUN"):
            print("SECOND", sys.argv[1:])
            bus.exit()
            sys.exit(0)
        os.environ["SECOND_RUN"] = "yes"
        plugin = next(iter(bus.listeners["graceful"])).__self__
        while __file__ not in plugin.mtimes:
            pass
        print("WATCHED", flush=True)
        bus.block()
        """)
    touch(path, 1_000_000_000)
    process = spawn(path, "an argument")
    process.expect("WATCHED")
    touch(path, 1_000_000_001)
    output = process.rest()
    assert f"Restarting because {path} changed." in output
    assert "SECOND ['an argument']" in output
    assert process.returncode == 0
