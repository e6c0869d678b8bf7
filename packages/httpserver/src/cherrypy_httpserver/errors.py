"""The errors of this package."""

from __future__ import annotations

__all__ = ["LoadError", "ServerError", "SettingError"]


class ServerError(Exception):
    """The base of all errors that this package raises on its own."""


class SettingError(ServerError, ValueError):
    """A setting has a value that no server can be made of; the message names both."""


class LoadError(ServerError, ImportError):
    """A module or an object that was named as text cannot be had."""
