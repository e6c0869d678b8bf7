"""XML-RPC: a controller whose methods remote programs call, and the tool for its errors."""

from __future__ import annotations

import sys

from cherrypy_core.asynchronous import settled
from cherrypy_core.errors import CherryPyException
from cherrypy_core.expose import expose
from cherrypy_core.serving import current
from cherrypy_core.xmlrpc import dump_fault, dump_value, load_call, patched_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, ClassVar

__all__ = [
    "XMLRPCController",
    "get_xmlrpclib",
    "on_error",
    "patched_path",
    "process_body",
    "respond",
]


def get_xmlrpclib() -> ModuleType:
    """Return Python's module for XML-RPC, `xmlrpc.client`."""
    import xmlrpc.client  # noqa: PLC0415  (only with XML-RPC)

    return xmlrpc.client


def process_body() -> tuple[tuple[Any, ...], str | None]:
    """Return (parameters, method name) of the call that the current request carries.

    A body that is no call gives `(("ERROR PARAMS",), "ERRORMETHOD")`, which names no method.
    """
    try:
        return load_call(current()[0].body.read() or b"")
    except ValueError:
        return ("ERROR PARAMS",), "ERRORMETHOD"


def respond(body: Any, encoding: str = "utf-8", allow_none: bool | int = 0) -> None:
    """Make *body* the current response, as XML-RPC.

    Args:
        body: the value that the called method has returned.
        encoding: of the document.
        allow_none: write None as `<nil/>`, which not all clients know.

    Raises:
        TypeError: *body* has something in it that XML-RPC cannot say.
        OverflowError: a number in it has more than 32 bits.
    """
    _set_response(dump_value(body, encoding, bool(allow_none)))


def on_error(*args: Any, **kwargs: Any) -> None:
    """Make the exception that is being handled a fault, with the status 200.

    Args:
        *args: ignored.
        **kwargs: ignored: the settings of the tool, which are for the controller.
    """
    del args, kwargs
    error = sys.exc_info()[1]
    _set_response(dump_fault(error or Exception("unknown")))


def _set_response(document: bytes) -> None:
    # The status is that of the transport: what the method thinks is in the document.
    response = current()[1]
    response.status = 200
    response.body = document
    response.headers["Content-Type"] = "text/xml"
    response.headers["Content-Length"] = str(len(document))


class XMLRPCController:
    """A page handler (base class) whose exposed methods are called by XML-RPC.

    A method name with dots leads over attributes: `blog.post` is `self.blog.post`. What is
    left of the path comes before the parameters of the call. What a method returns is the
    answer; exceptions become faults, an `xmlrpc.client.Fault` as it is and all others with
    the code 1 and their text.

    Settings: `tools.xmlrpc.encoding` and `tools.xmlrpc.allow_none`.

    Example:
        >>> class Calculator(XMLRPCController):
        ...     @expose
        ...     def add(self, a, b):
        ...         return a + b
    """

    # Errors, too, must be XML-RPC.
    _cp_config: ClassVar[dict[str, Any]] = {"tools.xmlrpc.on": True}

    @expose
    def default(self, *vpath: str, **params: Any) -> Any:
        """Call the method that the body of the request names.

        Args:
            *vpath: what is left of the path.
            **params: the parameters of the query string.

        Raises:
            Exception: there is no such method.
        """
        arguments, name = process_body()
        method: Any = self
        for part in str(name).split("."):
            method = None if part.startswith("_") else getattr(method, part, None)
        if method is None or not getattr(method, "exposed", False):
            raise _UnknownMethod(f'method "{name}" is not supported')
        value = settled(method(*vpath, *arguments, **params))
        settings = current()[0].toolmaps.get("tools", {}).get("xmlrpc", {})
        respond(value, settings.get("encoding", "utf-8"), settings.get("allow_none", False))
        return current()[1].body


class _UnknownMethod(CherryPyException):
    """A call names a method that is not there, or is not exposed."""
