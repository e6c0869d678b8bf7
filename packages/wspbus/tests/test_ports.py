import socket
import threading

import pytest

from cherrypy_wspbus import ports, servers


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def busy(listener):
    return listener.getsockname()[1]


@pytest.fixture
def free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_defaults_are_the_documented_ones():
    assert (ports.Timeouts.free, ports.Timeouts.occupied) == (1, 5)
    assert (servers.free_port_timeout, servers.occupied_port_timeout) == (0.1, 1.0)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("0.0.0.0", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("::", "::1"),
        ("::0", "::1"),
        ("::0.0.0.0", "::1"),
        ("10.0.0.1", "10.0.0.1"),
        ("localhost", "localhost"),
    ],
)
def test_the_host_to_connect_to(host, expected):
    assert servers.client_host(host) == expected


def test_a_free_port_is_found_free(free):
    servers.check_port("127.0.0.1", free)
    servers.wait_for_free_port("127.0.0.1", free, timeout=0)


def test_a_busy_port_is_found_busy(busy):
    with pytest.raises(OSError, match=f"Port {busy} is in use on 127.0.0.1"):
        servers.check_port("127.0.0.1", busy)
    with pytest.raises(OSError, match=f"Port {busy} not free on 0.0.0.0"):
        servers.wait_for_free_port("0.0.0.0", busy, timeout=0)


def test_an_occupied_port_is_found_occupied(busy):
    servers.wait_for_occupied_port("0.0.0.0", busy, timeout=0)


def test_a_port_that_stays_free_is_given_up(free):
    with pytest.raises(OSError, match=f"Port {free} not bound on 127.0.0.1 after 0.02 seconds"):
        servers.wait_for_occupied_port("127.0.0.1", free, timeout=0.02)


def test_the_default_timeouts_can_be_changed(monkeypatch, busy, free):
    monkeypatch.setattr(ports.Timeouts, "free", 0)
    monkeypatch.setattr(ports.Timeouts, "occupied", 0)
    with pytest.raises(OSError, match="not free"):
        servers.wait_for_free_port("127.0.0.1", busy)
    with pytest.raises(OSError, match="after 0 seconds"):
        servers.wait_for_occupied_port("127.0.0.1", free)


def test_a_port_that_becomes_free_is_waited_for(listener, busy):
    closing = threading.Timer(0.03, listener.close)
    closing.start()
    servers.wait_for_free_port("127.0.0.1", busy, timeout=20)
    closing.join()


def test_a_port_that_becomes_occupied_is_waited_for(free, in_thread):
    waiting = in_thread(servers.wait_for_occupied_port, "127.0.0.1", free, 20)
    with socket.create_server(("127.0.0.1", free)):
        waiting.finish()


@pytest.mark.parametrize(
    "function",
    [servers.check_port, servers.wait_for_free_port, servers.wait_for_occupied_port],
)
@pytest.mark.parametrize("host", ["", None])
def test_an_empty_host_is_refused(function, host):
    with pytest.raises(ValueError, match="Host values of '' or None are not allowed"):
        function(host, 80)


def test_nobody_listens_at_a_host_without_an_address(monkeypatch):
    def fail(*args, **kwargs):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert not ports.is_listening("no.such.host", 80, 1)
