"""Timers for locks."""

from __future__ import annotations

from cherrypy_sessions.locking import LockChecker, LockTimeout, NeverExpires, Timer

__all__ = ["LockChecker", "LockTimeout", "NeverExpires", "Timer"]
