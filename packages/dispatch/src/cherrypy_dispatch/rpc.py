"""The dispatcher for XML-RPC clients, which know of no paths but one."""

from __future__ import annotations

from cherrypy_core.serving import current
from cherrypy_core.xmlrpc import patched_path
from cherrypy_dispatch.tree import Dispatcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["XMLRPCDispatcher"]

_next = Dispatcher()


class XMLRPCDispatcher:
    """A dispatcher that takes `/RPC2`, where XML-RPC clients call by default, off the path.

    What is left leads to an `XMLRPCController`, which calls the method that the client
    names in the body. The slash at the end may be there or not: a call is never redirected.

    Args:
        next_dispatcher: what is called with the rest of the path.
    """

    def __init__(self, next_dispatcher: Callable[[str], Any] = _next) -> None:
        self.next_dispatcher = next_dispatcher

    def __call__(self, path_info: str) -> Any:
        """Let the next dispatcher find the handler for the path as RPC means it."""
        found = self.next_dispatcher(patched_path(path_info))
        request = current()[0]
        if request.method == "POST":
            # Clients of XML-RPC do not follow redirects (they would have to send again).
            request.is_index = None
        return found
