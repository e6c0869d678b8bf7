"""The TLS adapters of cheroot, made from the settings of a server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from cheroot.server import get_ssl_adapter_class
from cheroot.ssl.builtin import BuiltinSSLAdapter

from cherrypy_httpserver.errors import SettingError

if TYPE_CHECKING:
    from cherrypy_httpserver.server import Server

__all__ = ["tls_adapter"]


class _ContextAdapter(BuiltinSSLAdapter):
    """The builtin adapter for a context that brings its certificate along."""

    def __init__(self, context: Any) -> None:
        # Deliberately not super(): that loads the certificate from a file.
        self.certificate = self.private_key = self.certificate_chain = self.ciphers = None
        self.private_key_password = None
        self.context = context
        self._server_env: dict[str, str] = {}


def tls_adapter(server: Server) -> Any:
    """Return the TLS adapter that the settings ask for, None for a server without TLS.

    Raises:
        SettingError: if the library is unknown or missing, or a file or the ciphers are wrong.
    """
    if not (server.ssl_certificate or server.ssl_context):
        if server.ssl_private_key:
            raise SettingError("server.ssl_private_key is set, but not server.ssl_certificate")
        return None
    adapter_class = _adapter_class(server.ssl_module)
    for name in ("ssl_certificate", "ssl_private_key", "ssl_certificate_chain"):
        _check_readable(name, getattr(server, name))
    if not server.ssl_certificate and issubclass(adapter_class, BuiltinSSLAdapter):
        return _ContextAdapter(server.ssl_context)
    try:
        adapter = adapter_class(
            server.ssl_certificate,
            server.ssl_private_key or server.ssl_certificate,
            server.ssl_certificate_chain,
            server.ssl_ciphers,
        )
        if server.ssl_context:
            adapter.context = server.ssl_context
        elif str(server.ssl_module).lower() == "pyopenssl":
            # Now, not when the socket is bound, so that a mistake is found early.
            adapter.context = adapter.get_context()
    except Exception as error:  # the libraries have unrelated error classes
        raise SettingError(
            f"server.ssl_*: certificate {server.ssl_certificate!r}, private key "
            f"{server.ssl_private_key!r} or ciphers {server.ssl_ciphers!r} "
            f"cannot be used: {str(error) or type(error).__name__}"
        ) from error
    return adapter


def _adapter_class(name: str) -> Any:
    if str(name).lower() == "pyopenssl":
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


def _check_readable(name: str, path: Any) -> None:
    """Have the error name the setting: OpenSSL does not even name the file."""
    if path is None:
        return
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError as error:
        raise SettingError(f"server.{name}: cannot read {path!r}: {error.strerror}") from error
