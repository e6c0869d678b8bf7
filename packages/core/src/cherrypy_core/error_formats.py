"""The forms of the built-in error page, and which of them a client prefers.

HTML is for people with a browser, and whenever in doubt; plain text for those with a
command line; `application/problem+json` (RFC 9457) for programs.
"""

from __future__ import annotations

from cherrypy_core.elements import AcceptElement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HTML", "JSON", "PLAIN", "html_page", "plain_page", "preferred", "problem"]

HTML = "text/html"
PLAIN = "text/plain"
JSON = "application/problem+json"

#: Media ranges that mean one of the forms, and how plainly: 2 by name, 1 and 0 by a
#: wildcard. A client that lists JSON understands a problem, whatever its media type is.
_MEANINGS = {
    "text/html": (HTML, 2),
    "text/plain": (PLAIN, 2),
    "application/problem+json": (JSON, 2),
    "application/xhtml+xml": (HTML, 2),
    "application/json": (JSON, 2),
    "text/*": (HTML, 1),
    "application/*": (JSON, 1),
    "*/*": (HTML, 0),
}

#: Elements of an Accept field that are looked at. Browsers send seven, libraries three.
_MAX_ELEMENTS = 50

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <title>"""

_STYLE = """</title>
    <style>
    body {
        font-family: sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em;
    }
    #traceback { color: #a11; overflow-x: auto; }
    #powered_by { margin-top: 2em; padding-top: .4em; border-top: 1px solid #999; color: #666; }
    </style>
</head>
<body>
    <h2>"""


def preferred(accept: str | None) -> str:
    """Return the form that a client prefers: `HTML`, `PLAIN` or `JSON`.

    The highest weight decides (RFC 9110 section 12.5.1), then how plainly a form is asked
    for, then the order of the elements. A client that accepts none of them gets HTML: an
    error in the wrong form tells more than none.

    Args:
        accept: the Accept field of the request. Anything: it comes from the network.
    """
    # PERF: what browsers, curl and most tests send needs no parsing.
    if not accept or accept == "*/*" or accept.startswith("text/html,"):
        return HTML
    # Cut where an element ends: half a weight would be another weight.
    best = (0.0, -1)
    found = HTML
    known = accept.split(",", _MAX_ELEMENTS)[:_MAX_ELEMENTS]
    for text in known:
        element = AcceptElement.from_str(text)
        meaning = _MEANINGS.get(element.value.lower())
        if meaning is not None:
            form, plainness = meaning
            rank = (element.qvalue, plainness)
            # A weight of 0 means: anything but that.
            if rank > best and rank[0] > 0:
                best, found = rank, form
    return found


def html_page(values: Mapping[str, str]) -> bytes:
    """Return the page for a browser.

    Args:
        values: status, message, traceback and version, escaped for HTML.
    """
    # PERF: joined, which takes half the time of a template.
    status = values["status"]
    page = (
        f"{_HEAD}{status}{_STYLE}{status}</h2>\n    <p>{values['message']}</p>\n"
        f'    <pre id="traceback">{values["traceback"]}</pre>\n'
        f'    <div id="powered_by">Powered by CherryPy {values["version"]}</div>\n'
        "</body>\n</html>\n"
    )
    return page.encode("utf-8", "backslashreplace")


def plain_page(status: str, message: str, traceback: str) -> bytes:
    """Return the page as plain text: what there is of status, message and traceback."""
    parts = [text.strip("\n") for text in (status, message, traceback) if text]
    return "\n\n".join([*parts, ""]).rstrip("\n").encode("utf-8", "backslashreplace") + b"\n"


def problem(code: int, reason: str, message: str, traceback: str) -> bytes:
    """Return the error as a problem in JSON (RFC 9457 section 3).

    Args:
        code: the status code.
        reason: what becomes the title.
        message: what becomes the detail; "" for none.
        traceback: an extension member; "" for none.
    """
    import json  # noqa: PLC0415  (slow to import, for clients that want it)

    # RFC 9457 section 4.2.1: a problem that is no more than its status.
    members: dict[str, object] = {"type": "about:blank", "title": reason, "status": code}
    if message:
        members["detail"] = message
    if traceback:
        members["traceback"] = traceback.splitlines()
    # In ASCII: whatever a client has sent can be encoded.
    return json.dumps(members).encode("ascii")
