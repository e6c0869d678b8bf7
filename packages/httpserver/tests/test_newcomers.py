import socket
import sys

import pytest

from cherrypy_httpserver.listening import heed_newcomers, ignore_newcomers


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can ignore them")
def test_who_waits_is_served_and_who_comes_later_is_ignored():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        with socket.create_connection(address, 5) as waiting:
            waiting.sendall(b"first")
            ignore_newcomers(listening)
            with socket.socket() as late:
                late.settimeout(0.1)
                with pytest.raises(TimeoutError):
                    late.connect(address)
            accepted, _ = listening.accept()
            with accepted:
                waiting.sendall(b", more")
                assert accepted.recv(5) + accepted.recv(6, socket.MSG_WAITALL) == b"first, more"
                accepted.sendall(b"answer")
                assert waiting.recv(6, socket.MSG_WAITALL) == b"answer"
            # Nobody else has the socket: the filter stays until it is closed.
            heed_newcomers(listening)
            with socket.socket() as late:
                late.settimeout(0.1)
                with pytest.raises(TimeoutError):
                    late.connect(address)
            with listening.dup():
                heed_newcomers(listening)
            with socket.create_connection(address, 5):
                listening.accept()[0].close()


def test_a_unix_socket_is_left_as_it_is(tmp_path):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        ignore_newcomers(listening)
        heed_newcomers(listening)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "s"))
