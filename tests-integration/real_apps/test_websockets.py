"""What a WebSocket library takes hold of before it takes the connection over."""

import http.client

import cherrypy


class Chat:
    @cherrypy.expose
    def index(self):
        rfile = cherrypy.request.rfile
        cherrypy.engine.publish("handle-websocket", cherrypy.request, rfile)
        return "upgraded"


def test_the_handler_can_hand_something_over_on_the_bus(mount):
    taken = []
    cherrypy.engine.subscribe("handle-websocket", lambda request, rfile: taken.append(rfile))
    try:
        assert mount(Chat()).get("/").text == "upgraded"
    finally:
        del cherrypy.engine.listeners["handle-websocket"]
    assert len(taken) == 1


def test_a_tool_may_write_the_header_list_itself(mount, monkeypatch):
    def own_headers():
        response = cherrypy.serving.response
        names = [name for name, _ in response.header_list]
        assert b"Content-Type" in names
        response.header_list = [(b"X-Only", b"this")]

    monkeypatch.setattr(
        cherrypy.tools, "own_headers", cherrypy.Tool("on_end_resource", own_headers), raising=False
    )
    answer = mount(Chat(), config={"/": {"tools.own_headers.on": True}}).get("/")
    assert answer.headers["X-Only"] == "this"


class Body:
    @cherrypy.expose
    def index(self):
        rfile = cherrypy.request.rfile
        return f"{hasattr(rfile, 'rfile')} {rfile.read(3).decode()}"

    index._cp_config = {"request.process_request_body": False}  # noqa: RUF012


def test_the_file_behind_the_file_of_a_body_can_be_reached(mount, live):
    mount(Body())
    server = live()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("POST", "/", b"abc", {"Content-Type": "text/plain"})
    assert connection.getresponse().read() == b"True abc"
    connection.close()
