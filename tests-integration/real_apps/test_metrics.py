"""A page that tells how busy the server is."""

import http.client

import cherrypy


class Metrics:
    @cherrypy.expose
    def index(self):
        requests = cherrypy.server.httpserver.requests
        threads = requests._threads
        return "\n".join(
            [
                f"threads {len(threads)}",
                f"busy {len(threads) - requests.idle}",
                f"queue {requests.qsize}",
                f"limits {cherrypy.server.accepted_queue_size} {cherrypy.server.thread_pool_max}",
            ]
        )


def test_the_threads_of_the_server_can_be_counted(mount, live):
    mount(Metrics(), "/metrics")
    server = live()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", "/metrics/")
    lines = dict(
        line.split(" ", 1) for line in connection.getresponse().read().decode().split("\n")
    )
    connection.close()
    assert int(lines["threads"]) == cherrypy.server.thread_pool
    assert int(lines["busy"]) >= 1
    assert int(lines["queue"]) == 0
    assert lines["limits"] == "-1 -1"
