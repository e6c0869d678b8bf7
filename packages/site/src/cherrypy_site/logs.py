"""The log of a whole site."""

from __future__ import annotations

from cherrypy_core.logs import LogManager
from cherrypy_core.serving import get_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["GlobalLogManager", "close_log"]


class GlobalLogManager(LogManager):
    """The two logs of a site; during a request those of the application that serves it.

    The loggers of an application are children of the site's, so that whatever is written
    to one arrives in the other as well.
    """

    def _responsible(self) -> LogManager | None:
        """Return the log of the application that serves the current request, if any."""
        request = get_request()
        app = None if request is None else request.app
        log = None if app is None else app.log
        return None if log is self else log

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Write to the error log (see `error`): to that of the current application."""
        log = self._responsible()
        if log is None:
            self.error(*args, **kwargs)
        else:
            log.error(*args, **kwargs)

    def access(self) -> None:
        """Write the current request to the access log of its application."""
        log = self._responsible()
        if log is None:
            super().access()
        else:
            log.access()


def close_log(log: LogManager) -> None:
    """Remove and close the handlers that *log* itself has made."""
    log.screen = False
    log.wsgi = False
    log.access_file = ""
    log.error_file = ""
