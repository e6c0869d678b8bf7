"""The tool `websocket`: the handshake, and what connection and handler exchange."""

from __future__ import annotations

import struct

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from cherrypy_core.serving import current
from cherrypy_tools.defaults import default_toolbox
from cherrypy_tools.websocket import Room, WebSocket
from cherrypy_tools.websocketsession import Session

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}


class Recorder(WebSocket):
    """Keeps what happens."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.events = []

    def opened(self):
        self.events.append("opened")

    def received_message(self, message):
        if message == "trouble":
            raise ValueError(message)
        self.events.append(message)

    def closed(self, code, reason=""):
        self.events.append((code, reason))


class FakeChannel:
    """What the server hands to the session."""

    remote_addr, remote_port = "127.0.0.1", 50000

    def __init__(self):
        self.sent, self.closed, self.alarm, self.broken = b"", False, None, False
        self.at_once = False

    def send(self, data):
        self.closed = self.closed or self.broken
        if self.closed:
            raise ConnectionError("gone")
        self.sent += data

    def close(self, *, at_once=False):
        self.closed, self.at_once = True, at_once

    def wake_after(self, seconds):
        self.alarm = seconds


class Pair:
    """A session with a WebSocket behind it, and a client in front of it."""

    def __init__(self, limit=100, interval=30):
        self.handler = Recorder({})
        self.session = Session(self.handler, limit, interval)
        self.channel = FakeChannel()
        self.client = Connection(ConnectionType.CLIENT)
        self.session.opened(self.channel)

    def say(self, *events):
        for event in events:
            self.session.received(self.client.send(event))

    def answers(self):
        data, self.channel.sent = self.channel.sent, b""
        self.client.receive_data(data)
        return list(self.client.events())


@pytest.fixture
def pair():
    return Pair()


class Root:
    def index(self, name="nobody", fail=None):
        if fail:
            raise ValueError(fail)
        current()[0].ws_handler.name = name
        return "a page that nobody sees"

    def spoken(self):
        return ""

    def welcome(self):
        return ""

    index.exposed = spoken.exposed = welcome.exposed = True


CONFIG = {
    "/": {"tools.websocket.on": True, "tools.websocket.handler_cls": Recorder},
    "/spoken": {"tools.websocket.protocols": ["v2", "v1"]},
    "/welcome": {"tools.websocket.origins": ["https://friend.example"]},
}


@pytest.fixture
def ask(serve):
    """Return a function that asks for an upgrade; it returns the answer and the session."""
    client = serve(Root(), CONFIG)

    def handshake(url="/", method="GET", able=True, **changes):
        sessions = []
        extra = {"cherrypy_httpserver.upgrade": sessions.append} if able else {}
        fields = {**HANDSHAKE, **{key.replace("_", "-"): value for key, value in changes.items()}}
        fields = {key: value for key, value in fields.items() if value is not None}
        answer = client.get(url, method, None, fields, **extra)
        return answer, sessions

    return handshake


def test_a_handshake_is_answered_with_the_proof_of_the_key(ask):
    answer, (session,) = ask("/?name=Ann")
    assert answer.status == 101
    assert answer["Upgrade"] == "websocket"
    assert answer["Connection"] == "Upgrade"
    # The example of RFC 6455 section 1.3.
    assert answer["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert answer["Content-Length"] is answer["Content-Type"] is None
    assert answer.body == b""
    assert session._handler.name == "Ann"
    assert session._handler.environ["PATH_INFO"] == "/"


def test_a_page_that_fails_is_not_upgraded(ask):
    answer, sessions = ask("/?fail=yes")
    assert (answer.status, sessions) == (500, [])


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Upgrade": None}, 426),
        ({"Upgrade": "h2c"}, 426),
        ({"method": "HEAD"}, 426),
        ({"Sec_WebSocket_Version": "8"}, 426),
        ({"Sec_WebSocket_Version": None}, 426),
        ({"Sec_WebSocket_Key": None}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=!"}, 400),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"able": False}, 501),
    ],
)
def test_a_wrong_handshake_is_refused(ask, changes, status):
    answer, sessions = ask(**changes)
    assert (answer.status, sessions) == (status, [])
    if "Sec_WebSocket_Version" in changes:
        assert answer["Sec-WebSocket-Version"] == "13"


def test_pages_of_the_same_site_may_connect(ask):
    assert ask(Origin="http://example.com")[0].status == 101


def test_pages_of_other_sites_may_connect_if_they_are_named(ask):
    assert ask("/welcome", Origin="https://friend.example")[0].status == 101
    assert ask("/welcome", Origin="https://other.example")[0].status == 403


def test_the_favourite_subprotocol_is_chosen(ask):
    answer, (session,) = ask("/spoken", Sec_WebSocket_Protocol="v1, v2")
    assert answer["Sec-WebSocket-Protocol"] == session._handler.protocol == "v2"
    answer, (session,) = ask("/spoken", Sec_WebSocket_Protocol="v9")
    assert answer["Sec-WebSocket-Protocol"] is session._handler.protocol is None


def test_text_is_text_and_bytes_are_bytes(pair):
    pair.say(TextMessage(data="grüezi"), BytesMessage(data=b"\x00\xff"))
    assert pair.handler.events == ["opened", "grüezi", b"\x00\xff"]
    pair.handler.send("ja")
    pair.handler.send(b"\x01")
    text, binary = pair.answers()
    assert (text.data, bytes(binary.data)) == ("ja", b"\x01")
    assert pair.handler.peer_address == ("127.0.0.1", 50000)


def test_a_message_in_parts_is_one_message(pair):
    pair.say(TextMessage(data="a", message_finished=False), TextMessage(data="b"))
    data = pair.client.send(TextMessage(data="drip"))
    for position in range(len(data)):
        pair.session.received(data[position : position + 1])
    assert pair.handler.events == ["opened", "ab", "drip"]


def test_small_and_empty_parts_do_not_pile_up():
    pair = Pair(limit=10_000)
    begin = pair.client.send(BytesMessage(data=b"", message_finished=False))
    more = pair.client.send(BytesMessage(data=b"a", message_finished=False))
    empty = pair.client.send(BytesMessage(data=b"", message_finished=False))
    pair.session.received(begin + more * 1000 + empty * 10_000)
    assert len(pair.session._parts) < 500
    pair.say(BytesMessage(data=b"b"))
    assert pair.handler.events == ["opened", b"a" * 1000 + b"b"]


def test_a_message_that_is_too_large_ends_it(pair):
    pair.say(BytesMessage(data=b"x" * 60, message_finished=False), BytesMessage(data=b"x" * 60))
    (goodbye,) = pair.answers()
    assert goodbye.code == 1009
    assert pair.channel.closed
    assert pair.session._parts == []


def test_a_length_that_is_only_announced_takes_no_memory(pair):
    pair.session.received(b"\x82\xff" + struct.pack(">Q", 1 << 40) + b"mask" + b"x" * 101)
    assert pair.answers()[0].code == 1009


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x03abc", 1002),  # without a mask
        (b"\x83\x80mask", 1002),  # an opcode that does not exist
        (b"\xf1\x80mask", 1002),  # reserved bits
        (b"\x81\x82\0\0\0\0\xff\xfe", 1007),  # no UTF-8
        (b"\x80\x80mask", 1002),  # a continuation of nothing
    ],
)
def test_what_is_no_frame_ends_it_with_the_reason(pair, data, code):
    pair.session.received(data)
    (goodbye,) = pair.answers()
    assert goodbye.code == code
    assert pair.channel.closed
    pair.session.closed(None)
    assert pair.handler.events[-1][0] == code


def test_pings_are_answered(pair):
    pair.say(Ping(payload=b"1"))
    assert pair.answers() == [Pong(payload=b"1")]


def test_a_client_that_says_goodbye_gets_it_back(pair):
    pair.say(CloseConnection(code=1001, reason="leaving"))
    assert pair.answers()[0].code == 1001
    assert pair.channel.closed
    pair.session.closed(None)
    assert pair.handler.events == ["opened", (1001, "leaving")]
    assert pair.handler.terminated


def test_our_goodbye_waits_for_that_of_the_client(pair):
    pair.handler.close(1000, "done" * 100)
    assert not pair.channel.closed
    assert pair.channel.alarm == 5
    (goodbye,) = pair.answers()
    assert goodbye.code == 1000
    assert len(goodbye.reason) == 123
    pair.say(goodbye.response())
    assert pair.channel.closed
    pair.session.closed(None)
    assert pair.handler.events[-1][0] == 1000
    with pytest.raises(ConnectionError):
        pair.handler.send("too late")


def test_a_client_that_does_not_answer_our_goodbye_is_cut_off(pair):
    pair.handler.close()
    pair.session.timed_out()
    assert pair.channel.closed
    assert pair.channel.at_once


def test_a_client_that_is_silent_is_pinged_and_then_given_up(pair):
    assert pair.channel.alarm == 30
    pair.session.timed_out()
    assert pair.answers() == [Ping(payload=b"")]
    pair.say(Pong(payload=b""))
    pair.session.timed_out()
    assert pair.answers() == [Ping(payload=b"")]
    pair.session.timed_out()
    assert pair.channel.at_once
    pair.session.closed(None)
    assert pair.handler.events[-1] == (1006, "")


def test_an_error_in_the_application_is_told_to_the_client_and_to_the_server(pair):
    with pytest.raises(ValueError, match="trouble"):
        pair.say(TextMessage(data="trouble"))
    assert pair.answers()[0].code == 1011


def test_a_connection_that_is_lost_is_no_error(pair):
    pair.channel.broken = True
    pair.say(Ping(payload=b"1"))
    pair.session.closed(ConnectionResetError())
    assert pair.handler.events[-1] == (1006, "")


def test_before_it_is_open_nothing_can_be_sent():
    handler = WebSocket()
    assert handler.terminated
    for attempt in (lambda: handler.send("x"), handler.ping):
        with pytest.raises(ConnectionError, match="not open"):
            attempt()
    handler.close()


def test_a_room_forgets_who_is_gone():
    room, pairs = Room(), [Pair() for _ in range(3)]
    for pair in pairs:
        room.add(pair.handler)
    pairs[1].channel.broken = True
    room.broadcast("all")
    assert [pair.answers() for pair in pairs] == [
        [TextMessage(data="all")], [], [TextMessage(data="all")]
    ]  # fmt: skip
    assert len(room) == 2
    room.discard(pairs[0].handler)
    assert list(room) == [pairs[2].handler]


def test_the_tool_is_in_the_toolbox():
    assert default_toolbox().websocket.callable.__name__ == "websocket"
