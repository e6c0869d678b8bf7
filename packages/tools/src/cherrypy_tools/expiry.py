"""How long a response may be kept: the Expires header field."""

from __future__ import annotations

from cherrypy_core.dates import http_date
from cherrypy_core.serving import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime as dt

__all__ = ["expires"]

#: What makes a response one that caches keep anyway.
_INDICATORS = ("Etag", "Last-Modified", "Age", "Expires")

#: 28 January 2007, which is over, whatever clock a client goes by (as CherryPy 18.10).
_LONG_AGO = 1169942400


def expires(secs: float | dt.timedelta = 0, force: bool = False, debug: bool = False) -> None:
    """Say until when a response is fresh, or that it must not be kept.

    Args:
        secs: for how many seconds from now (or a `timedelta`) it is fresh. With 0 caches
            are told not to keep it: `Cache-Control: no-cache, must-revalidate`,
            `Pragma: no-cache` and a time long ago.
        force: replace what is there. Otherwise nothing is overridden, and only responses
            that caches would keep are changed: those with an ETag, Last-Modified, Age or
            Expires (as CherryPy 18.10).
        debug: log what is decided.
    """
    request, response = current()
    headers = response.headers
    if not force and not any(name in headers for name in _INDICATORS):
        if debug:
            request.log("the response is none that would be cached", "TOOLS.EXPIRES")
        return
    seconds: float = secs if isinstance(secs, (int, float)) else secs.total_seconds()
    if seconds == 0:
        fields = {"Pragma": "no-cache"}
        if request.protocol >= (1, 1):
            fields["Cache-Control"] = "no-cache, must-revalidate"
        fields["Expires"] = http_date(_LONG_AGO)
    else:
        fields = {"Expires": http_date(response.time + seconds)}
    for name, value in fields.items():
        if force or name not in headers:
            headers[name] = value
    if debug:
        request.log(f"set, unless they were there: {fields}", "TOOLS.EXPIRES")
