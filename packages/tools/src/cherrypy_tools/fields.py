"""Header fields: add some to the response, take some from the request."""

from __future__ import annotations

from cherrypy_core.serving import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

__all__ = ["ignore_headers", "response_headers"]


def response_headers(
    headers: Iterable[tuple[str, Any]] | Mapping[str, Any] | None = None, debug: bool = False
) -> None:
    """Set header fields of the response; the page handler may still override them.

    Args:
        headers: (name, value) pairs, or a mapping.
        debug: log them.
    """
    request, response = current()
    fields = response.headers
    pairs: Any = headers or ()
    for name, value in pairs.items() if hasattr(pairs, "items") else pairs:
        fields[name] = value
    if debug:
        request.log(f"set: {headers!r}", "TOOLS.RESPONSE_HEADERS")


def ignore_headers(headers: Iterable[str] = ("Range",), debug: bool = False) -> None:
    """Delete header fields of the request, as if the client had not sent them.

    Args:
        headers: names; one may be given as it is.
        debug: log which ones there were.
    """
    request = current()[0]
    for name in [headers] if isinstance(headers, str) else headers:
        if request.headers.pop(name, None) is not None and debug:
            request.log(f"ignored: {name!r}", "TOOLS.IGNORE_HEADERS")
