"""JSON in requests and responses (RFC 8259)."""

from __future__ import annotations

from contextlib import suppress

from cherrypy_core.errors import CherryPyException, HTTPError
from cherrypy_core.serving import current, get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from cherrypy_core.entity import RequestBody
    from cherrypy_core.message import Message

__all__ = ["json_handler", "json_in", "json_out", "json_processor", "jsonable"]

_INVALID = "Invalid JSON document"

# json is imported, and these are set, when somebody first has JSON to read or write.
_encode: Callable[[Any], str] | None = None
_decode: Callable[[str], Any] | None = None


# Reading


def _make_decode() -> Callable[[str], Any]:
    global _decode  # noqa: PLW0603  (made on first use, like any constant)
    import json  # noqa: PLC0415  (not every application's need)

    decoder = json.JSONDecoder()
    scan = decoder.scan_once  # type: ignore[attr-defined]  # typeshed does not know it

    def decode(text: str) -> Any:
        # PERF: most texts neither begin nor end with white space; looking for it costs 1 us.
        try:
            value, end = scan(text, 0)
        except StopIteration:
            return decoder.decode(text)
        return value if end == len(text) else decoder.decode(text)

    _decode = decode
    return decode


def _parse(data: bytes) -> Any:
    """Return the value of a JSON text in UTF-8, UTF-16 or UTF-32.

    Raises:
        HTTPError: 400, if it is not JSON, or is nested too deeply.
    """
    decode = _decode or _make_decode()
    try:
        try:
            # PERF: strict UTF-8, without the guessing of json.loads(), saves 0.5 us.
            return decode(data.decode())
        except ValueError:
            # It begins with a byte order mark, or every other byte is 0.
            import json  # noqa: PLC0415

            encoding = json.detect_encoding(data)
            if encoding == "utf-8":
                raise
            return decode(data.decode(encoding))
    except (ValueError, RecursionError):
        raise HTTPError(400, _INVALID) from None


class _JSONReader:
    """What json_in makes of a request's body (see `cherrypy_core.message.BodyReader`)."""

    __slots__ = ("_force", "_types")

    def __init__(self, types: frozenset[str], force: bool) -> None:
        self._types = types
        self._force = force

    def read(self, message: Message) -> bool:
        """Read a small body without an entity: 3 us less."""
        content_type = message.header("Content-Type")
        if content_type is None:
            return False
        if (
            content_type not in self._types
            and content_type.partition(";")[0].strip().lower() not in self._types
        ):
            return False
        data = message.read_small_body()
        if data is None:
            return False
        message.json = _parse(data)
        return True

    def prepare(self, body: RequestBody) -> None:
        """Make an entity do the same."""
        _register(body, self._types, self._force, json_processor)


def _register(
    body: RequestBody, types: Iterable[str], force: bool, processor: Callable[[Any], Any]
) -> None:
    if force:
        body.processors.clear()
        body.default_proc = HTTPError(  # type: ignore[method-assign]  # it is called, and raises
            415, f"Expected an entity of content type {', '.join(sorted(types))}"
        )
    for media_type in types:
        body.processors[media_type] = processor


def json_processor(entity: Any) -> None:
    """Read the JSON text in *entity*, a request's body, into `request.json`.

    Raises:
        HTTPError: 411, if its length was not announced; 400, if it is not JSON.
    """
    if not entity.headers.get("Content-Length"):
        raise HTTPError(411)
    current()[0].json = _parse(entity.fp.read())


_TYPES = ["application/json", "text/javascript"]
_readers: dict[Any, _JSONReader] = {}


def json_in(
    content_type: str | list[str] = _TYPES,
    force: bool = True,
    debug: bool = False,
    processor: Callable[[Any], Any] = json_processor,
) -> None:
    """Read request bodies that are JSON into `request.json`.

    The body must have a Content-Length (else 411), must be in UTF-8, UTF-16 or UTF-32 and
    must be JSON (else 400).

    Args:
        content_type: the media type or types that are read so.
        force: refuse all other media types with 415. Otherwise they are treated as without
            the tool, and there is no `request.json`.
        debug: log what is set up.
        processor: called with the body instead of `json_processor`: to decode in another
            way, or to put the value somewhere else.
    """
    request = get_request()
    if request is None:
        return
    if processor is json_processor:
        request.set_body_reader(_reader(content_type, force))
    else:
        _register(request.body, _types(content_type), force, processor)
    if debug:
        request.log(f"will read {content_type!r}, force: {force}", "TOOLS.JSON_IN")


def _reader(content_type: str | list[str], force: bool) -> _JSONReader:
    key: Any = force
    if content_type is not _TYPES:
        key = (force, *_types(content_type))
    reader = _readers.get(key)
    if reader is None:
        reader = _JSONReader(frozenset(_types(content_type)), force)
        if len(_readers) < 100:  # noqa: PLR2004  (a handful in any application)
            _readers[key] = reader
    return reader


def _types(content_type: str | Iterable[str]) -> list[str]:
    types = [content_type] if isinstance(content_type, str) else content_type
    return [media_type.lower() for media_type in types]


# Writing


def jsonable(value: Any) -> Any:
    """Return *value*, which JSON has no notion of, as something that it has.

    Dates, times and datetimes become ISO 8601 texts; UUIDs, Decimals (digit for digit) and
    paths texts; sets and views of dicts lists, sorted if they can be; members of an Enum
    their values; instances of dataclasses and attrs classes objects.

    Raises:
        TypeError: there is no obvious form for it.
    """
    name = type(value).__name__
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        from dataclasses import fields  # noqa: PLC0415  (slow to import, loaded already here)

        return {field.name: getattr(value, field.name) for field in fields(value)}
    if hasattr(value, "__attrs_attrs__"):
        return {field.name: getattr(value, field.name) for field in value.__attrs_attrs__}
    from collections.abc import Set  # noqa: PLC0415

    if isinstance(value, Set):
        try:
            return sorted(value)
        except TypeError:
            return list(value)
    for base in type(value).__mro__:
        kind = (base.__module__, base.__name__)
        if kind == ("enum", "Enum"):
            return value.value
        if kind in _AS_TEXT:
            return str(value)
    if name in {"dict_values", "mappingproxy"}:
        return dict(value) if name == "mappingproxy" else list(value)
    raise TypeError(
        f"a {name} has no form in JSON; convert it, or set tools.json_out.handler to a "
        "function that knows how"
    )


# By name: importing their modules would take longer than everything else here.
_AS_TEXT = frozenset(
    (
        ("uuid", "UUID"),
        ("decimal", "Decimal"),
        ("_pydecimal", "Decimal"),
        ("pathlib", "PurePath"),
        ("pathlib._local", "PurePath"),
    )
)


def _make_encode() -> Callable[[Any], str]:
    global _encode  # noqa: PLW0603  (made on first use, like any constant)
    import json  # noqa: PLC0415  (not every application's need)

    _encode = json.JSONEncoder(default=jsonable).encode
    with suppress(ImportError, TypeError):
        from json.encoder import (  # type: ignore[attr-defined]  # noqa: PLC0415
            c_make_encoder,
            encode_basestring_ascii,
        )

        # PERF: JSONEncoder makes one of these for each text, which takes 0.9 us. It could not
        # be shared if it were to look for cycles; they end in a RecursionError instead.
        make = c_make_encoder(
            None, jsonable, encode_basestring_ascii, None, ": ", ", ", False, False, True
        )
        probe: Any = {"a": [1.5, None, True, "\xe9", {}]}
        if "".join(make(probe, 0)) == _encode(probe):
            _encode = lambda value: "".join(make(value, 0))  # noqa: E731
    return _encode


def json_handler(*args: Any, **kwargs: Any) -> bytes:
    """Call the page handler that json_out has replaced; return its value as JSON.

    Args:
        *args: positional arguments for the page handler.
        **kwargs: keyword arguments for it.

    Raises:
        TypeError: the value cannot be expressed in JSON.
    """
    request: Any = get_request()
    value = request._json_inner_handler(*args, **kwargs)  # noqa: SLF001  (json_out's)
    return (_encode or _make_encode())(value).encode()


def json_out(
    content_type: str | None = "application/json",
    debug: bool = False,
    handler: Callable[..., Any] = json_handler,
) -> None:
    """Serialize what the page handler returns as JSON, and set the Content-Type.

    Args:
        content_type: the media type; None leaves the Content-Type alone.
        debug: log what is set up.
        handler: called instead of the page handler, which is then
            `request._json_inner_handler`: to encode in another way.
    """
    request: Any = get_request()
    if request is None:
        return
    inner = request.handler
    # A 404 in the place of a handler makes its own page; without a handler there is one.
    if inner is None or isinstance(inner, CherryPyException):
        return
    request._json_inner_handler = inner  # noqa: SLF001  (the name that applications know)
    request.handler = handler
    if content_type is not None:
        request.response_served.set_content_type(content_type)
    if debug:
        request.log(f"will send {content_type}", "TOOLS.JSON_OUT")
