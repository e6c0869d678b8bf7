"""TLS with both libraries."""

from __future__ import annotations

import http.client
import ssl
import sys

import pytest

from cherrypy_httpserver import Server, SettingError
from cherrypy_httpserver.tls import tls_adapter


@pytest.fixture(scope="module")
def files(authority, tmp_path_factory):
    """Paths of certificate and key, and of one file with both."""
    directory = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    paths = {name: str(directory / name) for name in ("cert.pem", "key.pem", "both.pem")}
    issued.cert_chain_pems[0].write_to_path(paths["cert.pem"])
    issued.private_key_pem.write_to_path(paths["key.pem"])
    issued.private_key_and_cert_chain_pem.write_to_path(paths["both.pem"])
    return paths


@pytest.fixture
def get(authority):
    def request(server, **context_attributes):
        context = ssl.create_default_context()
        authority.configure_trust(context)
        for name, value in context_attributes.items():
            setattr(context, name, value)
        client = http.client.HTTPSConnection(
            "127.0.0.1", server.bound_addr[1], timeout=5, context=context
        )
        try:
            client.request("GET", "/")
            cipher = client.sock.cipher()[0]
            return client.getresponse().read(), cipher
        finally:
            client.close()

    return request


def scheme(environ, start_response):
    body = f"{environ['wsgi.url_scheme']} {environ.get('HTTPS')}".encode()
    start_response("200 OK", [("Content-Length", str(len(body))), ("Connection", "close")])
    return [body]


@pytest.mark.slow
@pytest.mark.parametrize("module", ["builtin", "pyopenssl"])
def test_a_certificate_makes_the_server_speak_tls(serving, files, get, module):
    if module == "pyopenssl":
        pytest.importorskip("OpenSSL")
    server = serving(
        wsgi_app=scheme,
        ssl_module=module,
        ssl_certificate=files["cert.pem"],
        ssl_private_key=files["key.pem"],
    )
    assert get(server)[0] == b"https on"
    assert server.base() == f"https://127.0.0.1:{server.bound_addr[1]}"
    assert server.description == server.base()


@pytest.mark.slow
@pytest.mark.parametrize("module", ["builtin", "pyopenssl"])
def test_the_ciphers_are_honoured(serving, files, get, module):
    if module == "pyopenssl":
        pytest.importorskip("OpenSSL")
    server = serving(
        wsgi_app=scheme,
        ssl_module=module,
        ssl_certificate=files["both.pem"],
        ssl_ciphers="ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384",
    )
    cipher = get(server, maximum_version=ssl.TLSVersion.TLSv1_2)[1]
    assert cipher.endswith("AES256-GCM-SHA384")


@pytest.mark.slow
@pytest.mark.parametrize("module", ["builtin", "pyopenssl"])
def test_the_intermediate_certificates_are_sent(serving, authority, get, tmp_path, module):
    if module == "pyopenssl":
        pytest.importorskip("OpenSSL")
    intermediate = authority.create_child_ca()
    issued = intermediate.issue_cert("127.0.0.1")
    certificate, key, chain = (str(tmp_path / name) for name in ("c.pem", "k.pem", "chain.pem"))
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    intermediate.cert_pem.write_to_path(chain)
    server = serving(
        wsgi_app=scheme,
        ssl_module=module,
        ssl_certificate=certificate,
        ssl_private_key=key,
        ssl_certificate_chain=chain,
    )
    assert get(server)[0] == b"https on"


@pytest.mark.slow
def test_a_context_is_enough(serving, authority, files, get):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files["cert.pem"], files["key.pem"])
    server = serving(wsgi_app=scheme, ssl_context=context)
    assert get(server)[0] == b"https on"


@pytest.mark.slow
def test_a_context_of_pyopenssl_is_enough(serving, files, get):
    openssl = pytest.importorskip("OpenSSL.SSL")
    context = openssl.Context(openssl.TLS_METHOD)
    context.use_certificate_file(files["cert.pem"])
    context.use_privatekey_file(files["key.pem"])
    server = serving(wsgi_app=scheme, ssl_module="pyopenssl", ssl_context=context)
    assert get(server)[0] == b"https on"


def test_pyopenssl_describes_the_certificate_of_the_server(files):
    pytest.importorskip("OpenSSL")
    server = Server()
    server.ssl_module = "pyopenssl"
    server.ssl_certificate = files["both.pem"]
    environ = tls_adapter(server).get_environ()
    assert environ["SSL_SERVER_I_DN_O"] == "Example Authority"
    assert environ["SSL_SERVER_I_DN"].startswith("/O=Example Authority")
    assert int(environ["SSL_SERVER_M_SERIAL"], 16) > 0


def test_pyopenssl_that_is_not_installed_is_asked_for(files, monkeypatch):
    monkeypatch.delitem(sys.modules, "cherrypy_httpserver.openssl", raising=False)
    monkeypatch.setitem(sys.modules, "OpenSSL", None)
    server = Server()
    server.ssl_module = "pyopenssl"
    server.ssl_certificate = files["both.pem"]
    with pytest.raises(SettingError, match="pip install"):
        tls_adapter(server)


def test_a_context_replaces_that_of_the_certificate(files):
    server = Server()
    server.ssl_certificate = files["both.pem"]
    server.ssl_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    assert tls_adapter(server).context is server.ssl_context


def test_without_a_certificate_there_is_no_tls():
    assert tls_adapter(Server()) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ssl_certificate": "/nowhere/c.pem"}, r"ssl_certificate: cannot read '/nowhere/c.pem'"),
        ({"ssl_private_key": "/nowhere/k.pem"}, "ssl_private_key: cannot read"),
        ({"ssl_certificate_chain": "/nowhere/x.pem"}, "ssl_certificate_chain: cannot read"),
        ({"ssl_module": "gnutls"}, "'builtin' or 'pyopenssl', not 'gnutls'"),
        ({"ssl_ciphers": "NO-SUCH-CIPHER"}, "NO-SUCH-CIPHER"),
        ({"ssl_private_key": __file__}, "cannot be used"),
    ],
)
def test_a_wrong_setting_is_named(files, settings, message):
    server = Server()
    server.ssl_certificate = files["cert.pem"]
    server.ssl_private_key = files["key.pem"]
    for name, value in settings.items():
        setattr(server, name, value)
    with pytest.raises(SettingError, match=message):
        tls_adapter(server)


@pytest.mark.parametrize(
    "name", ["ssl_private_key", "ssl_certificate_chain", "ssl_client_ca", "ssl_sni"]
)
def test_nothing_is_served_in_clear_if_a_certificate_was_forgotten(files, app, name):
    server = Server(app=app)
    value = files["key.pem"]
    setattr(server, name, {"localhost": value} if name == "ssl_sni" else value)
    with pytest.raises(SettingError, match=rf"{name} is set, but not server\.ssl_certificate"):
        server.httpserver_from_self()


@pytest.mark.parametrize("name", ["ssl_client_ca", "ssl_sni"])
def test_what_a_context_of_ones_own_would_ignore_is_refused(files, app, name):
    server = Server(app=app)
    server.ssl_certificate = files["both.pem"]
    server.ssl_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    value = files["both.pem"]
    setattr(server, name, {"localhost": value} if name == "ssl_sni" else value)
    with pytest.raises(SettingError, match=f"{name} has no effect"):
        server.httpserver_from_self()


def test_a_context_of_ones_own_is_not_read_again(files, serving):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files["cert.pem"], files["key.pem"])
    server = serving(wsgi_app=scheme, ssl_context=context)
    messages = []
    server.bus.subscribe("log", lambda message, level: messages.append(message))
    server.reload_certificates()
    assert (messages, server.httpserver.ssl_adapter.context) == ([], context)
