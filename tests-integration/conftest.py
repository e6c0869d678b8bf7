"""What several integration tests share."""

from __future__ import annotations

import contextlib
import socket

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Request, TextMessage

PATIENCE = 20


class Client:
    """A WebSocket client on a socket."""

    def __init__(self, port, path):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.frames = WSConnection(ConnectionType.CLIENT)
        self.events = []
        self.send(Request(host=f"127.0.0.1:{port}", target=path))
        assert isinstance(self.next(), AcceptConnection)

    def send(self, event):
        self.socket.sendall(self.frames.send(event))

    def next(self):
        """Return the next event."""
        while not self.events:
            data = self.socket.recv(65536)
            self.frames.receive_data(data or None)
            self.events += self.frames.events()
        return self.events.pop(0)

    def next_text(self):
        """Return the next message, which may come in parts."""
        text, done = "", False
        while not done:
            event = self.next()
            assert isinstance(event, TextMessage), event
            text, done = text + event.data, event.message_finished
        return text


@pytest.fixture
def open_websocket():
    """Return a function that opens a WebSocket; all are closed at the end."""
    with contextlib.ExitStack() as stack:

        def client(port, path="/ws"):
            opened = Client(port, path)
            stack.enter_context(opened.socket)
            return opened

        yield client
