"""The lines of the access log, and a log for WSGI applications that keep none."""

from __future__ import annotations

import time

from cherrypy_core.loghandlers import LazyRfc3339UtcTime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from cherrypy_core.logs import LogManager
    from cherrypy_core.request import Request
    from cherrypy_core.response import Response

__all__ = [
    "AccessLog",
    "combined_line",
    "escape",
    "json_values",
    "request_letters",
    "request_values",
    "value_letters",
]

_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {
    ord("\\"): "\\\\",
    ord('"'): '\\"',
}

# Quotation marks in a line of the usual format, if no value has any.
_OWN_QUOTES = 6

#: What the letters of an access log format stand for, and what is written for nothing.
_ATOMS = (
    ("h", "remote", "-"),
    ("u", "user", "-"),
    ("r", "request", "-"),
    ("s", "status", "-"),
    ("b", "bytes", "-"),
    ("f", "referer", ""),
    ("a", "agent", ""),
    ("o", "host", "-"),
    ("i", "request_id", "-"),
)


def _is_harmless(value: str) -> bool:
    return value.isascii() and value.isprintable() and '"' not in value and "\\" not in value


def escape(value: str) -> str:
    """Return *value* as one harmless field of a log line (as Apache writes it)."""
    if _is_harmless(value):
        return value
    return "".join(
        char.translate(_ESCAPES)
        if char.isascii()
        else "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
        for char in value
    )


def request_values(request: Request, response: Response) -> dict[str, Any]:
    """Return what the access log says about a request: see `JSONFormatter`, and `request`."""
    host, agent, referer = request.told()
    return {
        "remote": request.client(),
        "user": getattr(request, "login", None),
        "request": request.request_line,
        "method": request.method,
        "status": str(response.status or "").split(" ", 1)[0],
        "bytes": response.header_sent("Content-Length"),
        "seconds": round(time.time() - response.time, 6),
        "host": host,
        "referer": referer,
        "agent": agent,
        "request_id": request.unique_id,
    }


class _Letters(dict[str, object]):
    """The values of a log line by letter, each escaped: none can end its field."""

    request: Request | None = None

    def escaped(self) -> _Letters:
        """Escape what needs it."""
        try:
            # PERF: seldom is there anything to escape.
            harmless = _is_harmless("".join(self.values()))  # type: ignore[arg-type]
        except TypeError:
            # An application may have put anything into its request.
            harmless = False
        if not harmless:
            for letter, value in self.items():
                self[letter] = escape(str(value))
        return self

    def __missing__(self, letter: str) -> object:
        # Few formats have these.
        if letter == "i" and self.request is not None:
            return escape(str(self.request.unique_id))
        if letter == "z":
            return LazyRfc3339UtcTime()
        raise KeyError(letter)


def combined_line(request: Request, response: Response, stamp: str) -> str | None:
    """Return the line of a request in the usual format; None if a part has to be escaped.

    PERF: half of what `request_letters` and a format take.
    """
    _, agent, referer = request.told()
    length = response.header_sent("Content-Length")
    line = (
        f"{request.client() or '-'} - {getattr(request, 'login', None) or '-'} {stamp} "
        f'"{request.request_line or "-"}" {str(response.status or "-").partition(" ")[0]} '
        f'{"-" if length is None or length == "0" else length} "{referer or ""}" "{agent or ""}"'
    )
    harmless = line.isascii() and line.isprintable() and "\\" not in line
    return line if harmless and line.count('"') == _OWN_QUOTES else None


def request_letters(request: Request, response: Response) -> dict[str, object]:
    """Return what the letters of an access log format stand for, about a request."""
    host, agent, referer = request.told()
    length = response.header_sent("Content-Length")
    letters = _Letters(
        l="-",
        h=request.client() or "-",
        u=getattr(request, "login", None) or "-",
        r=request.request_line or "-",
        s=str(response.status or "-").partition(" ")[0],
        # As Apache's %b: a body of no bytes is none.
        b="-" if length is None or length == "0" else length,
        f=referer or "",
        a=agent or "",
        o=host or "-",
    )
    letters.request = request
    return letters.escaped()


def value_letters(values: dict[str, Any]) -> dict[str, object]:
    """Return the same as `request_letters()`, of the values of a log line by name."""
    letters = _Letters(l="-")
    for letter, name, nothing in _ATOMS:
        value = values.get(name)
        letters[letter] = nothing if value is None or value == "" else str(value)
    if letters["b"] == "0":
        letters["b"] = "-"
    return letters.escaped()


def json_values(values: dict[str, Any]) -> dict[str, Any]:
    """Return what a JSON line shows: numbers as numbers, URL and protocol by themselves."""
    shown = {
        name: None if value == "" else value for name, value in values.items() if name != "request"
    }
    # A request line without three parts has been made by hand.
    _, _, rest = str(values.get("request") or "").partition(" ")
    url, _, protocol = rest.rpartition(" ")
    if url:
        shown["url"], shown["protocol"] = url, protocol
    for name in ("status", "bytes"):
        number = str(shown.get(name) or "")
        if number.isascii() and number.isdigit() and len(number) < 20:  # noqa: PLR2004  (64 bits)
            shown[name] = int(number)
    return shown


class AccessLog:
    """WSGI middleware that writes to an access log for an application that does not.

    Applications of CherryPy write their own lines; foreign ones, which are grafted, do not:
    `tree.graft(AccessLog(foreign, cherrypy.log), "/foreign")`.

    Args:
        nextapp: the WSGI application behind this one.
        log: whose access log it is.
    """

    def __init__(self, nextapp: Callable[..., Any], log: LogManager) -> None:
        self.nextapp = nextapp
        self.log = log

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a WSGI call; the line is written when the body is closed."""
        body = _LoggedBody(environ, self.log)

        def start(status: str, headers: Any, *exc_info: Any) -> Any:
            body.status = status.split(" ", 1)[0]
            return start_response(status, headers, *exc_info)

        try:
            body.chunks = self.nextapp(environ, start)
        except BaseException:
            body.status = body.status or "500"
            body.close()
            raise
        return body


class _LoggedBody:
    """A body that counts its bytes."""

    chunks: Any = ()
    status = ""

    def __init__(self, environ: dict[str, Any], log: LogManager) -> None:
        self._environ = environ
        self._log = log
        self._began = time.time()
        self._bytes = 0
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self._bytes += len(chunk)
            yield chunk

    def close(self) -> None:
        """Close the body and write the line, once."""
        if self._closed:
            return
        self._closed = True
        try:
            if hasattr(self.chunks, "close"):
                self.chunks.close()
        finally:
            self._log.write_access(self._values())

    def _values(self) -> dict[str, Any]:
        get = self._environ.get
        url = get("SCRIPT_NAME", "") + get("PATH_INFO", "")
        query = get("QUERY_STRING", "")
        if query:
            url += "?" + query
        method = get("REQUEST_METHOD", "")
        return {
            "remote": get("REMOTE_ADDR"),
            "user": get("REMOTE_USER"),
            "request": f"{method} {url} {get('SERVER_PROTOCOL', 'HTTP/1.1')}",
            "method": method,
            "status": self.status,
            "bytes": self._bytes,
            "seconds": round(time.time() - self._began, 6),
            "host": get("HTTP_HOST"),
            "referer": get("HTTP_REFERER"),
            "agent": get("HTTP_USER_AGENT"),
        }
