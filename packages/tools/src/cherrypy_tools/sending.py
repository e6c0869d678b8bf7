"""An open file, or a part of it, as the response."""

from __future__ import annotations

import os
from contextlib import suppress

from cherrypy_core.dates import http_date, parse_http_date
from cherrypy_core.errors import HTTPError
from cherrypy_tools.conditional import Conditions, may_be_conditional
from cherrypy_tools.filebody import Descriptor, FileBody, read_exactly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_core.request import Request
    from cherrypy_core.response import Response

__all__ = ["answer_conditions", "send_content", "send_file"]

#: Files up to this size (bytes) are read at once: then the response needs no closing.
SMALL_FILE = 65_536


def send_file(
    request: Request, response: Response, opened: tuple[int, os.stat_result], content_type: str
) -> None:
    """Make the response an open file; it is closed here, or when the body is over."""
    fd, status = opened
    try:
        size = status.st_size
        headers = response.headers
        fields = {"Content-Type": content_type, "Accept-Ranges": "bytes"}
        with suppress(ValueError):  # a file from a year that HTTP cannot express
            fields["Last-Modified"] = http_date(status.st_mtime)
        if "Etag" not in headers:
            fields["Etag"] = f'"{status.st_mtime_ns:x}-{size:x}"'
        # PERF: the names are canonical: 1 us less than one by one.
        dict.update(headers, fields)
        conditional = may_be_conditional(request)
        if size > SMALL_FILE or (conditional and request.header("Range") is not None):
            file = Descriptor(fd)
            fd = -1
            send_content(request, response, file, 0, size)
        elif not (conditional and answer_conditions(request, response)):
            # PERF: one chunk, in memory, and nothing left to close.
            data = read_exactly(fd, size) if size else b""
            dict.__setitem__(headers, "Content-Length", str(len(data)))
            response.chunks = [data] if data else []
    finally:
        if fd >= 0:
            os.close(fd)


def answer_conditions(request: Request, response: Response) -> bool:
    """Answer 304, if the client has the file already; return whether it has.

    Raises:
        HTTPError: 412, if a precondition is not met.
    """
    if not may_be_conditional(request):
        return False
    headers = response.headers
    conditions = Conditions(request)
    etag = headers.get("Etag")
    status = conditions.check_etag(etag)
    if status is None and (
        request.header("If-Modified-Since") or request.header("If-Unmodified-Since")
    ):
        status = conditions.check_since(parse_http_date(headers.get("Last-Modified")))
    if status is None:
        return False
    if status == 412:  # noqa: PLR2004
        raise HTTPError(412, "The file is another one than the request's precondition wants.")
    response.status = 304
    if conditions.matched is not None:
        # As the client has written it: the gzip tool may have weakened it.
        headers["Etag"] = conditions.matched
    for name in ("Content-Type", "Content-Disposition", "Accept-Ranges"):
        headers.pop(name, None)
    response.body = None
    return True


def send_content(
    request: Request, response: Response, file: Any, position: int, length: int
) -> None:
    """Make the response *length* bytes of *file*, or the ranges of it that are asked for.

    Raises:
        HTTPError: 412 or 416.
    """
    if answer_conditions(request, response):
        FileBody(file, ()).close()
        return
    headers = response.headers
    headers["Accept-Ranges"] = "bytes"
    field = request.header("Range")
    # Ranges are for GET (RFC 9110 section 14.2), and came with HTTP/1.1.
    if field is not None and request.method == "GET" and request.protocol >= (1, 1):
        from cherrypy_tools.byteranges import send_ranges  # noqa: PLC0415  (seldom)

        if send_ranges(request, response, file, position, length):
            return
    headers["Content-Length"] = str(length)
    body = FileBody(file, [(b"", position, position + length)])
    if type(file) is Descriptor:
        # Opened by its path: the length is that of all of it.
        body.whole_file = file
    response.body = body
