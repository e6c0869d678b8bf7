"""Log records as JSON lines: one object per line, for programs that collect logs."""

from __future__ import annotations

import logging
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["JSONFormatter"]


class JSONFormatter(logging.Formatter):
    """Formats any log record as one line of JSON, in ASCII.

    The members: `time` (RFC 3339, UTC), `level`, `logger`, and then

    * for a record of the access log: `remote`, `user`, `method`, `url`, `protocol`,
      `status`, `bytes`, `seconds` (from the request's arrival to the finished response),
      `host`, `referer`, `agent`, `request_id`; what is not known is null,
    * for any other: `message`; `context` and `request_id` if there are any; `exception`
      and `stack`, texts of several lines, if the record has them.

    Example:
        >>> handler = logging.StreamHandler()
        >>> handler.setFormatter(JSONFormatter())
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return *record* as JSON."""
        import json  # noqa: PLC0415  (slow to import; the option of some)

        members: dict[str, Any] = {
            "time": _rfc3339(record.created),
            "level": record.levelname,
            "logger": record.name,
        }
        access = getattr(record, "access", None)
        if isinstance(access, dict):
            members.update(access)
        else:
            members["message"] = getattr(record, "text", None) or record.getMessage()
            if getattr(record, "context", ""):
                members["context"] = record.context  # type: ignore[attr-defined]
        if getattr(record, "request_id", "-") != "-":
            members["request_id"] = record.request_id  # type: ignore[attr-defined]
        if record.exc_info:
            members["exception"] = self.formatException(record.exc_info)
        elif record.exc_text:
            members["exception"] = record.exc_text
        if record.stack_info:
            members["stack"] = self.formatStack(record.stack_info)
        return json.dumps(members, default=str)


def _rfc3339(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1e6):06d}Z"
