"""Multipart bodies (RFC 2046 section 5.1, RFC 7578): the syntax, without input or output.

`MultipartParser` is fed with bytes and says what they are; `PartStream` feeds it from a
file and hands out the parts one after the other. Data are looked at in blocks, so a body
costs the same whatever is in it.
"""

from __future__ import annotations

from cherrypy_core.errors import HTTPError
from cherrypy_core.headers import HeaderMap
from cherrypy_core.partheader import MAX_HEADER_SIZE, TOKEN, header_too_large, parse_headers
from cherrypy_core.readers import BlockReader, PartReader, SizedReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias

    _Event: TypeAlias = HeaderMap | bytes | None
    _State: TypeAlias = Callable[["MultipartParser", bytes, int], int]

__all__ = ["MultipartParser", "PartStream"]

# Bytes to look at at once.
# PERF: a form with a picture is one block mostly; then nothing of it is put together again.
_BLOCK_SIZE = 131_072

# RFC 2046 section 5.1.1, `bchars`, and what else browsers and libraries have used.
_BOUNDARY = TOKEN + b'()+_,./:=?@[]{}" '
_MAX_BOUNDARY = 70


class MultipartParser:
    """Finds the parts in a body that comes in pieces of any size.

    Lines end with CRLF. A delimiter is the boundary at the beginning of a line, followed
    by nothing but spaces; no other line may begin with the boundary (RFC 2046 section
    5.1.1), such a body is refused.

    Args:
        boundary: the parameter of the media type, 1 to 70 characters.
        inside_part: the input begins with the content of a part, not with a delimiter.

    Attributes:
        complete: the last delimiter has been seen.
        max_parts: parts in the body. A form has tens of them; each becomes several objects.
        max_ignored: bytes before the first and after the last part, which mean nothing.
        max_padding: spaces after a boundary. Only old mail gateways have ever put some.

    Raises:
        HTTPError: 400, if there is no (legal) boundary.
    """

    max_parts = 1_000
    max_ignored = 16_384
    max_padding = 64

    def __init__(self, boundary: bytes, *, inside_part: bool = False) -> None:
        if (
            not 0 < len(boundary) <= _MAX_BOUNDARY
            or boundary.endswith(b" ")
            or boundary.translate(None, _BOUNDARY)
        ):
            raise HTTPError(400, f"Invalid boundary in multipart body: {boundary[:99]!r}.")
        self.complete = False
        self._delimiter = b"\r\n--" + boundary
        self._parts = 0
        self._ignored = 0
        self._empty = True
        # The line break before the delimiter may be that before the body, or the content.
        self._pending = b"\r\n"
        self._kept = 0
        # Where delimiters are in the buffer, the last one first; None: not known yet.
        self._found: list[int] | None = None
        self._events: list[_Event] = []
        # A plain function: a bound method would tie the parser into a reference cycle.
        self._state: _State = (
            MultipartParser._content_start if inside_part else MultipartParser._preamble
        )

    def feed(self, data: bytes) -> list[_Event]:
        """Parse the next bytes of the body.

        Args:
            data: one byte or more.

        Returns:
            What has become known, in order: the fields of a part, which begin it; bytes of
            its content, never empty; None, its end.

        Raises:
            HTTPError: 400, if the body is malformed; 413, if there is too much of something.
        """
        buffer, position = self._begin(data)
        self._found = None
        # Each state consumes something and returns the new position; or it needs more
        # input, keeps the bytes from _kept on, and returns a negative number.
        while position >= 0:
            position = self._state(self, buffer, position)
        self._pending = buffer[self._kept :]
        events, self._events = self._events, []
        return events

    def _begin(self, data: bytes) -> tuple[bytes, int]:
        """Return the bytes to look at, and where to begin."""
        if self._empty:
            self._empty = False
            if self._state is MultipartParser._preamble and data.startswith(self._delimiter[2:]):
                # PERF: 5 us for a block of 128 KiB, which would be copied. Most bodies are
                # one block, and begin with the boundary.
                self._state = MultipartParser._delimiter_end
                return data, len(self._delimiter) - 2
        return (self._pending + data if self._pending else data), 0

    def close(self) -> None:
        """Note that there is no more input.

        A body of no bytes at all is one without parts.

        Raises:
            HTTPError: 400, if the last delimiter is missing.
        """
        if not self.complete and not self._empty:
            raise HTTPError(400, "The multipart body ended before its last boundary.")

    def _await(self, kept: int) -> int:
        self._kept = kept
        return -1

    def _find(self, buffer: bytes, position: int) -> int:
        """Return where the next delimiter begins; a negative number if there is none.

        All of them are searched at once, backwards. As only the first byte of a delimiter is
        a CR, no comparison goes beyond the next one, so that takes linear time whatever the
        content. (`bytes.find` takes seven times as long for content like the boundary as
        for other content on Python 3.10, and four times on later ones if the boundary is
        short.)
        """
        found = self._found
        if found is None:
            found = self._found = []
            # PERF: without any CR, 64 KiB take 2 us instead of 36.
            at = len(buffer) if buffer.find(b"\r", position) >= 0 else -1
            while at >= 0:
                at = buffer.rfind(self._delimiter, position, at)
                if at >= 0:
                    found.append(at)
        while found and found[-1] < position:
            found.pop()
        return found[-1] if found else -1

    def _search_end(self, buffer: bytes, position: int) -> int:
        """Return where a delimiter may begin of which the rest is still to come."""
        # A boundary has no CR, so only the last one can be the first byte of a delimiter.
        begin = max(position, len(buffer) - len(self._delimiter) + 1)
        at = buffer.rfind(b"\r", begin)
        return at if at >= 0 and self._delimiter.startswith(buffer[at:]) else len(buffer)

    def _ignore(self, size: int) -> None:
        self._ignored += size
        if self._ignored > self.max_ignored:
            raise HTTPError(
                400,
                f"The multipart body has more than {self.max_ignored} bytes before its first "
                "or after its last boundary.",
            )

    def _preamble(self, buffer: bytes, position: int) -> int:
        at = self._find(buffer, position)
        end = self._search_end(buffer, position) if at < 0 else at
        self._ignore(end - position)
        if at < 0:
            return self._await(end)
        self._state = MultipartParser._delimiter_end
        return at + len(self._delimiter)

    def _padding_end(self, buffer: bytes, position: int) -> int:
        """Return where the line of a delimiter ends; a negative number if not yet known."""
        limit = position + self.max_padding + 2
        end = buffer.find(b"\r\n", position, limit)
        rest = buffer[position : limit if end < 0 else end].strip(b" \t")
        if rest and (end >= 0 or rest != b"\r"):
            raise HTTPError(400, "A line of the multipart body begins with the boundary.")
        if end < 0 and len(buffer) >= limit:
            raise HTTPError(400, "A boundary of the multipart body has too many spaces after it.")
        return end

    def _delimiter_end(self, buffer: bytes, position: int) -> int:
        mark = buffer[position : position + 2]
        if mark == b"\r\n":
            return self._begin_part(position + 2)
        if mark == b"--":
            self.complete = True
            self._state = MultipartParser._close_end
            return position + 2
        if mark == b"-":
            return self._await(position)
        end = self._padding_end(buffer, position)
        return self._await(position) if end < 0 else self._begin_part(end + 2)

    def _begin_part(self, position: int) -> int:
        self._parts += 1
        if self._parts > self.max_parts:
            raise HTTPError(413, f"The request body has more than {self.max_parts} parts.")
        self._state = MultipartParser._headers
        return position

    def _headers(self, buffer: bytes, position: int) -> int:
        if buffer.startswith(b"\r\n", position):
            end = position - 2
            block = b""
        else:
            end = buffer.find(b"\r\n\r\n", position, position + MAX_HEADER_SIZE + 4)
            if end < 0:
                if len(buffer) - position >= MAX_HEADER_SIZE + 4:
                    raise header_too_large()
                return self._await(position)
            block = buffer[position:end]
        self._events.append(parse_headers(block))
        return self._whole_content(buffer, end + 2)

    def _whole_content(self, buffer: bytes, position: int) -> int:
        """Take the content that begins behind the line break at *position*.

        PERF: if all of it is here, as in most forms, two states are saved: 2 us a part.
        """
        at = self._find(buffer, position)
        if at < 0:
            self._state = MultipartParser._content_start
            return position
        # If there is no content at all, this line break is that of the delimiter.
        if at > position + 2:
            self._events.append(buffer[position + 2 : at])
        return self._end_part(at)

    def _content_start(self, buffer: bytes, position: int) -> int:
        begin = buffer[position : position + len(self._delimiter)]
        if begin == self._delimiter:
            return self._end_part(position)
        if self._delimiter.startswith(begin):
            return self._await(position)
        self._state = MultipartParser._content
        return position + 2

    def _content(self, buffer: bytes, position: int) -> int:
        at = self._find(buffer, position)
        end = self._search_end(buffer, position) if at < 0 else at
        if end > position:
            self._events.append(buffer[position:end])
        return self._await(end) if at < 0 else self._end_part(at)

    def _end_part(self, at: int) -> int:
        self._events.append(None)
        self._state = MultipartParser._delimiter_end
        return at + len(self._delimiter)

    def _close_end(self, buffer: bytes, position: int) -> int:
        end = self._padding_end(buffer, position)
        if end < 0:
            return self._await(position)
        self._state = MultipartParser._epilogue
        return end + 2

    def _epilogue(self, buffer: bytes, position: int) -> int:
        self._ignore(len(buffer) - position)
        return self._await(len(buffer))


class PartStream:
    """The parts of a multipart body, one after the other, as they arrive.

    Iterating gives the fields of each part and a reader of its content. What has not been
    read of a part when the next one is asked for is skipped.

    Args:
        fp: the body: an object with `read(size)`.
        parser: for its boundary.
        by_line: ask *fp* for lines, so that it stays where the parser is. Only needed where
            somebody else goes on reading *fp*.
    """

    def __init__(self, fp: Any, parser: MultipartParser, *, by_line: bool = False) -> None:
        self._parser = parser
        self._inside = False
        # What the parser has said, last event first.
        self._events: list[_Event] = []
        self._next_block: Callable[[int], bytes]
        if by_line:
            self._next_block = fp.readline
        else:
            reader = fp if isinstance(fp, BlockReader) else SizedReader(fp, None, None)
            self._next_block = reader.read_block

    def __iter__(self) -> Iterator[tuple[HeaderMap, PartReader]]:
        while True:
            headers = self.next_part()
            if headers is None:
                return
            reader = PartReader(self.next_data)
            yield headers, reader
            reader.skip()

    def next_part(self) -> HeaderMap | None:
        """Return the fields of the next part; None at the end of the body.

        Raises:
            HTTPError: 400, if the body is malformed or ends early; 413, if there is too
                much of something.
        """
        while self._inside:
            self.next_data()
        headers = self._events.pop() if self._events else self._next_event()
        if not isinstance(headers, HeaderMap):
            return None
        self._inside = True
        return headers

    def next_data(self) -> bytes:
        """Return the next bytes of the current part; none at its end.

        Raises:
            HTTPError: as `next_part`.
        """
        data = self._events.pop() if self._events else self._next_event()
        if isinstance(data, bytes):
            return data
        self._inside = False
        return b""

    def content_at_hand(self) -> bytes | None:
        """Return the whole content of the current part, if nothing more has to be read.

        PERF: 2 us less than through a `PartReader`.
        """
        events = self._events
        if events and events[-1] is None:
            content: _Event = b""
        elif len(events) > 1 and events[-2] is None:
            content = events.pop()
        else:
            return None
        events.pop()
        self._inside = False
        return content if isinstance(content, bytes) else None

    def _next_event(self) -> _Event:
        """Return what the parser says next; None also at the end of the body."""
        while True:
            if self._events:
                return self._events.pop()
            block = self._next_block(_BLOCK_SIZE)
            if not block:
                self._parser.close()
                return None
            self._events = self._parser.feed(block)[::-1]
