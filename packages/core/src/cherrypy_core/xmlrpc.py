"""The XML-RPC codec: calls in, values and faults out (xmlrpc.com/spec.md).

What comes from the network is read with a parser of our own making around Python's
`Unmarshaller`: a document type, whose entities could grow without measure, is refused, and
so is nesting that no caller needs.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["MAX_DEPTH", "dump_fault", "dump_value", "load_call", "patched_path"]

#: How deep arrays and structs of a call may be nested.
MAX_DEPTH = 100

# Around values there are methodCall, params and param; each array and each struct is three
# elements deep, and what is in the last one two more. Some parsers need quadratic time for
# elements in one another.
_MAX_ELEMENTS = 3 + 3 * MAX_DEPTH + 2


def patched_path(path: str) -> str:
    """Return *path* without a leading `/RPC2`, and with a slash at the end."""
    if path[-1:] != "/":
        path += "/"
    return path[5:] if path.startswith("/RPC2/") else path


def load_call(data: bytes) -> tuple[tuple[Any, ...], str | None]:
    """Return parameters and method name of a call.

    Args:
        data: the body of the request.

    Raises:
        ValueError: *data* is no XML-RPC call.
    """
    from xml.parsers import expat  # noqa: PLC0415  (only with XML-RPC)
    from xmlrpc.client import Error, Unmarshaller  # noqa: PLC0415

    unmarshaller: Any = Unmarshaller()
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_ELEMENTS:
            raise ValueError(f"values are nested deeper than {MAX_DEPTH}")
        unmarshaller.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        unmarshaller.end(tag)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = unmarshaller.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    # The parser has decoded the text already.
    unmarshaller.xml(None, None)
    try:
        parser.Parse(data, True)
        params = unmarshaller.close()
    except (expat.ExpatError, Error, LookupError, ArithmeticError, TypeError, ValueError) as error:
        # Python's unmarshaller trusts the types: what is wrong fails in its own ways.
        raise ValueError(f"the body is no XML-RPC call: {error}") from error
    return params, unmarshaller.getmethodname()


def _refuse_doctype(*_: Any) -> None:
    raise ValueError("it has a document type declaration")


def dump_value(value: Any, encoding: str = "utf-8", allow_none: bool = False) -> bytes:
    """Return the response that carries *value* (a fault, if it is an `xmlrpc.client.Fault`).

    Args:
        value: what the method has returned.
        encoding: of the document.
        allow_none: write None as `<nil/>`, which not all clients know.

    Raises:
        TypeError: *value* has something in it that XML-RPC cannot say.
        OverflowError: a number in it has more than 32 bits.
        LookupError: *encoding* is unknown.
    """
    from xmlrpc.client import Fault, dumps  # noqa: PLC0415

    response: Any = value if isinstance(value, Fault) else (value,)
    text = dumps(response, methodresponse=True, encoding=encoding, allow_none=allow_none)
    return text.encode(encoding, "xmlcharrefreplace")


def dump_fault(error: BaseException) -> bytes:
    """Return the response that tells the client of *error*.

    The fault's code is 1 and its string the error's text, unless the error is a
    `xmlrpc.client.Fault` itself.
    """
    from xmlrpc.client import Fault  # noqa: PLC0415

    return dump_value(error if isinstance(error, Fault) else Fault(1, _legal(str(error))))


def _legal(text: str) -> str:
    """Return *text* without the characters that no XML document can hold."""
    return "".join(c if c >= " " or c in "\t\n\r" else "\N{REPLACEMENT CHARACTER}" for c in text)
