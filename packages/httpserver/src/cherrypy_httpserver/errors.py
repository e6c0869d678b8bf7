"""The errors of this package."""

from __future__ import annotations

from cherrypy_wspbus.failures import SetupError

__all__ = [
    "BodyError",
    "Disconnected",
    "LoadError",
    "RequestError",
    "ResponseError",
    "ServerError",
    "SettingError",
]


class ServerError(Exception):
    """The base of all errors that this package raises on its own."""


class SettingError(ServerError, SetupError, ValueError):
    """A setting has a value that no server can be made of; the message names both."""


class LoadError(ServerError, ImportError):
    """A module or an object that was named as text cannot be had."""


class RequestError(ServerError):
    """A request that is answered with an error before any application sees it.

    Args:
        status: the status code of the answer.
        message: what is wrong, one sentence for the client.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


class BodyError(ServerError, OSError):
    """The rest of a request's body will not come: cut short, too slow, or not well-formed.

    Raised by `read()` of `wsgi.input`. Whatever the application answers, the client gets the
    status that fits, and the connection is closed.

    Args:
        status: the status code of the answer.
        message: what has happened.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Disconnected(ServerError, ConnectionError):
    """The client has gone, or does not read; what was to be written is lost."""


class ResponseError(ServerError):
    """An application has not kept to PEP 3333 or to HTTP; the message says how."""
