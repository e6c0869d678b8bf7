"""The errors of this package."""

from __future__ import annotations

__all__ = ["CheckerWarning", "SiteError", "UnknownSettingError"]


class SiteError(Exception):
    """The base of the errors that this package raises on its own."""


class UnknownSettingError(SiteError, AttributeError):
    """A configuration entry names a setting that does not exist; the message has the key.

    An `AttributeError`, as what CherryPy 18.10 raises for an unknown plugin.
    """


class CheckerWarning(UserWarning):
    """The configuration has what is probably a mistake (see `cherrypy_site.checker`)."""
