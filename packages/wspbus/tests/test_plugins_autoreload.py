import importlib
import os
import sys
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
