import errno
import socket
import threading

import pytest

from cherrypy_wspbus import ChannelFailures, SetupError, servers, states
from cherrypy_wspbus.servers import ServerAdapter


class Server:
    """Accepts connections until it is stopped."""

    def __init__(self, address=("127.0.0.1", 0), family=socket.AF_INET):
        self.address = address
        self.family = family
        self.socket = None
        self.leaving = threading.Event()
        self.error = None

    def listen(self):
        self.socket = socket.socket(self.family)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self.socket.bind(self.address)
        except OSError:
            self.socket.close()
            raise
        self.socket.listen()

    def start(self):
        self.leaving.clear()
        self.listen()
        try:
            self.leaving.wait(20)
        finally:
            self.socket.close()
        if self.error is not None:
            raise self.error

    def stop(self):
        self.leaving.set()


class ReadyServer(Server):
    ready = False

    def listen(self):
        super().listen()
        self.ready = True

    def stop(self):
        self.ready = False
        super().stop()


class Returning(Server):
    """Its start() does not serve, it leaves that to somebody else and returns."""

    def start(self):
        self.listen()

    def stop(self):
        self.socket.close()


@pytest.fixture
def free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("kind", [Server, ReadyServer, Returning])
def test_a_server_starts_and_stops_with_the_bus(bus, free, kind):
    server = kind(("127.0.0.1", free))
    adapter = ServerAdapter(bus, server, ("127.0.0.1", free))
    adapter.subscribe()
    bus.start()
    assert adapter.running
    socket.create_connection(("127.0.0.1", free), timeout=20).close()
    assert (20, f"Serving on http://127.0.0.1:{free}") in bus.lines
    bus.stop()
    assert not adapter.running
    assert (20, f"HTTP Server {server} shut down") in bus.lines
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", free), timeout=20)


def test_the_priorities_are_the_documented_ones():
    assert ServerAdapter.start.priority == 75
    assert ServerAdapter.stop.priority == 25


def test_a_new_adapter_is_idle(bus):
    adapter = ServerAdapter(bus)
    assert (adapter.httpserver, adapter.bind_addr, adapter.interrupt) == (None, None, None)
    assert adapter.running is False


def test_an_adapter_can_leave_the_bus(bus):
    adapter = ServerAdapter(bus, Server())
    adapter.unsubscribe()
    adapter.subscribe()
    adapter.unsubscribe()
    bus.start()
    assert not adapter.running


def test_the_port_chosen_by_the_system_is_known(bus):
    server = ReadyServer()
    adapter = ServerAdapter(bus, server, ("127.0.0.1", 0))
    assert adapter.bound_addr == ("127.0.0.1", 0)
    adapter.start()
    port = server.socket.getsockname()[1]
    assert adapter.bound_addr == ("127.0.0.1", port)
    assert adapter.description == f"http://127.0.0.1:{port}"
    adapter.stop()
    assert adapter.bound_addr == ("127.0.0.1", 0)


def test_the_port_may_come_from_the_servers_own_address(bus):
    server = ReadyServer()
    server.bind_addr = ("127.0.0.1", 4711)
    assert ServerAdapter(bus, server, ("127.0.0.1", 0)).bound_addr == ("127.0.0.1", 4711)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (None, "unknown interface (dynamic?)"),
        ("/tmp/x.sock", "socket file: /tmp/x.sock"),
        ("@abstract", "socket file: @abstract"),
        (("127.0.0.1", 80), "http://127.0.0.1"),
        (("0.0.0.0", 8080), "http://0.0.0.0:8080"),
        (("127.0.0.1", 443), "http://127.0.0.1:443"),
        (("::1", 8080), "http://[::1]:8080"),
    ],
)
def test_the_description_says_where_the_server_is(bus, address, expected):
    adapter = ServerAdapter(bus, object(), address)
    assert adapter.description == expected
    assert adapter.bound_addr == address


def test_a_server_with_tls_is_described_so(bus):
    server = Server()
    server.ssl_adapter = object()
    assert ServerAdapter(bus, server, ("h", 443)).description == "https://h"
    assert ServerAdapter(bus, server, ("h", 8443)).description == "https://h:8443"


def test_starting_and_stopping_twice_is_harmless(bus):
    adapter = ServerAdapter(bus, ReadyServer(), ("127.0.0.1", 0))
    adapter.start()
    adapter.start()
    assert "Already serving on http://127.0.0.1:" in bus.text
    adapter.stop()
    adapter.stop()
    assert "already shut down" in bus.text


def test_a_server_can_be_restarted(bus, free):
    adapter = ServerAdapter(bus, ReadyServer(("127.0.0.1", free)), ("127.0.0.1", free))
    adapter.start()
    adapter.restart()
    assert adapter.running
    socket.create_connection(("127.0.0.1", free), timeout=20).close()
    adapter.stop()


def test_without_a_server_there_is_nothing_to_start(bus):
    with pytest.raises(ValueError, match="No HTTP server has been created"):
        ServerAdapter(bus).start()


def test_a_busy_port_is_reported_in_one_line(bus, monkeypatch):
    monkeypatch.setattr(servers.Timeouts, "free", 0.02)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        adapter = ServerAdapter(bus, Server(), ("127.0.0.1", port))
        adapter.subscribe()
        with pytest.raises(ChannelFailures) as failed:
            bus.start()
    (error,) = failed.value.get_instances()
    message = f"Cannot serve on http://127.0.0.1:{port}: port {port} is in use on '127.0.0.1'."
    assert isinstance(error, SetupError)
    assert str(error) == message
    assert [line for line in bus.lines if line[0] >= 30] == [(40, message)]
    assert not adapter.running


def test_an_address_that_cannot_be_listened_on_is_reported_in_one_line(bus):
    server = ReadyServer(("192.0.2.1", 0))
    adapter = ServerAdapter(bus, server, ("192.0.2.1", 0))
    with pytest.raises(
        SetupError, match=r"Cannot serve on http://192.0.2.1:0: .* address"
    ) as caught:
        adapter.start()
    assert caught.value.errno == errno.EADDRNOTAVAIL
    assert isinstance(adapter.interrupt, OSError)


@pytest.mark.parametrize("command", ["start", "stop"])
def test_only_one_of_many_threads_starts_or_stops_a_server(bus, in_thread, command):
    calls = []
    go_on = threading.Event()

    class Slow(ReadyServer):
        def start(self):
            calls.append("start")
            if command == "start":
                go_on.wait(20)
            super().start()

        def stop(self):
            calls.append("stop")
            if command == "stop":
                go_on.wait(20)
            super().stop()

    adapter = ServerAdapter(bus, Slow(), ("127.0.0.1", 0))
    if command == "stop":
        adapter.start()
    first = in_thread(getattr(adapter, command))
    while calls[-1:] != [command]:
        pass
    for other in [in_thread(getattr(adapter, command)) for _ in range(3)]:
        other.finish()
    go_on.set()
    first.finish()
    assert calls.count(command) == 1
    assert adapter.running is (command == "start")
    adapter.stop()


def test_a_server_that_is_stopped_while_another_thread_starts_it_does_not_stay(bus, in_thread):
    starting, go_on = threading.Event(), threading.Event()

    class Slow(ReadyServer):
        def listen(self):
            starting.set()
            go_on.wait(20)
            super().listen()

    adapter = ServerAdapter(bus, Slow(), ("127.0.0.1", 0))
    thread = in_thread(adapter.start)
    assert starting.wait(20)
    adapter.stop()
    go_on.set()
    thread.finish()
    assert not adapter.running
    assert adapter._thread is None or adapter._returned.wait(20)


def test_the_check_of_the_port_can_be_replaced_by_the_application(bus, free, monkeypatch):
    asked = []
    monkeypatch.setattr(servers, "wait_for_free_port", lambda *args: asked.append(args))
    adapter = ServerAdapter(bus, ReadyServer(("127.0.0.1", free)), ("127.0.0.1", free))
    adapter.start()
    adapter.stop()
    assert asked == [("127.0.0.1", free)]


def test_a_socket_that_systemd_passes_on_is_no_busy_port(bus, monkeypatch):
    # The server of this test takes it by itself, as cheroot's does.
    with socket.create_server(("127.0.0.1", 0)) as passed:
        monkeypatch.setattr(bus.sockets, "activated", lambda *_: passed.dup())
        server = ReadyServer()
        adapter = ServerAdapter(bus, server, passed.getsockname())
        adapter.start()
        assert adapter.running
        adapter.stop()


def test_a_unix_socket_is_waited_for(bus, tmp_path):
    path = str(tmp_path / "s")
    adapter = ServerAdapter(bus, Server(path, socket.AF_UNIX), path)
    adapter.start()
    assert adapter.running
    assert (20, f"Serving on socket file: {path}") in bus.lines
    adapter.stop()


def test_a_server_without_an_address_is_not_waited_for(bus):
    adapter = ServerAdapter(bus, Server())
    adapter.start()
    assert adapter.running
    assert (20, "Serving on unknown interface (dynamic?)") in bus.lines
    adapter.stop()


class Failing(Server):
    def __init__(self, error):
        super().__init__()
        self.failure = error

    def start(self):
        raise self.failure


class FailingReady(Failing):
    ready = False


@pytest.mark.parametrize("kind", [Failing, FailingReady])
@pytest.mark.parametrize("error", [ValueError("nope"), KeyboardInterrupt(), SystemExit(3)])
def test_an_error_at_the_start_is_raised_where_the_server_was_started(bus, free, kind, error):
    adapter = ServerAdapter(bus, kind(error), ("127.0.0.1", free))
    with pytest.raises(type(error)) as caught:
        adapter.start()
    assert caught.value is error
    assert adapter.interrupt is error
    assert not adapter.running


def test_a_server_that_cannot_start_makes_the_start_of_the_bus_fail(bus, free):
    adapter = ServerAdapter(bus, FailingReady(ValueError("nope")), ("127.0.0.1", free))
    adapter.subscribe()
    with pytest.raises(ChannelFailures, match="nope"):
        bus.start()
    assert bus.codes == [70]
    assert "ValueError: nope" in bus.text


def test_a_port_that_never_answers_is_given_up_and_the_server_stopped(bus, free, monkeypatch):
    monkeypatch.setattr(servers.Timeouts, "occupied", 0.02)
    server = Server()
    adapter = ServerAdapter(bus, server, ("127.0.0.1", free))
    with pytest.raises(OSError, match=f"Nobody answers on http://127.0.0.1:{free} after 0.02 s"):
        adapter.start()
    assert server.leaving.is_set()
    assert not adapter.running


def test_a_server_that_cannot_even_be_stopped_does_not_hide_why(bus, free, monkeypatch):
    monkeypatch.setattr(servers.Timeouts, "occupied", 0.02)
    server = Server()

    def stop():
        server.leaving.set()
        raise ValueError("cannot")

    server.stop = stop
    adapter = ServerAdapter(bus, server, ("127.0.0.1", free))
    with pytest.raises(OSError, match="Nobody answers"):
        adapter.start()
    assert "The HTTP server cannot be stopped" in bus.text


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("late"), "Error in HTTP server http://127.0.0.1:"),
        (KeyboardInterrupt(), "<Ctrl-C> hit: shutting down HTTP server"),
        (SystemExit(3), "SystemExit raised: shutting down HTTP server"),
    ],
)
def test_an_error_of_a_running_server_exits_the_bus(bus, error, line):
    server = ReadyServer()
    adapter = ServerAdapter(bus, server, ("127.0.0.1", 0))
    adapter.subscribe()
    bus.start()
    server.error = error
    server.leaving.set()
    bus.block()
    assert bus.state is states.EXITING
    assert adapter.interrupt is error
    assert not adapter.running
    assert line in bus.text
    assert ("ValueError: late" in bus.text) == isinstance(error, ValueError)


def test_wait_can_be_called_before_the_server_is_started(bus, in_thread):
    adapter = ServerAdapter(bus, None, ("127.0.0.1", 0))
    waiting = in_thread(adapter.wait)
    adapter.httpserver = ReadyServer()
    adapter.start()
    waiting.finish()
    adapter.stop()


def test_wait_raises_what_ended_the_server(bus):
    adapter = ServerAdapter(bus, FailingReady(ValueError("nope")), ("127.0.0.1", 0))
    with pytest.raises(ValueError, match="nope"):
        adapter.start()
    with pytest.raises(ValueError, match="nope"):
        adapter.wait()


def test_several_servers_can_be_on_one_bus(bus):
    adapters = [ServerAdapter(bus, ReadyServer(), ("127.0.0.1", 0)) for _ in range(3)]
    for adapter in adapters:
        adapter.subscribe()
    bus.start()
    assert len({adapter.bound_addr for adapter in adapters}) == 3
    bus.stop()
    assert not any(adapter.running for adapter in adapters)


@pytest.mark.slow
def test_a_process_says_that_its_port_is_busy_and_ends_with_code_70(run, script):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        path = script(f"""
            class Server:
                def start(self): pass
                def stop(self): pass

            servers.Timeouts.free = 0.05
            servers.ServerAdapter(bus, Server(), ("127.0.0.1", {port})).subscribe()
            bus.start()
            """)
        result = run(path)
    assert result.returncode == 70
    line = f"LOG 40 Cannot serve on http://127.0.0.1:{port}: port {port} is in use on '127.0.0.1'."
    assert line in result.stdout.splitlines()
