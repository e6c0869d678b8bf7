"""Entities: header fields, and content that is processed by its media type.

`cherrypy_core.entity` has the whole family.
"""

from __future__ import annotations

from cherrypy_core.charsets import decode, is_charset
from cherrypy_core.elements import HeaderElement, parse_header
from cherrypy_core.forms import (
    MAX_FIELDS,
    process_multipart,
    process_multipart_form_data,
    process_urlencoded,
    unquote,
)
from cherrypy_core.headers import HeaderMap
from cherrypy_core.quota import Quota
from cherrypy_core.readers import BlockReader, SizedReader, as_http_error
from cherrypy_core.spool import SPOOL_LIMIT, close_spool_file, open_spool_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, BinaryIO

    from cherrypy_core.environ import HeaderFields
    from cherrypy_core.part import Part
    from cherrypy_core.readers import Writable

__all__ = ["Entity"]

# A length of more digits is none of anything that exists.
_MAX_LENGTH_DIGITS = 18


class Entity:
    """Header fields and content: the body of a request, or a part of it.

    Args:
        fp: the content, as a file.
        headers: the header fields, a mapping with a method `get` and names in title case.
        params: where processors put the fields of a form; a new dict unless given.
        parts: where they put the parts of a multipart body; a new list unless given.

    Attributes:
        attempt_charsets: the charsets in which text is tried to be decoded, in this order;
            that of the Content-Type comes first, if Python knows it.
        charset: the one that fitted.
        content_type: the media type and its parameters.
        default_content_type: the media type of an entity that does not name one.
        file: the content, if it has been put into a file.
        filename: the `filename` of the Content-Disposition, exactly as the client wrote it:
            it may contain slashes, backslashes, `..` or control characters. Never use it as
            a path; a name for the user to see is all it is. It is decoded from `filename*`
            if that is there and sound (RFC 8187), and is "" if a form's file field was left
            empty.
        headers: the header fields.
        length: the Content-Length in bytes, if there is one and no Transfer-Encoding.
        max_depth: levels of multipart within multipart. Forms have two, mails three.
        max_fields: fields of an urlencoded form.
        max_field_size: bytes of a part of a form that is no file; it is kept in memory.
        max_files: parts of a body, nested ones included, that are kept in files. Each
            may take a file descriptor; processes often have no more than 1,024.
        max_form_size: bytes of an urlencoded form, or of all the parts that are kept in
            memory together.
        max_parts: parts of a body, nested ones included.
        name: the `name` of the Content-Disposition, decoded.
        params: the fields of a form, by name.
        part_class: what parts are made of.
        parts: the parts of a multipart body.
        processors: functions that take an entity, by media type (`text/html`) or by its
            first half (`text`). Each entity has its own dict.
        spool_limit: bytes that the files of a body may take in memory, all together; the
            others are on the disk. 0: all of them are.
        value: the content, if it has been read into memory.
    """

    attempt_charsets: list[str] = ["utf-8"]  # noqa: RUF012  (CherryPy's; instances have theirs)
    charset: str | None = None
    content_type: HeaderElement = None  # type: ignore[assignment]  # instances have one
    default_content_type: str = "application/x-www-form-urlencoded"
    file: BinaryIO | None = None
    filename: str | None = None
    fp: Any = None
    headers: Any = None
    length: int | None = None
    max_depth: int = 4
    max_fields: int = MAX_FIELDS
    max_field_size: int = 1_048_576
    max_files: int = 100
    max_form_size: int = 8_388_608
    max_parts: int = 1_000
    name: str | None = None
    params: dict[str, Any] = None  # type: ignore[assignment]  # instances have one
    part_class: type[Part]
    parts: list[Part] = None  # type: ignore[assignment]  # instances have one
    processors: dict[str, Callable[[Any], object]] = {  # noqa: RUF012  (as attempt_charsets)
        "application/x-www-form-urlencoded": process_urlencoded,
        "multipart/form-data": process_multipart_form_data,
        "multipart": process_multipart,
    }
    spool_limit: int = SPOOL_LIMIT
    value: bytes | None = None

    _depth = 0
    _quota: Quota | None = None

    def __init__(
        self,
        fp: Any,
        headers: Mapping[str, str] | HeaderFields,
        params: dict[str, Any] | None = None,
        parts: list[Part] | None = None,
    ) -> None:
        self.processors = self.processors.copy()
        self.fp = fp
        self.headers = headers
        self.params = {} if params is None else params
        self.parts = [] if parts is None else parts
        # PERF: a HeaderMap looks at the spelling of names; these are spelt as it does.
        fields = dict(headers) if type(headers) is HeaderMap else headers
        self.content_type = HeaderElement(
            *parse_header(fields.get("Content-Type") or self.default_content_type)
        )
        self.attempt_charsets = self._charsets()
        length = fields.get("Content-Length")
        if length and not fields.get("Transfer-Encoding"):
            self.length = _parse_length(length)
        disposition = fields.get("Content-Disposition")
        if disposition:
            params = parse_header(disposition)[1]
            self.name = params.get("name")
            self.filename = params.get("filename")
            extended = params.get("filename*")
            if extended is not None:
                self.filename = _extended(extended, self.filename)

    def _charsets(self) -> list[str]:
        charset = self.content_type.params.get("charset")
        charsets = self.attempt_charsets
        if not charset or not is_charset(charset):
            return list(charsets)
        return [charset, *[other for other in charsets if other != charset]]

    @property
    def type(self) -> HeaderElement:
        """`content_type`, by the name it once had (as CherryPy 8.9)."""
        return self.content_type

    def open_quota(self, *, as_text: bool) -> Quota:
        """Return what counts the parts of the whole body this entity belongs to.

        Args:
            as_text: see `Quota`; it matters only for the entity of the whole body.
        """
        if self._quota is None:
            self._quota = Quota(self, as_text=as_text)
        return self._quota

    def read(self, size: int | None = None, fp_out: Writable | None = None) -> bytes | None:
        """Read content: all there is, unless told how many bytes; into *fp_out*, if given.

        Raises:
            HTTPError: 400, if the body is faulty; 413, if it is too large.
        """
        if fp_out is None:
            content: bytes = self._from_fp("read", size)
            return content
        fp = self.fp if isinstance(self.fp, BlockReader) else SizedReader(self.fp, None, None)
        fp.read(size, fp_out)
        return None

    def readline(self, size: int | None = None) -> bytes:
        """Read a line, or *size* bytes of it.

        Raises:
            HTTPError: 400, if the body is faulty; 413, if it is too large.
        """
        line: bytes = self._from_fp("readline", size)
        return line

    def readlines(self, sizehint: int | None = None) -> list[bytes]:
        """Read lines to the end, or until they have *sizehint* bytes together.

        Raises:
            HTTPError: 400, if the body is faulty; 413, if it is too large.
        """
        lines: list[bytes] = self._from_fp("readlines", sizehint)
        return lines

    def _from_fp(self, method: str, size: int | None) -> Any:
        """Call a reading method of `fp`, which is the server's as long as nobody processes."""
        read = getattr(self.fp, method)
        try:
            return read() if size is None else read(size)
        except Exception as error:
            refused = as_http_error(error, self.fp)
            if refused is None:
                raise
            raise refused from error

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def next(self) -> bytes:
        """Return the next line (as CherryPy 18.10).

        Raises:
            StopIteration: there is none.
        """
        return self.__next__()

    def read_into_file(self, fp_out: Any = None) -> Any:
        """Read the content into *fp_out*, or into a new file from `make_file`.

        Returns:
            The file; its position is behind what has been written (as CherryPy 18.10; a
            `Part` goes back to the beginning).

        Raises:
            HTTPError: 400, if the body is faulty; 413, if it is too large.
        """
        if fp_out is not None:
            self.read(fp_out=fp_out)
            return fp_out
        fp_out = self.make_file()
        try:
            self.read(fp_out=fp_out)
        except BaseException:
            close_spool_file(fp_out)
            raise
        return fp_out

    def make_file(self) -> BinaryIO:
        """Return a new file, open for reading and writing bytes, for the content.

        The default is a temporary file without a name that is gone with the last reference
        to it; it is in memory as long as it is small (`spool_limit`). Override this to have
        the files somewhere else; those are the overrider's: nothing here closes or removes
        them.

        Raises:
            OSError: the file cannot be made.
        """
        return open_spool_file(self._spool_left())

    def _spool_left(self) -> int:
        return self.spool_limit if self._quota is None else self._quota.spool_left

    def fullvalue(self) -> str:
        """Return the content as text, from wherever it is; what has not been read is.

        Raises:
            HTTPError: 400, if it is in none of `attempt_charsets`.
        """
        if self.file is not None:
            self.file.seek(0)
            content = self.file.read()
            self.file.seek(0)
        else:
            if self.value is None:
                self.value = self.read()
            content = self.value or b""
        return self.decode_entity(content)

    def decode_entity(self, value: bytes) -> str:
        """Decode *value* in the first of `attempt_charsets` that fits, and note which does.

        Raises:
            HTTPError: 400, if none does.
        """
        text, self.charset = decode(value, self.attempt_charsets)
        return text

    def process(self) -> None:
        """Do with the content what its media type asks for.

        The processor of the type is called, else that of its first half, else
        `default_proc`. Types are compared in lower case.

        Raises:
            HTTPError: whatever the processor finds wrong.
        """
        processor = self.find_processor()
        if processor is None:
            self.default_proc()
        else:
            processor(self)

    def find_processor(self) -> Callable[[Any], object] | None:
        """Return the function for the media type, None for `default_proc`."""
        media_type = self.content_type.value.lower()
        processors = self.processors
        return processors.get(media_type) or processors.get(media_type.partition("/")[0])

    def default_proc(self) -> None:
        """Do nothing: the content stays in `fp`, for the application.

        Called if no processor is for the media type. May be replaced on the instance:
        `body.default_proc = HTTPError(415)` refuses all media types without a processor.
        """

    def close(self) -> None:
        """Close the temporary files of the parts; those from an overridden `make_file` not."""
        for part in self.parts:
            part.close()
            close_spool_file(part.file)


def _parse_length(text: str | None) -> int | None:
    if text and len(text) <= _MAX_LENGTH_DIGITS and text.isascii() and text.isdecimal():
        return int(text)
    return None


def _extended(extended: str, plain: str | None) -> str:
    """Return the file name: *extended* (`utf-8''%e2%82%ac`) if it is sound, else *plain*."""
    charset, _, rest = extended.partition("'")
    text = rest.partition("'")[2]
    if is_charset(charset) and text.isascii():
        try:
            return unquote(text.encode("ascii")).decode(charset)
        except UnicodeError:
            pass
    return extended if plain is None else plain
