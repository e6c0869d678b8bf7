"""What becomes of connections with TLS, and what the environ says, with both libraries."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cherrypy_httpserver import Server, SettingError
from cherrypy_httpserver.tls import tls_adapter

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("module", ["builtin", "pyopenssl"])]

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def ann(authority, tmp_path_factory):
    """Return the path of Ann's certificate and key."""
    path = tmp_path_factory.mktemp("ann") / "ann.pem"
    issued = authority.issue_cert("ann@example.com", common_name="Ann")
    issued.private_key_and_cert_chain_pem.write_to_path(path)
    return str(path)


def application(environ, start_response):
    """Answer with the variables of TLS; on the path /open with a body of no known length."""
    if environ["PATH_INFO"] == "/open":
        start_response("200 OK", [])
        return broken_off()
    length = len(environ["wsgi.input"].read())
    lines = [f"{key}={environ[key]}" for key in sorted(environ) if key.startswith("SSL_")]
    body = "\n".join([f"LENGTH={length}", *lines]).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def broken_off():
    yield b"the beginning"
    raise RuntimeError("no more")


@pytest.fixture
def secure(serving, authority, module):
    """Return a function that starts a server with TLS."""
    if module == "pyopenssl":
        pytest.importorskip("OpenSSL")
    issued = authority.issue_cert("localhost", organization_name="Example")

    def start(wsgi_app=application, **settings):
        settings = {
            "ssl_certificate": issued.cert_chain_pems[0].bytes(),
            "ssl_private_key": issued.private_key_pem.bytes(),
            "ssl_module": module,
            **settings,
        }
        return serving(wsgi_app=wsgi_app, **settings)

    return start


def read(connection):
    """Read until TLS says that this is the end; any other end is an error."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def found_in(data):
    return dict(line.partition("=")[::2] for line in data.decode().splitlines())


def test_the_end_of_a_connection_is_said(secure, open_tls):
    server = secure(socket_timeout=0.2)
    connection = open_tls(server)
    connection.sendall(LAST)
    assert read(connection).startswith(b"HTTP/1.1 200 OK")
    idle = open_tls(server)
    idle.sendall(GET)
    assert read(idle).startswith(b"HTTP/1.1 200 OK")
    refused = open_tls(server)
    refused.sendall(b"nonsense\r\n\r\n")
    assert read(refused).startswith(b"HTTP/1.1 400 ")


def test_what_is_broken_off_does_not_end_in_order(secure, open_tls):
    connection = open_tls(secure())
    connection.sendall(b"GET /open HTTP/1.0\r\n\r\n")
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        read(connection)


def test_a_request_in_the_same_record_as_the_end_of_a_long_body_is_answered(secure, open_tls):
    connection = open_tls(secure())
    body = b"x" * 200_000
    connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
    connection.sendall(body[:150_000])
    connection.sendall(body[150_000:] + LAST)
    answers = read(connection)
    assert (answers.count(b"LENGTH=200000\n"), answers.count(b"LENGTH=0\n")) == (1, 1)


def test_a_handshake_has_a_deadline(secure):
    server = secure(handshake_timeout=0.2)
    for begun in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
        with socket.create_connection(("127.0.0.1", server.bound_addr[1]), timeout=5) as silent:
            silent.sendall(begun)
            with contextlib.suppress(ConnectionResetError):
                assert silent.recv(100) == b""


def test_a_client_that_leaves_within_the_handshake_does_no_harm(secure, open_tls):
    server = secure()
    messages = []
    server.bus.subscribe("log", lambda message, level: messages.append(message))
    for begun in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x16" * 500):
        with socket.create_connection(("127.0.0.1", server.bound_addr[1]), timeout=5) as silent:
            silent.sendall(begun)
    connection = open_tls(server)
    connection.sendall(LAST)
    assert read(connection).startswith(b"HTTP/1.1 200 OK")
    assert not messages


class Shout:
    def opened(self, channel):
        self.channel = channel

    def received(self, data):
        if data == b"bye":
            self.channel.close()
        else:
            self.channel.send(data.upper())

    def closed(self, error):
        pass


def upgrading(environ, start_response):
    environ["cherrypy_httpserver.upgrade"](Shout())
    start_response("101 Switching Protocols", [("Upgrade", "shout")])
    return []


def test_an_encrypted_connection_is_upgraded(secure, open_tls):
    connection = open_tls(secure(upgrading))
    words = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n"
    connection.sendall(words + b"first")
    data = b""
    while not data.endswith(b"FIRST"):
        data += connection.recv(1000)
    assert data.startswith(b"HTTP/1.1 101 ")
    large = b"a" * 100_000
    connection.sendall(large)
    data = b""
    while len(data) < len(large):
        data += connection.recv(65536)
    assert data == large.upper()
    connection.sendall(b"bye")
    assert read(connection) == b""


def test_the_certificate_that_is_shown_is_described(secure, open_tls, authority):
    other = authority.issue_cert("one.example", organization_name="Other")
    pems = other.cert_chain_pems[0].bytes(), other.private_key_pem.bytes()
    server = secure(ssl_sni={"one.example": pems})
    for name, owner in (("localhost", "Example"), ("one.example", "Other")):
        connection = open_tls(server, name)
        connection.sendall(LAST)
        assert found_in(read(connection))["SSL_SERVER_S_DN_O"] == owner


def test_a_file_for_another_name_that_is_missing_is_named(authority, module):
    issued = authority.issue_cert("localhost")
    server = Server()
    server.ssl_module = module
    server.ssl_certificate = issued.private_key_and_cert_chain_pem.bytes()
    server.ssl_sni = {"www.example": ("/nowhere/c.pem", "/nowhere/k.pem")}
    with pytest.raises(SettingError, match=r"ssl_sni\['www.example'\]: cannot read '/nowhere/c"):
        tls_adapter(server)


def test_no_request_is_lost_while_certificates_are_read_again(secure, trust, authority, tmp_path):
    certificate = tmp_path / "both.pem"
    issued = authority.issue_cert("localhost").private_key_and_cert_chain_pem
    issued.write_to_path(certificate)
    server = secure(ssl_certificate=str(certificate), ssl_private_key=None)
    server.subscribe()
    done, failures, ending = [], [], threading.Event()

    def ask(anew):
        client = http.client.HTTPSConnection(
            "localhost", server.bound_addr[1], timeout=5, context=trust
        )
        try:
            while not ending.is_set():
                client.request("GET", "/")
                client.getresponse().read()
                done.append(anew)
                if anew:
                    client.close()
        except Exception as error:  # noqa: BLE001  (reported below)
            failures.append(error)
        finally:
            client.close()

    clients = [threading.Thread(target=ask, args=(anew,)) for anew in (True, True, False)]
    for each in clients:
        each.start()
    for _ in range(20):
        server.bus.publish("graceful")
    ending.set()
    for each in clients:
        each.join(10)
    server.unsubscribe()
    assert not failures
    assert {True, False} <= set(done)


CURL, OPENSSL = shutil.which("curl"), shutil.which("openssl")


@pytest.mark.skipif(CURL is None, reason="curl is missing: apt-get install curl")
def test_curl_has_a_certificate(secure, ca_file, ann):
    port = secure(ssl_client_ca=ca_file).bound_addr[1]
    words = [CURL, "-sS", "--ipv4", "--cacert", ca_file, f"https://localhost:{port}/"]
    done = subprocess.run(
        [*words, "--cert", ann], capture_output=True, text=True, timeout=20, check=True
    )
    assert "SSL_CLIENT_S_DN_CN=Ann\n" in done.stdout
    assert subprocess.run(words, capture_output=True, timeout=20, check=False).returncode != 0


@pytest.mark.skipif(CURL is None, reason="curl is missing: apt-get install curl")
def test_curl_without_tls_reads_why_it_is_refused(secure):
    url = f"http://127.0.0.1:{secure().bound_addr[1]}/"
    words = [CURL, "-sS", "-w", "%{http_code}", url]
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "This port speaks HTTPS: use https:// in the address.\n400"


def test_requests_has_a_certificate(secure, ca_file, ann):
    requests = pytest.importorskip("requests")
    url = f"https://localhost:{secure(ssl_client_ca=ca_file).bound_addr[1]}/"
    answer = requests.get(url, verify=ca_file, cert=ann, timeout=5)
    assert found_in(answer.content)["SSL_CLIENT_SAN_Email_0"] == "ann@example.com"
    with pytest.raises(requests.ConnectionError):
        requests.get(url, verify=ca_file, timeout=5)


@pytest.mark.skipif(OPENSSL is None, reason="openssl is missing: apt-get install openssl")
def test_openssl_has_a_certificate_and_may_not_negotiate_again(secure, ca_file, ann):
    port = secure(ssl_client_ca=ca_file).bound_addr[1]
    words = [OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", ca_file]
    words += ["-cert", ann, "-key", ann, "-tls1_2"]
    done = subprocess.run(
        [*words, "-quiet", "-ign_eof"], input=LAST, capture_output=True, timeout=20, check=False
    )
    assert b"SSL_CLIENT_S_DN_CN=Ann\n" in done.stdout
    assert b"unexpected eof" not in done.stderr
    again = subprocess.run(words, input=b"R\n", capture_output=True, timeout=20, check=False)
    assert b"no renegotiation" in again.stderr


NAMES = (
    ("COUNTRY_NAME", "CH"),
    ("STATE_OR_PROVINCE_NAME", "Bern"),
    ("LOCALITY_NAME", "Thun"),
    ("ORGANIZATION_NAME", "Example"),
    ("ORGANIZATIONAL_UNIT_NAME", "One"),
    ("ORGANIZATIONAL_UNIT_NAME", "Two"),
    ("COMMON_NAME", "Zoë"),
    ("EMAIL_ADDRESS", "z@example.com"),
    ("SERIAL_NUMBER", "77"),
)

ALTERNATIVE = (
    x509.DNSName("a.example"),
    x509.DNSName("b.example"),
    x509.RFC822Name("z@example.com"),
    x509.UniformResourceIdentifier("https://example.com/z"),
    x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
    x509.IPAddress(ipaddress.ip_address("::1")),
    x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4")),
)

DESCRIBED = {
    "M_SERIAL": "0ABC",
    "M_VERSION": "3",
    "V_START": "Jan  3 00:00:00 2026 GMT",
    "V_END": "Jan 13 12:00:00 2046 GMT",
    "S_DN": "/C=CH/ST=Bern/L=Thun/O=Example/OU=One/OU=Two/CN=Zoë/Email=z@example.com"
    "/serialNumber=77",
    "S_DN_C": "CH",
    "S_DN_ST": "Bern",
    "S_DN_L": "Thun",
    "S_DN_O": "Example",
    "S_DN_OU": "One",
    "S_DN_CN": "Zoë",
    "S_DN_Email": "z@example.com",
    "S_DN_serialNumber": "77",
    "SAN_DNS_0": "a.example",
    "SAN_DNS_1": "b.example",
    "SAN_Email_0": "z@example.com",
    "SAN_URI_0": "https://example.com/z",
    "SAN_IP_0": "192.0.2.1",
    "SAN_IP_1": "::1",
}


@pytest.fixture(scope="module")
def zoe(authority, tmp_path_factory):
    """Return the path of a certificate that says all about Zoë."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    names = [x509.NameAttribute(getattr(x509.NameOID, name), value) for name, value in NAMES]
    utc = dt.timezone.utc
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(names))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(0xABC)
        .not_valid_before(dt.datetime(2026, 1, 3, tzinfo=utc))
        .not_valid_after(dt.datetime(2046, 1, 13, 12, tzinfo=utc))
        .add_extension(x509.SubjectAlternativeName(ALTERNATIVE), critical=False)
        .add_extension(
            # Python 3.13 asks for that.
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()),
            critical=False,
        )
        .sign(
            serialization.load_pem_private_key(authority.private_key_pem.bytes(), None),
            hashes.SHA256(),
        )
    )
    path = tmp_path_factory.mktemp("zoe") / "zoe.pem"
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    kind = serialization.PrivateFormat.PKCS8
    path.write_bytes(certificate.public_bytes(encoding) + key.private_bytes(encoding, kind, plain))
    return str(path)


def test_a_client_is_described_alike_by_both_libraries(secure, open_tls, trust, ca_file, zoe):
    trust.load_cert_chain(zoe)
    connection = open_tls(secure(ssl_client_ca=ca_file))
    connection.sendall(LAST)
    found = found_in(read(connection).partition(b"\r\n\r\n")[2])
    about = {
        key.removeprefix("SSL_CLIENT_"): value
        for key, value in found.items()
        if key.startswith("SSL_CLIENT_") and "_I_DN" not in key
    }
    assert about.pop("VERIFY") == "SUCCESS"
    assert about.pop("CERT").startswith("-----BEGIN CERTIFICATE-----")
    assert about == DESCRIBED
