"""What is written to the error log when a request fails."""

from __future__ import annotations

import logging

from cherrypy_core.serving import current

__all__ = ["log_request_headers", "log_traceback"]

# Whoever reads the log must not be able to take over sessions or accounts with it.
_SECRET = frozenset(("Authorization", "Proxy-Authorization", "Cookie"))


def log_request_headers(debug: bool = False) -> None:
    """Write the request's header fields to the error log, but for credentials.

    Args:
        debug: has no effect.
    """
    del debug
    request = current()[0]
    lines = [f"  {name}: {_shown(name, value)}" for name, value in request.header_list]
    request.log("\nRequest Headers:\n" + "\n".join(lines), "HTTP")


def _shown(name: str, value: str) -> str:
    if name.title() in _SECRET:
        return f"({len(value)} characters, not logged)"
    # A line break would look like another field, or another entry of the log.
    return value if value.isprintable() else repr(value)[1:-1]


def log_traceback(severity: int = logging.ERROR, debug: bool = False) -> None:
    """Write the traceback of the error being handled to the error log.

    Args:
        severity: a level of `logging`.
        debug: has no effect.
    """
    del debug
    current()[0].log("", "HTTP", severity=severity, traceback=True)
