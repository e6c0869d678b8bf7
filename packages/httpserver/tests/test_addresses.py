from __future__ import annotations

import pytest

from cherrypy_httpserver import SettingError
from cherrypy_httpserver.addresses import parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:65535", ("::1", 65535)),
        ("unix:/run/site.sock", "/run/site.sock"),
        ("unix:a:b", "a:b"),
    ],
)
def test_an_address_is_read(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("8080", "no host"),
        (":8080", r"0\.0\.0\.0"),
        ("[]:1", "no host"),
        ("::1:8080", "brackets"),
        ("host", "no host"),
        ("host:", "port"),
        ("host:http", "port"),
        ("host:65536", "65535"),
        ("host:-1", "port"),
        ("host:\u00b2", "port"),
        ("unix:", "path"),
        ("", "no host"),
    ],
)
def test_a_wrong_address_is_refused_with_the_remedy(text, message):
    with pytest.raises(SettingError, match=message):
        parse_address(text)
