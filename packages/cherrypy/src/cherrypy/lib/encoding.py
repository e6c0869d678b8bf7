"""The functions of the tools encode, decode and gzip."""

from __future__ import annotations

from cherrypy_tools.compression import compress, decompress, gzip
from cherrypy_tools.encoding import ResponseEncoder, UTF8StreamEncoder, decode, prepare_iter

__all__ = [
    "ResponseEncoder",
    "UTF8StreamEncoder",
    "compress",
    "decode",
    "decompress",
    "gzip",
    "prepare_iter",
]
