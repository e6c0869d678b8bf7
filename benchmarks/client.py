"""The in-process client: what a WSGI server does for one request, without any socket."""

from __future__ import annotations

import io
import sys
import tracemalloc
from time import process_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Environ", "drive", "environ_of", "held_blocks", "send", "traced_bytes"]

Environ = dict[str, Any]


def environ_of(head: bytes, body: bytes = b"") -> Environ:
    """Return the environ for a request as it comes off the wire.

    The head is parsed anew for each request, as a server does: the strings of two requests
    are equal but never the same objects, so that nothing is found by identity or by a hash
    computed earlier.
    """
    request_line, *lines = head.decode("latin-1").split("\r\n")
    method, target, protocol = request_line.split(" ")
    path, _, query = target.partition("?")
    environ = {
        "ACTUAL_SERVER_PROTOCOL": protocol,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "50612",
        "REQUEST_METHOD": method,
        "REQUEST_URI": target,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": protocol,
        "SERVER_SOFTWARE": "benchmark",
        "wsgi.errors": sys.stderr,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": False,
        "wsgi.multiprocess": False,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
    }
    for line in lines:
        name, _, value = line.partition(": ")
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        environ[key] = value
    return environ


def send(app: Any, environ: Environ) -> tuple[str, list[tuple[str, str]], bytes]:
    """Call the application once and return status, headers and body, for checks."""
    seen: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        if exc_info:
            raise exc_info[1]
        seen.append((status, headers))
        return _write

    result = app(environ, start_response)
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    ((status, headers),) = seen
    return status, headers, body


def drive(app: Any, environs: list[Environ]) -> tuple[float, list[str], list[bytes]]:
    """Send all requests, last one first; return CPU seconds, statuses and bodies.

    *environs* is emptied on the way: each environ goes when its request is over, as in a
    server, and with it what the framework has tied to it.
    """
    statuses: list[str] = []
    bodies: list[bytes] = []

    def start_response(
        status: str, _headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        if exc_info:
            raise exc_info[1]
        statuses.append(status)
        return _write

    started = process_time()
    while environs:
        result = app(environs.pop(), start_response)
        bodies.append(b"".join(result))
        if hasattr(result, "close"):
            result.close()
    return process_time() - started, statuses, bodies


def held_blocks(app: Any, environ: Environ) -> int:
    """Send a request; return how many blocks of memory the answer holds before it is closed.

    A block is what Python allocates for an object (or for a part of one: the table of a
    dict). The environ and what it held before do not count.
    """
    before = sys.getallocatedblocks()
    result = app(environ, _ignore)
    held = sys.getallocatedblocks() - before
    b"".join(result)
    if hasattr(result, "close"):
        result.close()
    return held


def traced_bytes(app: Any, environs: list[Environ]) -> tuple[list[int], int]:
    """Send all requests; return the peak of each in bytes, sorted, and the bytes left by all.

    `tracemalloc` has to run. *environs* is emptied on the way; the environs do not count,
    as they have been made before it was started.
    """
    peaks: list[int] = []
    begin, _ = tracemalloc.get_traced_memory()
    while environs:
        environ = environs.pop()
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        result = app(environ, _ignore)
        b"".join(result)
        if hasattr(result, "close"):
            result.close()
        _, peak = tracemalloc.get_traced_memory()
        peaks.append(peak - before)
        del environ, result
    end, _ = tracemalloc.get_traced_memory()
    own = sys.getsizeof(peaks) + sum(map(sys.getsizeof, peaks))
    return sorted(peaks), end - begin - own


def _ignore(
    _status: str, _headers: list[tuple[str, str]], _exc_info: Any = None
) -> Callable[[bytes], None]:
    return _write


def _write(_data: bytes) -> None:
    raise NotImplementedError("no application here uses the write callable")
