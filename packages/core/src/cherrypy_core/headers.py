"""Header fields: maps that ignore the case of names, and how fields are sent."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp, b2a_base64

from cherrypy_core.elements import header_elements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, TypeVar

    from cherrypy_core.elements import HeaderElement

    _Map = TypeVar("_Map", bound="CaseInsensitiveDict")

__all__ = [
    "CaseInsensitiveDict",
    "HeaderMap",
    "canonical_name",
    "decode_TEXT",
    "decode_TEXT_maybe",
    "environ_name",
    "header_translate_deletechars",
    "header_translate_table",
]

#: What `bytes.translate` needs to delete control characters from a field.
header_translate_table = None
header_translate_deletechars = bytes(range(32)) + b"\x7f"

# The names that occur. Any other name works too, a little slower.
_WELL_KNOWN = """
Accept Accept-Charset Accept-Encoding Accept-Language Accept-Ranges
Access-Control-Allow-Credentials Access-Control-Allow-Headers Access-Control-Allow-Methods
Access-Control-Allow-Origin Access-Control-Expose-Headers Access-Control-Max-Age
Access-Control-Request-Headers Access-Control-Request-Method Age Allow Authorization
Cache-Control Connection Content-Disposition Content-Encoding Content-Language
Content-Length Content-Location Content-Md5 Content-Range Content-Security-Policy
Content-Type Cookie Date Dnt Etag Expect Expires Forwarded From Host If-Match
If-Modified-Since If-None-Match If-Range If-Unmodified-Since Keep-Alive Last-Event-Id
Last-Modified Link Location Max-Forwards Origin Pragma Proxy-Authenticate
Proxy-Authorization Proxy-Connection Range Referer Referrer-Policy Retry-After Sec-Ch-Ua
Sec-Ch-Ua-Mobile Sec-Ch-Ua-Platform Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site
Sec-Fetch-User Sec-Gpc Sec-Websocket-Extensions Sec-Websocket-Key Sec-Websocket-Protocol
Sec-Websocket-Version Server Set-Cookie Soapaction Strict-Transport-Security Te Trailer
Transfer-Encoding Upgrade Upgrade-Insecure-Requests User-Agent Vary Via Warning
Www-Authenticate X-Content-Type-Options X-Forwarded-For X-Forwarded-Host
X-Forwarded-Port X-Forwarded-Proto X-Forwarded-Server X-Frame-Options X-Real-Ip
X-Request-Id X-Requested-With
""".split()  # noqa: SIM905  (readable)

# Clients choose the names they send: only so many unknown ones are remembered, ever.
_MAX_MEMO = 1000

_canonical: dict[object, str] = {
    spelling: name for name in _WELL_KNOWN for spelling in (name.lower(), name)
}
_from_environ: dict[str, str] = {
    "HTTP_" + name.upper().replace("-", "_"): name for name in _WELL_KNOWN
}
# CGI gives these two without the prefix (RFC 3875 section 4.1); a field of that name
# with the prefix is a client's attempt to confuse.
_from_environ.update(
    CONTENT_TYPE="Content-Type",
    CONTENT_LENGTH="Content-Length",
    HTTP_CONTENT_TYPE="",
    HTTP_CONTENT_LENGTH="",
)
_MAX_CANONICAL = len(_canonical) + _MAX_MEMO
_MAX_FROM_ENVIRON = len(_from_environ) + _MAX_MEMO
# A longer name is not remembered: the memory for the memo has a bound in bytes too.
_MAX_MEMO_NAME = 100


def canonical_name(key: object) -> str:
    """Return a header field's name as the maps spell it: `content-type` as `Content-Type`.

    It is `str(key).title()`, as CherryPy 18.10 has it, with bytes taken as text.
    """
    name = _canonical.get(key)
    if name is not None:
        return name
    text = key.decode("latin-1") if isinstance(key, bytes) else str(key)
    name = text.title()
    if type(key) is str and len(_canonical) < _MAX_CANONICAL and len(name) <= _MAX_MEMO_NAME:
        _canonical[key] = name
    return name


def environ_name(cgi_key: str) -> str:
    """Return the header field that a WSGI environment's key stands for, "" if for none.

    `HTTP_ACCEPT_ENCODING` gives `Accept-Encoding`, `CONTENT_TYPE` gives `Content-Type`,
    `SERVER_NAME` gives "". (Frequent keys come from a table.)
    """
    name = _from_environ.get(cgi_key)
    if name is not None:
        return name
    name = canonical_name(cgi_key[5:].replace("_", "-")) if cgi_key.startswith("HTTP_") else ""
    if len(_from_environ) < _MAX_FROM_ENVIRON and len(cgi_key) <= _MAX_MEMO_NAME:
        _from_environ[cgi_key] = name
    return name


class CaseInsensitiveDict(dict):  # type: ignore[type-arg]  # the values are anybody's
    """A dict whose keys differ by more than case.

    Each key is changed on entry to `str(key).title()`: see `canonical_name`. Comparison
    with other dicts is as dict has it, by the keys as they are stored.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        if args or kwargs:
            self.update(*args, **kwargs)

    @classmethod
    def from_canonical(cls: type[_Map], items: Mapping[str, Any]) -> _Map:
        """Return a map of *items*, whose keys are trusted to be canonical already."""
        # PERF: 0.3 us for ten items; through update() it would be 2 us.
        new = cls.__new__(cls)
        dict.update(new, items)
        return new

    @staticmethod
    def transform_key(key: object) -> str:
        """Return the form in which *key* is stored: `canonical_name`."""
        return canonical_name(key)

    @classmethod
    def fromkeys(cls: type[_Map], seq: Iterable[object], value: Any = None) -> _Map:
        """Return a map with the keys of *seq*, all with the same *value*."""
        return cls((key, value) for key in seq)

    def __getitem__(self, key: object) -> Any:
        return dict.__getitem__(self, canonical_name(key))

    def __setitem__(self, key: object, value: Any) -> None:
        dict.__setitem__(self, canonical_name(key), value)

    def __delitem__(self, key: object) -> None:
        dict.__delitem__(self, canonical_name(key))

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self, canonical_name(key))

    def get(self, key: object, default: Any = None) -> Any:
        """Return the value of *key*, or *default*."""
        return dict.get(self, canonical_name(key), default)

    def pop(self, key: object, *default: Any) -> Any:
        """Remove *key* and return its value; *default*, if given, when it is missing."""
        return dict.pop(self, canonical_name(key), *default)

    def setdefault(self, key: object, x: Any = None) -> Any:
        """Return the value of *key*, after setting it to *x* if it is missing."""
        return dict.setdefault(self, canonical_name(key), x)

    def update(self, E: Any = (), /, **kwargs: Any) -> None:  # noqa: N803  (the public name)
        """Set the items of *E*, a mapping or pairs, and those given by keyword."""
        if isinstance(E, CaseInsensitiveDict):
            dict.update(self, E)
        else:
            pairs = ((key, E[key]) for key in E.keys()) if hasattr(E, "keys") else E  # noqa: SIM118
            for key, value in pairs:
                dict.__setitem__(self, canonical_name(key), value)
        for key, value in kwargs.items():
            dict.__setitem__(self, canonical_name(key), value)

    def __ior__(self: _Map, other: Any) -> _Map:
        self.update(other)
        return self

    def __or__(self: _Map, other: Any) -> _Map:
        if not isinstance(other, dict):
            return NotImplemented
        new = self.copy()
        new.update(other)
        return new

    def __ror__(self: _Map, other: Any) -> _Map:
        if not isinstance(other, dict):
            return NotImplemented
        new = type(self)(other)
        new.update(self)
        return new

    def copy(self: _Map) -> _Map:
        """Return a map of the same class with the same items."""
        return self.from_canonical(self)

    __copy__ = copy


class HeaderMap(CaseInsensitiveDict):
    """The header fields of a request or a response.

    Values of a request are text, each byte sent being one character; a response's may be
    text, bytes or anything that `str` makes text of.

    Attributes:
        protocol: the HTTP version spoken; before 1.1 there are no encoded words.
        encodings: the charsets that may be used for fields as they are, in order.
        use_rfc_2047: whether text beyond those charsets is sent as an encoded word,
            `=?utf-8?b?...?=`.
    """

    protocol = (1, 1)
    encodings = ["ISO-8859-1"]  # noqa: RUF012  (public; an application may set its own list)
    use_rfc_2047 = True

    def elements(self, key: object) -> list[HeaderElement]:
        """Return the sorted elements of a field (see `header_elements`); [] without it."""
        name = canonical_name(key)
        value = dict.get(self, name)
        return header_elements(name, value if value is None else str(value))

    def values(self, key: object) -> list[str]:  # type: ignore[override]
        """Return the values of the elements of a field, sorted: unlike dict's `values`."""
        return [element.value for element in self.elements(key)]

    def output(self) -> list[tuple[bytes, bytes]]:
        """Return the fields as they are sent: pairs of bytes.

        Raises:
            ValueError: as `encode`.
        """
        return self.encode_header_items(self.items())

    @classmethod
    def encode_header_items(
        cls, header_items: Iterable[tuple[Any, Any]]
    ) -> list[tuple[bytes, bytes]]:
        """Return (name, value) pairs of any kind as they are sent: as bytes.

        Raises:
            ValueError: as `encode`.
        """
        encode = cls.encode_header_item
        return [(encode(name), encode(value)) for name, value in header_items]

    @classmethod
    def encode_header_item(cls, item: Any) -> bytes:
        """Return a name or a value, of any kind, as it is sent.

        Control characters that do no harm are left out (as CherryPy 18.10).

        Raises:
            ValueError: as `encode`.
        """
        data = cls.encode(item)
        # PERF: nearly every field is printable; translate() would cost 150 ns.
        if type(item) is str and item.isprintable():
            return data
        return data.translate(header_translate_table, header_translate_deletechars)

    @classmethod
    def encode(cls, v: Any) -> bytes:
        """Return a header field's name or value, encoded for sending.

        Raises:
            ValueError: it has a CR, LF or NUL, which could end the field and begin one of
                an attacker's (RFC 9110 section 5.5); or it cannot be encoded.
        """
        if isinstance(v, bytes):
            text, data = v.decode("latin-1"), v
        else:
            text, data = v if isinstance(v, str) else str(v), None
        if not text.isprintable() and ("\r" in text or "\n" in text or "\0" in text):
            raise ValueError(
                f"A header field cannot contain CR, LF or NUL, as this one does: {text!r}."
            )
        if data is not None:
            return data
        for encoding in cls.encodings:
            try:
                return text.encode(encoding)
            except UnicodeEncodeError:  # noqa: PERF203  (one or two charsets)
                continue
        if cls.use_rfc_2047 and cls.protocol >= (1, 1):
            word = b2a_base64(text.encode("utf-8", "surrogatepass"), newline=False)
            return b"=?utf-8?b?" + word + b"?="
        raise ValueError(
            f"Could not encode the header field {text!r} with any of {cls.encodings!r}."
        )


# An encoded word: RFC 2047 section 2 (with a language: RFC 2231 section 5). Linear: the
# parts cannot contain the question marks that delimit them.
_ENCODED_WORD = r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?="
_ADJACENT = r"(?<=\?=)[ \t]+(?==\?)"


def decode_TEXT(value: str) -> str:  # noqa: N802  (the public name)
    """Decode the encoded words of RFC 2047: `=?utf-8?q?f=C3=BCr?=` is `für`.

    A word that cannot be decoded stays as it is. The result can contain any character,
    line breaks included.
    """
    return re.sub(_ENCODED_WORD, _decode_word, re.sub(_ADJACENT, "", value))


def decode_TEXT_maybe(value: str) -> str:  # noqa: N802  (the public name)
    """Decode *value* with `decode_TEXT` if it has encoded words."""
    return decode_TEXT(value) if "=?" in value else value


def _decode_word(word: re.Match[str]) -> str:
    from cherrypy_core.charsets import is_charset  # noqa: PLC0415  (encoded words are rare)

    charset, kind, text = word.groups()
    if not is_charset(charset):
        return word[0]
    try:
        data = text.encode("ascii")
        raw = a2b_base64(data) if kind in "bB" else a2b_qp(data, header=True)
        return raw.decode(charset)
    except (Base64Error, ValueError):
        return word[0]
