"""Forms: from the bytes of a body to named values.

`parse_form` and `unquote_plus` are pure functions; the `process_...` functions are the
processors of `cherrypy_core.entity`, which see to the media types of forms.
"""

from __future__ import annotations

from functools import lru_cache

from cherrypy_core.charsets import decode, refusal
from cherrypy_core.errors import HTTPError
from cherrypy_core.urls import split_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeVar

    from cherrypy_core.content import Entity
    from cherrypy_core.headers import HeaderMap
    from cherrypy_core.part import Part

    _Text = TypeVar("_Text", str, bytes)

__all__ = [
    "MAX_FIELDS",
    "add_param",
    "parse_form",
    "process_multipart",
    "process_multipart_form_data",
    "process_urlencoded",
    "unquote_plus",
]

#: Fields of a form. People fill in tens of them; each costs about a hundred times the
#: memory of its bytes in the request.
MAX_FIELDS = 1_000

#: Bytes of a form that may be taken apart in the quickest way, which needs more memory.
_SHORT_FORM = 65_536

#: Charsets in which ASCII means what it says, and the spellings seen in practice.
_ASCII_COMPATIBLE = frozenset(
    ["utf-8", "UTF-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "ISO-8859-1", "latin-1"]
)

# Bytes to unquote at once. The pieces between the percent signs take many times the memory
# of the text, for the moment.
_CHUNK = 16_384


@lru_cache(maxsize=1)
def _hex_table() -> dict[bytes, bytes]:
    """Return the byte for each pair of hexadecimal digits, in upper, lower or mixed case."""
    digits = "0123456789ABCDEFabcdef"
    pairs = [first + second for first in digits for second in digits]
    return {pair.encode(): bytes.fromhex(pair) for pair in pairs}


def unquote(bs: bytes) -> bytes:
    """Replace each `%XX` by the byte it stands for.

    A percent sign that no two hexadecimal digits follow stands for itself (CherryPy 18.10
    drops it).
    """
    if b"%" not in bs:
        return bs
    pieces: list[bytes] = []
    start = 0
    while start < len(bs):
        end = start + _CHUNK
        # Do not cut an escape in two.
        cut = bs.rfind(b"%", end - 2, end)
        if cut > start and end < len(bs):
            end = cut
        pieces.append(_unquote_chunk(bs[start:end]))
        start = end
    return b"".join(pieces)


def _unquote_chunk(bs: bytes) -> bytes:
    table = _hex_table()
    first, *rest = bs.split(b"%")
    pieces = [first]
    for piece in rest:
        byte = table.get(piece[:2])
        if byte is None:
            pieces += (b"%", piece)
        else:
            pieces += (byte, piece[2:])
    return b"".join(pieces)


def unquote_plus(bs: bytes) -> bytes:
    """Decode a name or value of a form: `+` is a space and `%XX` any byte.

    A percent sign that no two hexadecimal digits follow stands for itself (CherryPy 18.10
    drops it).
    """
    return unquote(bs.replace(b"+", b" "))


def add_param(params: dict[str, Any], name: str, value: Any) -> None:
    """Add a field to *params*; a name that occurs again gets the list of its values."""
    if name in params:
        known = params[name]
        if isinstance(known, list):
            known.append(value)
        else:
            params[name] = [known, value]
    else:
        params[name] = value


def parse_form(
    data: bytes, charsets: Iterable[str], max_fields: int = MAX_FIELDS
) -> dict[str, str | list[str]]:
    """Parse a form of the media type `application/x-www-form-urlencoded`.

    Only `&` separates fields; a semicolon is data, as it is for browsers (WHATWG URL
    section 5.1). A field without `=` has an empty value.

    Args:
        data: the form.
        charsets: charsets to try, in this order. All fields are in the same one.
        max_fields: how many fields there may be.

    Returns:
        The values by name; of a name that occurs more than once, the list of its values.

    Raises:
        HTTPError: 400, if no charset fits; 413, if there are too many fields.

    Example:
        >>> parse_form(b"name=World&age=42&tag=a&tag=b+c", ["utf-8"])
        {'name': 'World', 'age': '42', 'tag': ['a', 'b c']}
    """
    return _decode_form(data, charsets, max_fields)[0]


def _decode_form(
    data: bytes, charsets: Iterable[str], max_fields: int
) -> tuple[dict[str, str | list[str]], str]:
    """Return what `parse_form` does, and the charset that fitted."""
    charsets = tuple(charsets)
    # PERF: 1 µs for two fields. Nearly all forms are short, ASCII, and in the first charset.
    if (
        len(data) <= _SHORT_FORM
        and data.isascii()
        and charsets
        and charsets[0] in _ASCII_COMPATIBLE
    ):
        try:
            fields = split_fields(_split(data.decode("ascii"), "&", max_fields), charsets[0])
        except UnicodeDecodeError:
            pass  # another charset may do
        else:
            return fields, charsets[0]
    pairs = [
        (unquote_plus(name), unquote_plus(value))
        for name, _, value in [
            field.partition(b"=") for field in _split(data, b"&", max_fields) if field
        ]
    ]
    for charset in charsets:
        fields = {}
        try:
            for raw_name, raw_value in pairs:
                add_param(fields, raw_name.decode(charset), raw_value.decode(charset))
        except (UnicodeError, LookupError):
            continue
        return fields, charset
    raise refusal(charsets)


def _split(form: _Text, separator: _Text, max_fields: int) -> list[_Text]:
    """Split *form* into its fields.

    Raises:
        HTTPError: 413, if there are too many.
    """
    # One more split than allowed is enough to know; the rest stays in one piece.
    fields = form.split(separator, max_fields)
    if len(fields) > max_fields and fields[-1]:
        raise HTTPError(413, f"The form has more than {max_fields} fields.")
    return fields


def process_urlencoded(entity: Entity) -> None:
    """Add the fields of a form `application/x-www-form-urlencoded` to `entity.params`.

    Raises:
        HTTPError: 400, if no charset of `entity.attempt_charsets` fits; 413, if the form
            is larger than `entity.max_form_size` or has more than `entity.max_fields`.
    """
    limit = entity.max_form_size
    if entity.length is not None and entity.length > limit:
        raise _too_large(limit)
    blocks = []
    left = limit + 1
    while left > 0:
        block = entity.fp.read(left)
        if not block:
            break
        blocks.append(block)
        left -= len(block)
    if left <= 0:
        raise _too_large(limit)
    fields, entity.charset = _decode_form(
        b"".join(blocks), entity.attempt_charsets, entity.max_fields
    )
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            add_param(entity.params, name, one)


def _too_large(limit: int) -> HTTPError:
    return HTTPError(413, f"The form is larger than {limit} bytes.")


def process_multipart(entity: Entity) -> None:
    """Read the parts of a multipart body (RFC 2046) into `entity.parts`.

    Each is an `entity.part_class`; it is asked first whether it may come (`Part.accept`)
    and then processed by its own media type.

    Raises:
        HTTPError: 400, if the body is malformed or ends early; 413, if there is too much
            of something (see the limits of `Entity`). No temporary file stays open then.
    """
    try:
        _read_parts(entity, as_text=False)
    except BaseException:
        entity.close()
        raise


def _read_parts(
    entity: Entity, *, as_text: bool, fields: list[tuple[str, str | Part]] | None = None
) -> None:
    """Read the parts into `entity.parts`.

    Args:
        entity: the multipart body.
        as_text: see `Quota`.
        fields: where to put what has a name, in the order of the body, if that is all that
            is wanted. Simple fields are put there only, as texts.
    """
    from cherrypy_core.multipart import MultipartParser, PartStream  # noqa: PLC0415  (uploads only)
    from cherrypy_core.readers import PartReader  # noqa: PLC0415

    boundary = str(entity.content_type.params.get("boundary", "")).encode("utf-8")
    quota = entity.open_quota(as_text=as_text)
    parser = MultipartParser(boundary)
    parser.max_parts = entity.max_parts
    part_class = entity.part_class
    # Where simple fields go, if nobody needs them as parts.
    texts = fields if quota.as_text and not part_class.is_needed_for_fields() else None
    boundary = b"--" + boundary
    stream = PartStream(entity.fp, parser)
    while (headers := stream.next_part()) is not None:
        quota.take_part()
        if texts is not None:
            name = _field_name(headers)
            content = stream.content_at_hand() if name else None
            if content is not None:
                quota.take_field(len(content))
                texts.append((name, decode(content, part_class.attempt_charsets)[0]))
                continue
        reader = PartReader(stream.next_data)
        part = part_class(reader, headers, boundary)
        part.enclose(entity)
        entity.parts.append(part)
        part.accept()
        part.process()
        reader.skip()
        if fields is not None and part.name is not None:
            fields.append((part.name, part))


def _field_name(headers: HeaderMap) -> str:
    """Return the name of a part that is a simple field; "" if it is something else.

    PERF: 0.5 us; a `Part` takes 6 us. Three of four parts are of the form
    `Content-Disposition: form-data; name="..."`, and nothing more.
    """
    disposition: str = headers.get("Content-Disposition", "")
    if (
        len(headers) == 1
        and disposition.startswith('form-data; name="')
        and disposition.count('"') == 2  # noqa: PLR2004  (at the beginning and the end)
        and disposition[-1] == '"'
        and "\\" not in disposition
    ):
        return disposition[17:-1]
    return ""


def process_multipart_form_data(entity: Entity) -> None:
    """Add the fields and files of a form `multipart/form-data` to `entity.params`.

    A part with a file name is given as the part itself, other parts as text. Several files
    for one field may be wrapped in a part `multipart/mixed` (RFC 7578 section 4.3), which
    is the same as repeating the field. Parts without a name stay in `entity.parts`.

    Raises:
        HTTPError: 400, if the body is malformed, ends early or has a text that is in none
            of the charsets; 413, if there is too much of something (see the limits of
            `Entity`). No temporary file stays open then.
    """
    fields: list[tuple[str, str | Part]] = []
    try:
        _read_parts(entity, as_text=True, fields=fields)
        for name, field in fields:
            if isinstance(field, str):
                add_param(entity.params, name, field)
            else:
                _add_part(entity.params, name, field)
    except BaseException:
        entity.close()
        raise
    entity.parts = [part for part in entity.parts if part.name is None]


def process_multipart_params(entity: Entity) -> None:
    """Read the parts of a multipart request body into `entity.parts` and `entity.params`.

    Parts without a name are in the parameter `parts`, as CherryPy 3.1 had it.

    Raises:
        HTTPError: as `process_multipart_form_data`.
    """
    try:
        _read_parts(entity, as_text=True)
        for part in entity.parts:
            _add_part(entity.params, "parts" if part.name is None else part.name, part)
    except BaseException:
        entity.close()
        raise


def _add_part(params: dict[str, Any], name: str, part: Part) -> None:
    if part.filename is not None:
        add_param(params, name, part)
    elif part.value is not None or part.file is not None:
        add_param(params, name, part.fullvalue())
    elif part.find_processor() is process_multipart:
        for inner in part.parts:
            _add_part(params, name, inner)
    else:
        # Whatever the application's own processor has made of the part.
        add_param(params, name, part)
