"""Sessions, their backends, and the functions of the sessions tool."""

from __future__ import annotations

from cherrypy_sessions import RamSession, Session, missing
from cherrypy_tools.sessionhooks import close, expire, init, save, set_response_cookie

__all__ = [
    "RamSession",
    "Session",
    "close",
    "expire",
    "init",
    "missing",
    "save",
    "set_response_cookie",
]
