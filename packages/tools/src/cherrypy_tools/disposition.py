"""The Content-Disposition header field (RFC 6266)."""

from __future__ import annotations

__all__ = ["content_disposition"]

# Characters that clients disagree about, even quoted or escaped: RFC 6266 appendix D.
_AMBIGUOUS = str.maketrans({'"': "_", "\\": "_", "%": "_"})

# attr-char of RFC 8187 section 3.2.1, beyond letters and digits.
_ATTR_CHARS = "!#$&+-.^_`|~"


def content_disposition(disposition: str, name: str | None) -> str:
    """Return the value of a Content-Disposition field.

    A name that cannot be sent as it is gets two forms: a similar one in ASCII for old
    clients, and `filename*`, which is exact, for all others.

    Args:
        disposition: "attachment" or "inline".
        name: the file name to propose; None for none. Control characters are left out.
    """
    if name is None:
        return disposition
    if not name.isprintable():
        name = "".join(char for char in name if char >= " " and char != "\x7f")
    plain = name.translate(_AMBIGUOUS)
    if not plain.isascii():
        from unicodedata import normalize  # noqa: PLC0415  (slow to import, seldom needed)

        plain = normalize("NFKD", plain).encode("ascii", "ignore").decode("ascii")
    value = f'{disposition}; filename="{plain}"'
    if plain != name:
        from urllib.parse import quote  # noqa: PLC0415

        value += f"; filename*=UTF-8''{quote(name, safe=_ATTR_CHARS, errors='replace')}"
    return value
