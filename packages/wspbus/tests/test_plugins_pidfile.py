import os

import pytest

from cherrypy_wspbus.plugins import PIDFile


@pytest.fixture
def path(tmp_path):
    return tmp_path / "service.pid"


def test_the_process_id_is_written_on_start_and_removed_on_exit(bus, path):
    PIDFile(bus, str(path)).subscribe()
    bus.start()
    assert path.read_text() == f"{os.getpid()}\n"
    bus.stop()
    assert path.exists()
    bus.exit()
    assert not path.exists()
    assert (20, f"PID {os.getpid()} written to {str(path)!r}.") in bus.lines
    assert (20, f"PID file removed: {str(path)!r}.") in bus.lines


def test_it_comes_after_the_daemonizer():
    assert PIDFile.start.priority == 70


def test_a_stale_file_is_replaced(bus, path):
    path.write_text("999999999999\n")
    PIDFile(bus, path).start()
    assert path.read_text() == f"{os.getpid()}\n"


def test_starting_twice_writes_once(bus, path):
    plugin = PIDFile(bus, path)
    plugin.start()
    path.write_text("changed")
    plugin.start()
    assert path.read_text() == "changed"
    assert "already written" in bus.text


def test_it_works_again_after_an_exit(bus, path):
    PIDFile(bus, path).subscribe()
    for _ in range(2):
        bus.start()
        assert path.exists()
        bus.exit()
        assert not path.exists()


def test_a_file_that_was_not_written_is_not_removed(bus, path):
    path.write_text("of somebody else")
    PIDFile(bus, path).exit()
    assert path.exists()


def test_a_child_process_does_not_remove_the_file_of_its_parent(bus, path, monkeypatch):
    plugin = PIDFile(bus, path)
    plugin.start()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    plugin.exit()
    assert path.exists()


def test_a_file_that_has_gone_is_no_error(bus, path):
    plugin = PIDFile(bus, path)
    plugin.start()
    path.unlink()
    plugin.exit()
    assert "could not be removed" in bus.text


def test_a_relative_path_counts_from_where_the_plugin_was_made(bus, path, monkeypatch):
    monkeypatch.chdir(path.parent)
    plugin = PIDFile(bus, path.name)
    monkeypatch.chdir("/")
    plugin.start()
    assert path.exists()
    plugin.exit()
    assert not path.exists()


def test_a_directory_that_does_not_exist_fails(bus, tmp_path):
    with pytest.raises(FileNotFoundError):
        PIDFile(bus, tmp_path / "no" / "such.pid").start()
