"""What `--bind` takes, and the sockets that are made of it."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from cherryd import CommandError
from cherryd.binds import Bind, apply_binds, open_socket, parse_bind, servers_of

unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets")


@pytest.mark.parametrize(
    ("text", "bind"),
    [
        ("127.0.0.1:80", Bind(("127.0.0.1", 80))),
        ("[::1]:0", Bind(("::1", 0))),
        ("unix:/run/x", Bind("/run/x")),
        ("unix:/run/x,mode=660", Bind("/run/x", 0o660)),
        ("unix:@abstract", Bind("@abstract")),
        ("unix:a,mode=1,mode=0", Bind("a,mode=1", 0)),
    ],
)
def test_an_address_is_read(text, bind):
    assert parse_bind(text) == bind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "h:99999",
        "unix:",
        "unix:x,mode=",
        "unix:x,mode=999",
        "unix:x,mode=7777",
        "h:1,mode=7",
        "unix:@x,mode=7",
        "unix:x,mode=-1",
    ],
)
def test_a_wrong_address_is_told_in_one_line(text):
    with pytest.raises(CommandError, match=r"^--bind: [^\n]+$") as caught:
        parse_bind(text)
    assert caught.value.code == 2


def test_a_site_listens_on_every_address_with_the_same_settings(site):
    site.server.thread_pool = 3
    site.server.app = print
    site.server.subscribe()
    apply_binds(site, [parse_bind("127.0.0.1:0"), parse_bind("unix:x")])
    servers = servers_of(site.bus)
    assert [server.bind_addr for server in servers] == [("127.0.0.1", 0), "x"]
    assert {(server.thread_pool, server.app) for server in servers} == {(3, print)}


@unix
def test_a_socket_file_has_the_mode_that_was_asked_for(tmp_path):
    path = str(tmp_path / "s")
    with open_socket(Bind(path, 0o640)):
        status = Path(path).stat()
        assert stat.S_ISSOCK(status.st_mode)
        assert stat.S_IMODE(status.st_mode) == 0o640


@unix
def test_a_stale_socket_file_is_replaced(tmp_path):
    path = str(tmp_path / "s")
    open_socket(Bind(path)).close()
    with open_socket(Bind(path)), socket.socket(socket.AF_UNIX) as client:
        client.connect(path)


@unix
def test_a_file_that_is_in_use_is_left_alone(tmp_path):
    plain, busy = tmp_path / "plain", str(tmp_path / "busy")
    plain.write_text("precious")
    with pytest.raises(OSError, match="not a socket"):
        open_socket(Bind(str(plain)))
    assert plain.read_text() == "precious"
    with open_socket(Bind(busy)), pytest.raises(OSError, match="another server"):
        open_socket(Bind(busy))


def test_a_busy_port_is_named():
    with open_socket(Bind(("127.0.0.1", 0))) as first:
        address = first.getsockname()
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{address[1]}: ") as caught:
            open_socket(Bind(address))
    assert caught.value.errno
