"""What systemd passes on and what it is told, with real sockets on both sides."""

import os
import socket

import pytest

from cherrypy_wspbus.systemd import activated_sockets, notify, reloading, watchdog_interval


def environ(count, names=None, pid=None):
    variables = {"LISTEN_PID": str(pid or os.getpid()), "LISTEN_FDS": str(count)}
    return variables if names is None else {**variables, "LISTEN_FDNAMES": names}


def test_without_systemd_there_is_nothing():
    assert activated_sockets({}) == []
    assert notify("READY=1", environ={}) is False
    assert watchdog_interval({}) is None


def test_sockets_have_their_names():
    found = activated_sockets(environ(2, "web:admin"))
    assert [(each.name, each.fd) for each in found] == [("web", 3), ("admin", 4)]


@pytest.mark.parametrize("names", [None, "", "one", "one:two:three"])
def test_sockets_without_names_or_with_a_wrong_number_of_them_are_unknown(names):
    assert [each.name for each in activated_sockets(environ(2, names))] == ["unknown"] * 2


def test_the_sockets_of_another_process_are_not_ours():
    assert activated_sockets(environ(1, pid=os.getpid() + 1)) == []


def test_an_activated_socket_survives_the_object_made_for_it():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        (found,) = activated_sockets(environ(1))
        found.fd = listening.fileno()
        for _ in range(2):
            with found.open() as opened:
                assert opened.getsockname() == listening.getsockname()
        assert repr(found) == f"ActivatedSocket('unknown', {listening.fileno()})"


def test_a_notification_is_one_datagram(manager):
    assert notify("READY=1", "STATUS=two\nlines", environ=manager.environ)
    assert manager.receive() == ["READY=1", "STATUS=two lines"]


def test_an_abstract_address_is_written_with_an_at_sign():
    name = f"wspbus-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(f"\0{name}")
        server.settimeout(10)
        assert notify("READY=1", environ={"NOTIFY_SOCKET": f"@{name}"})
        assert server.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", ["/does/not/exist", "relative", "vsock:2:1234"])
def test_a_manager_that_cannot_be_reached_is_no_error(address):
    assert notify("READY=1", environ={"NOTIFY_SOCKET": address}) is False


def test_a_reload_is_announced_with_the_time():
    state, when = reloading()
    assert state == "RELOADING=1"
    assert when.removeprefix("MONOTONIC_USEC=").isdigit()


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({"WATCHDOG_USEC": "3000000"}, 3),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": str(os.getpid())}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdogs_interval_is_in_seconds(variables, seconds):
    assert watchdog_interval(variables) == seconds
