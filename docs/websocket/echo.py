"""A WebSocket that says everything again: `python echo.py [PORT]`, then look with a browser."""

import sys

import cherrypy
from cherrypy_tools.websocket import WebSocket

PAGE = """<!doctype html>
<title>Echo</title>
<input id="text" placeholder="Say something"> <ul id="heard"></ul>
<script>
  const socket = new WebSocket(location.href.replace("http", "ws") + "echo");
  socket.onopen = () => document.title = "open";
  socket.onclose = (event) => document.title = "closed " + event.code;
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


class Echo(WebSocket):
    def received_message(self, message):
        if message == "bye":
            self.close(1000, "As you wish")
        else:
            self.send(message)


class Root:
    @cherrypy.expose
    def index(self):
        return PAGE

    @cherrypy.expose
    @cherrypy.tools.websocket(handler_cls=Echo)
    def echo(self):
        pass


if __name__ == "__main__":
    cherrypy.config.update({"server.socket_port": int(sys.argv[1]) if sys.argv[1:] else 8080})
    cherrypy.quickstart(Root())
