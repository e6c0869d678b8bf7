"""Compressed responses: the gzip content coding (RFC 9110 section 8.4, RFC 1952)."""

from __future__ import annotations

from cherrypy_core.elements import AcceptElement, header_elements
from cherrypy_core.errors import HTTPError
from cherrypy_core.iterators import is_closable_iterator, set_vary_header
from cherrypy_core.serving import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from cherrypy_core.response import Response

__all__ = ["compress", "decompress", "gzip", "wants_gzip"]

#: What zlib is told in order to write a gzip header and trailer.
_GZIP_WBITS = 31

# Statuses of responses that have no content, or only a part of it.
_LEFT_ALONE = ("204", "205", "206", "304")


class _Compressed:
    """An iterator over the gzip form of a body that comes piece by piece.

    Args:
        body: yields bytes.
        compress_level: 0 to 9.
    """

    def __init__(self, body: Iterable[bytes], compress_level: int) -> None:
        import zlib  # noqa: PLC0415  (not every application's need)

        self._body = body
        self._chunks = iter(body)
        self._flush = zlib.Z_SYNC_FLUSH
        self._zobj: Any = zlib.compressobj(compress_level, zlib.DEFLATED, _GZIP_WBITS)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        zobj = self._zobj
        if zobj is None:
            raise StopIteration
        for chunk in self._chunks:
            # Flushed, so that the client sees at once what the application has sent.
            data: bytes = zobj.compress(chunk) + zobj.flush(self._flush)
            if data:
                return data
        self._zobj = None
        rest: bytes = zobj.flush()
        return rest

    def close(self) -> None:
        """Close the body, if it can be closed."""
        self._zobj = None
        if is_closable_iterator(self._body):
            self._body.close()  # type: ignore[attr-defined]  # that was just asked


def compress(body: Iterable[bytes], compress_level: int) -> Iterator[bytes]:
    """Return an iterator over the gzip form of *body*, one chunk for each of its chunks.

    Args:
        body: yields bytes.
        compress_level: 0 (none) to 9 (best).
    """
    return _Compressed(body, compress_level)


def decompress(body: bytes) -> bytes:
    """Return what the gzip data *body* contains. Only for data from a source you trust.

    Raises:
        OSError, EOFError, zlib.error: it is not gzip data, or not all of it.
    """
    import gzip as gzip_module  # noqa: PLC0415  (slow to import, seldom needed)

    return gzip_module.decompress(body)


def wants_gzip(accept_encoding: str | None) -> bool | None:
    """Tell what an Accept-Encoding field asks for (RFC 9110 section 12.5.3).

    Returns:
        True: gzip. False: send it as it is. None: the client accepts neither.
    """
    if not accept_encoding:
        return False
    # PERF: what browsers send: no weights, gzip first.
    if "q=" not in accept_encoding and accept_encoding[:5] == "gzip,":
        return True
    weights = {
        element.value.lower(): element.qvalue
        for element in header_elements("Accept-Encoding", accept_encoding)
        if isinstance(element, AcceptElement)
    }
    anything = weights.get("*")
    zipped = max(weights.get("gzip", 0.0), weights.get("x-gzip", 0.0))
    if "gzip" not in weights and "x-gzip" not in weights:
        zipped = anything or 0.0
    # Not named, it is acceptable, but nobody has asked for it.
    identity = weights.get("identity", 0.0 if anything == 0 else None)
    if zipped > 0 and zipped >= (identity or 0.0):
        return True
    return None if identity == 0 else False


def _is_compressible(content_type: str, mime_types: str | Iterable[str]) -> bool:
    if isinstance(mime_types, str):
        mime_types = [mime_types]
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in mime_types:
        return True
    main, slash, subtype = media_type.partition("/")
    if not slash:
        return False
    for pattern in mime_types:
        if "*" not in pattern and "+" not in pattern:
            continue
        wanted_main, _, wanted = pattern.lower().partition("/")
        if wanted_main not in {main, "*"}:
            continue
        if wanted == "*" or (wanted[:2] == "*+" and subtype.endswith(wanted[1:])):
            return True
    return False


def gzip(
    compress_level: int = 5,
    mime_types: list[str] = ["text/html", "text/plain"],  # noqa: B006  (never changed)
    debug: bool = False,
) -> None:
    """Compress the response, if the client accepts that and its media type is worth it.

    Bodies that are encoded already, parts of a body (206) and empty ones are left alone.
    A strong ETag becomes a weak one: the compressed body is another representation.

    Args:
        compress_level: 0 (none) to 9 (best).
        mime_types: the Content-Types to compress: `type/subtype`, `type/*` or
            `type/*+subtype`.
        debug: log what is decided.

    Raises:
        HTTPError: 406, if the client accepts neither gzip nor the body as it is.
    """
    request, response = current()
    status = str(response.status or 200)
    headers = response.headers
    if (
        not response.chunks
        or status[:1] == "1"
        or status[:3] in _LEFT_ALONE
        or getattr(request, "cached", False)
        or headers.get("Content-Encoding")
    ):
        return
    if "Vary" in headers:
        set_vary_header(response, "Accept-Encoding")
    else:
        # A cache must not give the compressed body to others, nor this one to everybody.
        headers["Vary"] = "Accept-Encoding"
    wanted = wants_gzip(request.header("Accept-Encoding"))
    if debug:
        request.log(f"gzip wanted: {wanted}, type: {headers.get('Content-Type')}", "TOOLS.GZIP")
    if wanted is None and status[:1] == "2":
        raise HTTPError(406, "identity, gzip")
    if wanted and _is_compressible(str(headers.get("Content-Type") or ""), mime_types):
        _compress_response(response, compress_level)


def _compress_response(response: Response, compress_level: int) -> None:
    headers = response.headers
    chunks = response.chunks
    # An iterator with a length is a file, say: it is not to be read into memory.
    if response.stream or (type(chunks) is not list and headers.get("Content-Length")):
        response.chunks = _Compressed(chunks, compress_level)
        response.stream = True
    else:
        body = response.collapse_body()
        if not body:
            return
        import zlib  # noqa: PLC0415  (not every application's need)

        zobj = zlib.compressobj(compress_level, zlib.DEFLATED, _GZIP_WBITS)
        response.chunks = [zobj.compress(body) + zobj.flush()]
    headers.pop("Content-Length", None)
    headers["Content-Encoding"] = "gzip"
    # Offsets would be those of the compressed body, which is not kept.
    headers.pop("Accept-Ranges", None)
    etag = headers.get("Etag")
    if etag and not str(etag).startswith("W/"):
        headers["Etag"] = f"W/{etag}"
