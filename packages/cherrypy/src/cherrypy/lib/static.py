"""Serving files: the functions of the tools staticdir and staticfile, and for handlers."""

from __future__ import annotations

from cherrypy._lazy import lazy_modules
from cherrypy_tools.static import (
    serve_download,
    serve_file,
    serve_fileobj,
    staticdir,
    staticfile,
)

__all__ = ["serve_download", "serve_file", "serve_fileobj", "staticdir", "staticfile"]

# Applications edit `cherrypy.lib.static.mimetypes.types_map`.
__getattr__ = lazy_modules(__name__, {"mimetypes": "mimetypes"})
