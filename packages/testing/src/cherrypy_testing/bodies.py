"""Request bodies: forms, files and JSON, as a browser sends them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Fields = Mapping[str, Any] | Iterable[tuple[str, Any]]

__all__ = ["encode_body", "encode_fields", "encode_multipart"]

_FORM = "application/x-www-form-urlencoded"


def encode_fields(fields: Fields) -> str:
    """Return *fields* as a query string; each item of a list is a field of its own."""
    return urlencode(_pairs(fields))


def _pairs(fields: Fields) -> list[tuple[str, Any]]:
    pairs = []
    items: Iterable[tuple[str, Any]] = fields.items() if hasattr(fields, "items") else fields
    for name, value in items:
        values = value if isinstance(value, (list, tuple)) else [value]
        pairs += [(name, one) for one in values]
    return pairs


def encode_body(
    data: Any = None, files: Any = None, json: Any = None
) -> tuple[bytes | None, str | None]:
    """Return a body and its Content-Type; None for each that there is not.

    Args:
        data: bytes or text as they are, or the fields of a form: a dict or pairs.
        files: see `encode_multipart`.
        json: any object that `json.dumps` takes; None for no such body.

    Raises:
        TypeError: two kinds of bodies at once, or files beside data that is no form.
    """
    if json is not None:
        if data is not None or files is not None:
            raise TypeError("a request has one body: either json, or data and files")
        from json import dumps  # noqa: PLC0415  (not everybody's need)

        return dumps(json).encode(), "application/json"
    if files is not None:
        if isinstance(data, (str, bytes)):
            raise TypeError("beside files, data must be the fields of a form")
        return encode_multipart(data or {}, files)
    if data is None or isinstance(data, bytes):
        return data, None
    if isinstance(data, str):
        return data.encode(), None
    return encode_fields(data).encode("ascii"), _FORM


def encode_multipart(fields: Fields, files: Fields) -> tuple[bytes, str]:
    """Return a multipart/form-data body and its Content-Type (RFC 7578).

    Args:
        fields: the fields that are no files.
        files: name to file; a list for several of one name. A file is bytes, text, an
            open binary file, a path, or a tuple (file name, bytes or text or open file)
            with the media type as a third item.
    """
    from uuid import uuid4  # noqa: PLC0415  (slow to import)

    boundary = uuid4().hex
    lines: list[bytes] = []
    for name, value in _pairs(fields):
        lines += _part(boundary, f'name="{_escape(name)}"', None, str(value).encode())
    items: Iterable[tuple[str, Any]] = files.items() if hasattr(files, "items") else files
    for name, value in items:
        for one in value if isinstance(value, list) else [value]:
            filename, content, media_type = _file(one)
            disposition = f'name="{_escape(name)}"; filename="{_escape(filename)}"'
            lines += _part(boundary, disposition, media_type, content)
    lines += [f"--{boundary}--".encode(), b""]
    return b"\r\n".join(lines), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, disposition: str, media_type: str | None, content: bytes) -> list[bytes]:
    lines = [
        f"--{boundary}".encode(),
        f"Content-Disposition: form-data; {disposition}".encode(),
    ]
    if media_type:
        lines.append(f"Content-Type: {media_type}".encode())
    return [*lines, b"", content]


def _escape(text: str) -> str:
    """Return *text* for a quoted string, as browsers do it (WHATWG HTML, multipart/form-data)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _file(value: Any) -> tuple[str, bytes, str]:
    """Return name, content and media type of a file."""
    media_type = None
    if isinstance(value, tuple):
        name, content, *more = value
        media_type = more[0] if more else None
    elif isinstance(value, os.PathLike):
        name, content = os.path.basename(value), value  # noqa: PTH119  (any kind of path)
    else:
        name = os.path.basename(str(getattr(value, "name", "file")))  # noqa: PTH119
        content = value
    if isinstance(content, os.PathLike):
        with open(content, "rb") as file:  # noqa: PTH123  (any kind of path)
            content = file.read()
    elif hasattr(content, "read"):
        content = content.read()
    if isinstance(content, str):
        content = content.encode()
    if media_type is None:
        from mimetypes import guess_type  # noqa: PLC0415  (reads the system's tables)

        media_type = guess_type(name)[0] or "application/octet-stream"
    return name, bytes(content), media_type
