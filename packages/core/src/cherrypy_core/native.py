"""Text and bytes under the names that CherryPy has had for them since Python 2.

The native string of Python 3 is text, so that most of these only check or convert.
"""

from __future__ import annotations

import re

__all__ = ["assert_native", "bton", "ntob", "ntou", "text_or_bytes", "tonative"]

#: For `isinstance`: what was a string of one kind or the other.
text_or_bytes = (str, bytes)


def ntob(n: str, encoding: str = "ISO-8859-1") -> bytes:
    """Return the native string *n* as bytes.

    Raises:
        TypeError: it is no native string.
        UnicodeEncodeError: it has characters that *encoding* lacks.
    """
    assert_native(n)
    return n.encode(encoding)


def ntou(n: str, encoding: str = "ISO-8859-1") -> str:
    r"""Return the native string *n* as text, which it is.

    Args:
        n: the string.
        encoding: "escape" to turn each `\uXXXX` into its character; ignored otherwise.

    Raises:
        TypeError: *n* is no native string.
    """
    assert_native(n)
    if encoding == "escape":
        return re.sub(r"\\u([0-9a-zA-Z]{4})", lambda found: chr(int(found[1], 16)), n)
    return n


def tonative(n: str | bytes, encoding: str = "ISO-8859-1") -> str:
    """Return text or bytes as a native string.

    Raises:
        UnicodeDecodeError: *n* is not in *encoding*.
    """
    return n.decode(encoding) if isinstance(n, bytes) else n


def bton(b: bytes, encoding: str = "ISO-8859-1") -> str:
    """Return the bytes *b* as a native string.

    Raises:
        UnicodeDecodeError: *b* is not in *encoding*.
    """
    return b.decode(encoding)


def assert_native(n: object) -> None:
    """Refuse what is no native string.

    Raises:
        TypeError: *n* is none.
    """
    if not isinstance(n, str):
        raise TypeError(f"n must be a native str (got {type(n).__name__})")
