"""Session objects with locking and expiry, and the stores that keep them."""

from __future__ import annotations

from cherrypy_sessions.__about__ import __version__
from cherrypy_sessions.locking import LockChecker, LockTimeout, NeverExpires, Timer
from cherrypy_sessions.ram import RamSession
from cherrypy_sessions.session import Session, missing

__all__ = [
    "LockChecker",
    "LockTimeout",
    "NeverExpires",
    "RamSession",
    "Session",
    "Timer",
    "__version__",
    "missing",
]
