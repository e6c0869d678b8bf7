"""Charsets that clients name, and decoding by trial.

A client may name any charset it likes. Python would look for a module of that name, would
remember for ever that it found none, and has codecs that are no charsets and take
quadratic time (`idna`, `punycode`); so only real charsets are looked up.
"""

from __future__ import annotations

from functools import lru_cache

from cherrypy_core.errors import HTTPError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["decode", "is_charset", "refusal"]

#: Charsets of Python's library that its table of aliases does not list as a target.
_WITHOUT_ALIAS = frozenset(
    [
        "cp720",
        "cp737",
        "cp856",
        "cp874",
        "cp875",
        "cp1006",
        "koi8_t",
        "koi8_u",
        "mac_arabic",
        "mac_croatian",
        "mac_farsi",
        "mac_romanian",
        "utf_8_sig",
    ]
)

#: What Python can decode although it is not the charset of any text: transformations,
#: ways to write identifiers, whatever the operating system is set to. UTF-7 is a charset,
#: but one in which markup hides from whoever looks at the bytes; browsers dropped it.
_NOT_CHARSETS = frozenset(
    [
        "base64_codec",
        "bz2_codec",
        "hex_codec",
        "idna",
        "mbcs",
        "oem",
        "punycode",
        "quopri_codec",
        "raw_unicode_escape",
        "rot_13",
        "undefined",
        "unicode_escape",
        "utf_7",
        "uu_codec",
        "zlib_codec",
    ]
)

# The longest name in IANA's registry has 45 characters.
_MAX_NAME = 45


@lru_cache(maxsize=64)
def is_charset(name: str) -> bool:
    """Tell whether *name* is one of a charset that Python can decode."""
    if not name.isascii() or not name.isprintable() or not 0 < len(name) <= _MAX_NAME:
        return False
    import encodings  # noqa: PLC0415  (rarely needed; the interpreter has loaded it anyway)

    aliases: dict[str, str] = encodings.aliases.aliases
    normal = encodings.normalize_encoding(name).lower().replace(".", "_")
    codec = aliases.get(normal, normal)
    if codec in _NOT_CHARSETS:
        return False
    return codec in _WITHOUT_ALIAS or codec in aliases.values()


def refusal(charsets: Iterable[str]) -> HTTPError:
    """Return the error for an entity that is in none of *charsets*."""
    return HTTPError(
        400,
        "The request entity could not be decoded. The following charsets were attempted: "
        f"{list(charsets)!r}",
    )


def decode(value: bytes, charsets: Iterable[str]) -> tuple[str, str]:
    """Decode *value* in the first of *charsets* in which it makes sense.

    Args:
        value: the encoded text.
        charsets: names the application trusts (see `is_charset`); unknown ones are skipped.

    Returns:
        The text, and the charset.

    Raises:
        HTTPError: 400, if no charset fits.
    """
    charsets = tuple(charsets)
    for charset in charsets:
        try:
            return value.decode(charset), charset
        except (UnicodeError, LookupError):  # noqa: PERF203  (there are two or three)
            continue
    raise refusal(charsets)
