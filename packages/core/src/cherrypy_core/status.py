"""Response status codes: what they are called and how a status is read."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["response_codes", "valid_status"]

#: The codes known, each with its reason phrase and a sentence for the error page
#: (possibly empty). As CherryPy 18.10 on Python 3.11: later Pythons have other phrases.
response_codes: Final[dict[int, tuple[str, str]]] = {
    100: ("Continue", "Request received, please continue"),
    101: ("Switching Protocols", "Switching to new protocol; obey Upgrade header"),
    102: ("Processing", ""),
    103: ("Early Hints", ""),
    200: ("OK", "Request fulfilled, document follows"),
    201: ("Created", "Document created, URL follows"),
    202: ("Accepted", "Request accepted, processing continues off-line"),
    203: ("Non-Authoritative Information", "Request fulfilled from cache"),
    204: ("No Content", "Request fulfilled, nothing follows"),
    205: ("Reset Content", "Clear input form for further input"),
    206: ("Partial Content", "Partial content follows"),
    207: ("Multi-Status", ""),
    208: ("Already Reported", ""),
    226: ("IM Used", ""),
    300: ("Multiple Choices", "Object has several resources -- see URI list"),
    301: ("Moved Permanently", "Object moved permanently -- see URI list"),
    302: ("Found", "Object moved temporarily -- see URI list"),
    303: ("See Other", "Object moved -- see Method and URL list"),
    304: ("Not Modified", "Document has not changed since given time"),
    305: ("Use Proxy", "You must use proxy specified in Location to access this resource"),
    307: ("Temporary Redirect", "Object moved temporarily -- see URI list"),
    308: ("Permanent Redirect", "Object moved permanently -- see URI list"),
    400: ("Bad Request", "Bad request syntax or unsupported method"),
    401: ("Unauthorized", "No permission -- see authorization schemes"),
    402: ("Payment Required", "No payment -- see charging schemes"),
    403: ("Forbidden", "Request forbidden -- authorization will not help"),
    404: ("Not Found", "Nothing matches the given URI"),
    405: ("Method Not Allowed", "Specified method is invalid for this resource"),
    406: ("Not Acceptable", "URI not available in preferred format"),
    407: (
        "Proxy Authentication Required",
        "You must authenticate with this proxy before proceeding",
    ),
    408: ("Request Timeout", "Request timed out; try again later"),
    409: ("Conflict", "Request conflict"),
    410: ("Gone", "URI no longer exists and has been permanently removed"),
    411: ("Length Required", "Client must specify Content-Length"),
    412: ("Precondition Failed", "Precondition in headers is false"),
    413: ("Request Entity Too Large", "Entity is too large"),
    414: ("Request-URI Too Long", "URI is too long"),
    415: ("Unsupported Media Type", "Entity body in unsupported format"),
    416: ("Requested Range Not Satisfiable", "Cannot satisfy request range"),
    417: ("Expectation Failed", "Expect condition could not be satisfied"),
    418: ("I'm a Teapot", "Server refuses to brew coffee because it is a teapot."),
    421: ("Misdirected Request", "Server is not able to produce a response"),
    422: ("Unprocessable Entity", ""),
    423: ("Locked", ""),
    424: ("Failed Dependency", ""),
    425: ("Too Early", ""),
    426: ("Upgrade Required", ""),
    428: ("Precondition Required", "The origin server requires the request to be conditional"),
    429: (
        "Too Many Requests",
        'The user has sent too many requests in a given amount of time ("rate limiting")',
    ),
    431: (
        "Request Header Fields Too Large",
        "The server is unwilling to process the request because its header fields are too large",
    ),
    451: (
        "Unavailable For Legal Reasons",
        "The server is denying access to the resource as a consequence of a legal demand",
    ),
    500: (
        "Internal Server Error",
        (
            "The server encountered an unexpected condition which prevented it from "
            "fulfilling the request."
        ),
    ),
    501: ("Not Implemented", "Server does not support this operation"),
    502: ("Bad Gateway", "Invalid responses from another server/proxy"),
    503: (
        "Service Unavailable",
        (
            "The server is currently unable to handle the request due to a temporary "
            "overloading or maintenance of the server."
        ),
    ),
    504: ("Gateway Timeout", "The gateway server did not receive a timely response"),
    505: ("HTTP Version Not Supported", "Cannot fulfill request"),
    506: ("Variant Also Negotiates", ""),
    507: ("Insufficient Storage", ""),
    508: ("Loop Detected", ""),
    510: ("Not Extended", ""),
    511: (
        "Network Authentication Required",
        "The client needs to authenticate to gain network access",
    ),
}


def valid_status(status: object) -> tuple[int, str, str]:
    """Return code, reason phrase and message of a *status*.

    Args:
        status: an int (any number is made one), or a str or bytes that begins with one,
            such as `404` or `"404 No such page"`; None, "" and 0 mean 200. Without a phrase
            of its own it gets the usual one (possibly "").

    Raises:
        ValueError: it has no code from 100 to 599, or the phrase has control characters.
    """
    phrase = ""
    code: object = 200
    if isinstance(status, (bytes, str)):
        text = status.decode("latin-1") if isinstance(status, bytes) else status
        if text:
            code, _, phrase = text.partition(" ")
            phrase = phrase.strip(" ")
    elif status is not None and status != 0:
        code = status
    number = _code(code)
    usual, message = response_codes.get(number, ("", ""))
    if not phrase:
        return number, usual, message
    # TAB is the one control character that a phrase may contain: RFC 9112 section 4.
    if not phrase.isprintable() and any(c < " " or c == "\x7f" for c in phrase if c != "\t"):
        raise ValueError(
            f"Illegal response status from server (the reason phrase {phrase!r} contains "
            "control characters)."
        )
    return number, phrase, message


def _code(value: object) -> int:
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise ValueError(f"Illegal response status from server ({value!r} is non-numeric).")
    try:
        # A long number is not worth converting: it is out of range anyway.
        number = int(value[:20] if isinstance(value, str) else value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        raise ValueError(
            f"Illegal response status from server ({value!r} is non-numeric)."
        ) from None
    if not 100 <= number <= 599:  # noqa: PLR2004  (RFC 9110 section 15)
        raise ValueError(f"Illegal response status from server ({value!r} is out of range).")
    return int(number)
