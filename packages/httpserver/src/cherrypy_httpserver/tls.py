"""TLS adapters, made from the settings of a server; and the one on Python's `ssl`."""

from __future__ import annotations

import os
import ssl
import sys
from typing import TYPE_CHECKING, Any

from cheroot.server import get_ssl_adapter_class
from cheroot.ssl.builtin import BuiltinSSLAdapter

from cherrypy_httpserver.certificates import (
    Identity,
    chosen,
    identities,
    is_pem,
    pem_file,
    variables,
)
from cherrypy_httpserver.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cherrypy_httpserver.server import Server

__all__ = ["BuiltinAdapter", "Renewable", "Wishes", "tls_adapter"]

ALPN = "http/1.1"
"""The only protocol that the server offers (RFC 7301)."""


class Wishes:
    """What the settings say about TLS, apart from the library.

    Args:
        server: the settings.
    """

    def __init__(self, server: Server) -> None:
        self.identity = Identity(
            server.ssl_certificate, server.ssl_private_key, server.ssl_certificate_chain
        )
        self.password = server.ssl_private_key_password
        self.ciphers = server.ssl_ciphers
        self.client_ca = server.ssl_client_ca
        self.client_required = server.ssl_client_required
        self.others = identities(server.ssl_sni)

    def ask_password(self, *_: Any) -> bytes:
        """Return the password of the key, for a library that has met an encrypted one."""
        password = self.password() if callable(self.password) else self.password
        if password is None:
            # Otherwise OpenSSL would ask at the terminal, and wait.
            raise SettingError("the private key is encrypted: set server.ssl_private_key_password")
        return password.encode() if isinstance(password, str) else bytes(password)


class Renewable:
    """What the adapters have in common: contexts from the settings, made again at any time.

    Args:
        wishes: the settings; None for a context that brings its certificate along.
        context: the context to use as it is.

    Attributes:
        context: what new connections are made with. It may be replaced at any time.
    """

    takes_wishes = True
    private_key_password: Any = None

    def __init__(self, wishes: Wishes | None, context: Any = None) -> None:
        # Deliberately not super(): cheroot's adapters load the certificate from a file.
        self.certificate = self.private_key = self.certificate_chain = self.ciphers = None
        self._wishes = wishes
        self._given = context
        self.context = context
        self.reload()

    def reload(self) -> bool:
        """Read the certificates again, for the connections to come.

        Returns:
            False if there are none to read: the context was given as it is.

        Raises:
            Exception: whatever is wrong with them; everything stays as it was then.
        """
        if self._given is not None or self._wishes is None:
            return False
        made = self._make(self._wishes.identity)
        others = {name: self._make(one) for name, one in self._wishes.others.items()}
        self._choose_by_name(made, others)
        self.context = made
        return True

    def _make(self, identity: Identity) -> Any:
        """Return a context for one certificate."""
        raise NotImplementedError

    def _choose_by_name(self, context: Any, others: Mapping[str, Any]) -> None:
        """Have `context` leave a connection to one of the others, by the host's name (SNI)."""
        raise NotImplementedError


class BuiltinAdapter(Renewable, BuiltinSSLAdapter):
    """TLS by Python's `ssl`."""

    def _choose_by_name(self, context: Any, others: Mapping[str, Any]) -> None:
        def choose(connection: Any, name: str | None, _: Any) -> None:
            connection.tls_sni = name
            connection.context = chosen(others, name) or context

        context.sni_callback = choose

    def _make(self, identity: Identity) -> Any:
        wishes: Any = self._wishes
        context: Any = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
        # OpenSSL 3 does not take part in that anyhow; it has cost servers more than clients.
        context.options |= ssl.OP_NO_RENEGOTIATION
        context.set_alpn_protocols([ALPN])
        context.described = _server_variables(identity)
        with identity.files() as files:
            context.load_cert_chain(
                files.chain or files.certificate, files.key, wishes.ask_password
            )
        if wishes.ciphers:
            context.set_ciphers(wishes.ciphers)
        if wishes.client_ca is not None:
            with pem_file(wishes.client_ca) as path:
                context.load_verify_locations(path)
            context.verify_mode = (
                ssl.CERT_REQUIRED if wishes.client_required else ssl.CERT_OPTIONAL
            )
        return context

    def get_environ(self, sock: Any = None) -> dict[str, Any]:
        """Return what TLS adds to each request's environ."""
        environ: dict[str, Any] = {
            "wsgi.url_scheme": "https",
            "HTTPS": "on",
            "SSL_VERSION_INTERFACE": f"Python/{sys.version.split()[0]} ssl",
            "SSL_VERSION_LIBRARY": ssl.OPENSSL_VERSION,
            "SSL_CLIENT_VERIFY": "NONE",
            **getattr(self.context if sock is None else sock.context, "described", {}),
        }
        if sock is None:
            return environ
        environ["SSL_PROTOCOL"] = sock.version() or ""
        environ["SSL_CIPHER"], _, bits = sock.cipher() or ("", "", 0)
        environ["SSL_CIPHER_USEKEYSIZE"] = str(bits)
        if sni := getattr(sock, "tls_sni", None):
            environ["SSL_TLS_SNI"] = sni
        if certificate := sock.getpeercert():
            environ |= variables("SSL_CLIENT", certificate)
            environ["SSL_CLIENT_VERIFY"] = "SUCCESS"
            environ["SSL_CLIENT_CERT"] = ssl.DER_cert_to_PEM_cert(sock.getpeercert(True))
        return environ


def _server_variables(identity: Identity) -> dict[str, str]:
    """Describe the server's own certificate, if this Python can."""
    decode = getattr(getattr(ssl, "_ssl", None), "_test_decode_cert", None)
    if decode is None:
        return {}
    with identity.files() as files:
        return variables("SSL_SERVER", decode(files.certificate))


def tls_adapter(server: Server) -> Any:
    """Return the TLS adapter that the settings ask for, None for a server without TLS.

    Raises:
        SettingError: if the library is unknown or missing, or a file or the ciphers are wrong.
    """
    _check_combination(server)
    if not (server.ssl_certificate or server.ssl_context):
        return None
    adapter_class = _adapter_class(server.ssl_module)
    names = ("ssl_certificate", "ssl_private_key", "ssl_certificate_chain", "ssl_client_ca")
    for name in names:
        _check_readable(name, getattr(server, name))
    for host, identity in identities(server.ssl_sni).items():
        for part in identity:
            _check_readable(f"ssl_sni[{host!r}]", part)
    try:
        return _make(adapter_class, server)
    except Exception as error:  # the libraries have unrelated error classes
        raise SettingError(
            f"server.ssl_*: certificate {_named(server.ssl_certificate)}, private key "
            f"{_named(server.ssl_private_key)} or ciphers {server.ssl_ciphers!r} "
            f"cannot be used: {str(error) or type(error).__name__}"
        ) from error


def _check_combination(server: Server) -> None:
    """Refuse settings that have no effect, though somebody counts on them."""
    if server.ssl_context:
        for name in ("ssl_client_ca", "ssl_sni"):
            if getattr(server, name):
                raise SettingError(
                    f"server.{name} has no effect beside server.ssl_context: set it up there"
                )
    elif not server.ssl_certificate:
        # It would be served in clear.
        for name in ("ssl_private_key", "ssl_certificate_chain", "ssl_client_ca", "ssl_sni"):
            if getattr(server, name):
                raise SettingError(f"server.{name} is set, but not server.ssl_certificate")


def _make(adapter_class: Any, server: Server) -> Any:
    if getattr(adapter_class, "takes_wishes", False):
        wishes = Wishes(server) if server.ssl_certificate else None
        return adapter_class(wishes, server.ssl_context)
    # Somebody's own, with the arguments that cheroot gives.
    adapter = adapter_class(
        server.ssl_certificate,
        server.ssl_private_key or server.ssl_certificate,
        server.ssl_certificate_chain,
        server.ssl_ciphers,
    )
    if server.ssl_context:
        adapter.context = server.ssl_context
    return adapter


def _adapter_class(name: str) -> Any:
    lower = str(name).lower()
    if lower == "builtin":
        return BuiltinAdapter
    if lower == "pyopenssl":
        try:
            from cherrypy_httpserver.openssl import OpenSSLAdapter  # noqa: PLC0415  (an extra)
        except ImportError as error:
            raise SettingError(
                f"server.ssl_module = {name!r} needs pyOpenSSL: "
                "pip install 'cherrypy-httpserver[ssl]'"
            ) from error
        return OpenSSLAdapter
    try:
        return get_ssl_adapter_class(name)
    except (KeyError, AttributeError) as error:
        raise SettingError(
            f"server.ssl_module must be 'builtin' or 'pyopenssl', not {name!r}"
        ) from error


def _named(source: Any) -> str:
    """Return a path for a message; keys are not for messages."""
    return "(PEM in memory)" if is_pem(source) else repr(source)


def _check_readable(name: str, path: Any) -> None:
    """Have the error name the setting: OpenSSL does not even name the file."""
    if path is None or is_pem(path):
        return
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError as error:
        raise SettingError(f"server.{name}: cannot read {path!r}: {error.strerror}") from error
