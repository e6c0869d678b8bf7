import re

import pytest

from cherrypy_core.errors import HTTPError
from cherrypy_core.expose import expose
from cherrypy_core.serving import request

ON = {"tools.request_id.on": True, "tools.request_id.debug": True}


class Root:
    @expose
    def index(self):
        return str(request.unique_id)

    @expose
    def fail(self):
        raise HTTPError(409)

    @expose
    def crash(self):
        raise RuntimeError


@pytest.mark.parametrize(
    "identifier",
    ["a", "0af7651916cd43dd8448eb211c80319c", "urn:uuid:1-2", "Root=1-67891233-abc", "x" * 128],
)
def test_the_identifier_of_the_client_is_taken_over_and_sent_back(serve, identifier):
    answer = serve(Root(), site=ON).get("/", headers={"X-Request-ID": identifier})
    assert (answer.text, answer["X-Request-ID"]) == (identifier, identifier)


@pytest.mark.parametrize(
    "identifier", [None, "", "x" * 129, "a b", 'a"', "a;b", "<b>", "é", "a\\"]
)
def test_without_a_usable_one_the_request_has_its_own(serve, identifier):
    headers = {} if identifier is None else {"X-Request-ID": identifier}
    answer = serve(Root(), site=ON).get("/", headers=headers)
    assert re.fullmatch("[0-9a-f-]{36}", answer.text)
    assert answer["X-Request-ID"] == answer.text


def test_strangers_need_not_be_trusted(serve):
    answer = serve(Root(), site={**ON, "tools.request_id.trust": False}).get(
        "/", headers={"X-Request-ID": "a"}
    )
    assert answer.text == answer["X-Request-ID"] != "a"


@pytest.mark.parametrize(("path", "status"), [("/fail", 409), ("/nothing", 404), ("/crash", 500)])
def test_errors_have_it_too(serve, path, status):
    answer = serve(Root(), site=ON).get(path, headers={"X-Request-ID": "a"})
    assert (answer.status, answer["X-Request-ID"]) == (status, "a")


def test_the_field_can_have_another_name(serve):
    site = {**ON, "tools.request_id.header": "X-Correlation-ID"}
    answer = serve(Root(), site=site).get("/", headers={"X-Correlation-ID": "a"})
    assert (answer.text, answer["X-Correlation-ID"]) == ("a", "a")
    assert answer["X-Request-ID"] is None
