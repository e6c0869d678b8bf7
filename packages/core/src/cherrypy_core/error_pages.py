"""What an error looks like to the client."""

from __future__ import annotations

import sys

from cherrypy_core.error_formats import HTML, PLAIN, html_page, plain_page, preferred, problem
from cherrypy_core.iterators import is_iterator
from cherrypy_core.serving import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Any

__all__ = [
    "REDIRECT_TEXTS",
    "bare_error",
    "clean_headers",
    "format_exc",
    "get_error_page",
    "redirect_page",
]

#: What precedes the links in the body of a redirect, by status.
REDIRECT_TEXTS = {
    300: "This resource can be found at ",
    301: "This resource has permanently moved to ",
    302: "This resource resides temporarily at ",
    303: "This resource can be found at ",
    307: "This resource has moved temporarily to ",
    308: "This resource has been moved to ",
}

#: Header fields that describe a body which an error replaces.
_ENTITY_HEADERS = (
    "Accept-Ranges",
    "Age",
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Length",
    "Content-Location",
    "Content-MD5",
    "Content-Range",
    "Content-Type",
    "ETag",
    "Etag",
    "Expires",
    "Last-Modified",
    "Location",
    "Retry-After",
    "Vary",
)


#: Schemes of URLs that a browser would run, or show as a page of this site's making.
_SCRIPTS = frozenset(("javascript", "data", "vbscript"))

_PAGE_FAILED = "In addition, the custom error page failed."


def escape_html(text: str) -> str:
    """Return *text* with `&`, `<`, `>` and both quotes as character references."""
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#x27;")
    )


def redirect_page(status: int, urls: Iterable[str]) -> str:
    """Return the body of a redirect: a link to each of *urls*.

    No link runs a script: an application may redirect to what a client has sent.
    """
    return "<br />\n".join(REDIRECT_TEXTS[status] + _link(url) + "." for url in urls)


def _link(url: str) -> str:
    shown = escape_html(url)
    # Browsers leave out control characters and spaces before they look for the scheme.
    scheme = "".join(char for char in url if char > " ").partition(":")[0].lower()
    return shown if scheme in _SCRIPTS else f'<a href="{shown}">{shown}</a>'


def clean_headers(status: int | str) -> None:
    """Remove the header fields of the current response that an error makes untrue.

    Content-Range stays in a 416 (RFC 9110 section 15.5.17), Allow in a 405.
    """
    response = current()[1]
    if not response.headers_touched:
        return
    headers = response.headers
    keep_range = str(status)[:3] == "416"
    for name in _ENTITY_HEADERS:
        if name in headers and not (keep_range and name == "Content-Range"):
            del headers[name]


def format_exc(exc: tuple[Any, Any, TracebackType | None] | None = None) -> str:
    """Return the traceback of *exc* (default: the exception being handled) as text.

    Args:
        exc: what `sys.exc_info()` returns.
    """
    if exc is None:
        exc = sys.exc_info()
    if exc == (None, None, None):
        return ""
    import traceback  # noqa: PLC0415  (errors only)

    return "".join(traceback.format_exception(*exc))


def get_error_page(status: int | str | None, **kwargs: Any) -> Any:
    """Return the body of an error page, and set the Content-Type that goes with it.

    The application's own page comes first (`error_page.404`, `error_page.default`: the
    path of a template, or a callable that is given the keyword arguments below, escaped
    for HTML). When it fails, with whatever exception, the built-in page is used and says
    so: it never hides the first error.

    The built-in page is HTML, plain text or `application/problem+json`, as the client
    prefers (see `cherrypy_core.error_formats`).

    Args:
        status: such as 404 or `"404 Not Found"`.
        **kwargs: `message`, `traceback` and `version`, each a text or None.

    Returns:
        Bytes, or whatever an application's callable returned (text is encoded).
    """
    from cherrypy_core.status import valid_status  # noqa: PLC0415  (errors only)

    request, response = current()
    try:
        code, reason, message = valid_status(status)
    except ValueError as error:
        code, reason, message = 500, "Internal Server Error", str(error)
    values = {
        "status": f"{code} {reason}",
        "message": message,
        "traceback": None,
        "version": response.software_version,
        **kwargs,
    }
    pages = request.error_page
    page = pages.get(code) or pages.get("default") if pages else None
    failure = None
    if page is not None:
        try:
            return _own_page(page, _escaped(values))
        except Exception as error:  # noqa: BLE001  (the application's own code)
            # Not the exception: it knows this frame, which would know it.
            failure = format_exc((type(error), error, error.__traceback__))
            request.log(f"The error page for {code} failed.", severity=40, traceback=True)
            if not request.show_tracebacks:
                failure = ""
    return _builtin_page(code, reason, values, failure)


def _escaped(values: dict[str, Any]) -> dict[str, str]:
    """Return *values* as texts that can stand anywhere in HTML."""
    return {
        name: "" if value is None else escape_html(str(value)) for name, value in values.items()
    }


def _builtin_page(code: int, reason: str, values: dict[str, Any], failure: str | None) -> bytes:
    """Return the built-in page in the form that the client prefers.

    Args:
        code: the status code.
        reason: the reason phrase.
        values: status, message, traceback and version, not escaped.
        failure: the traceback of an own page that has failed, "" if it is nobody's
            business; None if there was none.
    """
    request, response = current()
    form = preferred(request.header("Accept"))
    headers = response.headers
    # The status of an error may be one that caches keep: they must know.
    vary = headers.setdefault("Vary", "Accept")
    if vary != "Accept" and "accept" not in [name.strip().lower() for name in vary.split(",")]:
        headers["Vary"] = f"{vary}, Accept"
    if form is HTML:
        headers["Content-Type"] = "text/html;charset=utf-8"
        texts = _escaped(values)
        if failure is not None:
            texts["message"] += f"<br>{_PAGE_FAILED}"
            if failure:
                texts["message"] += f"\n<pre>{escape_html(failure)}</pre>"
        return html_page(texts)
    message, traceback = str(values["message"] or ""), str(values["traceback"] or "")
    if failure is not None:
        message = f"{message}\n\n{_PAGE_FAILED}".strip("\n")
        traceback = "\n".join(filter(None, (traceback, failure)))
    if form is PLAIN:
        headers["Content-Type"] = "text/plain;charset=utf-8"
        return plain_page(str(values["status"]), message, traceback)
    headers["Content-Type"] = form
    return problem(code, reason, message, traceback)


def _own_page(page: Any, values: dict[str, str]) -> Any:
    """Return what the application's own error *page* makes of the (escaped) values."""
    response = current()[1]
    response.headers["Content-Type"] = "text/html;charset=utf-8"
    if callable(page):
        result = page(**values)
        if isinstance(result, str):
            return result.encode("utf-8")
        if isinstance(result, bytes):
            return result
        if not is_iterator(result):
            raise ValueError(
                "an error page must return text, bytes or an iterator of these, "
                f"not {type(result).__name__}"
            )
        chunks = map(_encode_chunk, result)
        # If it fails on the way, the built-in page can still be sent.
        return chunks if response.stream else b"".join(chunks)
    with open(page, encoding="utf-8") as template:  # noqa: PTH123  (a path in config: any type)
        return (template.read() % values).encode("utf-8")


def _encode_chunk(chunk: str | bytes) -> bytes:
    return chunk.encode("utf-8") if isinstance(chunk, str) else chunk


def bare_error(extrabody: str | bytes | None = None) -> tuple[bytes, list[Any], list[bytes]]:
    """Return status, headers and body of a plain text 500 that depends on nothing.

    Used where even the error handling of a request has failed.

    Args:
        extrabody: text to add, such as a traceback.
    """
    body = b"Unrecoverable error in the server."
    if extrabody:
        if isinstance(extrabody, str):
            extrabody = extrabody.encode("utf-8", "backslashreplace")
        body += b"\n" + extrabody
    headers = [(b"Content-Type", b"text/plain"), (b"Content-Length", b"%d" % len(body))]
    return b"500 Internal Server Error", headers, [body]
