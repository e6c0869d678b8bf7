"""Parts of a file as a response: RFC 9110 section 14."""

from __future__ import annotations

import os

from cherrypy_core.errors import HTTPError
from cherrypy_core.ranges import get_ranges
from cherrypy_tools.conditional import is_weak
from cherrypy_tools.filebody import FileBody

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cherrypy_core.request import Request
    from cherrypy_core.response import Response

__all__ = ["send_ranges"]


def send_ranges(
    request: Request, response: Response, file: Any, position: int, length: int
) -> bool:
    """Make the response those parts of *file* that the Range header field asks for.

    Args:
        request: the request.
        response: the response; its headers describe the whole file.
        file: what `FileBody` takes.
        position: where in *file* the content begins.
        length: bytes of the content.

    Returns:
        False, if the whole is to be sent: the field is faulty, or there is an If-Range
        that names another state of the file.

    Raises:
        HTTPError: 416, if the content has none of the ranges.
    """
    if not _is_still_current(request.header("If-Range"), response):
        return False
    ranges = get_ranges(request.header("Range"), length)
    if ranges is None:
        return False
    headers = response.headers
    if not ranges:
        FileBody(file, ()).close()
        headers["Content-Range"] = f"bytes */{length}"
        raise HTTPError(416, f"None of the ranges is within the {length} bytes that there are.")
    response.status = 206
    if len(ranges) == 1:
        start, stop = ranges[0]
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{length}"
        headers["Content-Length"] = str(stop - start)
        response.body = FileBody(file, [(b"", position + start, position + stop)])
    else:
        _send_several(response, file, position, length, ranges)
    return True


def _send_several(
    response: Response, file: Any, position: int, length: int, ranges: list[tuple[int, int]]
) -> None:
    headers = response.headers
    boundary = os.urandom(16).hex()
    content_type = headers.get("Content-Type") or "application/octet-stream"
    slices = []
    before = ""
    for start, stop in ranges:
        before += (
            f"--{boundary}\r\nContent-Type: {content_type}\r\n"
            f"Content-Range: bytes {start}-{stop - 1}/{length}\r\n\r\n"
        )
        slices.append((before.encode("latin-1", "replace"), position + start, position + stop))
        before = "\r\n"
    last = f"\r\n--{boundary}--\r\n".encode("ascii")
    total = sum(len(text) + stop - start for text, start, stop in slices) + len(last)
    headers["Content-Type"] = f"multipart/byteranges; boundary={boundary}"
    headers["Content-Length"] = str(total)
    response.body = FileBody(file, slices, last)


def _is_still_current(if_range: str | None, response: Response) -> bool:
    """Tell whether the client's part is one of the file as it is (RFC 9110 section 13.1.5)."""
    if if_range is None:
        return True
    if_range = if_range.strip(" \t")
    if '"' in if_range:
        return not is_weak(if_range) and bool(if_range == response.headers.get("Etag"))
    return bool(if_range == response.headers.get("Last-Modified"))
