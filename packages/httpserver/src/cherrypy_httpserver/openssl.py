"""The TLS adapter on pyOpenSSL: cheroot's, completed and without what pyOpenSSL deprecates."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from cheroot.ssl.pyopenssl import pyOpenSSLAdapter
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto, version

from cherrypy_httpserver.certificates import chosen, pem_file, variables
from cherrypy_httpserver.poller import READ, WRITE
from cherrypy_httpserver.tls import ALPN, Renewable

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from datetime import datetime

    from cherrypy_httpserver.certificates import Identity

__all__ = ["OpenSSLAdapter", "OpenSSLTransport"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _long_names() -> dict[x509.ObjectIdentifier, str]:
    """Return OpenSSL's names of what a distinguished name consists of, as `ssl` has them."""
    found = {}
    for name, identifier in vars(x509.NameOID).items():
        if isinstance(identifier, x509.ObjectIdentifier):
            first, *others = name.lower().split("_")
            found[identifier] = first + "".join(map(str.title, others))
    return found


_LONG = _long_names()
_KINDS = (
    (x509.DNSName, "DNS"),
    (x509.RFC822Name, "email"),
    (x509.IPAddress, "IP Address"),
    (x509.UniformResourceIdentifier, "URI"),
)


class _Ended(OSError):
    """The other side has closed the socket without a word of TLS about it."""


class OpenSSLAdapter(Renewable, pyOpenSSLAdapter):
    """TLS by pyOpenSSL."""

    def _choose_by_name(self, context: Any, others: Mapping[str, Any]) -> None:
        def choose(connection: SSL.Connection) -> None:
            name = connection.get_servername() or b""
            other = chosen(others, name.decode("ascii", "replace"))
            if other is not None:
                connection.set_context(other)

        context.set_tlsext_servername_callback(choose)

    def get_context(self) -> SSL.Context:
        """Return the context of new connections."""
        context: SSL.Context = self.context
        return context

    def _make(self, identity: Identity) -> Any:
        wishes: Any = self._wishes
        context: Any = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
        with identity.files() as files:
            context.use_certificate_chain_file(files.chain or files.certificate)
            self._use_key(context, files.key)
            context.described = _server_variables(files.certificate)
        context.check_privatekey()
        if wishes.ciphers:
            context.set_cipher_list(wishes.ciphers.encode("ascii"))
        context.set_alpn_select_callback(_select_protocol)
        if wishes.client_ca is not None:
            with pem_file(wishes.client_ca) as path:
                context.load_verify_locations(path)
                context.load_client_ca(path.encode())
            needed = SSL.VERIFY_FAIL_IF_NO_PEER_CERT if wishes.client_required else 0
            context.set_verify(SSL.VERIFY_PEER | needed)
            # Sessions that are resumed have to belong to this server.
            context.set_session_id(b"cherrypy")
        return context

    def _use_key(self, context: SSL.Context, path: str) -> None:
        with open(path, "rb") as file:  # noqa: PTH123  # as above
            data = file.read()
        if b"ENCRYPTED" not in data:
            context.use_privatekey_file(path)
            return
        wishes: Any = self._wishes
        # There may be certificates in front.
        start = data.rindex(b"-----BEGIN ", 0, data.index(b"PRIVATE KEY-----"))
        block = data[start:]
        key: Any = load_pem_private_key(block, wishes.ask_password())
        try:
            context.use_privatekey(key)
        except TypeError:
            # pyOpenSSL before 24.3 knows only its own class.
            context.use_privatekey(crypto.PKey.from_cryptography_key(key))

    def transport(self, sock: socket.socket) -> OpenSSLTransport:
        """Return a TLS connection over an accepted socket."""
        return OpenSSLTransport(self, sock)

    def get_environ(self, connection: SSL.Connection | None = None) -> dict[str, Any]:
        """Return what TLS adds to each request's environ."""
        context = self.context if connection is None else connection.get_context()
        environ: dict[str, Any] = {
            "wsgi.url_scheme": "https",
            "HTTPS": "on",
            "SSL_VERSION_INTERFACE": f"pyOpenSSL/{version.__version__}",
            "SSL_VERSION_LIBRARY": SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode("ascii"),
            "SSL_CLIENT_VERIFY": "NONE",
            **getattr(context, "described", {}),
        }
        if connection is None:
            return environ
        environ["SSL_PROTOCOL"] = connection.get_protocol_version_name()
        environ["SSL_CIPHER"] = connection.get_cipher_name() or ""
        environ["SSL_CIPHER_USEKEYSIZE"] = str(connection.get_cipher_bits() or 0)
        if name := connection.get_servername():
            environ["SSL_TLS_SNI"] = name.decode("ascii", "replace")
        certificate = connection.get_peer_certificate()
        if certificate is not None:
            environ |= variables("SSL_CLIENT", _decoded(certificate))
            environ["SSL_CLIENT_VERIFY"] = "SUCCESS"
            pem = crypto.dump_certificate(crypto.FILETYPE_PEM, certificate)
            environ["SSL_CLIENT_CERT"] = pem.decode("ascii")
        return environ


def _select_protocol(_: SSL.Connection, offered: list[bytes]) -> Any:
    protocol = ALPN.encode()
    return protocol if protocol in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def _decoded(certificate: crypto.X509) -> dict[str, Any]:
    """Return a certificate in the form of Python's `ssl`."""
    parsed = certificate.to_cryptography()
    names: list[tuple[str, str]] = []
    # An authority may have signed nonsense.
    with contextlib.suppress(x509.ExtensionNotFound, ValueError):
        extension = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = [
            (kind, str(entry.value))
            for entry in extension.value
            for known, kind in _KINDS
            if isinstance(entry, known)
        ]
    return {
        "version": parsed.version.value + 1,
        "serialNumber": _hex(parsed.serial_number),
        "notBefore": _date(parsed.not_valid_before_utc),
        "notAfter": _date(parsed.not_valid_after_utc),
        "subject": _parts(parsed.subject),
        "issuer": _parts(parsed.issuer),
        "subjectAltName": names,
    }


def _server_variables(path: str) -> dict[str, str]:
    with open(path, "rb") as file:  # noqa: PTH123  # as below
        certificate = crypto.load_certificate(crypto.FILETYPE_PEM, file.read())
    return variables("SSL_SERVER", _decoded(certificate))


def _hex(number: int) -> str:
    digits = f"{number:X}"
    return "0" * (len(digits) % 2) + digits


def _date(moment: datetime) -> str:
    month = _MONTHS[moment.month - 1]
    return f"{month} {moment.day:2d} {moment:%H:%M:%S} {moment.year} GMT"


def _parts(name: x509.Name) -> list[list[tuple[str, str]]]:
    # As in the certificate, the most general first.
    return [[(_LONG.get(one.oid, one.oid.dotted_string), str(one.value)) for one in name]]


class OpenSSLTransport:
    """TLS by pyOpenSSL on a socket that does not block; see `transport.SecureTransport`.

    Args:
        adapter: the adapter, with a context.
        sock: the accepted socket; it is taken over.
    """

    def __init__(self, adapter: OpenSSLAdapter, sock: socket.socket) -> None:
        self._adapter = adapter
        self.wants = READ
        self.socket = sock
        self.connection = SSL.Connection(adapter.context, sock)
        self.connection.set_accept_state()
        self.fileno = sock.fileno
        self.pending = self.connection.pending

    def handshake(self) -> None:
        """See `SecureTransport`."""
        self._do(self.connection.do_handshake)

    def environ(self) -> dict[str, Any]:
        """See `SecureTransport`."""
        return self._adapter.get_environ(self.connection)

    def recv(self, size: int) -> bytes:
        """See `SecureTransport`."""
        try:
            data: bytes = self._do(self.connection.recv, size)
        except SSL.ZeroReturnError:
            return b""
        except _Ended:
            # The client has closed without saying so.
            return b""
        return data

    def send(self, data: bytes | memoryview) -> int:
        """See `SecureTransport`."""
        # The same bytes have to be offered again after it has had to wait, at the same address
        # or in the same number: at most one record's worth, so that the number stays.
        count: int = self._do(self.connection.send, bytes(data[:_RECORD]))
        return count

    def close_notify(self) -> None:
        """See `SecureTransport`."""
        with contextlib.suppress(SSL.Error, OSError):
            self.connection.shutdown()

    def close(self) -> None:
        """See `SecureTransport`."""
        self.socket.close()

    def _do(self, method: Any, *arguments: Any) -> Any:
        try:
            return method(*arguments)
        except SSL.WantReadError:
            self.wants = READ
        except SSL.WantWriteError:
            self.wants = WRITE
        except SSL.ZeroReturnError:
            raise
        except SSL.SysCallError as error:
            raise (_Ended if error.args[:1] == (-1,) else OSError)(str(error)) from error
        except SSL.Error as error:
            raise OSError(str(error)) from error
        raise BlockingIOError


# The largest TLS record (RFC 8446 section 5.1).
_RECORD = 16 * 1024
