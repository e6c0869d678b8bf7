"""Identifiers of requests that go along with them, from one service to the next."""

from __future__ import annotations

from cherrypy_core.serving import current

__all__ = ["MAX_LENGTH", "request_id"]

#: Longer identifiers (characters) are not taken over.
MAX_LENGTH = 128

# Letters, digits and what UUIDs, trace ids, base64 and URNs need beside them: nothing that
# means something to a log file, a shell or HTML.
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:+/=~@")


def request_id(header: str = "X-Request-ID", trust: bool = True, debug: bool = False) -> None:
    """Take the identifier of the request over from the client, and send it back.

    It becomes `request.unique_id`, and so appears in the logs. Without one, or with one
    that is too long or has odd characters, the request gets its own.

    Args:
        header: the header field that it comes and goes in.
        trust: take over what the client has sent. Off where strangers reach the server
            directly: then it is only sent back.
        debug: log what has been decided.
    """
    request, response = current()
    sent = request.header(header) if trust else None
    if sent and len(sent) <= MAX_LENGTH and _ALLOWED.issuperset(sent):
        request.unique_id = sent
    response.headers[header] = str(request.unique_id)
    if debug:
        request.log(f"{header}: {response.headers[header]}", "TOOLS.REQUEST_ID")
