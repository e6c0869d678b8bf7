"""The TLS adapter on pyOpenSSL: cheroot's, completed and without what pyOpenSSL deprecates."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from cheroot.ssl.pyopenssl import pyOpenSSLAdapter
from OpenSSL import SSL, crypto, version

from cherrypy_httpserver.poller import READ, WRITE

if TYPE_CHECKING:
    import socket

    from cryptography.x509 import Name

__all__ = ["OpenSSLAdapter", "OpenSSLTransport"]


class OpenSSLAdapter(pyOpenSSLAdapter):
    """An adapter that honours the ciphers and sends every certificate of the file."""

    def get_context(self) -> SSL.Context:
        """Return a context with certificate, key, chain and ciphers.

        Raises:
            SSL.Error: if OpenSSL refuses one of them.
        """
        context = SSL.Context(SSL.TLS_METHOD)
        context.use_certificate_chain_file(self.certificate)
        context.use_privatekey_file(self.private_key)
        if self.certificate_chain:
            context.load_verify_locations(self.certificate_chain)
        if self.ciphers:
            context.set_cipher_list(self.ciphers.encode("ascii"))
        return context

    def bind(self, sock: Any) -> Any:
        """Wrap the listening socket; close it if that fails, as nobody else can."""
        try:
            return super().bind(sock)  # type: ignore[no-untyped-call]  # cheroot's
        except BaseException:
            sock.close()
            raise

    def transport(self, sock: socket.socket) -> OpenSSLTransport:
        """Return a TLS connection over an accepted socket."""
        return OpenSSLTransport(self, sock)

    def get_environ(self) -> dict[str, Any]:
        """Return what is added to each request's environ, named as by Apache's mod_ssl."""
        environ = {
            "wsgi.url_scheme": "https",
            "HTTPS": "on",
            "SSL_VERSION_INTERFACE": f"pyOpenSSL/{version.__version__} Python/{sys.version}",
            "SSL_VERSION_LIBRARY": SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode("ascii"),
        }
        if self.certificate:
            with open(self.certificate, "rb") as file:  # noqa: PTH123  # as text or bytes, as given
                certificate = crypto.load_certificate(crypto.FILETYPE_PEM, file.read())
            parsed = certificate.to_cryptography()
            environ["SSL_SERVER_M_VERSION"] = str(parsed.version.value)
            environ["SSL_SERVER_M_SERIAL"] = str(parsed.serial_number)
            environ.update(_name_variables("SSL_SERVER_I_DN", parsed.issuer))
            environ.update(_name_variables("SSL_SERVER_S_DN", parsed.subject))
        return environ


def _name_variables(prefix: str, name: Name) -> dict[str, str]:
    """Return a distinguished name as a whole, "/O=Example/CN=site", and each of its parts."""
    parts = [
        (attribute.rfc4514_attribute_name, str(attribute.value))
        for attribute in name  # as in the certificate, the most general first
    ]
    variables = {prefix: "".join(f"/{key}={value}" for key, value in parts)}
    for key, value in parts:
        variables.setdefault(f"{prefix}_{key}", value)
    return variables


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
        return self._adapter.get_environ()

    def recv(self, size: int) -> bytes:
        """See `SecureTransport`."""
        try:
            data: bytes = self._do(self.connection.recv, size)
        except SSL.ZeroReturnError:
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
            if error.args and error.args[0] == -1:
                # The client has closed without saying so.
                return b""
            raise OSError(str(error)) from error
        except SSL.Error as error:
            raise OSError(str(error)) from error
        raise BlockingIOError


# The largest TLS record (RFC 8446 section 5.1).
_RECORD = 16 * 1024
