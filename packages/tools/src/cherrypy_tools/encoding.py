"""Text to bytes: the encode tool (and the charsets that a request body is read in)."""

from __future__ import annotations

from functools import partial
from itertools import islice

from cherrypy_core.asynchronous import ASYNCHRONOUS, settled
from cherrypy_core.elements import AcceptElement, header_elements
from cherrypy_core.errors import CherryPyException, HTTPError
from cherrypy_core.iterators import file_generator, is_closable_iterator
from cherrypy_core.serving import get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from cherrypy_core.response import Response

__all__ = ["ResponseEncoder", "UTF8StreamEncoder", "decode", "encode_pages", "prepare_iter"]

#: Charsets of a client's choice that a body is tried to be encoded in: a long one may fail at
#: its end each time. Browsers had three.
_MAX_TRIED = 10


def prepare_iter(value: Any) -> Any:
    """Return *value* as an iterable of chunks: text and bytes become a list of one."""
    if isinstance(value, (str, bytes)):
        return [value] if value else []
    if hasattr(value, "read"):
        return file_generator(value)
    return [] if value is None else value


class _Encoder:
    """An iterator that encodes the text among the chunks of another one.

    No generator: to close one that has not begun would not close what is in it.

    Args:
        iterator: yields text or bytes.
        encoding: the charset.
        errors: what to do with characters that it lacks.
    """

    def __init__(self, iterator: Any, encoding: str, errors: str = "strict") -> None:
        self._iterator = iter(iterator)
        self._encoding = encoding
        self._errors = errors

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._iterator)
        return chunk.encode(self._encoding, self._errors) if isinstance(chunk, str) else chunk

    next = __next__

    def close(self) -> None:
        """Close the other iterator, if it can be closed."""
        if is_closable_iterator(self._iterator):
            self._iterator.close()


class UTF8StreamEncoder(_Encoder):
    """An iterator that encodes the text among the chunks of another one as UTF-8.

    Attributes that it does not have are those of the other one.

    Args:
        iterator: yields text or bytes.
    """

    def __init__(self, iterator: Any) -> None:
        super().__init__(iterator, "utf-8")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._iterator, name)


def encode_pages() -> None:
    """Do what making a `ResponseEncoder` without arguments does, at less cost."""
    request = get_request()
    if request is not None:
        handler = request.handler
        if handler is not None and not isinstance(handler, CherryPyException):
            request.handler = _EncodedPage(_encoded, handler)


class _EncodedPage(partial[object]):
    """A handler whose page is encoded; `oldhandler` is the one that makes the page."""

    @property
    def oldhandler(self) -> Any:
        return self.args[0]


def _encoded(handler: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call *handler*; return its body, encoded."""
    body = handler(*args, **kwargs)
    # PERF: most pages are text of the default type, for clients that take UTF-8.
    request = get_request()
    if type(body) is str and request is not None:
        response = request.response_served
        # PERF: asking an environ for the field takes a quarter of what `header()` takes.
        source = request._header_source  # noqa: SLF001
        if response.content_type == "text/html" and (
            "HTTP_ACCEPT_CHARSET" not in source
            if type(source) is dict and request._headers is None  # noqa: SLF001
            else request.header("Accept-Charset") is None
        ):
            try:
                encoded = body.encode()
            except UnicodeEncodeError:
                pass  # lone surrogates: the thorough way knows what to say
            else:
                response.content_type = "text/html;charset=utf-8"
                return encoded
    return ResponseEncoder.encoded(body)


class ResponseEncoder:
    """Encodes what a page handler returns, in a charset that the client accepts.

    Making one puts it in front of the current request's handler.

    Attributes:
        encoding: the charset to use, whatever the client would prefer.
        default_encoding: the charset to try first when the client is free to choose.
        errors: what to do with characters that the charset lacks (see `str.encode`).
        text_only: leave everything alone whose Content-Type is not `text/*`.
        add_charset: say in the Content-Type which charset it is.
    """

    default_encoding = "utf-8"
    failmsg = "Response body could not be encoded with %r."
    encoding: str | None = None
    errors = "strict"
    text_only = True
    add_charset = True
    debug = False
    oldhandler: Callable[..., Any]
    _plain = True

    def __init__(self, **kwargs: Any) -> None:
        if kwargs:
            self._plain = False
            for name, value in kwargs.items():
                setattr(self, name, value)
        request = get_request()
        # An error in the place of a handler (no such page) encodes its own page.
        if (
            request is not None
            and request.handler is not None
            and not isinstance(request.handler, CherryPyException)
        ):
            self.oldhandler = request.handler
            request.handler = self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the handler; return its body, encoded."""
        return self.encode_body(self.oldhandler(*args, **kwargs))

    @classmethod
    def encoded(cls, body: Any) -> Any:
        """Return *body*, encoded with the default settings."""
        return cls.__new__(cls).encode_body(body)

    def encode_body(self, body: Any) -> Any:
        """Return *body*, encoded if it is text."""
        request = get_request()
        if request is None:
            return body
        if type(body) in ASYNCHRONOUS:
            body = settled(body)
        response = request.response_served
        # Bytes that are no text are as they should be.
        if self._plain and type(body) is bytes and not _is_text(response):
            return body
        return self._encode(body, response)

    def _encode(self, value: Any, response: Response) -> Any:
        """Encode whatever *value* is, if its type asks for it."""
        self.body = prepare_iter(value)
        elements = header_elements("Content-Type", response.headers.get("Content-Type") or "")
        if not elements:
            return self.body
        kind = elements[0]
        if self.text_only and not kind.value.lower().startswith("text/"):
            return self.body
        if kind.params.get("charset"):
            # The handler has said which charset its bytes are in; its text is put in it.
            self._encode_with(kind.params["charset"], response) or self._fail(
                [kind.params["charset"]]
            )
            return self.body
        charset = self.find_acceptable_charset()
        if self.add_charset:
            kind.params["charset"] = charset
            response.headers["Content-Type"] = str(kind)
        return self.body

    def _encode_with(self, encoding: str, response: Response) -> bool:
        return self.encode_stream(encoding) if response.stream else self.encode_string(encoding)

    def encode_stream(self, encoding: str) -> bool:
        """Encode a streamed body chunk by chunk, as it is sent. Always succeeds (so far)."""
        if not getattr(self.body, "binary", False):
            self.body = _Encoder(self.body, encoding, self.errors)
        return True

    def encode_string(self, encoding: str) -> bool:
        """Encode a body that is collected before it is sent.

        Returns:
            False, and the body stays as it is, if *encoding* cannot express it.
        """
        if getattr(self.body, "binary", False):
            # A file: there is no text in it that would have to be encoded.
            return True
        if not isinstance(self.body, list):
            source = self.body
            try:
                self.body = list(source)
            finally:
                if is_closable_iterator(source):
                    source.close()
        try:
            self.body = [
                chunk.encode(encoding, self.errors) if isinstance(chunk, str) else chunk
                for chunk in self.body
            ]
        except (LookupError, UnicodeError):
            return False
        return True

    def find_acceptable_charset(self) -> str:
        """Encode the body in the best charset that the client accepts; return it.

        Raises:
            HTTPError: 406 if the client accepts no charset that will do; 500 if the one
                that the configuration demands does not.
        """
        request = get_request()
        assert request is not None  # noqa: S101  (called while serving one)
        response = request.response_served
        # The length changes with the charset; that of a stream its author knows best.
        binary = getattr(self.body, "binary", False)
        if response.headers_touched and not response.stream and not binary:
            response.headers.pop("Content-Length", None)
        accepted = header_elements("Accept-Charset", request.header("Accept-Charset") or "")
        weights = {
            element.value.lower(): element.qvalue
            for element in accepted
            if isinstance(element, AcceptElement)
        }
        if self.encoding is not None:
            wanted = self.encoding.lower()
            if weights.get(wanted, weights.get("*", 0 if weights else 1)) > 0:
                if self._encode_with(self.encoding, response):
                    return self.encoding
                raise HTTPError(500, self.failmsg % self.encoding)
            return self._fail([self.encoding])
        tried = []
        for charset in islice(self._candidates(weights), _MAX_TRIED):
            tried.append(charset)
            if self._encode_with(charset, response):
                return charset
        return self._fail(tried)

    def _candidates(self, weights: dict[str, float]) -> Iterator[str]:
        """Yield the charsets to try, the client's favourites first."""
        if not weights:
            yield self.default_encoding
            return
        from cherrypy_core.charsets import is_charset  # noqa: PLC0415  (few clients ask)

        # ISO-8859-1 is acceptable unless the client says otherwise (as CherryPy 18.10).
        names = dict(weights)
        if "*" not in names:
            names.setdefault("iso-8859-1", 0.001)
        for name in sorted(names, key=names.__getitem__, reverse=True):
            if names[name] <= 0:
                continue
            if name == "*":
                yield self.default_encoding
            elif name == self.default_encoding.lower() or is_charset(name):
                yield name

    def _fail(self, tried: list[str]) -> str:
        raise HTTPError(
            406,
            "Your client did not send an Accept-Charset header that this resource can answer. "
            f"We tried these charsets: {', '.join(tried) or 'none'}.",
        )


def _is_text(response: Response) -> bool:
    content_type = (
        response.headers.get("Content-Type") if response.headers_touched else response.content_type
    )
    return not content_type or str(content_type)[:4].lower() == "text"


def decode(encoding: Any = None, default_encoding: Any = "utf-8") -> None:
    """Change the charsets in which the fields of a request body are read.

    Args:
        encoding: a charset or a list of them: try these and no others.
        default_encoding: a charset or a list of them, tried after what the client says;
            ignored if *encoding* is given.
    """
    request = get_request()
    if request is None:
        return
    body = request.body
    if encoding is not None:
        body.attempt_charsets = [encoding] if isinstance(encoding, str) else list(encoding)
    elif default_encoding:
        more = [default_encoding] if isinstance(default_encoding, str) else default_encoding
        body.attempt_charsets = [*body.attempt_charsets, *more]
