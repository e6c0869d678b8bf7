"""The elements of a header field: `text/html;level=1, text/plain;q=0.5`.

Field values come from the network. Whatever they are, the functions here raise nothing,
take time in proportion to the length and look at a bounded number of elements.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    _Element = TypeVar("_Element", bound="HeaderElement")

__all__ = [
    "MAX_ELEMENTS",
    "AcceptElement",
    "HeaderElement",
    "header_elements",
    "parse_header",
]

#: Elements of a field, or parameters of an element, beyond these are not looked at.
MAX_ELEMENTS = 1000

# Patterns are compiled on first use (by re, which keeps them): that is time saved on import.
_MARKS = {",": r'[\\",]', ";": r'[\\";]'}
_ESCAPED = r'\\([\\"])'
_PLAIN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # RFC 9110 section 5.6.2
# RFC 9110 section 12.4.2 has up to three decimals and a leading digit, but old clients
# send more, or none: `*; q=.2`.
_WEIGHT = r"[0-9]{1,3}(?:\.[0-9]{0,12})?|\.[0-9]{1,12}"


def _split(text: str, separator: str) -> list[str]:
    """Split *text* where *separator* is not within a quoted string."""
    if '"' not in text:
        return text.split(separator, MAX_ELEMENTS)[:MAX_ELEMENTS]
    if "\\" not in text:
        pieces = text.split(separator, MAX_ELEMENTS)[:MAX_ELEMENTS]
        for piece in pieces:
            if piece.count('"') & 1:
                break
        else:
            # PERF: 1 us instead of 3. Quotes are closed again in every piece, so that no
            # separator is within them.
            return pieces
    return _split_quoted(text, separator)


def _split_quoted(text: str, separator: str) -> list[str]:
    parts: list[str] = []
    begin = 0
    quoted = False
    escaped = -1
    for match in re.finditer(_MARKS[separator], text):
        position = match.start()
        mark = text[position]
        if position == escaped:
            continue
        if mark == '"':
            quoted = not quoted
        elif mark == "\\":
            if quoted:
                escaped = position + 1
        elif not quoted:
            parts.append(text[begin:position])
            begin = position + 1
            if len(parts) >= MAX_ELEMENTS:
                return parts
    parts.append(text[begin:])
    return parts


def _unquote(value: str) -> str:
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':  # noqa: PLR2004
        return value
    value = value[1:-1]
    # Other backslashes stay: some clients send `filename="C:\dir\file"`.
    return re.sub(_ESCAPED, r"\1", value) if "\\" in value else value


def _quote(value: str) -> str:
    if re.fullmatch(_PLAIN, value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse_header(line: str) -> tuple[str, dict[str, str]]:
    """Split `text/html; charset="utf-8"` into `"text/html"` and `{"charset": "utf-8"}`.

    Names of parameters are in lower case, values without their quotes; what has no `=` is
    left out, and of parameters with the same name the last one counts.
    """
    if ";" not in line:
        return line.strip(), {}
    value, *rest = _split(line, ";")
    params = {}
    for part in rest:
        name, equals, text = part.partition("=")
        name = name.strip().lower()
        if equals and name:
            params[name] = _unquote(text.strip())
    return value.strip(), params


class HeaderElement:
    """An element, with parameters, of a header field.

    Elements sort by their value.

    Args:
        value: such as "text/html".
        params: texts by name.
    """

    def __init__(self, value: str, params: dict[str, Any] | None = None) -> None:
        self.value = value
        self.params: dict[str, Any] = {} if params is None else params

    def __cmp__(self, other: HeaderElement) -> int:
        return (self.value > other.value) - (self.value < other.value)

    def __lt__(self, other: HeaderElement) -> bool:
        return self.value < other.value

    def __str__(self) -> str:
        return self.value + "".join(
            f";{name}={value if isinstance(value, HeaderElement) else _quote(str(value))}"
            for name, value in self.params.items()
        )

    def __bytes__(self) -> bytes:
        return str(self).encode("utf-8")

    __unicode__ = __str__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r}, {self.params!r})"

    @staticmethod
    def parse(elementstr: str) -> tuple[str, dict[str, Any]]:
        """Transform `token;key=val` to `("token", {"key": "val"})`."""
        return parse_header(elementstr)

    @classmethod
    def from_str(cls: type[_Element], elementstr: str) -> _Element:
        """Return an element made from a text of the form `token;key=val`."""
        return cls(*cls.parse(elementstr))


class AcceptElement(HeaderElement):
    """An element of an Accept field, with its weight.

    The parameter `q` is itself a `HeaderElement`, with the parameters that follow it
    (accept extensions) as its own. Elements sort by weight, the least wanted first;
    within a weight the more specific come later. `header_elements` reverses that.
    """

    @classmethod
    def from_str(cls: type[_Element], elementstr: str) -> _Element:
        """Return an element made from a text such as `text/html;level=1;q=0.5`."""
        value, params = cls.parse(elementstr)
        names = list(params)
        if "q" in params:
            at = names.index("q")
            weight = HeaderElement(params["q"], {name: params[name] for name in names[at + 1 :]})
            params = {name: params[name] for name in names[:at]}
            params["q"] = weight
        return cls(value, params)

    @property
    def qvalue(self) -> float:
        """The weight, from 0 (not acceptable) to 1 (the default).

        A weight that is not a number from 0 to 1 counts as 0: what a client asks for
        unintelligibly it does not get, but its other elements count. (CherryPy 18.10
        answers 400, or 500.)
        """
        weight = self.params.get("q", "1")
        text = weight.value if isinstance(weight, HeaderElement) else str(weight)
        if not re.fullmatch(_WEIGHT, text):
            return 0.0
        number = float(text)
        return number if number <= 1 else 0.0

    def _rank(self) -> tuple[float, str]:
        return self.qvalue, str(self)

    def __cmp__(self, other: HeaderElement) -> int:
        return (other < self) - (self < other)

    def __lt__(self, other: HeaderElement) -> bool:
        theirs = other._rank() if isinstance(other, AcceptElement) else (1.0, str(other))
        return self._rank() < theirs


def header_elements(fieldname: str, fieldvalue: str | None) -> list[HeaderElement]:
    """Return the elements of a comma-separated field, sorted.

    Args:
        fieldname: those of Accept fields and of TE are `AcceptElement`s.
        fieldvalue: the field's value, if any. Empty elements do not count.

    Returns:
        The best first if they have weights; otherwise by value, backwards (as
        CherryPy 18.10).
    """
    if not fieldvalue:
        return []
    name = fieldname.lower()
    accept = name.startswith("accept") or name == "te"
    texts = [text.strip() for text in _split(fieldvalue, ",")]
    if accept:
        weighted = [AcceptElement.from_str(text) for text in texts if text]
        weighted.sort(key=AcceptElement._rank, reverse=True)  # noqa: SLF001
        return list(weighted)
    elements = [HeaderElement.from_str(text) for text in texts if text]
    elements.sort(key=lambda element: element.value, reverse=True)
    return elements
