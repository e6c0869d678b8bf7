"""The dispatcher for XML-RPC clients."""

import pytest

from cherrypy_core.expose import expose
from cherrypy_dispatch import MethodDispatcher, XMLRPCDispatcher


@pytest.fixture
def client(site, show):
    class Calls:
        default = show("calls")

    class Root:
        index = show("index")
        default = show("root")
        calls = Calls()

    return site(Root(), dispatch=XMLRPCDispatcher())


@pytest.mark.parametrize(
    ("path", "called"),
    [
        ("/RPC2", ("index",)),
        ("/RPC2/", ("index",)),
        ("/RPC2/x", ("root", "x")),
        ("/RPC2/calls", ("calls",)),
        ("/calls", ("calls",)),
        ("/calls/", ("calls",)),
        ("/calls/x/RPC2", ("calls", "x", "RPC2")),
        ("/", ("index",)),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_path_of_the_protocol_is_taken_off(client, method, path, called):
    assert client(path, method).called == called


def test_a_call_is_never_redirected_for_a_slash(client):
    assert client("/calls", "POST").request.is_index is None
    assert client("/calls", "GET").request.is_index is True


def test_any_dispatcher_may_follow(site):
    class Root:
        exposed = True

        def POST(self):
            return b"posted"

    client = site(Root(), dispatch=XMLRPCDispatcher(MethodDispatcher()))
    assert client("/RPC2", "POST").text == "posted"
    assert client("/RPC2", "PUT").status == 405


def test_what_the_next_dispatcher_raises_is_the_answer(site):
    class Root:
        @expose
        def page(self):
            return b""

    assert site(Root(), dispatch=XMLRPCDispatcher())("/RPC2/nowhere", "POST").status == 404
