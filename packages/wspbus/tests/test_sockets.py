"""Sockets from systemd and from one process to the next, looked at within one process."""

import os
import socket
from pathlib import Path

import pytest

from cherrypy_wspbus import sockets
from cherrypy_wspbus.servers import ServerAdapter
from cherrypy_wspbus.sockets import VARIABLE, InheritedSockets, address_key


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def open_files():
    """Tell which descriptors have been opened since the test began."""

    def numbers():
        names = [path.name for path in Path("/proc/self/fd").iterdir()]
        return {int(name) for name in names if _is_open(int(name))}

    before = numbers()
    return lambda: numbers() - before


def _is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


@pytest.fixture
def activate(monkeypatch):
    """Have systemd pass sockets, given as name=socket; the numbers are those they have."""

    def activate(**passed):
        found = [
            sockets.activated_sockets({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"})[0]
            for _ in passed
        ]
        for each, (name, passed_socket) in zip(found, passed.items(), strict=True):
            each.name, each.fd = name, passed_socket.fileno()
        monkeypatch.setattr(sockets, "activated_sockets", lambda _: found)

    return activate


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (("127.0.0.1", 80), "127.0.0.1:80"),
        (("", 0), ":0"),
        ((None, None), ":"),
        ("/run/a.sock", "/run/a.sock"),
        (None, ""),
    ],
)
def test_an_address_is_written_as_text(address, key):
    assert address_key(address) == key


def test_a_bus_without_inheritance_has_no_sockets(bus):
    assert bus.sockets.take(("127.0.0.1", 80)) is None
    assert bus.sockets.unused() == []
    assert bus.sockets.kept_files == set()


@pytest.mark.parametrize("pid", [None, os.getpid()], ids=["any process", "this process"])
@pytest.mark.parametrize("address", [("127.0.0.1", 0), "/run/odd;na=me%.sock"])
def test_a_socket_goes_from_one_process_to_the_next(listening, open_files, address, pid):
    before = InheritedSockets({})
    before.keep(address, listening)
    environ = {VARIABLE: before.variable(pid)}

    after = InheritedSockets(environ)
    assert after.take(("127.0.0.1", 1)) is None
    with after.take(address) as taken:
        assert taken.getsockname() == listening.getsockname()
        assert not taken.get_inheritable()
        assert after.take(address) is None
    assert not open_files()


def test_several_sockets_of_one_address_are_taken_one_by_one(listening):
    with socket.create_server(("127.0.0.1", 0)) as other:
        before = InheritedSockets({})
        for each in (listening, other):
            before.keep(("127.0.0.1", 0), each)
        after = InheritedSockets({VARIABLE: before.variable()})
        taken = [after.take(("127.0.0.1", 0)) for _ in range(3)]
        ports = [each.getsockname()[1] for each in taken[:2]]
        assert ports == [each.getsockname()[1] for each in (listening, other)]
        assert taken[2] is None
        for each in taken[:2]:
            each.close()


def test_what_is_meant_for_another_process_is_left_alone(listening, open_files):
    before = InheritedSockets({})
    before.keep("a", listening)
    after = InheritedSockets({VARIABLE: before.variable(os.getpid() + 1)})
    assert after.take("a") is None
    after.discard()
    assert open_files() == before.kept_files
    before.discard()
    assert not open_files()


def test_what_nobody_takes_is_closed(listening, open_files):
    before = InheritedSockets({})
    before.keep("a", listening)
    environ = {VARIABLE: before.variable()}
    InheritedSockets(environ).discard()
    assert not open_files()
    assert environ == {}


@pytest.mark.parametrize(
    "value", ["", "*", "*;", "*;a", "*;a=", "*;a=-1", "*;a=99999", "*;a=99999999999", "x;y=z;="]
)
def test_nonsense_in_the_environment_is_ignored(value):
    inherited = InheritedSockets({VARIABLE: value})
    assert inherited.take("a") is None
    inherited.discard()


def test_what_is_kept_is_found_again_in_the_same_process(listening):
    inherited = InheritedSockets({})
    inherited.keep("a", listening)
    with inherited.take("a") as taken:
        assert taken.getsockname() == listening.getsockname()
    assert inherited.kept_files == set()


def test_systemds_sockets_are_chosen_by_name(bus, activate):
    with (
        socket.create_server(("127.0.0.1", 0)) as web,
        socket.create_server(("127.0.0.1", 0)) as admin,
    ):
        activate(web=web, admin=admin)
        for name, expected in (("admin", admin), ("web", web), ("admin", admin)):
            with bus.sockets.take(("127.0.0.1", 80), name) as taken:
                assert taken.getsockname() == expected.getsockname()
        assert bus.sockets.take(("127.0.0.1", 80), "nobody") is None


def test_systemds_sockets_are_chosen_by_address(bus, activate):
    with (
        socket.create_server(("127.0.0.1", 0)) as first,
        socket.create_server(("0.0.0.0", 0)) as second,
    ):
        activate(a=first, b=second)
        assert [each.name for each in bus.sockets.unused()] == ["a", "b"]
        with bus.sockets.take(("", second.getsockname()[1])) as taken:
            assert taken.getsockname() == second.getsockname()
        assert [each.name for each in bus.sockets.unused()] == ["a"]
        with bus.sockets.take(("localhost", first.getsockname()[1])) as taken:
            assert taken.getsockname() == first.getsockname()


def test_a_unix_socket_of_systemd_is_known_by_its_path(bus, activate, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as abstract:
        named.bind("web.sock")
        abstract.bind(f"\0wspbus-{os.getpid()}")
        activate(a=named, b=abstract)
        with bus.sockets.take(f"@wspbus-{os.getpid()}") as taken:
            assert taken.fileno() != abstract.fileno()
            assert taken.getsockname() == abstract.getsockname()
        with bus.sockets.take("web.sock") as taken:
            assert taken.getsockname() == "web.sock"


def test_systemds_first_socket_is_for_whoever_finds_none_of_its_own(bus, activate, listening):
    activate(web=listening)
    for _ in range(2):
        with bus.sockets.take(("127.0.0.1", 8080)) as taken:
            assert taken.getsockname() == listening.getsockname()
    assert bus.sockets.take(("127.0.0.1", 8081)) is None


class Server:
    listening_socket = None
    address_stays = False
    ready = False
    socket = None

    def start(self):
        self.socket = self.listening_socket or socket.create_server(("127.0.0.1", 0))
        self.ready = True

    def stop(self):
        self.socket.close()
        self.ready = False


class OldServer(Server):
    """Knows nothing of inherited sockets."""

    listening_socket = property()

    def start(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.ready = True


def test_an_adapter_gives_its_server_the_socket_of_systemd(bus, activate, listening):
    activate(web=listening)
    adapter = ServerAdapter(bus, Server(), ("127.0.0.1", 0))
    adapter.subscribe()
    bus.start()
    assert adapter.httpserver.socket.getsockname() == listening.getsockname()
    assert adapter.httpserver.address_stays
    bus.execv = True
    bus.exit()
    assert bus.sockets.kept_files == set()


def test_a_server_hands_its_socket_on_when_the_process_is_replaced(bus, open_files):
    adapter = ServerAdapter(bus, Server(), ("127.0.0.1", 0))
    adapter.subscribe()
    bus.start()
    address = adapter.httpserver.socket.getsockname()
    bus.restart()
    (kept,) = bus.sockets.kept_files
    assert adapter.httpserver.address_stays
    with socket.create_connection(address):
        pass
    # Not replaced, but started once more: the same socket.
    bus.start()
    assert adapter.httpserver.socket.getsockname() == address
    assert not adapter.httpserver.address_stays
    bus.exit()
    assert open_files() == set()
    assert kept not in bus.sockets.kept_files


def test_nothing_is_handed_on_when_the_bus_only_stops_or_exits(bus):
    adapter = ServerAdapter(bus, Server(), ("127.0.0.1", 0))
    adapter.subscribe()
    bus.start()
    bus.stop()
    assert bus.sockets.kept_files == set()


def test_a_server_that_cannot_inherit_makes_its_own_socket(bus, activate, listening, open_files):
    activate(web=listening)
    adapter = ServerAdapter(bus, OldServer(), ("127.0.0.1", 0))
    adapter.subscribe()
    bus.start()
    assert adapter.httpserver.socket.getsockname() != listening.getsockname()
    bus.restart()
    assert bus.sockets.kept_files == set()
    assert open_files() == set()


def test_servers_of_one_address_are_told_apart_by_name(listening):
    with socket.create_server(("127.0.0.1", 0)) as other:
        inherited = InheritedSockets({})
        inherited.keep(("127.0.0.1", 0), listening, "web")
        inherited.keep(("127.0.0.1", 0), other, "admin")
        assert inherited.take_over(("127.0.0.1", 0)) is None
        with inherited.take_over(("127.0.0.1", 0), "admin") as found:
            assert found.getsockname() == other.getsockname()
        with inherited.take(("127.0.0.1", 0), "web") as found:
            assert found.getsockname() == listening.getsockname()
