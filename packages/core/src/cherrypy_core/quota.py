"""What one request body may occupy, however deeply its parts are nested."""

from __future__ import annotations

from cherrypy_core.errors import HTTPError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Limits(Protocol):
        """The limits of an entity (see `cherrypy_core.content.Entity`)."""

        max_parts: int
        max_files: int
        max_field_size: int
        max_form_size: int
        spool_limit: int


__all__ = ["Quota", "too_large"]


def too_large(what: str, maxbytes: int) -> HTTPError:
    """Return the error for a part, a "file" or a "field", of more than *maxbytes*."""
    return HTTPError(413, f"A {what} of the form is larger than {maxbytes} bytes.")


class Quota:
    """Counts what the parts of one body take, and refuses what is too much.

    Args:
        limits: the entity of the whole body.
        as_text: the parts that are no files end as texts in the parameters, which are kept
            in memory; so their size is limited.

    Attributes:
        as_text: as above.
        max_field_size: bytes of such a part.
        spool_left: bytes of files that may still be kept in memory.
    """

    def __init__(self, limits: Limits, *, as_text: bool) -> None:
        self.as_text = as_text
        self.max_field_size = limits.max_field_size
        # The numbers, not the entity, which refers to this object: in a reference cycle,
        # files would stay open until the garbage collector comes.
        self._max_parts = limits.max_parts
        self._max_files = limits.max_files
        self._max_memory = limits.max_form_size
        self.spool_left = limits.spool_limit
        self._parts = self._files = self._memory = 0

    def take_part(self) -> None:
        """Count a part.

        Raises:
            HTTPError: 413, if there are too many.
        """
        self._parts += 1
        if self._parts > self._max_parts:
            raise HTTPError(413, f"The request body has more than {self._max_parts} parts.")

    def take_file(self) -> None:
        """Count a part that is kept in a file.

        Raises:
            HTTPError: 413, if there are too many.
        """
        self._files += 1
        if self._files > self._max_files:
            raise HTTPError(413, f"The request body has more than {self._max_files} files.")

    def take_spool(self, size: int) -> None:
        """Count *size* bytes of a file that are kept in memory."""
        self.spool_left = max(0, self.spool_left - size)

    def take_field(self, size: int) -> None:
        """Count a field of a form, which is kept in memory and has *size* bytes.

        Raises:
            HTTPError: 413, if they are too many.
        """
        if size > self.max_field_size:
            raise too_large("field", self.max_field_size)
        self.take_memory(size)

    def take_memory(self, size: int) -> None:
        """Count *size* bytes that are kept in memory.

        Raises:
            HTTPError: 413, if they are too many.
        """
        self._memory += size
        if self._memory > self._max_memory:
            raise HTTPError(
                413,
                f"The fields of the form are larger than {self._max_memory} bytes together.",
            )
