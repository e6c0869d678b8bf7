"""What a client sent: the request line, the header fields and the body.

Nothing is parsed before somebody looks at it. The query string and the body count as
parameters from the stages on in which they historically were read, but the work is done on
first use: of `params`, of `body`, or of an attribute that a body processor is expected to
set (`request.json`).
"""

from __future__ import annotations

from cherrypy_core.environ import HeaderFields
from cherrypy_core.errors import HTTPError
from cherrypy_core.forms import parse_form
from cherrypy_core.head import Head
from cherrypy_core.headers import HeaderMap
from cherrypy_core.urls import parse_query_string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from cherrypy_core.entity import RequestBody

    class BodyReader(Protocol):
        """What reads a body in the place of the form processors (see `set_body_reader`)."""

        def read(self, message: Any, /) -> bool:
            """Read the body at once; False, with nothing read, leaves it to an entity."""

        def prepare(self, body: RequestBody, /) -> None:
            """Make *body*, an entity that was made all the same, read as `read` does."""


__all__ = ["Message"]

#: What of a message still has to be parsed when somebody asks for it.
QUERY_DUE = 1
BODY_DUE = 2

#: Bodies up to this size (bytes) are read and parsed in one go, without an Entity.
SMALL_BODY = 65536

_FORM = "application/x-www-form-urlencoded"
_FORM_TYPES = frozenset(
    (_FORM, _FORM + "; charset=utf-8", _FORM + ";charset=utf-8", _FORM + "; charset=UTF-8")
)
_FORM_CHARSET = "utf-8"


class Message(Head):
    """What a client sent, parsed on demand. `Request` adds what is done with it.

    Attributes:
        query_string_encoding: the charset of the query string's percent-decoded bytes.
        rfile: the body, a binary file.
        methods_with_bodies: the methods whose bodies are read.
        process_request_body: whether the body is parsed at all; a hook at
            `before_request_body` may decide.
    """

    query_string_encoding = "utf8"
    rfile: Any = None
    methods_with_bodies: tuple[str, ...] = ("POST", "PUT", "PATCH")
    process_request_body = True
    body_attributes: tuple[tuple[str, Any], ...] = ()

    _params: dict[str, Any] | None = None
    _body: RequestBody | None = None
    _form: dict[str, Any] | None = None
    _body_reader: BodyReader | None = None
    _body_was_read = False
    _parsing = 0

    @property
    def params(self) -> dict[str, Any]:
        """The fields of the query string and of a form; a repeated one is a list."""
        if self._parsing:
            self._parse()
        params = self._params
        if params is None:
            params = self._params = {}
        return params

    @params.setter
    def params(self, params: dict[str, Any]) -> None:
        if self._parsing:
            self._parse()
        self._params = params

    @property
    def body(self) -> RequestBody:
        """The body; processed, once the stage for that has come."""
        body = self._body
        if body is None:
            body = self._make_body()
        if self._parsing & BODY_DUE:
            self._parse()
        return body

    @body.setter
    def body(self, body: RequestBody) -> None:
        self._body = body

    @property
    def json(self) -> Any:
        """The body as JSON, where the json_in tool is on.

        Raises:
            AttributeError: the body has not been read as JSON.
        """
        if self._parsing & BODY_DUE:
            self._parse()
        try:
            return self._json
        except AttributeError:
            raise AttributeError("the body of this request was not read as JSON") from None

    @json.setter
    def json(self, value: Any) -> None:
        self._json = value

    @property
    def body_params(self) -> dict[str, Any]:
        """The fields of the body alone."""
        fields: dict[str, Any] = self.body.params
        return fields

    def process_query_string(self) -> None:
        """Add the fields of the query string to `params`.

        Raises:
            HTTPError: 404, if it is not in the expected charset; 400 for too many fields.
        """
        if not self.query_string:
            return
        try:
            fields = parse_query_string(self.query_string, encoding=self.query_string_encoding)
        except UnicodeDecodeError:
            raise HTTPError(
                404,
                "The given query string could not be processed. Query strings for this "
                f"resource must be encoded with {self.query_string_encoding!r}.",
            ) from None
        except ValueError as error:
            raise HTTPError(400, str(error)) from None
        if self._params is None:
            self._params = fields
        else:
            self._params.update(fields)

    def _parse(self) -> None:
        """Do what is due."""
        due, self._parsing = self._parsing, 0
        if due & QUERY_DUE:
            self.process_query_string()
        if due & BODY_DUE and not self._read_at_once():
            body = self._body or self._make_body()
            body.process()

    def set_body_reader(self, reader: BodyReader) -> None:
        """Let *reader* read the body, when somebody asks for what it makes of it."""
        self._body_reader = reader
        if self._body is not None:
            self._body.prepare_for(reader)

    def _read_at_once(self) -> bool:
        """Read the body without an entity, if it is simple and nobody has touched it yet."""
        if self._body is not None or self.body_attributes:
            return False
        reader = self._body_reader
        return self._read_small_form() if reader is None else reader.read(self)

    def read_small_body(self) -> bytes | None:
        """Return the whole body; None, with nothing read, if it is not known to be small.

        Raises:
            HTTPError: 400 or another, if it cannot be read to its end.
        """
        length = self.header("Content-Length")
        if not length or len(length) > 5 or not (length.isascii() and length.isdecimal()):  # noqa: PLR2004
            return None
        size = int(length)
        if size > SMALL_BODY or self.header("Transfer-Encoding"):
            return None
        self._body_was_read = True
        try:
            data: bytes = self.rfile.read(size)
        except Exception as error:
            from cherrypy_core.readers import as_http_error  # noqa: PLC0415  (faulty input)

            refused = as_http_error(error, self.rfile)
            if refused is None:
                raise
            raise refused from error
        if len(data) < size:
            from cherrypy_core.readers import SizedReader  # noqa: PLC0415  (seldom, mostly faulty)

            # The source gives less than it was asked for, or the client broke off: a 400.
            rest = SizedReader(self.rfile, size, None)
            rest.bytes_fetched = len(data)
            data += rest.read()
        return data

    def _read_small_form(self) -> bool:
        """Parse the body if it is a small form."""
        if self.header("Content-Type") not in _FORM_TYPES:
            return False
        data = self.read_small_body()
        if data is None:
            return False
        self._form = fields = parse_form(data, (_FORM_CHARSET,))
        params = self._params
        if params is None:
            self._params = dict(fields)
        else:
            _add_fields(params, fields)
        return True

    def _make_headers(self) -> HeaderMap:
        # The body has the same map, whoever asks for it first.
        body = self._body
        headers = None if body is None else body.headers
        return headers if isinstance(headers, HeaderMap) else super()._make_headers()

    def _make_body(self) -> RequestBody:
        from cherrypy_core.entity import RequestBody  # noqa: PLC0415  (not every request's need)

        if self._params is None:
            self._params = {}
        source = self._header_source
        headers: Any = self._headers
        if headers is None:
            headers = HeaderFields(source) if type(source) is dict else self.headers
        body = self._body = RequestBody(self.rfile, headers, request_params=self._params)
        if self._form is not None:
            body.params.update(self._form)
            body.charset = _FORM_CHARSET
        if self._body_was_read:
            from cherrypy_core.readers import SizedReader  # noqa: PLC0415

            # Nothing is left in rfile, and reading on could wait for the next request.
            body.fp = SizedReader(self.rfile, 0, None)
        for name, value in self.body_attributes:
            setattr(body, name, value)
        if self._body_reader is not None:
            body.prepare_for(self._body_reader)
        return body


def _add_fields(params: dict[str, Any], fields: dict[str, Any]) -> None:
    """Add a form's *fields* to *params*; a name that is in both gets a list."""
    for name, value in fields.items():
        if name in params:
            known = params[name]
            params[name] = (known if isinstance(known, list) else [known]) + (
                value if isinstance(value, list) else [value]
            )
        else:
            params[name] = value
