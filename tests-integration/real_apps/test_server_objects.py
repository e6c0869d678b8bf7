"""`_cpserver.Server`: a second port, and a subclass that is the root of an application too."""

import http.client

import cherrypy
from cherrypy._cpserver import Server


class Pages:
    @cherrypy.expose
    def index(self):
        return "page"


class Agents(Server):
    """A server for agents, which serves itself: attributes of the server are no pages."""

    def __init__(self, known):
        super().__init__()
        self.known = known
        self.socket_host = "127.0.0.1"
        self.socket_port = 0
        self.ssl_certificate = self.ssl_private_key = None

    def _cp_dispatch(self, vpath):
        name = vpath.pop(0)
        cherrypy.request.params["agent"] = name
        return Host() if name in self.known else None


class Host:
    @cherrypy.expose
    def index(self, agent):
        return f"agent {agent}"


def ask(address, path="/"):
    connection = http.client.HTTPConnection(*address[:2], timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_a_server_may_be_the_root_of_an_application(mount):
    client = mount(Agents({"one"}), "/agents")
    assert client.get("/agents/one/").text == "agent one"
    assert client.get("/agents/two/").status_code == 404
    for attribute in ("start", "stop", "bus", "socket_host", "restart"):
        assert client.get(f"/agents/{attribute}").status_code == 404


def test_a_second_server_listens_elsewhere(mount, live):
    mount(Pages())
    second = Server()
    second.bind_addr = ("127.0.0.1", 0)
    second.ssl_module, second.ssl_certificate_chain = "builtin", None
    second.subscribe()
    try:
        first = live()
        assert ask(("127.0.0.1", first.port)) == (200, "page")
        assert ask(second.bound_addr) == (200, "page")
        assert second.bound_addr[1] != first.port
    finally:
        cherrypy.engine.exit()
        second.unsubscribe()


def test_such_a_server_is_configured_as_the_first_one():
    server = Server()
    assert server.bus is cherrypy.engine
    server.socket_host, server.socket_port = "127.0.0.1", 8443
    assert server.bind_addr == ("127.0.0.1", 8443)
    assert server.base() == "http://127.0.0.1:8443"
    assert (server.thread_pool, server.thread_pool_max, server.accepted_queue_size) == (10, -1, -1)
