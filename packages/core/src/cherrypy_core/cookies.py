"""Cookies: reading what clients send, writing what they are to keep.

A browser sends the cookies of every application of the domain, and of its parents. One
that another application has set must not disturb this one, so reading never fails: what
is no cookie is skipped, all others are kept (RFC 6265 section 5; `http.cookies` gives up
at the first odd one).
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from http.cookies import BaseCookie, Morsel, SimpleCookie
    from typing import Any

__all__ = [
    "MAX_COOKIES",
    "MAX_COOKIE_HEADER",
    "cookie_value",
    "dump_cookies",
    "new_response_cookie",
    "parse_cookies",
]

#: A browser keeps some 200 cookies per site; the field's elements beyond these are ignored.
MAX_COOKIES = 1000

#: Characters of a Cookie field that are looked at.
MAX_COOKIE_HEADER = 65536

# Attributes that RFC 2965 clients sent along.
_OBSOLETE = frozenset(("$version", "$path", "$domain", "$port"))
# Patterns are compiled on first use (by re, which keeps them): that is time saved on import.
_CONTROL = r"[\x00-\x08\x0a-\x1f\x7f]"
# How http.cookies writes characters that cannot stand in a quoted value.
_ESCAPED = r"(?s)\\(?:([0-3][0-7][0-7])|(.))"


def _value(coded: str) -> str:
    """Return the value of a cookie from the characters, each a byte, that have been sent."""
    if coded.isascii():
        return _unquote(coded)
    # Browsers send what a script has set in UTF-8; so do we (see `_dump`).
    try:
        return _unquote(coded.encode("latin-1").decode("utf-8"))
    except UnicodeError:
        return _unquote(coded)


def _unquote(value: str) -> str:
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':  # noqa: PLR2004
        return value
    value = value[1:-1]
    if "\\" not in value:
        return value
    return re.sub(_ESCAPED, lambda m: chr(int(m[1], 8)) if m[1] else m[2], value)


def _pair(text: str) -> tuple[str, str] | None:
    """Return name and value (as sent) of an element; None if it is no cookie."""
    name, equals, value = text.partition("=")
    # Only space and TAB are stripped: to strip more, as str.strip() does, would turn a
    # name that browsers let anybody set into one with the prefix __Host- or __Secure-.
    name = name.strip(" \t")
    # A cookie without a name could pose as any other: `=__Host-session=x`.
    if not equals or not name or name.lower() in _OBSOLETE:
        return None
    if not text.isprintable() and re.search(_CONTROL, text):
        return None
    return name, value.strip(" \t")


def parse_cookies(header: str) -> SimpleCookie:
    """Return the cookies of a Cookie field's value. Nothing is raised, whatever it is.

    Names are kept as they are, even those that `http.cookies` would refuse to set. Values
    are decoded from UTF-8, if they are that, and unquoted; `coded_value` has them as sent.
    Of cookies with the same name the first counts: browsers send the one with the longer
    path first (RFC 6265 section 5.4).
    """
    from http.cookies import CookieError, Morsel, SimpleCookie  # noqa: PLC0415  (slow to import)

    cookies = SimpleCookie()
    for text in header[:MAX_COOKIE_HEADER].split(";", MAX_COOKIES)[:MAX_COOKIES]:
        pair = _pair(text)
        if pair is None or pair[0] in cookies:
            continue
        name, coded = pair
        morsel: Any = Morsel()
        try:
            # What unpickling uses: set() refuses names that cannot be sent.
            morsel.__setstate__({"key": name, "value": _value(coded), "coded_value": coded})
        except CookieError:  # unquoting has given control characters
            continue
        dict.__setitem__(cookies, name, morsel)
    return cookies


def cookie_value(header: str, name: str) -> str | None:
    """Return the value of one cookie of a Cookie field's value, None if it is missing.

    It is the value that `parse_cookies` gives, found without parsing the others.
    """
    # PERF: 0.9 us among three cookies; parse_cookies() takes 8 us.
    if name not in header:
        return None
    for text in header[:MAX_COOKIE_HEADER].split(";", MAX_COOKIES)[:MAX_COOKIES]:
        if name in text:
            pair = _pair(text)
            if pair is not None and pair[0] == name:
                return _value(pair[1])
    return None


_response_cookie_class: type[SimpleCookie] | None = None


def _make_response_cookie_class() -> type[SimpleCookie]:
    from http.cookies import Morsel, SimpleCookie  # noqa: PLC0415  (slow to import)

    class ResponseMorsel(Morsel):  # type: ignore[type-arg]  # typing.Morsel[str] at run time too
        """A cookie to set; it may be `partitioned` on Pythons before 3.14 too."""

        # NOTE: these two are how http.cookies itself knows attributes; changing them in a
        # subclass leaves other users of http.cookies alone.
        _reserved = {**Morsel._reserved, "partitioned": "Partitioned"}  # type: ignore[attr-defined]  # noqa: RUF012, SLF001
        _flags = {*Morsel._flags, "partitioned"}  # type: ignore[attr-defined]  # noqa: RUF012, SLF001

    class ResponseCookie(SimpleCookie):
        """The cookies to set, by name."""

        def __setitem__(self, key: str, value: Any) -> None:
            if not isinstance(value, Morsel):
                real, coded = self.value_encode(value)
                value = self.get(key) or ResponseMorsel()
                value.set(key, real, coded)
            dict.__setitem__(self, key, value)

    return ResponseCookie


def new_response_cookie() -> SimpleCookie:
    """Return an empty `http.cookies.SimpleCookie` for a response.

    Its cookies have the attribute `partitioned` (cookies of a third party, kept apart for
    each site) in all versions of Python: `cookie["name"]["partitioned"] = True`.
    """
    global _response_cookie_class  # noqa: PLW0603  (made on first use, like any constant)
    if _response_cookie_class is None:
        _response_cookie_class = _make_response_cookie_class()
    return _response_cookie_class()


def dump_cookies(cookie: BaseCookie[Any]) -> list[str]:
    """Return the values of the Set-Cookie fields, one for each cookie, sorted by name.

    In each character is a byte. What `http.cookies` does not quote, and is not Latin-1,
    becomes UTF-8: `parse_cookies` gives back what has been set.

    Raises:
        ValueError: a cookie has a control character, or an attribute has a semicolon:
            either could forge fields or attributes.
    """
    return [_dump(morsel) for _, morsel in sorted(cookie.items())]


def _dump(morsel: Morsel[Any]) -> str:
    for name, value in morsel.items():
        if isinstance(value, str) and ";" in value:
            raise ValueError(
                f"The attribute {name!r} of the cookie {morsel.key!r} cannot contain a "
                f"semicolon, as it does: {value!r}."
            )
    text = morsel.OutputString()
    if not text.isprintable() and re.search(_CONTROL, text):
        raise ValueError(
            f"The cookie {morsel.key!r} cannot contain control characters, as it does: {text!r}."
        )
    return _as_bytes(text)


def _as_bytes(text: str) -> str:
    """Return *text* as WSGI wants it: each character stands for a byte (PEP 3333)."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8").decode("latin-1")
    return text
