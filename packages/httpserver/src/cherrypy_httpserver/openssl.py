"""The TLS adapter on pyOpenSSL: cheroot's, completed and without what pyOpenSSL deprecates."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cheroot.ssl.pyopenssl import pyOpenSSLAdapter
from OpenSSL import SSL, crypto, version

if TYPE_CHECKING:
    from cryptography.x509 import Name

__all__ = ["OpenSSLAdapter"]


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
