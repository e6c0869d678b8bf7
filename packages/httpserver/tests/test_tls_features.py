"""What TLS can do beyond speaking it, with both libraries and with real clients."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import socket
import ssl
import subprocess

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from cherrypy_httpserver import Server, SettingError
from cherrypy_httpserver.tls import tls_adapter

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("module", ["builtin", "pyopenssl"])]


@pytest.fixture(scope="module")
def issued(authority):
    return authority.issue_cert("localhost", "127.0.0.1", organization_name="Example")


def pem_of(issued):
    """Return certificate and key as PEM."""
    return issued.cert_chain_pems[0].bytes(), issued.private_key_pem.bytes()


def variables(environ, start_response):
    """Answer with what TLS has added to the environ."""
    lines = [f"{key}={environ[key]}" for key in sorted(environ) if key.startswith("SSL_")]
    body = "\n".join([environ["wsgi.url_scheme"], *lines]).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def secure(serving, issued, module):
    """Return a function that starts a server with TLS."""
    if module == "pyopenssl":
        pytest.importorskip("OpenSSL")

    def start(**settings):
        certificate, key = pem_of(issued)
        settings = {"ssl_certificate": certificate, "ssl_private_key": key, **settings}
        return serving(wsgi_app=variables, ssl_module=module, **settings)

    return start


def ask(connection):
    """Ask on an open connection; return the lines of the answer, and the variables."""
    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    response = http.client.HTTPResponse(connection)
    response.begin()
    lines = response.read().decode().splitlines()
    return dict(line.partition("=")[::2] for line in lines)


def test_pem_may_come_from_memory(secure, open_tls):
    assert "https" in ask(open_tls(secure()))


def test_pem_may_be_text(secure, open_tls, issued):
    certificate, key = (part.decode() for part in pem_of(issued))
    assert "https" in ask(open_tls(secure(ssl_certificate=certificate, ssl_private_key=key)))


def test_the_connection_is_described(secure, open_tls):
    found = ask(open_tls(secure()))
    assert found["SSL_PROTOCOL"] == "TLSv1.3"
    assert found["SSL_CIPHER"].startswith("TLS_")
    assert int(found["SSL_CIPHER_USEKEYSIZE"]) >= 128
    assert found["SSL_TLS_SNI"] == "localhost"
    assert found["SSL_CLIENT_VERIFY"] == "NONE"
    assert found["SSL_SERVER_S_DN_O"] == "Example"
    assert found["SSL_SERVER_I_DN"].startswith("/O=Example Authority")


def test_only_tls_1_2_and_later_are_spoken(secure, open_tls, trust):
    server = secure()
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    assert ask(open_tls(server))["SSL_PROTOCOL"] == "TLSv1.2"
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is missing: apt-get install openssl")
    address = f"127.0.0.1:{server.bound_addr[1]}"
    done = subprocess.run(
        [program, "s_client", "-connect", address, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        input=b"",
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert done.returncode != 0
    assert b"Cipher is (NONE)" in done.stdout


def test_http_1_1_is_negotiated(secure, open_tls, trust):
    server = secure()
    trust.set_alpn_protocols(["h2", "http/1.1"])
    connection = open_tls(server)
    assert connection.selected_alpn_protocol() == "http/1.1"
    assert "https" in ask(connection)
    trust.set_alpn_protocols(["imap"])
    connection = open_tls(server)
    assert connection.selected_alpn_protocol() is None


def test_each_name_has_its_certificate(secure, open_tls, authority):
    one, more = authority.issue_cert("one.example"), authority.issue_cert("*.more.example")
    server = secure(ssl_sni={"one.example": pem_of(one), "*.more.example": pem_of(more)})
    for name, expected in [
        ("one.example", "one.example"),
        ("www.more.example", "*.more.example"),
        ("localhost", "localhost"),
    ]:
        connection = open_tls(server, name)
        names = [value for _, value in connection.getpeercert()["subjectAltName"]]
        assert names[0] == expected
        assert ask(connection)["SSL_TLS_SNI"] == name
    with pytest.raises(ssl.SSLCertVerificationError):
        open_tls(server, "unknown.example")


def test_a_client_needs_a_certificate_if_an_authority_is_set(secure, open_tls, authority, ca_file):
    server = secure(ssl_client_ca=ca_file)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    authority.issue_cert("ann@example.com", common_name="Ann").configure_cert(trust)
    found = ask(open_tls(server, trust=trust))
    assert found["SSL_CLIENT_VERIFY"] == "SUCCESS"
    assert found["SSL_CLIENT_S_DN_CN"] == "Ann"
    assert found["SSL_CLIENT_I_DN_O"] == "Example Authority"
    assert found["SSL_CLIENT_SAN_Email_0"] == "ann@example.com"
    assert found["SSL_CLIENT_CERT"] == "-----BEGIN CERTIFICATE-----"
    assert int(found["SSL_CLIENT_M_SERIAL"], 16) > 0
    assert found["SSL_CLIENT_M_VERSION"] == "3"
    assert found["SSL_CLIENT_V_END"].endswith("GMT")
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
        ask(open_tls(server))
    stranger = ssl.create_default_context()
    authority.configure_trust(stranger)
    trustme.CA().issue_cert("eve@example.com").configure_cert(stranger)
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
        ask(open_tls(server, trust=stranger))
    assert ask(open_tls(server, trust=trust))["SSL_CLIENT_S_DN_CN"] == "Ann"


def test_a_client_may_come_without_a_certificate_if_that_is_allowed(secure, open_tls, ca_file):
    server = secure(ssl_client_ca=ca_file, ssl_client_required=False)
    assert ask(open_tls(server))["SSL_CLIENT_VERIFY"] == "NONE"


def encrypted(key_pem):
    key = serialization.load_pem_private_key(key_pem, None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"open sesame"),
    )


@pytest.mark.parametrize("password", ["open sesame", b"open sesame", lambda: "open sesame"])
def test_an_encrypted_key_is_opened_with_the_password(secure, open_tls, issued, password):
    key = encrypted(pem_of(issued)[1])
    server = secure(ssl_private_key=key, ssl_private_key_password=password)
    assert "https" in ask(open_tls(server))


@pytest.mark.parametrize("password", [None, "wrong"])
def test_an_encrypted_key_without_its_password_is_an_error(issued, module, password):
    server = Server()
    server.ssl_module = module
    server.ssl_certificate, key = pem_of(issued)
    server.ssl_private_key = encrypted(key)
    server.ssl_private_key_password = password
    with pytest.raises(SettingError) as caught:
        tls_adapter(server)
    assert "PRIVATE KEY" not in str(caught.value)
    if password is None:
        assert "ssl_private_key_password" in str(caught.value)


def test_certificates_are_read_again_on_graceful(secure, open_tls, authority, tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def write(pems):
        certificate.write_bytes(pems[0])
        key.write_bytes(pems[1])

    write(pem_of(authority.issue_cert("localhost")))
    server = secure(ssl_certificate=str(certificate), ssl_private_key=str(key))
    messages = []
    server.bus.subscribe("log", lambda message, level: messages.append(message))
    old = open_tls(server)
    ask(old)
    before = old.getpeercert()["serialNumber"]
    write(pem_of(authority.issue_cert("localhost")))
    server.subscribe()
    server.bus.publish("graceful")
    after = open_tls(server).getpeercert()["serialNumber"]
    assert after != before
    # The connection that was open goes on.
    assert "https" in ask(old)
    # A mistake does not stop the server.
    certificate.write_text("-----BEGIN nonsense")
    server.bus.publish("graceful")
    assert open_tls(server).getpeercert()["serialNumber"] == after
    assert any("stay as they were" in message for message in messages)
    server.unsubscribe()


def test_a_client_without_tls_is_told_so_and_disturbs_nobody(secure, open_tls):
    server = secure()
    with socket.create_connection(("127.0.0.1", server.bound_addr[1]), timeout=5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = b"".join(iter(lambda: plain.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"text/plain" in answer
    assert b"https" in answer
    assert "https" in ask(open_tls(server))


def test_clients_that_stall_in_the_handshake_block_nobody(secure, open_tls):
    server = secure(thread_pool=2, thread_pool_max=2)
    with contextlib.ExitStack() as stack:
        for start in [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"] * 7:
            silent = socket.create_connection(("127.0.0.1", server.bound_addr[1]), timeout=5)
            stack.enter_context(silent)
            silent.sendall(start)
        for _ in range(5):
            assert "https" in ask(open_tls(server))


def test_curl_is_served(secure, ca_file):
    program = shutil.which("curl")
    if program is None:
        pytest.skip("curl is missing: apt-get install curl")
    url = f"https://localhost:{secure().bound_addr[1]}/"
    done = subprocess.run(
        [program, "-sS", "--http1.1", "--cacert", ca_file, "--ipv4", url, url],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout.count("SSL_PROTOCOL=TLSv1.3")) == (0, 2), done.stderr


def test_requests_is_served(secure, ca_file):
    requests = pytest.importorskip("requests")
    server = secure()
    with requests.Session() as session:
        for _ in range(2):
            answer = session.get(f"https://localhost:{server.bound_addr[1]}/", verify=ca_file)
            assert answer.text.startswith("https")


def test_openssl_is_served(secure, ca_file):
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is missing: apt-get install openssl")
    address = f"127.0.0.1:{secure().bound_addr[1]}"
    words = ["s_client", "-connect", address, "-servername", "localhost", "-CAfile", ca_file]
    done = subprocess.run(
        [program, *words, "-verify_return_error", "-quiet", "-ign_eof"],
        input=b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert done.stdout.startswith(b"HTTP/1.1 200 OK"), done.stderr


def test_long_answers_arrive_whole(serving, issued, module, open_tls):
    if module == "pyopenssl":
        pytest.importorskip("OpenSSL")
    body = bytes(range(256)) * 20_000

    def large(environ, start_response):
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    certificate, key = pem_of(issued)
    server = serving(
        wsgi_app=large, ssl_module=module, ssl_certificate=certificate, ssl_private_key=key
    )
    connection = open_tls(server)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    response = http.client.HTTPResponse(connection)
    response.begin()
    assert response.read() == body
