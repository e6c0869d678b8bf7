"""Bodies of requests, and their parts.

An `Entity` has header fields and content. What is done with the content follows from its
media type: `processors` maps types to functions that are called with the entity. A body
that no processor is for stays where it is, in `request.body.fp`, for the application.

    def json_body(entity):
        entity.params.update(json.loads(entity.fp.read()))

    request.body.processors["application/json"] = json_body

Whatever a client sends, only `HTTPError` is raised.
"""

from __future__ import annotations

from cherrypy_core.content import Entity
from cherrypy_core.environ import HeaderFields
from cherrypy_core.errors import HTTPError
from cherrypy_core.forms import (
    add_param,
    process_multipart,
    process_multipart_form_data,
    process_multipart_params,
    process_urlencoded,
)
from cherrypy_core.part import Part
from cherrypy_core.readers import SizedReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cherrypy_core.message import BodyReader

__all__ = ["Entity", "Part", "RequestBody"]

_PROCESSORS = (
    process_urlencoded,
    process_multipart_form_data,
    process_multipart,
    process_multipart_params,
)


class RequestBody(Entity):
    """The body of a request.

    Args:
        fp: where the bytes come from, an object with `read(size)`: `wsgi.input`, say.
        headers: the header fields of the request, as for `Entity`.
        params: where processors put the fields of a form; a new dict unless given.
        request_params: the parameters of the request, to which those fields are added.

    Attributes:
        bufsize: how many bytes are read at once where nobody asks for more.
        maxbytes: how many bytes the body may have; None or 0: any number.

    Raises:
        HTTPError: 400, if the Content-Length is no number.
    """

    bufsize: int = 8 * 1024
    default_content_type = ""
    maxbytes: int | None = None

    _fields: Any = None
    _known: tuple[Any, ...] = _PROCESSORS

    def __init__(
        self,
        fp: Any,
        headers: Mapping[str, str] | HeaderFields,
        params: dict[str, Any] | None = None,
        request_params: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(fp, headers, params)
        self._chunked = bool(headers.get("Transfer-Encoding"))
        length = headers.get("Content-Length")
        if self.length is None and length is not None and not self._chunked:
            raise HTTPError(400, f"The Content-Length {length[:99]!r} is not a number.")
        if self.processors.get("multipart") is process_multipart:
            self.processors["multipart"] = process_multipart_params
        if self.content_type.value[:5].lower() == "text/" and "iso-8859-1" not in (
            charset.lower() for charset in self.attempt_charsets
        ):
            # What the specification of HTTP/1.1 once made the default for text.
            self.attempt_charsets.append("ISO-8859-1")
        self.request_params = {} if request_params is None else request_params

    @property
    def headers(self) -> Any:
        """The header fields of the request; made into a map when somebody looks at them."""
        fields = self._fields
        if isinstance(fields, HeaderFields):
            fields = self._fields = fields.to_map()
        return fields

    @headers.setter
    def headers(self, headers: Any) -> None:
        self._fields = headers

    def prepare_for(self, reader: BodyReader) -> None:
        """Have *reader* set its processors, which can wait until somebody asks for it."""
        before = self._all_processors()
        reader.prepare(self)
        new = [processor for processor in self._all_processors() if processor not in before]
        self._known = (*self._known, *new)

    def _all_processors(self) -> list[Any]:
        return [*self.processors.values(), vars(self).get("default_proc")]

    def has_own_processor(self) -> bool:
        """Tell whether `process` does what nobody but the application knows of.

        What the processors do that come with this package shows in the parameters and the
        parts only, so it can wait until somebody looks at these.
        """
        processor = self.find_processor() or vars(self).get("default_proc")
        if processor is None:
            own = type(self).default_proc is not Entity.default_proc
        else:
            own = processor not in self._known
        return own or "process" in vars(self)

    def process(self) -> None:
        """Read the body as its media type asks for; add its fields to `request_params`.

        From then on `fp` is a `SizedReader`: it ends where the body ends.

        Raises:
            HTTPError: 411, if there is neither a Content-Length nor a Transfer-Encoding;
                413, if there is too much of something; 400, if the body is malformed.
        """
        if self.length is None and not self._chunked:
            raise HTTPError(411)
        if self.maxbytes and self.length is not None and self.length > self.maxbytes:
            raise HTTPError(413, f"The request body is larger than {self.maxbytes} bytes.")
        self.fp = SizedReader(
            self.fp,
            self.length,
            self.maxbytes,
            bufsize=self.bufsize,
            has_trailers=bool(self._fields.get("Trailer")),
        )
        super().process()
        request_params = self.request_params
        for name, value in self.params.items():
            for one in value if isinstance(value, list) else [value]:
                add_param(request_params, name, one)
