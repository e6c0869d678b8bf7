import os

import pytest

from cherrypy_wspbus import SetupError
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
    assert f"Replacing the stale PID file '{path}' of process 999999999999." in bus.text


@pytest.mark.parametrize("junk", [b"", b"\n", b"\xff\x00 not a number " * 100])
def test_whatever_a_stale_file_contains_is_replaced(bus, path, junk):
    path.write_bytes(junk)
    PIDFile(bus, path).start()
    assert path.read_text() == f"{os.getpid()}\n"


def test_the_id_of_a_living_process_without_the_lock_is_stale(bus, path):
    # As after a reboot, when somebody else has got the number.
    path.write_text(f"{os.getppid()}\n")
    PIDFile(bus, path).start()
    assert path.read_text() == f"{os.getpid()}\n"


@pytest.mark.slow
def test_the_file_of_a_process_that_runs_is_refused_until_that_is_killed(bus, path, spawn, script):
    process = spawn(
        script(f"""
        plugins.PIDFile(bus, {str(path)!r}).subscribe()
        bus.start()
        bus.block()
        """)
    )
    process.expect("Bus STARTED")
    with pytest.raises(SetupError, match=f"belongs to a process that runs, {process.pid}: stop"):
        PIDFile(bus, path).start()
    assert path.read_text() == f"{process.pid}\n"
    process.kill()
    process.wait()
    PIDFile(bus, path).start()
    assert path.read_text() == f"{os.getpid()}\n"


@pytest.mark.slow
def test_a_second_process_says_why_it_does_not_start_and_ends_with_code_70(
    path, spawn, run, script
):
    service = script(f"""
        plugins.PIDFile(bus, {str(path)!r}).subscribe()
        bus.start()
        bus.block()
        """)
    process = spawn(service)
    process.expect("Bus STARTED")
    second = run(service)
    assert second.returncode == 70
    assert second.stdout.count("LOG 40") == 1
    assert f"LOG 40 The PID file '{path}' belongs to a process that runs" in second.stdout
    assert "Traceback" not in second.stdout
    assert path.read_text() == f"{process.pid}\n"


def test_a_file_that_its_owner_has_just_removed_is_made_again(bus, path, monkeypatch):
    path.write_text("1\n")
    stat = os.stat
    calls = []

    def removed_meanwhile(name, **options):
        if not calls:
            calls.append(name)
            path.unlink()
        return stat(name, **options)

    monkeypatch.setattr(os, "stat", removed_meanwhile)
    PIDFile(bus, path).start()
    monkeypatch.undo()
    assert path.read_text() == f"{os.getpid()}\n"


def test_the_file_stays_for_the_process_that_replaces_this_one(bus, path):
    plugin = PIDFile(bus, path)
    plugin.subscribe()
    bus.start()
    bus.restart()
    assert path.read_text() == f"{os.getpid()}\n"
    bus.start()
    bus.exit()
    assert not path.exists()


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="needs the superuser")
def test_a_service_that_has_dropped_its_privileges_keeps_its_pid_file_and_port(run_for_everyone):
    result = run_for_everyone(r"""
        import socket
        from cherrypy_wspbus.servers import ServerAdapter

        class Server:
            listening_socket, address_stays, ready = None, False, False

            def start(self):
                self.socket = self.listening_socket
                if self.socket is None:
                    self.socket = socket.create_server(("127.0.0.1", PORT))
                self.ready = True

            def stop(self):
                self.ready = False
                self.socket.close()

        PORT = 905
        plugins.PIDFile(bus, "service.pid").subscribe()
        plugins.DropPrivileges(bus, uid=12345, gid=12346).subscribe() if os.getuid() == 0 else 0
        ServerAdapter(bus, Server(), ("127.0.0.1", PORT)).subscribe()
        bus.start()
        print("USER", os.getuid(), open("service.pid").read() == f"{os.getpid()}\n", flush=True)
        second = "SECOND_RUN" in os.environ
        os.environ["SECOND_RUN"] = "1"
        bus.exit() if second else bus.restart()
        bus.block()
        """)
    assert result.stdout.count("USER 12345 True") == 2, result.stdout
    assert result.returncode == 0


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
    with pytest.raises(SetupError, match=r"^Cannot write the PID file '.*': No such file"):
        PIDFile(bus, tmp_path / "no" / "such.pid").start()
