"""What one says all hear: `python chat.py [PORT]`, then look with two browsers."""

import sys

import cherrypy
from cherrypy_tools.websocket import Room, WebSocket

PAGE = """<!doctype html>
<title>Chat</title>
<input id="text" placeholder="Say something"> <ul id="heard"></ul>
<script>
  const name = new URLSearchParams(location.search).get("name") || "Somebody";
  const socket = new WebSocket(
    location.origin.replace("http", "ws") + "/talk?name=" + encodeURIComponent(name));
  socket.onopen = () => document.title = "open";
  socket.onclose = () => document.title = "closed";
  socket.onmessage = (event) => {
    const item = document.createElement("li");
    item.textContent = event.data;
    document.getElementById("heard").append(item);
  };
  document.getElementById("text").onchange = (event) => {
    socket.send(event.target.value);
    event.target.value = "";
  };
</script>
"""

everybody = Room()


class Guest(WebSocket):
    name = "Somebody"

    def opened(self):
        everybody.add(self)
        everybody.broadcast(f"{self.name} has come")

    def received_message(self, message):
        everybody.broadcast(f"{self.name}: {message}")

    def closed(self, code, reason=""):
        everybody.discard(self)
        everybody.broadcast(f"{self.name} has left")


class Root:
    @cherrypy.expose
    def index(self, name=""):
        return PAGE

    @cherrypy.expose
    @cherrypy.tools.websocket(handler_cls=Guest)
    def talk(self, name="Somebody"):
        cherrypy.request.ws_handler.name = name


if __name__ == "__main__":
    cherrypy.config.update({"server.socket_port": int(sys.argv[1]) if sys.argv[1:] else 8080})
    cherrypy.quickstart(Root())
