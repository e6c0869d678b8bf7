import pytest

from cherrypy_core.environ import header_field, header_fields, header_map


def test_fields_are_those_of_the_environment(environ):
    made = environ(
        "/",
        body=b"x",
        HTTP_ACCEPT_LANGUAGE="de",
        HTTP_X_OWN="1",
        REMOTE_HOST="client.example",
        UNRELATED="no",
    )
    assert dict(header_fields(made)) == {
        "Host": "example.com",
        "Accept-Language": "de",
        "X-Own": "1",
        "Content-Length": "1",
        "Content-Type": "application/x-www-form-urlencoded",
        "Remote-Addr": "192.0.2.1",
        "Remote-Host": "client.example",
    }


@pytest.mark.parametrize("name", ["REMOTE_ADDR", "REMOTE_HOST", "CONTENT_TYPE"])
def test_no_client_can_pretend_to_be_the_server(environ, name):
    fields = dict(header_fields(environ(**{"HTTP_" + name: "forged", name: "true"})))
    assert "forged" not in fields.values()


def test_credentials_may_come_by_the_way_of_cgi(environ):
    made = environ(HTTP_CGI_AUTHORIZATION="Basic abc")
    assert dict(header_fields(made))["Authorization"] == "Basic abc"


@pytest.mark.parametrize("name", ["Content-Length", "Content-Type", "Accept", "X-Rare-Name"])
def test_a_field_that_is_missing_or_empty_is_none(environ, name):
    key = name.upper().replace("-", "_")
    key = key if key.startswith("CONTENT") else "HTTP_" + key
    assert header_field(environ(), name) is None
    assert header_field(environ(**{key: ""}), name) is None
    assert header_field(environ(**{key: "7"}), name) == "7"


def test_the_map_decodes_encoded_words_and_ignores_case(environ):
    headers = header_map(environ(HTTP_SUBJECT="=?utf-8?q?f=C3=BCr?=", HTTP_X="=?bad"))
    assert headers["subject"] == "für"
    assert headers["X"] == "=?bad"
