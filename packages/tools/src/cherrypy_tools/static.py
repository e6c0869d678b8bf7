"""Files as responses: the staticdir and staticfile tools, and functions for page handlers.

Which file is served is decided by text alone (see `paths.resolve`): what lies below the
directory is public, whatever its name begins with, and nothing else is, unless a symbolic
link below the directory leads there. Links are followed, as by most servers, because
deployments consist of them; `follow_symlinks = False` refuses every path that has one.
"""

from __future__ import annotations

import os
import re
from stat import S_ISREG

from cherrypy_core.dates import http_date
from cherrypy_core.errors import NotFound
from cherrypy_core.serving import current
from cherrypy_tools.filebody import FileBody
from cherrypy_tools.files import absolute_path, has_link, is_directory, open_file
from cherrypy_tools.mediatypes import guess
from cherrypy_tools.paths import resolve
from cherrypy_tools.sending import answer_conditions, send_content, send_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType
    from typing import Any

    from cherrypy_core.request import Request
    from cherrypy_core.response import Response

__all__ = [
    "serve_download",
    "serve_file",
    "serve_fileobj",
    "staticdir",
    "staticfile",
]


def __getattr__(name: str) -> ModuleType:
    # Applications know it as `cherrypy.lib.static.mimetypes`; importing it is slow.
    if name == "mimetypes":
        import mimetypes  # noqa: PLC0415

        return mimetypes
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _wants_file(request: Request, match: str) -> bool:
    if request.method not in {"GET", "HEAD"}:
        return False
    return not match or re.search(match, request.path_info) is not None


def staticdir(
    section: str,
    dir: str,  # noqa: A002  (the historical name)
    root: str = "",
    match: str = "",
    content_types: Mapping[str, str] | None = None,
    index: str = "",
    debug: bool = False,
    follow_symlinks: bool = True,
) -> bool:
    """Serve the file that the path names below a directory.

    Args:
        section: the path of the URL that stands for the directory. As a tool it is the one
            for which the directory is configured.
        dir: the directory: an absolute path, or one relative to *root*. `~` is a home.
        root: an absolute path.
        match: a regular expression; paths in which it is not found are left alone.
        content_types: extension without dot to media type.
        index: the name of the file to serve for a directory, such as "index.html".
        debug: log what is decided.
        follow_symlinks: serve what symbolic links below the directory lead to.

    Returns:
        Whether there is such a file, and the response is made; for GET and HEAD only.

    Raises:
        ValueError: neither *dir* nor *root* is absolute.
        HTTPError: 412 or 416, if the request's conditions or ranges do not fit the file.
    """
    request, response = current()
    if not _wants_file(request, match):
        return False
    directory = absolute_path(str(dir), str(root), "tools.staticdir.dir", "tools.staticdir.root")
    if section == "global":
        section = "/"
    branch = request.path_info[len(section.rstrip("/")) + 1 :]
    path = resolve(directory, branch)
    if debug:
        request.log(f"{request.path_info!r}: {path!r}", "TOOLS.STATICDIR")
    if path is None or (not follow_symlinks and has_link(directory, path)):
        return False
    # What ends with a slash is a directory. (Some systems would open a file all the same.)
    if path[-1:] != "/":
        opened = open_file(path)
        if opened is not None:
            send_file(request, response, opened, guess(path, content_types))
            return True
    if not index or not is_directory(path):
        return False
    path = os.path.join(path, index)  # noqa: PTH118
    if not follow_symlinks and has_link(directory, path):
        return False
    return _serve_index(path, content_types)


def _serve_index(file: str, content_types: Mapping[str, str] | None) -> bool:
    """Serve *file* for the directory that it is in."""
    request, response = current()
    opened = open_file(file)
    if opened is None:
        return False
    # The links in it are relative to the directory: the URL has to end with a slash.
    request.is_index = True
    if not request.path_info.endswith("/"):
        slashes = request.toolmaps.get("tools", {}).get("trailing_slash", {})
        if slashes.get("on") and slashes.get("missing", True):
            os.close(opened[0])
            from cherrypy_tools.slashes import redirect_to  # noqa: PLC0415  (seldom)

            redirect_to(request, request.path_info + "/", slashes.get("status") or 301)
    send_file(request, response, opened, guess(file, content_types))
    return True


def staticfile(
    filename: str,
    root: str | None = None,
    match: str = "",
    content_types: Mapping[str, str] | None = None,
    debug: bool = False,
) -> bool:
    """Serve one file.

    Args:
        filename: an absolute path, or one relative to *root*. `~` is a home.
        root: an absolute path.
        match: a regular expression; paths in which it is not found are left alone.
        content_types: extension without dot to media type.
        debug: log what is decided.

    Returns:
        Whether the file is there, and the response is made; for GET and HEAD only.

    Raises:
        ValueError: neither *filename* nor *root* is absolute.
        HTTPError: 412 or 416, if the request's conditions or ranges do not fit the file.
    """
    request, response = current()
    if not _wants_file(request, match):
        return False
    path = absolute_path(
        str(filename), str(root or ""), "tools.staticfile.filename", "tools.staticfile.root"
    )
    opened = open_file(path)
    if debug:
        request.log(f"{path!r}: {'served' if opened else 'not there'}", "TOOLS.STATICFILE")
    if opened is None:
        return False
    send_file(request, response, opened, guess(path, content_types))
    return True


# For page handlers


def serve_file(
    path: str | os.PathLike[str],
    content_type: str | None = None,
    disposition: str | None = None,
    name: str | None = None,
    debug: bool = False,
) -> Any:
    """Make the response the file at *path*. Use it in a page handler: return the result.

    Args:
        path: an absolute path. Never one that a client has a hand in: everything that the
            process may read could be fetched then.
        content_type: the media type. Default: guessed by the file's name.
        disposition: "attachment" to have it saved, "inline" to have it shown.
        name: the file name to propose, with a *disposition*. Default: that of *path*.
        debug: log what is served.

    Returns:
        The body.

    Raises:
        ValueError: *path* is relative.
        NotFound: there is no such file, or it cannot be read.
        HTTPError: 412 or 416, if the request's conditions or ranges do not fit the file.
    """
    path = os.fspath(path)
    if not os.path.isabs(path):  # noqa: PTH117
        raise ValueError(f"serve_file needs an absolute path, not {path!r}")
    request, response = current()
    opened = open_file(path)
    if debug:
        request.log(f"{path!r}: {'served' if opened else 'not there'}", "TOOLS.STATIC")
    if opened is None:
        raise NotFound
    if disposition is not None:
        file_name = os.path.basename(path) if name is None else name  # noqa: PTH119
        _set_disposition(response, disposition, file_name)
    send_file(request, response, opened, content_type or guess(path))
    return response.body


def serve_download(path: str | os.PathLike[str], name: str | None = None) -> Any:
    """Make the response the file at *path*, for a browser to save.

    Args:
        path: as for `serve_file`.
        name: the file name to propose. Default: that of *path*.
    """
    return serve_file(path, "application/x-download", "attachment", name)


def serve_fileobj(
    fileobj: Any,
    content_type: str | None = None,
    disposition: str | None = None,
    name: str | None = None,
    debug: bool = False,
) -> Any:
    """Make the response what an open file contains, from where it is on.

    Ranges count from there. A file that cannot seek is sent without a length, as it comes.

    Args:
        fileobj: open for reading bytes. It is closed when the response is over.
        content_type: the media type. Default: the one the response has.
        disposition: "attachment" to have it saved, "inline" to have it shown.
        name: the file name to propose, with a *disposition*.
        debug: log what is served.

    Returns:
        The body.

    Raises:
        HTTPError: 412 or 416, if the request's conditions or ranges do not fit the file.
    """
    request, response = current()
    if content_type is not None:
        response.headers["Content-Type"] = content_type
    if disposition is not None:
        _set_disposition(response, disposition, name)
    if debug:
        request.log(f"{fileobj!r}", "TOOLS.STATIC")
    position, length = _extent(fileobj)
    modified = _modified(fileobj)
    if modified is not None:
        response.headers["Last-Modified"] = http_date(modified)
    try:
        if length is not None and position is not None:
            send_content(request, response, fileobj, position, length)
        elif answer_conditions(request, response):
            FileBody(fileobj, ()).close()
        else:
            response.stream = True
            response.body = FileBody(fileobj, [(b"", None, None)])
    except BaseException:
        FileBody(fileobj, ()).close()
        raise
    return response.body


def _set_disposition(response: Response, disposition: str, name: str | None) -> None:
    from cherrypy_tools.disposition import content_disposition  # noqa: PLC0415  (seldom)

    response.headers["Content-Disposition"] = content_disposition(disposition, name)


def _extent(fileobj: Any) -> tuple[int | None, int | None]:
    """Return where *fileobj* is, and how many bytes there are from there on."""
    try:
        position: int = fileobj.tell()
        fileobj.seek(0, os.SEEK_END)
        end: int = fileobj.tell()
        fileobj.seek(position)
    except (AttributeError, OSError, TypeError, ValueError):  # it cannot seek
        return None, None
    return position, max(end - position, 0)


def _modified(fileobj: Any) -> float | None:
    try:
        status = os.fstat(fileobj.fileno())
    except (AttributeError, OSError, TypeError, ValueError):  # it has no descriptor
        return None
    return status.st_mtime if S_ISREG(status.st_mode) else None
