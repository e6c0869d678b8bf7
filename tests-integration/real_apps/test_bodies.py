"""Bodies that applications read themselves."""

import http.client
import io
import json

import pytest

import cherrypy
from cherrypy import _cpreqbody


def json_body(entity):
    entity.params["data"] = json.loads(entity.fp.read().decode())


def form_body(entity):
    _cpreqbody.process_urlencoded(entity)
    cherrypy.serving.request.unserialized = dict(entity.params)


def plain_body(entity):
    target = io.BytesIO()
    entity.fp.read(fp_out=target)
    entity.params["text"] = target.getvalue().decode()


def choose_processors():
    """Know some media types, and refuse all others."""
    body = cherrypy.request.body
    body.processors.clear()
    body.default_proc = cherrypy.HTTPError(406, "Content type not supported")
    body.processors["application/json"] = json_body
    body.processors["application/x-www-form-urlencoded"] = form_body
    body.processors["text/plain"] = plain_body


class Api:
    _cp_config = {"tools.choose.on": True}  # noqa: RUF012

    @cherrypy.expose
    def index(self, **params):
        return repr(sorted(params.items()))


class Raw:
    """Reads what the client sends by itself."""

    @cherrypy.expose
    @cherrypy.config(**{"request.process_request_body": False})
    def put(self):
        request = cherrypy.request
        data = request.rfile.read(int(request.headers["Content-Length"]))
        return f"{len(data)} {request.process_request_body}"

    @cherrypy.expose
    def counted(self):
        body = cherrypy.request.body
        first = body.read(3)
        return f"{first!r} {body.fp.bytes_read}"

    @cherrypy.expose
    @cherrypy.config(**{"request.process_request_body": False})
    def chunks(self):
        """Read a body in chunks from what is below it, whatever its length."""
        rfile, sizes = cherrypy.request.rfile, []
        while True:
            rfile._fetch()
            if rfile.closed:
                return repr(sum(sizes))
            sizes.append(len(rfile.buffer))
            rfile.buffer = b""

    @cherrypy.expose
    @cherrypy.config(**{"request.process_request_body": False})
    def late(self):
        body = cherrypy.request.body
        body.process()
        return repr(sorted(body.params.items()))


def test_processors_can_be_replaced(mount, monkeypatch):
    monkeypatch.setattr(
        cherrypy.tools,
        "choose",
        cherrypy.Tool("before_request_body", choose_processors),
        raising=False,
    )
    client = mount(Api())

    def post(data, media_type):
        return client.post("/", data=data, headers={"Content-Type": media_type})

    assert post(b'{"a": 1}', "application/json").text == "[('data', {'a': 1})]"
    assert post(b"a=1&b=2", "application/x-www-form-urlencoded").text == "[('a', '1'), ('b', '2')]"
    assert post(b"hello", "text/plain").text == "[('text', 'hello')]"
    refused = post(b"<a/>", "text/xml")
    assert refused.status_code == 406
    assert "Content type not supported" in refused.text
    # The processors of other requests are as they were.
    assert "multipart/form-data" in _cpreqbody.Entity.processors


def test_a_handler_may_read_the_body_itself(mount):
    client = mount(Raw())
    headers = {"Content-Type": "application/octet-stream"}
    assert client.put("/put", data=b"12345", headers=headers).text == "5 False"
    assert client.post("/counted", data=b"12345", headers=headers).text == "b'123' 3"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/late", data=b"a=1", headers=form).text == "[('a', '1')]"


@pytest.mark.parametrize("size", [10, 300_000])
def test_a_body_in_chunks_can_be_fetched_piece_by_piece(mount, live, size):
    mount(Raw())
    connection = http.client.HTTPConnection("127.0.0.1", live().port, timeout=5)
    pieces = (b"x" * (size // 10) for _ in range(10))
    connection.request("POST", "/chunks", pieces, encode_chunked=True)
    assert connection.getresponse().read() == str(size).encode()
    connection.close()


def test_errors_can_be_called():
    error = cherrypy.HTTPError(406)
    with pytest.raises(cherrypy.HTTPError) as raised:
        error()
    assert raised.value is error
