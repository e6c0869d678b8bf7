"""A part of a multipart body."""

from __future__ import annotations

from cherrypy_core.content import Entity
from cherrypy_core.errors import HTTPError
from cherrypy_core.forms import process_urlencoded
from cherrypy_core.readers import PartReader
from cherrypy_core.spool import SpoolFile, close_spool_file, open_spool_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, BinaryIO

    from cherrypy_core.headers import HeaderMap

__all__ = ["Part"]


class Part(Entity):
    """A part of a multipart body.

    A part with a file name is put into a file (`file`), whatever its size and its media
    type, unless a processor of the application's is for that type. Other parts are bytes in
    memory (`value`), or in a file if they are larger than `maxrambytes`; parts of forms
    stay in memory and are limited in size.

    Attributes:
        boundary: two hyphens and the boundary.
        maxbytes: bytes the part may have; None: as many as the body. `accept` may set it.
        maxrambytes: bytes that are kept in memory; a larger part goes to a file.
    """

    attempt_charsets = ["us-ascii", "utf-8"]  # noqa: RUF012  (as the base class's)
    boundary: bytes | None = None
    default_content_type = "text/plain"
    maxbytes: int | None = None
    maxrambytes: int = 1_000

    def __init__(self, fp: Any, headers: Mapping[str, str], boundary: bytes) -> None:
        super().__init__(fp, headers)
        self.boundary = boundary

    @classmethod
    def from_fp(cls, fp: Any, boundary: bytes) -> Part:
        """Return the part that begins at the position of *fp*, behind a boundary.

        Args:
            fp: an object with `read` and `readline`.
            boundary: two hyphens and the boundary.

        Raises:
            HTTPError: 400, if its header is malformed; 413, if that is too large.
        """
        return cls(fp, cls.read_headers(fp), boundary)

    @classmethod
    def read_headers(cls, fp: Any) -> HeaderMap:
        """Read the header of a part from *fp*, and the empty line behind it.

        Raises:
            HTTPError: 400, if the header is malformed; 413, if it is too large.
        """
        from cherrypy_core.partheader import parse_headers, read_header_block  # noqa: PLC0415

        return parse_headers(read_header_block(fp))

    @classmethod
    def is_needed_for_fields(cls) -> bool:
        """Tell whether the fields of a form, which end as texts, have to be made parts first.

        They need not if nobody can tell: if nothing has been overridden here (or replaced)
        that sees them.
        """
        return (
            _seeing_methods(cls) != _METHODS
            or cls.maxbytes is not None
            or "text" in cls.processors
            or "text/plain" in cls.processors
        )

    def enclose(self, entity: Entity) -> None:
        """Note that this is a part of *entity*, with which it shares a quota.

        Raises:
            HTTPError: 400, if it is nested too deeply.
        """
        self._quota = quota = entity.open_quota(as_text=False)
        self._depth = entity._depth + 1  # noqa: SLF001  (the same class)
        self.max_depth = entity.max_depth
        self.max_parts = entity.max_parts
        if self.part_class is Part:
            # What `accept` refuses must not come in through a part of a part.
            self.part_class = entity.part_class
        if self._depth > self.max_depth:
            raise HTTPError(
                400, f"The request body is nested more than {self.max_depth} levels deep."
            )
        if quota.as_text and not self.filename:
            if self.maxbytes is None:
                self.maxbytes = quota.max_field_size
            # It will be in memory, as a text, anyway: a file would be a detour.
            self.maxrambytes = max(self.maxrambytes, self.maxbytes)

    def accept(self) -> None:
        """Decide whether the part may come; override this to refuse some.

        Called when the header of the part is known and before any byte of its content is
        stored. Raise an `HTTPError` to refuse the whole request, or set `maxbytes` to limit
        the size of this part. The default accepts all parts.

            class Picture(Part):
                def accept(self):
                    if self.filename and self.content_type.value != "image/png":
                        raise HTTPError(415, "Only PNG pictures, please.")
                    self.maxbytes = 2_000_000
        """

    def find_processor(self) -> Callable[[Any], object] | None:
        """Return the function for the media type, None for `default_proc`.

        Whatever media type the client claims, a file is put into a file by the processors
        that come with this package, and a field of a form becomes text. (A wrapper of
        parts, `multipart/mixed`, is looked into.) Processors of the application's are free
        to do something else.
        """
        processor = super().find_processor()
        if self.filename and processor in Entity.processors.values():
            return None
        if processor is process_urlencoded and self._quota is not None and self._quota.as_text:
            return None
        return processor

    def default_proc(self) -> None:
        """Put the content into `file`, or into `value` if it is small and has no file name.

        Raises:
            HTTPError: 400, if the body is malformed or ends early; 413, if the part is
                larger than `maxbytes`.
        """
        if self.filename:
            self.file = self.read_into_file()
        else:
            content = self.read_lines_to_boundary()
            if isinstance(content, bytes):
                self.value = content
            else:
                self.file = content

    def read_into_file(self, fp_out: Any = None) -> Any:
        """Read the content, up to the boundary, into *fp_out* or a file from `make_file`.

        Returns:
            The file, positioned at its beginning.

        Raises:
            HTTPError: 400, if the body is malformed or ends early; 413, if the part is
                larger than `maxbytes`.
        """
        if fp_out is None:
            return self._into_new_file(self._blocks())
        return self.read_lines_to_boundary(fp_out)

    def read_lines_to_boundary(self, fp_out: Any = None) -> Any:
        """Read the content, up to the boundary.

        Args:
            fp_out: where to write it.

        Returns:
            *fp_out* if it is given; otherwise the bytes, or a file from `make_file` if they
            are more than `maxrambytes`. Files are positioned at their beginning.

        Raises:
            HTTPError: 400, if the body is malformed or ends early; 413, if the part is
                larger than `maxbytes`.
        """
        blocks = self._blocks()
        if fp_out is not None:
            for block in blocks:
                fp_out.write(block)
            fp_out.seek(0)
            return fp_out
        kept = []
        size = 0
        for block in blocks:
            kept.append(block)
            size += len(block)
            if size > self.maxrambytes:
                return self._into_new_file(blocks, b"".join(kept))
        if self._quota is not None:
            self._quota.take_memory(size)
        return b"".join(kept)

    def _into_new_file(self, blocks: Iterator[bytes], begin: bytes = b"") -> BinaryIO:
        quota = self._quota
        if quota is not None:
            quota.take_file()
        begin = begin or next(blocks, b"")
        file = self._file_with(begin)
        try:
            for block in blocks:
                file.write(block)
            file.seek(0)
            if quota is not None and isinstance(file, SpoolFile):
                quota.take_spool(file.memory_size)
        except BaseException:
            close_spool_file(file)
            raise
        return file

    def _file_with(self, begin: bytes) -> BinaryIO:
        """Return a new file that begins with *begin*, positioned behind it."""
        if type(self).make_file is Entity.make_file:
            # PERF: most uploads are one block, which is taken as it is: to copy 64 KiB takes
            # 4 us, and 20 where the system has to find the memory.
            return open_spool_file(self._spool_left(), begin)
        file = self.make_file()
        try:
            file.write(begin)
        except BaseException:
            close_spool_file(file)
            raise
        return file

    def _blocks(self) -> Iterator[bytes]:
        """Return the blocks of the content."""
        reader = self.fp if isinstance(self.fp, PartReader) else self._bounded_reader()
        return reader.blocks(self.maxbytes, "file" if self.filename else "field")

    def _bounded_reader(self) -> PartReader:
        """Return a reader of what is in `fp` up to the boundary (see `from_fp`)."""
        from cherrypy_core.multipart import MultipartParser, PartStream  # noqa: PLC0415

        parser = MultipartParser((self.boundary or b"")[2:], inside_part=True)
        stream = PartStream(self.fp, parser, by_line=True)

        def next_data() -> bytes:
            data = stream.next_data()
            if not data and parser.complete and hasattr(self.fp, "finish"):
                # Whoever goes from part to part sees from it that this was the last one.
                self.fp.finish()
            return data

        return PartReader(next_data)


def _seeing_methods(cls: type[Part]) -> tuple[object, ...]:
    """Return the methods of a class of parts that see a field on its way to a text."""
    return (
        cls.__init__,
        cls.accept,
        cls.process,
        cls.default_proc,
        cls.find_processor,
        cls.read_lines_to_boundary,
        cls.fullvalue,
        cls.decode_entity,
    )


_METHODS = _seeing_methods(Part)

# The two classes need each other; this is the one that is defined later.
Entity.part_class = Part
