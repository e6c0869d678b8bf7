"""TLS with pyOpenSSL (extra `ssl`)."""

from __future__ import annotations

from cheroot.ssl.pyopenssl import SSLConnection, pyOpenSSLAdapter
from cheroot.ssl.pyopenssl import SSLFileobjectMixin as SSL_fileobject

__all__ = ["SSLConnection", "SSL_fileobject", "pyOpenSSLAdapter"]
