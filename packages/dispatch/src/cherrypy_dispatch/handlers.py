"""What a dispatcher finds: a callable with the arguments that the URL gives it."""

from __future__ import annotations

from cherrypy_core.asynchronous import ASYNCHRONOUS, settled
from cherrypy_core.errors import HTTPError
from cherrypy_core.serving import get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["LateParamPageHandler", "PageHandler"]


class PageHandler:
    """Calls a page handler with positional and keyword arguments.

    Args:
        callable: the page handler.
        *args: what is left of the path.
        **kwargs: keyword arguments.
    """

    __slots__ = ("__dict__", "_kwargs", "args", "callable")

    def __init__(self, callable: Callable[..., Any], *args: Any, **kwargs: Any) -> None:  # noqa: A002
        self.callable = callable
        self.args: Any = args
        self._kwargs = kwargs

    @property
    def kwargs(self) -> dict[str, Any]:
        """The keyword arguments."""
        return self._kwargs

    @kwargs.setter
    def kwargs(self, kwargs: dict[str, Any]) -> None:
        self._kwargs = kwargs

    def get_args(self) -> Any:
        """Return the positional arguments."""
        return self.args

    def set_args(self, args: Any) -> None:
        """Replace the positional arguments."""
        self.args = args

    def get_kwargs(self) -> dict[str, Any]:
        """Return the keyword arguments."""
        return self.kwargs

    def set_kwargs(self, kwargs: dict[str, Any]) -> None:
        """Replace the keyword arguments."""
        self.kwargs = kwargs

    def __call__(self) -> Any:
        """Call the page handler.

        Raises:
            HTTPError: 404 or 400, if it does not take the arguments.
        """
        kwargs = self.kwargs
        try:
            page = self.callable(*self.args, **kwargs)
        except TypeError as error:
            self._explain(kwargs, error)
            raise
        return settled(page) if type(page) in ASYNCHRONOUS else page

    def _explain(self, kwargs: dict[str, Any], error: TypeError) -> None:
        """Raise an HTTPError if *error* means that the arguments do not fit."""
        from cherrypy_dispatch.spec import explain  # noqa: PLC0415  (imports inspect)

        try:
            explain(self.callable, self.args, kwargs, error)
        except HTTPError as mismatch:
            # The trace of the attempt would only show the framework's own frames.
            raise mismatch.with_traceback(None) from error


class LateParamPageHandler(PageHandler):
    """A page handler that takes the request's parameters at the moment it is called.

    So tools may still change `request.params`. Keyword arguments set on the handler
    override parameters of the same name.
    """

    __slots__ = ()

    @property
    def kwargs(self) -> dict[str, Any]:
        """The request's parameters and the handler's own keyword arguments."""
        request = get_request()
        params = {} if request is None else request.params
        return {**params, **self._kwargs} if self._kwargs else params.copy()

    @kwargs.setter
    def kwargs(self, kwargs: dict[str, Any]) -> None:
        self._kwargs = kwargs

    def __call__(self) -> Any:
        """Call the page handler.

        Raises:
            HTTPError: 404 or 400, if it does not take the arguments.
        """
        # PERF: as in the base class, without the copy that `kwargs` has to make.
        request = get_request()
        if self._kwargs or request is None or type(self) is not LateParamPageHandler:
            kwargs = self.kwargs
        else:
            kwargs = request.params
        try:
            page = self.callable(*self.args, **kwargs)
        except TypeError as error:
            self._explain(kwargs, error)
            raise
        return settled(page) if type(page) in ASYNCHRONOUS else page
