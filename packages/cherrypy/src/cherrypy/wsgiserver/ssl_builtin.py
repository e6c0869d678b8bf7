"""TLS with Python's own module ssl."""

from __future__ import annotations

from cheroot.ssl.builtin import BuiltinSSLAdapter

__all__ = ["BuiltinSSLAdapter"]
